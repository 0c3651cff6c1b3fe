/** The shop's category trees, old and new, with what each leaf demands: `getallcategory` shows it, `category/add` enforces it. */
import { type LicenceGroup, leavesUnder, registrationNumber, type ShopCategory, validity } from './shop-category.ts';
import { bookLeaves, directedLeaves, freeLeaves, optionalGroupLeaves, petLeaves } from './shop-leaves.ts';
import type { BrandRecord } from './state.ts';

const medicalGroups: LicenceGroup[] = [
  {
    id: '10',
    description: '营业执照（经营范围含医疗器械）',
    licences: [{ id: '12', name: '营业执照', fields: [] }],
  },
  {
    id: '9',
    description: '以下资质任选其一',
    licences: [
      {
        id: '11',
        name: '医疗器械经营许可证',
        fields: [
          { key: 'audit_license_no', name: '许可证编号', pattern: registrationNumber, isNecessary: true },
          { key: 'audit_license_validty_period', name: '有效期至', pattern: validity, isNecessary: true },
        ],
      },
      {
        id: '14',
        name: '第二类医疗器械经营备案凭证',
        fields: [
          { key: 'audit_license_registration_no', name: '备案编号', pattern: registrationNumber, isNecessary: true },
        ],
      },
    ],
  },
];

/** Decided by hand; they take the newer form with a business licence, and the older form. */
export const byHandLeaves: ShopCategory[] = [
  ...leavesUnder(
    ['10000600', '10000610'],
    ['7601', '7610'],
    [
      ['6201', '坚果炒货'],
      ['6202', '饼干糕点'],
      ['6203', '肉干肉脯'],
      ['6204', '蜜饯果干'],
    ],
  ),
  ...leavesUnder(
    ['10000600', '10000620'],
    ['7601', '7620'],
    [
      ['6211', '绿茶'],
      ['6212', '红茶'],
      ['6213', '普洱茶'],
    ],
  ),
  ...leavesUnder(
    ['10000700', '10000710'],
    ['7701', '7710'],
    [
      ['6301', '面膜'],
      ['6302', '洁面'],
      ['6303', '防晒'],
      ['6304', '眼霜'],
    ],
  ),
  ...leavesUnder(
    ['10000700', '10000720'],
    ['7701', '7720'],
    [
      ['6311', '口红'],
      ['6312', '粉底'],
    ],
  ),
  ...leavesUnder(
    ['10000800', '10000810'],
    ['7801', '7810'],
    [
      ['6194', '安全座椅'],
      ['6402', '婴儿推车'],
      ['6403', '奶瓶奶嘴'],
      ['6404', '纸尿裤'],
      ['6405', '婴儿餐具'],
    ],
  ),
];

const [approvedAtOnce] = leavesUnder(['6033', '6057', '6091'], ['7101', '7102'], [['6093', '瑜伽服']], {
  isApprovedAtOnce: true,
});
const [needsLicenses] = leavesUnder(['10000900', '10000910'], ['7901', '7910'], [['6705', '体温计']], {
  groups: medicalGroups,
  isOlderFormRefused: true,
});
const [olderFormRefused] = leavesUnder(['10000900', '10000910'], ['7901', '7910'], [['6706', '血压计']], {
  isOlderFormRefused: true,
});
const [olderFormAccepted] = leavesUnder(
  ['10000126', '10000131'],
  ['7301', '7310'],
  [['545709', '公路电子收费/ETC/OBU']],
  {
    groups: [],
  },
);
const [needsBrands] = leavesUnder(['10000126', '10000131'], ['7301', '7310'], [['545716', '行车记录仪']], {
  isBrandNeeded: true,
});
const [needsTwoGroups] = bookLeaves;
const [optionalGroup] = optionalGroupLeaves;
const [alternativeLicences] = petLeaves;
const [directedEntry] = directedLeaves;
const [takesNoApplications] = freeLeaves;
const [brandTooWeak, brandBeingRated] = [
  ...leavesUnder(['10000201', '10000210'], ['7339', '7340'], [['6801', '酱香型白酒']], {
    isBrandNeeded: true,
    brandPower: 'too-weak',
  }),
  ...leavesUnder(['10000201', '10000210'], ['7339', '7340'], [['6802', '浓香型白酒']], {
    isBrandNeeded: true,
    brandPower: 'being-rated',
  }),
];

function known(category: ShopCategory | undefined): ShopCategory {
  if (category === undefined) throw new TypeError('a fixture category is missing');
  return category;
}

/** The leaves by what they do. */
export const namedLeaves = {
  approvedAtOnce: known(approvedAtOnce),
  needsLicenses: known(needsLicenses),
  needsBrands: known(needsBrands),
  olderFormAccepted: known(olderFormAccepted),
  olderFormRefused: known(olderFormRefused),
  brandTooWeak: known(brandTooWeak),
  brandBeingRated: known(brandBeingRated),
  needsTwoGroups: known(needsTwoGroups),
  optionalGroup: known(optionalGroup),
  alternativeLicences: known(alternativeLicences),
  directedEntry: known(directedEntry),
  takesNoApplications: known(takesNoApplications),
};

export const shopCategories: readonly ShopCategory[] = [
  ...new Set([
    ...byHandLeaves,
    ...Object.values(namedLeaves),
    ...[bookLeaves, optionalGroupLeaves, petLeaves, directedLeaves, freeLeaves].flat(),
  ]),
];

export function findShopCategory(leaf: string): ShopCategory | undefined {
  return shopCategories.find((category) => category.leaf === leaf);
}

/** Every shop of a sandbox owns these, unless the control API gave it others. */
export const shopBrands: readonly BrandRecord[] = [
  { brandId: '10000083', chName: '沙盒', enName: 'sandbox', state: 'in-force' },
  { brandId: '10000084', chName: '样例', enName: 'sample', state: 'in-force' },
  { brandId: '10000085', chName: '将到期', enName: 'expiring', state: 'about-to-expire' },
];

/** All brands that WeChat knows, somebody else's too. */
export const brandLibrary: readonly { brandId: string; chName: string; enName: string }[] = [
  { brandId: '10000000', chName: '碧芭宝贝', enName: 'beaba' },
  { brandId: '10000031', chName: '别家', enName: 'other' },
  ...shopBrands.map(({ brandId, chName, enName }) => ({ brandId, chName, enName })),
  { brandId: '10003026', chName: '外人', enName: 'foreign' },
];
