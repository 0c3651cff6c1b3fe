/** The two writes of the Mini Program: which state they need, and what a lost answer leaves behind. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addRequest, type Environment, miniByHand, openEnvironment, program, writeRequest } from './environment.ts';

let env: Environment;
beforeEach(async () => {
  env = await openEnvironment();
});
afterEach(() => env.close());

const categoryId = `${miniByHand.first}-${miniByHand.second}`;
const apply = (status: 'open' | 'rejected' | 'approved') =>
  env.sandbox.applyInBackOffice({ ...program, categoryId, status, reason: status === 'rejected' ? '不清晰' : '' });
const settings = () => env.sandbox.audits({ appId: program.appId });

test('L4 a category that is not set is added, one that was rejected is modified; both tell the state before', async () => {
  expect((await env.run('addMiniProgramCategory', await writeRequest(env))).result).toEqual({
    before: { state: 'absent' },
    quota: { quota: 20, limit: 20, categoryLimit: 20 },
  });
  env.sandbox.decide(`${program.appId}:${categoryId}`, 'rejected', '不清晰');
  const modified = await env.run('modifyCategory', await writeRequest(env));
  expect(modified.result).toEqual({
    before: { state: 'rejected', reason: '不清晰' },
    quota: { quota: 19, limit: 20, categoryLimit: 20 },
  });
  expect(modified.heartbeats).toContainEqual({ baseline: { state: 'rejected', reason: '不清晰' } });
  expect(settings()).toMatchObject([{ status: 'open', submissions: 2 }]);
});

describe('the wrong state', () => {
  test.each([
    ['addMiniProgramCategory', 'rejected', 'CategoryMoved'],
    ['addMiniProgramCategory', 'approved', 'CategoryMoved'],
    ['addMiniProgramCategory', 'open', 'AlreadyLanded'],
    ['modifyCategory', 'approved', 'CategoryMoved'],
    ['modifyCategory', 'open', 'AlreadyLanded'],
  ] as const)('L5 %s, but the category is %s: %s, and nothing is sent', async (name, status, type) => {
    await apply(status);
    const { failure, details } = await env.run(name, await writeRequest(env));
    expect(failure?.type).toBe(type);
    expect(details?.baseline).toMatchObject({ state: status === 'open' ? 'in_review' : status });
    expect(env.calls('wxopen/addcategory') + env.calls('wxopen/modifycategory')).toBe(0);
  });

  test('L4 modify, but the category has gone: it says so, for the other call', async () => {
    const { failure, details } = await env.run('modifyCategory', await writeRequest(env));
    expect([failure?.type, details?.baseline]).toEqual(['CategoryMoved', { state: 'absent' }]);
  });
});

describe('a lost answer', () => {
  test.each([
    ['the answer is lost', { loseAnswer: true as const }],
    ['the connection is reset', { reset: true as const }],
    ['HTTP 503', { status: 503 }],
    ['an answer that is no JSON', { status: 200 }],
    ['-1', { errcode: -1 }],
  ])('L4 %s: unknown, with the state before it', async (_what, fault) => {
    await apply('rejected');
    const request = await writeRequest(env);
    env.sandbox.setChaos({ rules: [{ operation: 'wxopen/modifycategory', times: 1, ...fault }] });
    const { failure, details, heartbeats } = await env.run('modifyCategory', request);
    const baseline = { state: 'rejected', reason: '不清晰' };
    expect(failure?.type).toBe('SubmitOutcomeUnknown');
    expect(details?.baseline).toEqual(baseline);
    expect(heartbeats).toEqual([{ baseline }]);
    expect(env.calls('wxopen/modifycategory')).toBe(1);
  });

  test('L4 a later try of the same attempt keeps the first state', async () => {
    const { result } = await env.run(
      'addMiniProgramCategory',
      await writeRequest(env, { before: { state: 'unknown', reason: 'first' } }),
    );
    expect(result).toMatchObject({ before: { state: 'unknown', reason: 'first' } });
  });
});

describe('refusals', () => {
  test.each([
    [53300, 'QuotaSpent'],
    [53301, 'QuotaSpent'],
    [53310, 'QuotaSpent'],
    [53302, 'NeedsPerson'],
    [53303, 'MaterialRefused'],
    [53304, 'AlreadyLanded'],
    [53305, 'NeedsPerson'],
    [53311, 'MaterialRefused'],
    [40007, 'UploadStale'],
    [61007, 'NeedsPerson'],
    [61023, 'NeedsPerson'],
  ])('L9 errcode %d at addcategory is %s', async (errcode, type) => {
    const request = await writeRequest(env);
    env.sandbox.setChaos({ rules: [{ operation: 'wxopen/addcategory', times: 1, errcode }] });
    const { failure, details } = await env.run('addMiniProgramCategory', request);
    expect([failure?.type, details?.errcode]).toEqual([type, String(errcode)]);
  });

  test.each([
    [53306, 'MaterialRefused'],
    [53307, 'AlreadyLanded'],
  ])('L9 errcode %d at modifycategory is %s', async (errcode, type) => {
    await apply('rejected');
    const request = await writeRequest(env);
    env.sandbox.setChaos({ rules: [{ operation: 'wxopen/modifycategory', times: 1, errcode }] });
    expect((await env.run('modifyCategory', request)).failure?.type).toBe(type);
  });

  test('L3 a media id older than three days must be uploaded again', async () => {
    const request = await writeRequest(env);
    env.sandbox.setClock({ advanceSeconds: 3 * 86_400 + 60 });
    expect((await env.run('addMiniProgramCategory', request)).failure?.type).toBe('UploadStale');
    expect(settings()).toEqual([]);
  });
});

test('the two platforms do not answer for each other: a shop is no Mini Program', async () => {
  const request = await addRequest(env, { account: program });
  expect((await env.run('addCategory', request)).failure?.type).toBe('NeedsPerson');
});
