/** Telling open cases of an authorization: every one, at a bounded rate, and again after whatever went wrong. */
import { afterEach, expect, test } from 'vitest';
import {
  type AccountCases,
  type AccountChange,
  type AccountChangeTeller,
  startAccountChangeTeller,
} from '../../src/server/account-changes.ts';

let teller: AccountChangeTeller | undefined;
afterEach(() => teller?.close());

/** A store of changes, and cases that note what they are told. */
function stage(given: AccountChange[], cases: Partial<AccountCases> = {}) {
  const waiting = [...given];
  const told: [string, boolean][] = [];
  const lines: object[] = [];
  const note = (fields: object) => void lines.push(fields);
  teller = startAccountChangeTeller({
    changes: {
      untold: async (limit) => waiting.slice(0, limit),
      told: async (change) => void waiting.splice(waiting.indexOf(change), 1),
    },
    cases: {
      openCasesOf: async (appId) => [`mini-program/${appId}/1-2`, `mini-program/${appId}/3-4`],
      tell: async (workflowId, { authorized }) => void told.push([workflowId, authorized]),
      ...cases,
    },
    logger: { info: note, warn: note, error: note },
    everyMs: 10,
    pauseMs: 0,
  });
  return { waiting, told, lines };
}

const change = (appId: string, isAuthorized = false): AccountChange => ({
  componentAppId: 'wxc',
  appId,
  isAuthorized,
  mark: '1',
});

test('every open case of every account is told, and then the change is done', async () => {
  const { waiting, told } = stage([change('wxa'), change('wxb', true)]);
  await expect.poll(() => waiting.length).toBe(0);
  expect(told).toEqual([
    ['mini-program/wxa/1-2', false],
    ['mini-program/wxa/3-4', false],
    ['mini-program/wxb/1-2', true],
    ['mini-program/wxb/3-4', true],
  ]);
});

test('more accounts than one look finds are told without a pause', async () => {
  const { waiting, told } = stage(Array.from({ length: 130 }, (_, n) => change(`wx${n}`)));
  await expect.poll(() => waiting.length, { timeout: 10_000 }).toBe(0);
  expect(told).toHaveLength(260);
});

test('with Temporal away it is tried again until it works, and no appid is forgotten', async () => {
  let failures = 3;
  const cases: Partial<AccountCases> = {
    openCasesOf: async (appId) => {
      if (failures-- > 0) throw Object.assign(new Error('14 UNAVAILABLE'), { code: 14 });
      return [`mini-program/${appId}/1-2`];
    },
  };
  const { waiting, told, lines } = stage([change('wxa')], cases);
  await expect.poll(() => waiting.length, { timeout: 10_000 }).toBe(0);
  expect(told).toEqual([['mini-program/wxa/1-2', false]]);
  expect(lines).toContainEqual({ problem: '14', failures: 3 });
});

test('a poke does not wait for the next look, and an end does not wait at all', async () => {
  const { waiting, told } = stage([]);
  await teller?.close();
  const late = startAccountChangeTeller({
    changes: { untold: async () => waiting.splice(0), told: async () => undefined },
    cases: { openCasesOf: async () => ['w'], tell: async (id, { authorized }) => void told.push([id, authorized]) },
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    everyMs: 3_600_000,
  });
  waiting.push(change('wxa'));
  await expect
    .poll(() => {
      late.poke();
      return told;
    })
    .toEqual([['w', false]]);
  await late.close();
});
