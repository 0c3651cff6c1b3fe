/** Gauges of the installation: one look for many scrapes, last numbers for a while, none rather than wrong ones. */
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { type CaseCounts, createStateGauges, type StoredCounts } from '../../src/measuring/state-gauges.ts';

const counts: CaseCounts = {
  open: [
    { platform: 'channels-shop', status: 'blocked', count: 2 },
    { platform: 'mini-program', status: 'in_review', count: 0 },
  ],
  dueWithinDay: 1,
  undeliveredNotifications: 3,
};
const stored: StoredCounts = { waitingForTurn: 4, heldAccounts: 0, oldestTicketAgeSeconds: 61.5, fewestQuotaLeft: 0 };

function stage(
  answers: { cases?: () => Promise<CaseCounts>; stored?: () => Promise<StoredCounts>; waitMs?: number } = {},
) {
  const registry = new Registry();
  const clock = { now: 1_000_000_000_000 };
  const looks = { cases: 0, stored: 0 };
  createStateGauges({
    registry,
    countCases: () => {
      looks.cases += 1;
      return (answers.cases ?? (async () => counts))();
    },
    countStored: () => {
      looks.stored += 1;
      return (answers.stored ?? (async () => stored))();
    },
    now: () => clock.now,
    waitMs: answers.waitMs ?? 10_000,
  });
  const samples = async (): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line.startsWith('wxq_'));
  return { registry, clock, looks, samples };
}

test('a scrape shows what Temporal and the database say, and when they said it', async () => {
  const { samples } = stage();
  expect(await samples()).toEqual([
    'wxq_cases{platform="channels-shop",status="blocked"} 2',
    'wxq_cases{platform="mini-program",status="in_review"} 0',
    'wxq_cases_due_within_day 1',
    'wxq_notifications_undelivered 3',
    'wxq_submissions_waiting 4',
    'wxq_wechat_held_accounts 0',
    'wxq_platform_ticket_age_seconds 61.5',
    'wxq_quota_left_fewest 0',
    'wxq_state_read_timestamp_seconds{from="temporal"} 1000000000',
    'wxq_state_read_timestamp_seconds{from="database"} 1000000000',
  ]);
});

test('what does not exist has no series: no platform, no Mini Program that was measured', async () => {
  const { samples } = stage({ stored: async () => ({ waitingForTurn: 0, heldAccounts: 0 }) });
  const names = (await samples()).join('\n');
  expect(names).toContain('wxq_submissions_waiting 0');
  expect(names).not.toMatch(/ticket|quota/);
});

test('many scrapes within half a minute are one look', async () => {
  const { registry, clock, looks } = stage();
  await Promise.all(Array.from({ length: 50 }, () => registry.metrics()));
  clock.now += 29_999;
  await registry.metrics();
  expect(looks).toEqual({ cases: 1, stored: 1 });
  clock.now += 1;
  await registry.metrics();
  expect(looks).toEqual({ cases: 2, stored: 2 });
});

test('a part that fails is asked no more often, its last numbers stay for five minutes, and the other part is not held up', async () => {
  let isAway = false;
  const { samples, clock, looks } = stage({
    cases: async () => {
      if (isAway) throw new Error('away');
      return counts;
    },
  });
  await samples();
  isAway = true;
  clock.now += 60_000;
  expect((await samples()).join('\n')).toContain('wxq_notifications_undelivered 3');
  await samples();
  expect(looks.cases).toBe(2);
  clock.now += 240_000;
  const later = (await samples()).join('\n');
  expect(later).not.toMatch(/wxq_cases|undelivered|from="temporal"/);
  expect(later).toContain('wxq_submissions_waiting 4');
  expect(later).toContain('from="database"');
  isAway = false;
  clock.now += 30_000;
  expect((await samples()).join('\n')).toContain('wxq_notifications_undelivered 3');
});

test('a look that hangs holds no scrape up, and no second one begins beside it', async () => {
  const { samples, clock, looks } = stage({ cases: () => new Promise(() => undefined), waitMs: 1 });
  await samples();
  clock.now += 3_600_000;
  expect((await samples()).join('\n')).toContain('wxq_submissions_waiting 4');
  expect(looks.cases).toBe(1);
});
