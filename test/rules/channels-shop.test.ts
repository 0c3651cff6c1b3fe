/** What a Channels Shop case is told by the rules of its category. */
import { describe, expect, it } from 'vitest';
import type { ChannelsShopInput } from '../../src/contract/channels-shop.ts';
import type { Qua, ShopRules } from '../../src/rules/category-rules.ts';
import { checkChannelsShop } from '../../src/rules/check.ts';
import { circumstances, groups, license, lines, shopCase, shopRules, withLicense } from './inputs.ts';

const told = (input: ChannelsShopInput, rules: ShopRules = shopRules()) =>
  lines(checkChannelsShop(input, rules, circumstances()));
const qua = (changes: Partial<Qua>) => shopRules({}, changes);
const detail = (changes: Partial<NonNullable<ShopRules['detail']>>) =>
  shopRules({ detail: { brandIds: [], ...changes } });

it('a case with nothing wrong has no findings', () => {
  expect(told(shopCase())).toEqual([]);
});

describe('the category', () => {
  it.each<[string, ChannelsShopInput, ShopRules, string]>([
    ['is in no tree', shopCase({ category: { leaf: '99' } }), shopRules(), 'error category-unknown category'],
    ['has an empty path', shopCase({ category: { catsV2: [] } }), shopRules(), 'error category-unknown category'],
    ['takes no applications', shopCase(), qua({ needToApply: false }), 'error category-takes-no-application category'],
    [
      'stands on another path of the new tree',
      shopCase({ category: { catsV2: ['10', '21', '30'] } }),
      shopRules(),
      'error category-path-wrong category',
    ],
    [
      'is given by the levels of the other tree',
      shopCase({ category: { level1: '10', level2: '20', level3: '30' } }),
      shopRules(),
      'error category-path-wrong category',
    ],
    ['is in the old tree only', shopCase(), shopRules({ catsV2: [] }), 'error category-only-in-old-tree category'],
    ['has tips', shopCase(), qua({ tips: '需要授权' }), 'note category-tips category'],
    [
      'is directed, and nothing is added',
      shopCase(),
      detail({ accessPermitRequired: true }),
      'warning entry-material-missing material',
    ],
    ['has no detail that is known', shopCase(), shopRulesWithoutDetail(), 'note detail-unknown category'],
  ])('%s', (_, input, rules, finding) => {
    expect(told(input, rules)).toEqual([finding]);
  });

  it('is no leaf, by the flag or because others lie below it', () => {
    expect(told(shopCase({ category: { leaf: '20' } }))).toContain('error category-not-leaf category');
    const unflagged = shopRules({ catsV2: [[{ catId: '30', parentId: '20' }, { catId: '20' }]] });
    expect(told(shopCase({ category: { leaf: '20' } }), unflagged)).toContain('error category-not-leaf category');
  });

  it('is taken with its right path, in either tree, and with additional material where entry is directed', () => {
    expect(told(shopCase({ category: { catsV2: ['10', '20', '30'] } }))).toEqual([]);
    expect(told(shopCase({ category: { level1: '11', level2: '21', level3: '30' } }))).toEqual([]);
    const material = { ...shopCase().material, baobeihan: ['c.png'] };
    expect(told(shopCase({ material }), detail({ accessPermitRequired: true }))).toEqual([]);
  });

  it('shows the tips of both trees, each text once, word for word', () => {
    const rules = shopRules({}, { tips: '甲' });
    rules.cats = [
      [{ catId: '30', parentId: '21', qua: { licenseGroups: groups, tips: '乙' } }, ...(rules.cats[0] ?? []).slice(1)],
    ];
    const notes = checkChannelsShop(shopCase(), rules, circumstances()).map(({ zh }) => zh);
    expect(notes).toEqual([expect.stringContaining('甲'), expect.stringContaining('乙')]);
  });
});

function shopRulesWithoutDetail(): ShopRules {
  const { detail: _, ...rules } = shopRules();
  return rules;
}

describe('the form', () => {
  it('of old is a warning for a category with licence groups, and none without', () => {
    const material = { form: 'certificate', certificate: ['a.png'] } as const;
    const old = shopCase({ material: { ...material, certificate: ['a.png'] } });
    expect(told(old)).toEqual(['warning older-form material.form']);
    expect(told(old, shopRules({ cats: [] }))).toEqual([]);
  });
});

