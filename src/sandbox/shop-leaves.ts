/** The leaves that the fixtures do not name: what the rest of a catalogue looks like, with the turns that real rules take. */
import {
  businessLicence,
  type LicenceGroup,
  leavesUnder,
  registrationNumber,
  type ShopCategory,
  validity,
} from './shop-category.ts';

const publication: LicenceGroup = {
  id: '20',
  description: '出版物经营许可证，经营范围须包含所申请类目；出版社可提供图书出版许可证',
  licences: [
    {
      id: '21',
      name: '出版物经营许可证',
      fields: [
        { key: 'audit_license_no', name: '许可证编号', pattern: registrationNumber, isNecessary: true },
        { key: 'audit_license_validty_period', name: '有效期至', pattern: validity, isNecessary: true },
      ],
    },
    { id: '22', name: '图书出版许可证', fields: [] },
  ],
};

/** May be left out. */
const inspection: LicenceGroup = {
  id: '30',
  description: '检测报告（近一年内，选填）',
  isNecessary: false,
  licences: [
    {
      id: '31',
      name: '第三方检测报告',
      fields: [
        { key: 'audit_license_registration_no', name: '报告编号', pattern: '^[0-9A-Z-]{6,30}$', isNecessary: true },
      ],
    },
  ],
};

const feed: LicenceGroup = {
  id: '40',
  description: '生产企业提供《饲料生产许可证》，进口商品提供《进口饲料登记证》',
  licences: [
    {
      id: '41',
      name: '饲料生产许可证',
      fields: [
        {
          key: 'audit_license_no',
          name: '许可证编号',
          pattern: '^[\\u4e00-\\u9fa5]饲证[（(]\\d{4}[）)]\\d{5}$',
          isNecessary: true,
        },
      ],
    },
    {
      id: '42',
      name: '进口饲料和饲料添加剂登记证',
      fields: [
        { key: 'audit_license_registration_no', name: '登记证号', pattern: registrationNumber, isNecessary: true },
      ],
    },
  ],
};

/** Two necessary groups; one licence with two fields that do not match each other's patterns. */
export const bookLeaves: ShopCategory[] = leavesUnder(
  ['10000300', '10000310'],
  ['7201', '7210'],
  [
    ['6501', '文学'],
    ['6502', '少儿读物'],
    ['6503', '教辅'],
  ],
  {
    groups: [businessLicence, publication],
    isOlderFormRefused: true,
    tips: '1. 营业执照经营范围须包含“出版物零售”；\n2. 《出版物经营许可证》须在有效期内，且主体与店铺一致。',
  },
);

/** A group that may be left out. */
export const optionalGroupLeaves: ShopCategory[] = leavesUnder(
  ['10000550', '10000560'],
  ['7551', '7560'],
  [
    ['6601', '四件套'],
    ['6602', '被芯'],
  ],
  { groups: [businessLicence, inspection] },
);

/** Alternatives in a group, fields with a pattern of their own. */
export const petLeaves: ShopCategory[] = leavesUnder(
  ['10000500', '10000510'],
  ['7501', '7510'],
  [
    ['6611', '猫主粮'],
    ['6612', '狗主粮'],
  ],
  { groups: [businessLicence, feed] },
);

/** Directed entry: only these brands. A path of four levels in the newer tree. */
export const directedLeaves: ShopCategory[] = leavesUnder(
  ['10000400', '10000410', '10000411'],
  ['7401', '7410'],
  [['6621', '黄金手镯']],
  { isBrandNeeded: true, allowedBrands: ['10000083', '10000031'] },
);

/** Open to every shop. */
export const freeLeaves: ShopCategory[] = leavesUnder(
  ['10000550', '10000560'],
  ['7551', '7560'],
  [
    ['6631', '毛巾'],
    ['6632', '抱枕靠垫'],
  ],
  { groups: [], isFree: true, tips: '' },
);
