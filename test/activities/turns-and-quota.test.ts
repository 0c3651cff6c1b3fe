/** One submission of an account at a time, and none that spends quota which nobody asked to spend. */
import { ApplicationFailureCategory } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { turnHoldMs } from '../../src/store/turns.ts';
import {
  addRequest,
  type Environment,
  miniByHand,
  openEnvironment,
  program,
  shop,
  writeRequest,
} from './environment.ts';

let env: Environment;
beforeEach(async () => {
  env = await openEnvironment();
});
afterEach(() => env.close());

const other = (priority = 3) => ({ appId: shop.appId, caseId: 'another case', priority });
const add = 'category/add';

describe('the turn', () => {
  test('L4 while another submission of the account is under way nothing is sent, and it is no incident', async () => {
    const request = await addRequest(env);
    const turn = await env.deps.turns.take(other());
    const { failure, details } = await env.run('addCategory', request);
    expect([failure?.type, failure?.category]).toEqual(['WaitsItsTurn', ApplicationFailureCategory.BENIGN]);
    expect([failure?.nextRetryDelay, details?.ahead]).toEqual([500, 1]);
    expect(env.calls(add)).toBe(0);
    if (turn.granted) await env.deps.turns.giveBack({ ...other(), ticket: turn.ticket });
    expect((await env.run('addCategory', request)).result).toMatchObject({ auditId: expect.any(String) });
    // It was given back with the answer.
    expect(await env.deps.turns.take(other())).toMatchObject({ granted: true });
  });

  test('L4 a refusal gives the turn back; an outcome that is not known keeps it until it can no longer be under way', async () => {
    const request = await addRequest(env);
    env.sandbox.setChaos({
      rules: [
        { operation: add, errcode: 40164 },
        { operation: add, loseAnswer: true },
      ],
    });
    expect((await env.run('addCategory', request)).failure?.type).toBe('NeedsPerson');
    const turn = await env.deps.turns.take(other());
    expect(turn).toMatchObject({ granted: true });
    if (turn.granted) await env.deps.turns.giveBack({ ...other(), ticket: turn.ticket });
    expect((await env.run('addCategory', request)).failure?.type).toBe('SubmitOutcomeUnknown');
    expect(await env.deps.turns.take(other())).toMatchObject({ granted: false, ahead: 1 });
    expect(turnHoldMs).toBeLessThan(30_000);
  });

  test.each([
    ['refuses', () => Promise.reject(new Error('database is down'))],
    ['never answers', () => new Promise<never>(() => {})],
  ])('L4 a store that %s: not sent, said so, and to be tried again', async (_how, take) => {
    const request = await addRequest(env);
    const turns = { take, giveBack: async () => {} };
    const { failure, details } = await env.run('addCategory', request, { deps: { turns } });
    expect([failure?.type, details?.reason]).toEqual([
      'SubmitNotSent',
      expect.stringMatching(/^unreachable: the store/),
    ]);
    expect(env.calls(add)).toBe(0);
    const waiting = await env.run('awaitSubmissionTurn', { account: shop }, { deps: { turns } });
    expect(waiting.failure?.type).toBe('SubmitNotSent');
  });

  test('L4 waiting ends with the turn, which the submission then finds as its own', async () => {
    const request = await addRequest(env);
    const turn = await env.deps.turns.take(other());
    expect((await env.run('awaitSubmissionTurn', { account: shop })).failure?.type).toBe('WaitsItsTurn');
    if (turn.granted) await env.deps.turns.giveBack({ ...other(), ticket: turn.ticket });
    expect((await env.run('awaitSubmissionTurn', { account: shop })).failure).toBeUndefined();
    expect(await env.deps.turns.take(other(5))).toMatchObject({ granted: false });
    expect((await env.run('addCategory', request)).result).toBeDefined();
  });
});

