/** A page of the daily walk against the sandbox: what is concluded from what WeChat shows, and from what it does not. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Platform } from '../../src/contract/qualification.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createSecretBox } from '../../src/store/secrets.ts';
import { createWatchStore, type WatchStore } from '../../src/store/watch-records.ts';
import type { WeChatClient } from '../../src/wechat/client.ts';
import { WeChatError } from '../../src/wechat/errors.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import {
  addRequest,
  byHand,
  type Environment,
  miniByHand,
  openEnvironment,
  program,
  type RunOptions,
  resultOf,
  shop,
} from './environment.ts';

const strangers = ['wx0000000000000000', 'wxzzzzzzzzzzzzzzzz'];
const secrets = createSecretBox(Buffer.alloc(32, 3).toString('base64'));

let postgres: Postgres;
let env: Environment;
let database: Database;
let watch: WatchStore;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());
beforeEach(async () => {
  env = await openEnvironment();
  database = await openDatabase({ url: await postgres.newDatabase(), dataDir: '.' });
  const shops = [shop.appId, ...strangers].map((appId) => ({ appId, credentials: { secret: 'unknown' } }));
  watch = createWatchStore({ database, secrets }, { shops });
  await database.query(
    `INSERT INTO wxq_authorizer (component_app_id, app_id, is_authorized, permission_sets) VALUES ($1, $2, true, '30')`,
    [program.via.componentAppId, program.appId],
  );
});
afterEach(async () => {
  await database.close();
  await env.close();
});

const read = (platform: Platform, options: RunOptions = {}) =>
  env.run('readInForce', { platform }, { ...options, deps: { watch, ...options.deps } });
/** As a walk that waits before it believes that something has lapsed. */
const readTwice = async (platform: Platform, options: RunOptions = {}) => {
  const doubting = (await read(platform, options)).result;
  const second = { platform, isSecondLook: true as const };
  const { result } = await env.run('readInForce', second, { ...options, deps: { watch, ...options.deps } });
  return { ...result, doubted: doubting?.doubted, told: doubting?.found, doubtedStill: result?.doubted };
};
const lapse = { doubted: 1, told: 0, found: 1, doubtedStill: 0 };
const findings = async (platform: Platform) => (await watch.overview({ platform })).findings;

async function holdShopCategory(fields: { key: string; value: string }[] = []): Promise<void> {
  const request = await addRequest(env);
  const licenses = (request.licenses ?? []).map((license) => ({ ...license, fields }));
  const { auditId } = resultOf(await env.run('addCategory', { ...request, licenses }));
  env.sandbox.decide(auditId, 'approved');
}

async function holdMiniCategory(): Promise<string> {
  const categoryId = `${miniByHand.first}-${miniByHand.second}`;
  await env.sandbox.applyInBackOffice({ appId: program.appId, categoryId, status: 'approved' });
  return categoryId;
}

