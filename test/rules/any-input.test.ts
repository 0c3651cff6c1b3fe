/** The rules meet anything that the types allow: cycles in the trees, strange names, patterns that are none. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accessLists, type ChannelsShopInput } from '../../src/contract/channels-shop.ts';
import type { MiniProgramInput } from '../../src/contract/mini-program.ts';
import type { Circumstances, MiniProgramRules, ShopRules } from '../../src/rules/category-rules.ts';
import { checkChannelsShop, checkMiniProgram } from '../../src/rules/check.ts';
import type { LintFinding } from '../../src/rules/finding.ts';
import { miniProgramTemplate, shopTemplate } from '../../src/rules/template.ts';
import { circumstances } from './inputs.ts';

/** Few ids, so that they meet; and names that objects have of themselves. */
const id = fc.constantFrom('0', '1', '2', '3', '');
const text = fc.oneof(
  fc.constantFrom('', ' ', '《证》', '  《证》', '__proto__', 'constructor'),
  fc.string({ unit: 'binary' }),
);
const date = fc.constantFrom('permanent', '2026-02-31', '2026-01-20', '1999-01-01', '');
const pattern = fc.oneof(
  fc.constantFrom('^\\d{14}$', '(', '[', '(?i)x', '\\', '^\\-$', '必填'),
  fc.string({ maxLength: 5 }),
);
/** Some members, none of them `undefined`. */
const some = { requiredKeys: [] as [] };
const images = fc.array(fc.constant('a.png'), { maxLength: 11 });
const paper = { holder: fc.record({ name: text }), validUntil: date };
const fields = fc.dictionary(text, text, { maxKeys: 3 });

const access = fc.record(Object.fromEntries(accessLists.map((list) => [list, images])), some);
const license = fc.record(
  { groupId: id, licenseId: id, images, fields, ...paper },
  { requiredKeys: ['groupId', 'licenseId', 'images'] },
);
const material = fc.oneof(
  fc
    .tuple(access, fc.array(license, { maxLength: 3 }))
    .map(([lists, licenses]) => ({ ...lists, form: 'licenses', licenses }) as const),
  fc.tuple(access, images).map(([lists, certificate]) => ({ ...lists, form: 'certificate', certificate }) as const),
);
const category = fc.oneof(
  fc.record({ leaf: id }),
  fc.record({ catsV2: fc.array(id, { maxLength: 3 }) }),
  fc.record({ level1: id, level2: id, level3: id }),
);
const intent = fc.constantFrom('new' as const, { adopt: {} });
const shopInput: fc.Arbitrary<ChannelsShopInput> = fc.record(
  { appId: text, category, material, brandIds: fc.array(id), intent },
  { requiredKeys: ['appId', 'category', 'material'] },
);
const certificate = fc.record({ key: text, images, ...paper }, { requiredKeys: ['key', 'images'] });
const miniInput: fc.Arbitrary<MiniProgramInput> = fc.record(
  { appId: text, first: id, second: id, certificates: fc.array(certificate, { maxLength: 3 }), intent },
  { requiredKeys: ['appId', 'first', 'second', 'certificates'] },
);

const field = fc.record({ key: text, name: text, pattern, isNecessary: fc.boolean() }, { requiredKeys: ['key'] });
const group = fc.record(
  {
    licenseGroupId: id,
    isNecessary: fc.boolean(),
    licenses: fc.array(fc.record({ licenseId: id, fields: fc.array(field, { maxLength: 3 }) }), { maxLength: 2 }),
  },
  { requiredKeys: ['licenseGroupId', 'licenses'] },
);
const qua = fc.record(
  { needToApply: fc.boolean(), tips: text, licenseGroups: fc.array(group, { maxLength: 3 }) },
  { requiredKeys: ['licenseGroups'] },
);
const node = fc.record({ catId: id, name: text, parentId: id, isLeaf: fc.boolean(), qua }, { requiredKeys: ['catId'] });
const tree = fc.array(fc.array(node, { maxLength: 3 }), { maxLength: 3 });
const shopRules: fc.Arbitrary<ShopRules> = fc.record(
  {
    cats: tree,
    catsV2: tree,
    detail: fc.record(
      { isLimitBrand: fc.boolean(), accessPermitRequired: fc.boolean(), brandIds: fc.array(id) },
      { requiredKeys: ['brandIds'] },
    ),
    brands: fc.array(fc.record({ brandId: id, status: id })),
  },
  { requiredKeys: ['cats', 'catsV2'] },
);
const listed = fc.record(
  {
    id,
    father: id,
    children: fc.array(id),
    isSensitive: fc.boolean(),
    qualify: fc.record(
      { alternatives: fc.array(fc.array(fc.record({ name: text }), { maxLength: 2 }), { maxLength: 3 }), remark: text },
      { requiredKeys: ['alternatives'] },
    ),
  },
  { requiredKeys: ['id', 'children', 'isSensitive'] },
);
const miniRules: fc.Arbitrary<MiniProgramRules> = fc.record({
  categories: fc.array(listed),
  setting: fc.record(
    {
      categories: fc.array(fc.record({ first: id, second: id, auditStatus: id, isExpired: fc.boolean() })),
      quota: fc.integer(),
      categoryLimit: fc.integer(),
    },
    { requiredKeys: ['categories'] },
  ),
});
const around: fc.Arbitrary<Circumstances> = fc.record(
  {
    now: fc.integer(),
    rulesReadAt: fc.integer(),
    images: fc.array(
      fc.record({ path: text, width: fc.integer(), height: fc.integer(), change: text }, { requiredKeys: ['path'] }),
    ),
    principal: text,
    matches: fc.constantFrom(
      () => true,
      () => false,
      () => undefined,
    ),
  },
  { requiredKeys: ['now', 'rulesReadAt', 'images', 'matches'] },
);

const says = (findings: LintFinding[]): void => {
  for (const { code, zh, en, advice } of findings)
    expect([code, zh, en, advice.zh, advice.en].filter((part) => typeof part !== 'string' || part === '')).toEqual([]);
};

test('the check of a shop case never throws, and every finding is whole', () => {
  fc.assert(
    fc.property(shopInput, shopRules, around, (...all) => says(checkChannelsShop(...all))),
    { numRuns: 1500 },
  );
});

test('the check of a Mini Program case never throws, and every finding is whole', () => {
  fc.assert(
    fc.property(miniInput, miniRules, around, (...all) => says(checkMiniProgram(...all))),
    { numRuns: 1500 },
  );
});

test('a template never throws, and holds no licence of a group that the category has not', () => {
  fc.assert(
    fc.property(shopRules, miniRules, id, id, (shop, mini, first, second) => {
      miniProgramTemplate({ appId: 'wx1' }, { first, second }, mini);
      const input = shopTemplate({ appId: 'wx1' }, first, shop)?.input;
      if (input === undefined) return;
      const codes = checkChannelsShop(input, shop, circumstances({ now: 0 })).map(({ code }) => code);
      expect(codes).not.toContain('license-group-unknown');
      expect(codes).not.toContain('category-unknown');
    }),
    { numRuns: 500 },
  );
});
