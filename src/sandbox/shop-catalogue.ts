/** The shop's category trees, old and new, with what each leaf demands: `getallcategory` shows it, `category/add` enforces it. */

export interface LicenceField {
  key: 'audit_license_no' | 'audit_license_registration_no' | 'audit_license_validty_period';
  name: string;
  /** The regex that WeChat publishes as `info`. */
  pattern: string;
  isNecessary: boolean;
}

export interface Licence {
  id: string;
  name: string;
  fields: LicenceField[];
}

/** One licence of each group has to be given. */
export interface LicenceGroup {
  id: string;
  description: string;
  licences: Licence[];
}

export interface ShopCategory {
  leaf: string;
  name: string;
  /** The new tree, root first, leaf last (`cats_v2`). */
  catsV2: string[];
  /** The old tree: level1, level2, level3. Only the leaf's id is the same. */
  levels: [string, string, string];
  groups: LicenceGroup[];
  isOlderFormRefused: boolean;
  isBrandNeeded: boolean;
  brandPower: 'enough' | 'too-weak' | 'being-rated';
  isApprovedAtOnce: boolean;
}

/** Names of the nodes above the leaves: the new tree's ids do not occur in the old tree. */
export const nodeNames: Readonly<Record<string, string>> = {
  '6033': '服饰内衣',
  '6057': '运动户外服饰',
  '6091': '瑜伽服饰',
  '7101': '服饰鞋包',
  '7102': '运动服饰',
  '10000600': '食品饮料',
  '10000610': '休闲食品',
  '10000620': '茶叶',
  '7601': '食品',
  '7610': '零食',
  '7620': '茗茶',
  '10000700': '美妆护肤',
  '10000710': '面部护肤',
  '10000720': '彩妆',
  '7701': '美妆个护',
  '7710': '护肤',
  '7720': '化妆品',
  '10000800': '母婴',
  '10000810': '婴童用品',
  '7801': '母婴用品',
  '7810': '婴儿用品',
  '10000900': '医疗保健',
  '10000910': '医疗器械',
  '7901': '医药健康',
  '7910': '家用器械',
  '10000126': '汽车',
  '10000131': '车载电器',
  '7301': '汽车用品',
  '7310': '车载用品',
  '10000201': '酒类',
  '10000210': '国产酒',
  '7339': '酒水',
  '7340': '白酒',
};

const registrationNumber = '^[0-9A-Za-z\\u4e00-\\u9fa5〔〕()（）-]{6,40}$';
const validity = '^(\\d{4}-\\d{2}-\\d{2}|长期)$';

const businessLicence: LicenceGroup = {
  id: '1',
  description: '营业执照',
  licences: [
    {
      id: '2',
      name: '营业执照',
      fields: [
        { key: 'audit_license_no', name: '统一社会信用代码', pattern: '^[0-9A-Z]{14,18}$', isNecessary: false },
        { key: 'audit_license_validty_period', name: '有效期', pattern: validity, isNecessary: false },
      ],
    },
  ],
};

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

type Demands = Partial<Omit<ShopCategory, 'leaf' | 'name' | 'catsV2' | 'levels'>>;

function leavesUnder(
  newPath: string[],
  oldPath: [string, string],
  leaves: [id: string, name: string][],
  demands: Demands = {},
): ShopCategory[] {
  return leaves.map(([leaf, name]) => ({
    leaf,
    name,
    catsV2: [...newPath, leaf],
    levels: [...oldPath, leaf],
    groups: [businessLicence],
    isOlderFormRefused: false,
    isBrandNeeded: false,
    brandPower: 'enough',
    isApprovedAtOnce: false,
    ...demands,
  }));
}

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
};

export const shopCategories: readonly ShopCategory[] = [...byHandLeaves, ...Object.values(namedLeaves)];

export function findShopCategory(leaf: string): ShopCategory | undefined {
  return shopCategories.find((category) => category.leaf === leaf);
}

/** A brand of the shop (`brand/valid/list/get`): status 3 in force, 5 about to expire. */
export interface ShopBrand {
  brandId: string;
  chName: string;
  enName: string;
  status: 3 | 5;
}

/** Every shop of a sandbox owns these. */
export const shopBrands: readonly ShopBrand[] = [
  { brandId: '10000083', chName: '沙盒', enName: 'sandbox', status: 3 },
  { brandId: '10000084', chName: '样例', enName: 'sample', status: 3 },
  { brandId: '10000085', chName: '将到期', enName: 'expiring', status: 5 },
];
