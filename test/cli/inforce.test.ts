/** What `wxq inforce` says about what the watch knows; the command itself runs in test/workflows/in-force-watch.test.ts. */
import { expect, test } from 'vitest';
import { inforceText, inforceView, isWorthALook } from '../../src/cli/inforce-text.ts';
import type { KnownCategory } from '../../src/contract/watch.ts';

const now = Date.parse('2026-11-25T04:00:00Z');
const platform = 'channels-shop' as const;
const account = { platform, appId: 'wx01', triedAt: '2026-11-24T20:00:00.000Z', readAt: '2026-11-24T20:00:00.000Z' };
const category = (more: Partial<KnownCategory>) => ({
  platform,
  appId: 'wx01',
  categoryId: '6201',
  standing: 'in_force' as const,
  since: '2026-11-23T20:00:00.000Z',
  ...more,
});
const paper = (validUntil: string) => ({ path: 'licenses/1/2', validUntil });

test('before the first walk it says how to start one', () => {
  const shown = inforceView({ accounts: [], categories: [], findings: [] }, now);
  expect(isWorthALook(shown)).toBe(false);
  expect(inforceText(shown)).toContain('wxq inforce --read-now');
});

test('papers of both sources are one list, with the days that are left', () => {
  const both = category({ shown: [paper('2026-12-01')], given: [paper('2027-06-30')] });
  const shown = inforceView({ accounts: [account], categories: [both], findings: [] }, now);
  expect(shown.categories[0]).toMatchObject({ papers: [{ ...paper('2027-06-30'), daysLeft: 217 }] });
  expect(isWorthALook(shown)).toBe(false);
  expect(inforceText(shown)).toContain('licenses/1/2 2027-06-30 (217 days)');
});

test.each([
  ['a paper that ends within 30 days', { categories: [category({ given: [paper('2026-12-25')] })] }, '30 days'],
  [
    'a category that has run out',
    { categories: [category({ standing: 'expired', reason: '资质已过期' })] },
    '资质已过期',
  ],
  [
    'an account that could not be read',
    { accounts: [{ ...account, problem: { reason: '61007 no permission', advice: 'grant it' } }] },
    'wx01 could not be read at 2026-11-24T20:00:00.000Z (last read: 2026-11-24T20:00:00.000Z): 61007 no permission',
  ],
])('%s is worth a look', (_what, given, said) => {
  const shown = inforceView({ accounts: [account], categories: [], findings: [], ...given }, now);
  expect(isWorthALook(shown)).toBe(true);
  expect(inforceText(shown)).toContain(said);
});

test('an account that left is shown as left, and neither its problem nor its papers are worth a look', () => {
  const left = { ...account, leftAt: '2026-11-25T03:00:00.000Z', problem: { reason: '61003', advice: 'authorise' } };
  const categories = [category({ standing: 'expired' }), category({ given: [paper('2026-12-01')] })];
  const shown = inforceView({ accounts: [left], categories, findings: [] }, now);
  expect(isWorthALook(shown)).toBe(false);
  const text = inforceText(shown);
  expect(text).toContain('wx01 (left 已解除)');
  expect(text).toContain(
    'wx01 left (已解除), noticed at 2026-11-25T03:00:00.000Z (last read: 2026-11-24T20:00:00.000Z)',
  );
  expect(text).not.toContain('could not be read');
  // The same appid may be watched on the other platform as well.
  const other = { ...account, platform: 'mini-program' as const };
  const both = inforceView(
    { accounts: [left, other], categories: [{ ...categories[0], platform: other.platform }] as never, findings: [] },
    now,
  );
  expect(isWorthALook(both)).toBe(true);
});

test('a category that has lapsed is shown, and a finding with whether it was told', () => {
  const lapsed = {
    id: 'f1',
    platform,
    appId: 'wx01',
    categoryId: '6201',
    occasion: 'lapsed/1',
    kind: 'lapsed' as const,
    standing: 'lapsed' as const,
    reason: '类目已下线',
    foundAt: '2026-11-25T04:00:00.000Z',
  };
  const shown = inforceView(
    {
      accounts: [account],
      categories: [category({ standing: 'lapsed', reason: '类目已下线', name: '快递业与邮政 > 快递' })],
      findings: [{ ...lapsed, told: 'nobody' }, lapsed],
    },
    now,
  );
  expect(isWorthALook(shown)).toBe(false);
  const doubted = category({ doubtedSince: '2026-11-25T03:00:00.000Z' });
  expect(inforceText(inforceView({ accounts: [account], categories: [doubted], findings: [] }, now))).toContain(
    'in_force, in doubt',
  );
  const text = inforceText(shown);
  for (const part of ['6201 快递业与邮政 > 快递', 'lapsed: 类目已下线', '(nobody to tell)', '(not told yet)'])
    expect(text).toContain(part);
});