test('an account that cannot be read is noted with its reason, before and behind others that can', async () => {
  await holdShopCategory();
  const { result, heartbeats } = await read('channels-shop');
  expect(result).toEqual({ read: 1, failed: 2, found: 0, doubted: 0 });
  expect(heartbeats.at(-1)).toEqual({ read: 1, failed: 2, found: 0, doubted: 0, after: strangers[1] });
  const { accounts, categories } = await watch.overview({});
  expect(accounts.map(({ appId, problem }) => [appId, problem !== undefined])).toEqual(
    [
      [strangers[0], true],
      [shop.appId, false],
      [strangers[1], true],
    ].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
  expect(categories).toMatchObject([{ categoryId: byHand.leaf, standing: 'in_force' }]);
});

test('an account whose authorization was withdrawn is left at the end of the next walk, not red for ever', async () => {
  await holdMiniCategory();
  env.sandbox.setChaos({ rules: [{ operation: 'wxopen/getcategory', errcode: 45009 }] });
  await read('mini-program');
  await database.query('UPDATE wxq_authorizer SET is_authorized = false');
  await read('mini-program');
  const { accounts } = await watch.overview({ platform: 'mini-program' });
  expect(accounts).toMatchObject([{ appId: program.appId, problem: {}, leftAt: expect.any(String) }]);
});

test('an account of two third-party platforms is read through the other one when the first gets no token', async () => {
  const categoryId = await holdMiniCategory();
  await database.query(
    `INSERT INTO wxq_authorizer (component_app_id, app_id, is_authorized, permission_sets) VALUES ('wx0', $1, true, '30')`,
    [program.appId],
  );
  expect((await watch.accounts({ platform: 'mini-program', limit: 9 }))[0]?.via).toEqual({ componentAppId: 'wx0' });
  expect((await read('mini-program')).result).toMatchObject({ read: 1, failed: 0, found: 0 });
  expect(await watch.overview({ platform: 'mini-program' })).toMatchObject({
    accounts: [{ appId: program.appId, componentAppId: program.via.componentAppId }],
    categories: [{ categoryId, standing: 'in_force' }],
  });
  // A refusal by both is the account's.
  env.sandbox.setChaos({ rules: [{ operation: 'wxopen/getcategory', errcode: 61007 }] });
  expect((await read('mini-program')).result).toMatchObject({ read: 0, failed: 1, found: 0 });
  const { accounts } = await watch.overview({ platform: 'mini-program' });
  expect(accounts[0]?.problem?.reason).toContain('called by wx0');
});

test('a wrong guess is no broken account, also when a first platform has no token and only the second is answered', async () => {
  await database.query('UPDATE wxq_authorizer SET permission_sets = NULL');
  await database.query(
    `INSERT INTO wxq_authorizer (component_app_id, app_id, is_authorized) VALUES ('wx0', $1, true)`,
    [program.appId],
  );
  env.sandbox.setChaos({ rules: [{ operation: 'wxopen/getcategory', errcode: 61007 }] });
  expect((await watch.accounts({ platform: 'mini-program', limit: 9 }))[0]).toMatchObject({
    via: { componentAppId: 'wx0' },
    isGuess: true,
  });
  expect((await read('mini-program')).result).toMatchObject({ read: 0, failed: 0 });
  expect((await watch.overview({ platform: 'mini-program' })).accounts).toEqual([]);
});

test('another worker goes on behind the account that the heartbeat names', async () => {
  const heartbeatDetails = { read: 4, failed: 1, found: 2, doubted: 3, after: shop.appId };
  const { result } = await read('channels-shop', { heartbeatDetails });
  expect(result).toEqual({ read: 4, failed: 2, found: 2, doubted: 3 });
  expect(env.calls('category/get_category_relation_list')).toBe(0);
});

test('an account that is held back is left alone, keeps what is known of it, and is read again the next time', async () => {
  const categoryId = await holdMiniCategory();
  await read('mini-program');
  env.sandbox.setChaos({ rules: [{ operation: 'wxopen/getcategory', errcode: 45009 }] });
  expect((await read('mini-program')).result).toMatchObject({ read: 0, failed: 1, found: 0 });
  expect(await watch.overview({ platform: 'mini-program' })).toMatchObject({
    accounts: [{ appId: program.appId, problem: { errcode: '45009' } }],
    categories: [{ categoryId, standing: 'in_force' }],
  });
  expect((await read('mini-program')).result).toMatchObject({ read: 1, failed: 0, found: 0 });
});

test('a Mini Program category that has run out is found once, and so is one that was deleted', async () => {
  const categoryId = await holdMiniCategory();
  expect((await read('mini-program')).result).toMatchObject({ found: 0 });
  env.sandbox.setPermission({ appId: program.appId, categoryId, inForce: false });
  expect(await readTwice('mini-program')).toMatchObject(lapse);
  expect((await read('mini-program')).result).toMatchObject({ found: 0, doubted: 0 });
  env.sandbox.setPermission({ appId: program.appId, categoryId, inForce: true });
  await read('mini-program');
  await env.sandbox.workInBackOffice({ deed: 'delete', appId: program.appId, categoryId });
  expect(await readTwice('mini-program')).toMatchObject(lapse);
  // Nobody is to be told here: it is kept all the same.
  const found = await findings('mini-program');
  expect(found.map((one) => [one.categoryId, one.kind, one.told])).toEqual([
    [categoryId, 'lapsed', 'nobody'],
    [categoryId, 'lapsed', 'nobody'],
  ]);
  expect(found.map((one) => ('standing' in one ? one.standing : '')).sort()).toEqual(['expired', 'lapsed']);
});

test('a second look reads only accounts in doubt, and a category that is back by then was never lapsed', async () => {
  const categoryId = await holdMiniCategory();
  await read('mini-program');
  const second = () => env.run('readInForce', { platform: 'mini-program', isSecondLook: true }, { deps: { watch } });
  expect((await second()).result).toEqual({ read: 0, failed: 0, found: 0, doubted: 0 });
  env.sandbox.setPermission({ appId: program.appId, categoryId, inForce: false });
  expect((await read('mini-program')).result).toMatchObject({ found: 0, doubted: 1 });
  // Asked again at once, by a person who is curious, say: too soon to believe it.
  expect((await read('mini-program')).result).toMatchObject({ found: 0, doubted: 1 });
  env.sandbox.setPermission({ appId: program.appId, categoryId, inForce: true });
  expect((await second()).result).toEqual({ read: 1, failed: 0, found: 0, doubted: 0 });
  expect(await findings('mini-program')).toEqual([]);
});

test('the validity that WeChat shows of a grant is read once, and told when it comes near', async () => {
  const validUntil = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
  await holdShopCategory([{ key: 'audit_license_validty_period', value: validUntil }]);
  expect((await read('channels-shop')).result).toMatchObject({ found: 1 });
  expect((await read('channels-shop')).result).toMatchObject({ found: 0 });
  expect(env.calls('category/get_category_relation_detail')).toBe(1);
  expect(await findings('channels-shop')).toMatchObject([
    { kind: 'expiring', categoryId: byHand.leaf, path: 'licenses/1/2', validUntil, told: 'nobody' },
  ]);
});

test('a category that is only missing from the list is asked for by its id before it is in doubt', async () => {
  await holdShopCategory();
  await read('channels-shop');
  const answers: { status?: string }[] = [{ status: '1' }, {}, {}];
  const forgetful = {
    channelsShop: () => ({
      getCategoryRelationList: async () => [],
      getCategoryRelationDetail: async (categoryId: string) => ({ categoryId, ...answers.shift() }),
    }),
  } as unknown as WeChatClient;
  expect((await read('channels-shop', { deps: { wechat: forgetful } })).result).toMatchObject({ doubted: 0 });
  expect(await readTwice('channels-shop', { deps: { wechat: forgetful } })).toMatchObject(lapse);
});

test('a category that WeChat no longer knows at all has lapsed, and does not hide what else the shop has', async () => {
  await holdShopCategory();
  await read('channels-shop');
  const unknown = new WeChatError({
    kind: 'bug',
    endpoint: '/category/get_category_relation_detail',
    delivery: 'answered',
    reason: 'no such category',
    advice: { zh: '', en: '' },
    errcode: '9401020',
  });
  const without = {
    channelsShop: () => ({
      getCategoryRelationList: async () => [],
      getCategoryRelationDetail: () => Promise.reject(unknown),
    }),
  } as unknown as WeChatClient;
  expect(await readTwice('channels-shop', { deps: { wechat: without } })).toMatchObject(lapse);
  expect(await findings('channels-shop')).toMatchObject([{ kind: 'lapsed', categoryId: byHand.leaf }]);
});

test('a store that is away is no fault of an account: the page fails and is tried again', async () => {
  await database.close();
  const { failure, details } = await read('channels-shop');
  expect(failure).toMatchObject({ type: 'WeChatUnavailable', nonRetryable: false });
  expect(details?.advice).toContain('WXQ_DATABASE_URL');
  database = await openDatabase({ url: await postgres.newDatabase(), dataDir: '.' });
});