describe('licences', () => {
  const licensesOf = (...licenses: ReturnType<typeof license>[]) =>
    shopCase({ material: { form: 'licenses', licenses } });
  const field = (key: string, value: string) =>
    withLicense({ fields: { audit_license_no: '12345678901234', [key]: value } });
  const at = 'material.licenses[0]';

  it.each<[string, ChannelsShopInput, string]>([
    ['a group that is not of the category', withLicense({ groupId: '7' }), `error license-group-unknown ${at}.groupId`],
    [
      'a licence that is not of its group',
      withLicense({ licenseId: '6' }),
      `error license-not-of-group ${at}.licenseId`,
    ],
    ['no necessary field', withLicense({ fields: {} }), `error license-field-missing ${at}.fields`],
    ['an empty necessary field', field('audit_license_no', ''), `error license-field-missing ${at}.fields`],
    [
      'a value of another form',
      field('audit_license_no', '12'),
      `error license-field-format ${at}.fields["audit_license_no"]`,
    ],
    [
      'an optional field that is there, but empty',
      field('audit_license_validty_period', ''),
      `error license-field-format ${at}.fields["audit_license_validty_period"]`,
    ],
    [
      'a field that the licence has not',
      field('toString', 'x'),
      `warning license-field-unknown ${at}.fields["toString"]`,
    ],
  ])('%s', (_, input, finding) => {
    expect(told(input)).toContain(finding);
    expect(told(input).filter((line) => !line.includes('license-group-missing'))).toEqual([finding]);
  });

  it('a necessary group without a licence is an error, an optional one a warning', () => {
    expect(told(licensesOf())).toEqual([
      'error license-group-missing material.licenses',
      'warning license-group-empty material.licenses',
    ]);
  });

  it('a group that does not say whether it is necessary counts as necessary', () => {
    const rules = shopRules(
      {},
      { licenseGroups: [{ licenseGroupId: '5', licenses: [{ licenseId: '6', fields: [] }] }] },
    );
    expect(told(licensesOf(), rules)).toEqual(['error license-group-missing material.licenses']);
  });

  it.each(['填写 14 位数字', '(?i)^[a-z]+$'])(
    'what is no regular expression of ours is shown, never failed: %s',
    (pattern) => {
      const fields = [{ key: 'audit_license_no', pattern, isNecessary: true }];
      const rules = shopRules({}, { licenseGroups: [{ licenseGroupId: '1', licenses: [{ licenseId: '2', fields }] }] });
      expect(told(licensesOf(license()), rules)).toEqual([`note license-field-hint ${at}.fields["audit_license_no"]`]);
    },
  );

  it('a pattern that the unicode mode refuses is tried without it', () => {
    const fields = [{ key: 'audit_license_no', pattern: '^\\d\\-\\d$', isNecessary: true }];
    const rules = shopRules({}, { licenseGroups: [{ licenseGroupId: '1', licenses: [{ licenseId: '2', fields }] }] });
    expect(told(licensesOf(license({ fields: { audit_license_no: '1-2' } })), rules)).toEqual([]);
  });
});

describe('brands', () => {
  it.each<[string, string[] | undefined, ShopRules, string[]]>([
    ['none is needed', undefined, detail({}), []],
    ['one is needed and missing', undefined, detail({ isLimitBrand: true }), ['error brand-missing brandIds']],
    ['one is needed and given', ['700'], detail({ isLimitBrand: true }), []],
    ['one is not of this shop', ['700', '999'], detail({}), ['error brand-not-valid brandIds[1]']],
    ['one is about to expire', ['701'], detail({}), ['warning brand-expiring brandIds[0]']],
    [
      'one is not in the list of a category that needs one',
      ['700'],
      detail({ isLimitBrand: true, brandIds: ['701'] }),
      ['error brand-not-in-category brandIds[0]'],
    ],
    [
      'one is not in a list that may not bind',
      ['700'],
      detail({ brandIds: ['701'] }),
      ['warning brand-not-in-category brandIds[0]'],
    ],
  ])('%s', (_, brandIds, rules, findings) => {
    expect(told(shopCase(brandIds === undefined ? {} : { brandIds }), rules)).toEqual(findings);
  });

  it('that could not be read make a warning, not an error', () => {
    const { brands: _, ...rules } = detail({ isLimitBrand: true });
    expect(told(shopCase({ brandIds: ['999'] }), rules)).toEqual(['warning brands-unknown brandIds']);
  });
});
