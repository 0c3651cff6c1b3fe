/** After "too often" an account's calls wait without asking WeChat, in every process; those of another account do not. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseAccounts } from '../../src/store/accounts.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createLocalHolds, createRateHolds } from '../../src/store/holds.ts';
import type { CallHolds } from '../../src/wechat/call-holds.ts';
import { createAccessTokens, createWeChatClient } from '../../src/wechat/index.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import { byHand, type Environment, miniByHand, openEnvironment, program, shop } from './environment.ts';

let env: Environment;
let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());
beforeEach(async () => {
  env = await openEnvironment();
});
afterEach(() => env.close());

const relation = 'category/get_category_relation_detail';

/** A worker of its own that shares these holds. */
function workerWith(holds: CallHolds) {
  const accounts = parseAccounts(JSON.stringify(env.sandbox.accountsFile()), {}, () => '');
  const baseUrl = env.sandbox.url;
  const tokens = createAccessTokens({ baseUrl, credentialsOf: (one) => accounts.credentialsOf(one) });
  const wechat = createWeChatClient({ baseUrl, tokens, holds });
  const run = (appId = shop.appId) =>
    env.run('readCategoryPermission', { account: { appId }, leaf: byHand.leaf }, { deps: { wechat } });
  const runMini = () =>
    env.run(
      'readCategorySetting',
      { account: program, first: miniByHand.first, second: miniByHand.second },
      { deps: { wechat } },
    );
  return { run, runMini, close: () => wechat.close() };
}

describe('a hold', () => {
  test.each([
    [45011, 60_000],
    [45009, 3_600_000],
  ])('L9 after %d all workers leave the account alone for %d ms, and no other account', async (errcode, forMs) => {
    let now = 0;
    const holds = createLocalHolds(() => now);
    const [one, other] = [workerWith(holds), workerWith(holds)];
    env.sandbox.setChaos({ rules: [{ operation: relation, times: 1, errcode }] });
    expect((await one.run()).failure?.type).toBe('RateLimited');
    now += forMs - 10_000;
    const held = await other.run();
    expect(held.failure?.type).toBe('RateLimited');
    expect(held.failure?.nextRetryDelay).toBeGreaterThanOrEqual(10_000);
    expect(held.details).toMatchObject({
      errcode: String(errcode),
      reason: expect.stringMatching(/^held back for 10 s/),
    });
    expect(env.calls(relation)).toBe(1);
    expect((await other.runMini()).failure).toBeUndefined();
    now += 10_001;
    expect((await one.run()).failure).toBeUndefined();
    expect(env.calls(relation)).toBe(2);
    await one.close();
    await other.close();
  });

  test('L9 a person’s retry lets the next call through; refused again the account is held back again', async () => {
    const holds = createLocalHolds();
    const worker = workerWith(holds);
    const lift = (appId: string) => env.run('liftCallHold', { account: { appId } }, { deps: { holds } });
    env.sandbox.setChaos({ rules: [{ operation: relation, times: 2, errcode: 45009 }] });
    await worker.run();
    await lift(program.appId);
    expect((await worker.run()).details?.reason).toMatch(/^held back/);
    expect(env.calls(relation)).toBe(1);
    await lift(shop.appId);
    expect((await worker.run()).details?.errcode).toBe('45009');
    expect(env.calls(relation)).toBe(2);
    expect((await worker.run()).details?.reason).toMatch(/^held back/);
    await lift(shop.appId);
    expect((await worker.run()).failure).toBeUndefined();
    await worker.close();
  });

  test('L9 a store of holds that is away does not keep a retry from going on', async () => {
    const holds = { lift: () => Promise.reject(new Error('database is down')) };
    expect((await env.run('liftCallHold', { account: shop }, { deps: { holds } })).failure).toBeUndefined();
  });

  test('L9 is kept in the database for every process, the longer one of two', async () => {
    const database = await openDatabase({ url: await postgres.newDatabase(), dataDir: '.' });
    const [one, other] = [createRateHolds(database), createRateHolds(database)];
    expect(await one.heldFor('wx1')).toBeUndefined();
    await one.hold({ appId: 'wx1', errcode: '45009', forMs: 3_600_000 });
    await other.hold({ appId: 'wx1', errcode: '45011', forMs: 60_000 });
    const held = await other.heldFor('wx1');
    expect(held?.errcode).toBe('45009');
    expect(held?.leftMs).toBeGreaterThan(3_000_000);
    expect(await other.heldFor('wx2')).toBeUndefined();
    await other.lift('wx1');
    expect(await one.heldFor('wx1')).toBeUndefined();
    await one.hold({ appId: 'wx1', errcode: '45009', forMs: 3_600_000 });
    await database.query(`UPDATE wxq_rate_hold SET held_until = clock_timestamp() - interval '1 second'`);
    expect(await one.heldFor('wx1')).toBeUndefined();
    await database.close();
  });

  test('L9 a store of holds that fails lets the calls through', async () => {
    const broken = () => Promise.reject(new Error('database is down'));
    const worker = workerWith({ heldFor: broken, hold: broken, lift: broken });
    env.sandbox.setChaos({ rules: [{ operation: relation, times: 1, errcode: 45011 }] });
    expect((await worker.run()).failure?.type).toBe('RateLimited');
    expect((await worker.run()).failure).toBeUndefined();
    await worker.close();
  });

  test('L9 a store of holds that never answers lets the calls through', async () => {
    const never = () => new Promise<never>(() => {});
    const worker = workerWith({ heldFor: never, hold: never, lift: never });
    expect((await worker.run()).failure).toBeUndefined();
    await worker.close();
  });
});