describe('quota', () => {
  const realProgram = () =>
    env.deps.wechat.miniProgram({ appId: program.appId, componentAppId: program.via.componentAppId });
  const settingOf = async () =>
    (await env.run('readCategorySetting', { account: program, first: miniByHand.first, second: miniByHand.second }))
      .result;

  test('what a write cost is measured by the next read, and told with it', async () => {
    const written = await env.run('addMiniProgramCategory', await writeRequest(env));
    expect(written.result?.quota).toEqual({ quota: 20, limit: 20, categoryLimit: 20 });
    const calls = env.calls('wxopen/getcategory');
    expect(await settingOf()).toMatchObject({ quota: 19, measured: { after: 19, readAt: expect.any(String) } });
    expect(env.calls('wxopen/getcategory')).toBe(calls + 1);
    env.sandbox.decide(`${program.appId}:${miniByHand.first}-${miniByHand.second}`, 'rejected', '不清晰');
    expect((await env.run('modifyCategory', await writeRequest(env))).result?.quota).toMatchObject({ quota: 19 });
    expect(await settingOf()).toMatchObject({ measured: { after: 19 } });
  });

  test('a ledger that fails costs nothing', async () => {
    const broken = () => Promise.reject(new Error('database is down'));
    const quota = { wrote: broken, saw: broken, lastOf: broken };
    const { result } = await env.run('addMiniProgramCategory', await writeRequest(env), { deps: { quota } });
    expect(result?.before).toEqual({ state: 'absent' });
  });

  test('no addition left: nothing is sent, whatever policy the server was given', async () => {
    const request = await writeRequest(env);
    const real = realProgram();
    vi.spyOn(env.deps.wechat, 'miniProgram').mockImplementation(() => ({
      ...real,
      getCategory: async () => ({ categories: [], quota: 0, limit: 5, categoryLimit: 20 }),
    }));
    const { failure, details } = await env.run('addMiniProgramCategory', request);
    expect([failure?.type, failure?.nonRetryable]).toEqual(['QuotaSpent', true]);
    expect(details).toMatchObject({ reason: expect.stringMatching(/^quota_spent:.*0 of 5/), quota: { quota: 0 } });
    expect(env.calls('wxopen/addcategory')).toBe(0);
  });

  test('a change is not held up by a quota of additions that is used up', async () => {
    await env.sandbox.applyInBackOffice({
      ...program,
      categoryId: `${miniByHand.first}-${miniByHand.second}`,
      status: 'rejected',
      reason: '不清晰',
    });
    const request = await writeRequest(env);
    const real = realProgram();
    vi.spyOn(env.deps.wechat, 'miniProgram').mockImplementation(() => ({
      ...real,
      getCategory: async (options) => ({ ...(await real.getCategory(options)), quota: 0 }),
    }));
    expect((await env.run('modifyCategory', request)).result?.quota).toMatchObject({ quota: 0 });
  });

  test.each([
    ['2026-01-31T15:50:00Z', '2026-01-31T16:20:00Z', 'sent: asked for just before midnight in China'],
    ['2026-01-31T10:00:00Z', '2026-01-31T16:20:00Z', 'not sent: the month has turned in China'],
    ['2026-01-05T10:00:00Z', '2026-01-31T15:59:00Z', 'sent: still the same month'],
    ['2026-01-31T10:00:00Z', '2026-12-31T16:20:00Z', 'not sent: months later'],
  ])('asked for at %s and tried at %s is %s', async (askedAt, triedAt, expected) => {
    const request = await writeRequest(env, { askedAtMs: Date.parse(askedAt) });
    vi.spyOn(Date, 'now').mockReturnValue(Date.parse(triedAt));
    const { failure, details } = await env.run('addMiniProgramCategory', request);
    vi.restoreAllMocks();
    if (expected.startsWith('sent')) return expect(failure).toBeUndefined();
    expect([failure?.type, failure?.nonRetryable]).toEqual(['QuotaSpent', true]);
    expect(details?.reason).toMatch(/^month_turned: .*2026-01.*202[67]-/);
    expect(env.calls('wxopen/addcategory')).toBe(0);
  });
});
