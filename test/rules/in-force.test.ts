/** What counts as lapsed, and which threshold of a paper's end is told when. */
import { describe, expect, test } from 'vitest';
import type { KnownCategory } from '../../src/contract/watch.ts';
import { daysLeft, expiring, judge, type SeenCategory } from '../../src/rules/in-force.ts';

const [monday, tuesday, wednesday] = ['2026-11-23', '2026-11-24', '2026-11-25'].map(
  (day) => `${day}T20:00:00.000Z`,
) as [string, string, string];
const seen = (standing: SeenCategory['standing'], more: Partial<SeenCategory> = {}): SeenCategory[] => [
  { categoryId: '6201', standing, ...more },
];
const known = (standing: KnownCategory['standing'], more: Partial<KnownCategory> = {}): KnownCategory[] => [
  { categoryId: '6201', standing, since: monday, ...more },
];

const at = (now: string) => ({ now });
/** Not shown in force on Tuesday; shown so once more on Wednesday. */
const twice = (was: KnownCategory[], shown: SeenCategory[]) =>
  judge(judge(was, shown, at(tuesday)).categories, shown, at(wednesday));

describe('a lapse', () => {
  test('is not in force by two readings some time apart; the time that it came into force names it, whoever compares', () => {
    const first = judge(known('in_force'), seen('lapsed', { reason: 'retired' }), at(tuesday));
    expect(first).toEqual({ categories: known('in_force', { doubtedSince: tuesday }), findings: [] });
    const second = judge(first.categories, seen('lapsed', { reason: 'retired' }), at(wednesday));
    expect(second.findings).toEqual([
      { kind: 'lapsed', categoryId: '6201', occasion: `lapsed/${monday}`, standing: 'lapsed', reason: 'retired' },
    ]);
    expect(judge(first.categories, seen('lapsed', { reason: 'retired' }), at(wednesday))).toEqual(second);
    expect(second.categories).toEqual([{ categoryId: '6201', standing: 'lapsed', since: tuesday, reason: 'retired' }]);
    expect(judge(second.categories, seen('lapsed'), at(wednesday)).findings).toEqual([]);
    const again = judge(second.categories, seen('in_force'), at(wednesday));
    expect(again.findings).toEqual([]);
    expect(judge(again.categories, seen('lapsed'), { ...at(wednesday), isSecond: true }).findings).toEqual([]);
    const lost = judge(again.categories, seen('lapsed'), at(wednesday)).categories;
    expect(judge(lost, seen('lapsed'), { ...at(wednesday), isSecond: true }).findings).toMatchObject([
      { occasion: `lapsed/${wednesday}` },
    ]);
  });

  test('is not told while WeChat is confused for some minutes, however often it is asked', () => {
    const later = (minutes: number) => at(new Date(Date.parse(tuesday) + minutes * 60_000).toISOString());
    let categories = known('in_force');
    for (const minutes of [0, 1, 14]) {
      const judged = judge(categories, seen('other'), later(minutes));
      expect(judged.findings).toEqual([]);
      ({ categories } = judged);
    }
    expect(judge(categories, seen('other'), later(15)).findings).toHaveLength(1);
    const cleared = judge(categories, seen('in_force'), later(15)).categories;
    expect(cleared).toEqual(known('in_force'));
    expect(judge(cleared, seen('other'), later(16)).findings).toEqual([]);
    // A second look decides about what was in doubt before it, and about nothing else.
    expect(judge(cleared, seen('other'), { ...later(16), isSecond: true })).toEqual({
      categories: cleared,
      findings: [],
    });
  });

  test('is no news when it is first seen so; a category that has run out is', () => {
    expect(judge([], seen('lapsed'), at(monday))).toMatchObject({ categories: [{ standing: 'lapsed' }], findings: [] });
    const { categories, findings } = judge([], seen('expired'), at(monday));
    expect(findings).toMatchObject([{ standing: 'expired', occasion: 'lapsed/first sight' }]);
    expect(judge(categories, seen('expired'), at(tuesday)).findings).toEqual([]);
    expect(judge(categories, seen('lapsed'), at(tuesday)).findings).toEqual([]);
  });

  test('is told once, also when WeChat later calls the same category expired', () => {
    const gone = twice(known('in_force'), seen('other'));
    expect(gone.findings).toHaveLength(1);
    const expired = judge(gone.categories, seen('expired'), at(wednesday));
    expect(expired).toMatchObject({ categories: [{ standing: 'expired' }], findings: [] });
  });

  test('is not concluded from a status that nobody knows, nor from what was not read', () => {
    for (const shown of [seen('unknown'), []])
      expect(twice(known('in_force'), shown)).toEqual({ categories: known('in_force'), findings: [] });
    expect(judge([], seen('unknown'), at(tuesday))).toEqual({ categories: [], findings: [] });
    expect(judge([], seen('other'), at(tuesday))).toEqual({ categories: [], findings: [] });
    expect(twice(known('in_force'), seen('other')).findings).toMatchObject([{ standing: 'lapsed' }]);
  });

  test('another grant of the same category has other papers', () => {
    const papers = [{ path: 'licenses/1/2', validUntil: '2026-12-01' }];
    const before = known('in_force', { grant: '1/5', shown: papers });
    expect(judge(before, seen('in_force', { grant: '1/5' }), at(tuesday)).categories).toEqual(before);
    const [renewed] = judge(before, seen('in_force', { grant: '2/9' }), at(tuesday)).categories;
    expect(renewed).toEqual({ categoryId: '6201', standing: 'in_force', since: monday, grant: '2/9' });
  });
});

describe('a paper that ends', () => {
  const category = (validUntil: string, more: Partial<KnownCategory> = {}) =>
    known('in_force', { shown: [{ path: 'licenses/1/2', validUntil }], ...more });
  const noon = (date: string) => Date.parse(`${date}T12:00:00+08:00`);

  test.each([
    ['2026-09-01', []],
    ['2026-09-02', ['90']],
    ['2026-11-01', ['30']],
    ['2026-11-23', ['30']],
    ['2026-11-24', ['7']],
    ['2026-12-01', ['7']],
    ['2026-12-24', ['7']],
  ])('on %s of one that is valid until 1 December is told by threshold %j', (today, thresholds) => {
    const found = expiring(category('2026-12-01'), noon(today));
    expect(found.map(({ occasion }) => occasion.split('/').at(-1))).toEqual(thresholds);
  });

  test('days are counted to the end of the last valid day in China', () => {
    expect(daysLeft('2026-12-01', Date.parse('2026-12-01T15:59:59Z'))).toBe(0);
    expect(daysLeft('2026-12-01', Date.parse('2026-12-01T16:00:00Z'))).toBe(-1);
    expect(daysLeft('2026-12-01', Date.parse('2026-11-24T04:00:00Z'))).toBe(7);
    expect(daysLeft('permanent', 0)).toBeUndefined();
  });

  test('counts only while the category is in force, and of one paper the later end', () => {
    expect(
      expiring([{ ...category('2026-12-01')[0], standing: 'lapsed' } as KnownCategory], noon('2026-11-30')),
    ).toEqual([]);
    const corrected = category('2026-12-01', { given: [{ path: 'licenses/1/2', validUntil: '2030-01-01' }] });
    expect(expiring(corrected, noon('2026-11-30'))).toEqual([]);
  });
});
