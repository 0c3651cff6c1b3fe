/** Rules of made-up categories, and inputs that have nothing wrong with them: each test changes one thing. */
import type { ChannelsShopInput, License } from '../../src/contract/channels-shop.ts';
import type { MiniProgramInput } from '../../src/contract/mini-program.ts';
import type {
  Circumstances,
  LicenseGroup,
  ListedCategory,
  MiniProgramRules,
  Qua,
  ShopRules,
} from '../../src/rules/category-rules.ts';
import type { LintFinding } from '../../src/rules/finding.ts';

export const now = Date.UTC(2026, 0, 1);
export const circumstances = (changes: Partial<Circumstances> = {}): Circumstances => ({
  now,
  rulesReadAt: now,
  images: [],
  matches: (expression, value) => expression.test(value),
  ...changes,
});

export const groups: LicenseGroup[] = [
  {
    licenseGroupId: '1',
    description: '营业执照',
    isNecessary: true,
    licenses: [
      {
        licenseId: '2',
        name: '营业执照',
        fields: [
          { key: 'audit_license_no', name: '证件编号', pattern: '^\\d{14}$', isNecessary: true },
          { key: 'audit_license_validty_period', pattern: '^\\d{4}$', isNecessary: false },
        ],
      },
    ],
  },
  { licenseGroupId: '5', description: '授权书', isNecessary: false, licenses: [{ licenseId: '6', fields: [] }] },
];

/** New tree 10 > 20 > 30 (leaf), old tree 11 > 21 > 30. */
export const shopRules = (changes: Partial<ShopRules> = {}, qua: Partial<Qua> = {}): ShopRules => ({
  catsV2: [
    [
      {
        catId: '30',
        name: '体温计',
        parentId: '20',
        isLeaf: true,
        qua: { licenseGroups: [], needToApply: true, ...qua },
      },
      { catId: '20', name: '器械', parentId: '10', isLeaf: false },
      { catId: '10', name: '医药', isLeaf: false },
    ],
  ],
  cats: [
    [{ catId: '30', parentId: '21', qua: { licenseGroups: groups } }, { catId: '21', parentId: '11' }, { catId: '11' }],
  ],
  detail: { isLimitBrand: false, accessPermitRequired: false, brandIds: [] },
  brands: [
    { brandId: '700', status: '3' },
    { brandId: '701', status: '5' },
  ],
  ...changes,
});

export const license = (changes: Partial<License> = {}): License => ({
  groupId: '1',
  licenseId: '2',
  images: ['a.png'],
  fields: { audit_license_no: '12345678901234' },
  ...changes,
});
const optional: License = { groupId: '5', licenseId: '6', images: ['b.png'] };

export const shopCase = (changes: Partial<ChannelsShopInput> = {}): ChannelsShopInput => ({
  appId: 'wxabcdef01',
  category: { leaf: '30' },
  material: { form: 'licenses', licenses: [license(), optional] },
  ...changes,
});

/** A case whose first licence is changed. */
export const withLicense = (changes: Partial<License>): ChannelsShopInput =>
  shopCase({ material: { form: 'licenses', licenses: [license(changes), optional] } });

/** 8 > 39, which takes A and B together, or C; names start with blanks as real ones do. */
export const miniRules = (
  setting: Partial<MiniProgramRules['setting']> = {},
  category: Partial<ListedCategory> = {},
): MiniProgramRules => ({
  categories: [
    { id: '0', children: ['8'], isSensitive: false },
    { id: '8', name: '教育', father: '0', children: ['39'], isSensitive: false },
    {
      id: '39',
      name: '学历教育',
      father: '8',
      children: [],
      isSensitive: true,
      qualify: { alternatives: [[{ name: '  《办学许可证》' }, { name: '《营业执照》' }], [{ name: '《法人证书》' }]] },
      ...category,
    },
  ],
  setting: { categories: [], limit: 5, quota: 4, categoryLimit: 20, ...setting },
});

export const miniCase = (changes: Partial<MiniProgramInput> = {}): MiniProgramInput => ({
  appId: 'wxabcdef01',
  first: '8',
  second: '39',
  certificates: [{ key: '《法人证书》', images: ['a.png'] }],
  ...changes,
});

/** `level code path`, as short as can be compared. */
export const lines = (findings: LintFinding[]): string[] =>
  findings.map(({ level, code, path }) => `${level} ${code} ${path}`.trim());
