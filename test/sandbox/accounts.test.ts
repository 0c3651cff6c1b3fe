/** What WeChat refuses an account whatever it asks, and what a platform learns about who authorised it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { type Answer, type Caller, callerFor, control, opened, type Stage, startStage, until } from './harness.ts';

let stage: Stage;
let shop: Caller;
let mini: Caller;
const { appId } = fixtures.shop;
const { componentAppId } = fixtures.platform;
const first = '/cgi-bin/wxopen/getcategory';

beforeEach(async () => {
  stage = await startStage();
  shop = callerFor(stage.sandbox, appId);
  mini = callerFor(stage.sandbox, fixtures.miniProgram.appId);
});
afterEach(() => stage.close());

const put = async (path: string, body: unknown): Promise<Answer> => {
  const answer = await control(stage.sandbox, 'PUT', path, body);
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
};
const stableToken = async (): Promise<Answer> => {
  const body = { grant_type: 'client_credential', appid: appId, secret: fixtures.shop.secret };
  const init = { method: 'POST', body: JSON.stringify(body) };
  return (await fetch(`${stage.sandbox.url}/cgi-bin/stable_token`, init)).json();
};
const relations = () => shop.post('/shop/ec/category/get_category_relation_list', { is_filter_status: false });

describe('an address that is not on the list', () => {
  test('is named in the errmsg of the token call, and refuses the shop with a code of its own', async () => {
    await put('/sandbox/ip', { appId, address: '203.0.113.9' });
    const refused = await stableToken();
    expect(refused.errcode).toBe(40164);
    expect(refused.errmsg).toMatch(/^invalid ip 203\.0\.113\.9 ipv6 ::ffff:203\.0\.113\.9, not in whitelist rid: /);
    expect((await relations()).errcode).toBe(45035);
    await put('/sandbox/ip', { appId, address: null });
    expect((await stableToken()).expires_in).toBeGreaterThan(0);
    expect((await relations()).errcode).toBe(0);
  });

  test('may be refused by a 403 without JSON instead; the list of requests shows it', async () => {
    await put('/sandbox/ip', { appId, address: '203.0.113.9', as: 'http-403' });
    const answer = await fetch(`${stage.sandbox.url}/shop/ec/category/all?access_token=${shop.token}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([403, expect.stringContaining('html')]);
    expect(await answer.text()).not.toMatch(/^\{/);
    expect(stage.sandbox.requests('category/all')).toMatchObject([{ status: 403, errcode: null }]);
  });

  test("of a platform stops the platform's calls and those that it makes for others", async () => {
    await put('/sandbox/ip', { appId: componentAppId, address: '203.0.113.9' });
    expect((await mini.get(first)).errcode).toBe(61004);
    const asked = { component_appid: componentAppId, component_appsecret: fixtures.platform.secret };
    const init = { method: 'POST', body: JSON.stringify({ ...asked, component_verify_ticket: 'x' }) };
    const answer = await fetch(`${stage.sandbox.url}/cgi-bin/component/api_component_token`, init);
    expect(await answer.json()).toMatchObject({ errcode: 61004, errmsg: expect.stringContaining('203.0.113.9') });
    expect((await relations()).errcode).toBe(0);
  });
});

describe('a standing', () => {
  test.each([
    ['frozen', 50007, 50002],
    ['banned', undefined, 48004],
    ['secret-frozen', 40243, 0],
    ['closing', undefined, 10080000],
    ['closed', undefined, 10080001],
  ])('%s: the token call gives %s, another call %i; good ends it', async (standing, tokenCode, callCode) => {
    await put('/sandbox/standing', { appId, standing });
    expect((await stableToken()).errcode).toBe(tokenCode);
    expect((await relations()).errcode).toBe(callCode);
    await put('/sandbox/standing', { appId, standing: 'good' });
    expect([(await stableToken()).errcode, (await relations()).errcode]).toEqual([undefined, 0]);
  });

  test('of a shop that closes is shown by the shop info, and WeChat pushes it', async () => {
    for (const standing of ['closing', 'good', 'closing', 'closed'])
      await put('/sandbox/standing', { appId, standing });
    expect((await shop.get('/channels/ec/basics/info/get')).info.status).toBe('close_finished');
    await stage.receiver.waitFor(4);
    const events = stage.sandbox.pushes().map(({ event }) => event);
    expect(events).toEqual([...Array(3).fill('channels_ec_change_status'), 'channels_ec_close_store']);
    expect(opened(stage.receiver.pushes[0] as never, 'shop')).toBeDefined();
  });

  test('closing is not for a Mini Program', async () => {
    const body = { appId: fixtures.miniProgram.appId, standing: 'closing' };
    const answer = await control(stage.sandbox, 'PUT', '/sandbox/standing', body);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining('is for a shop') } });
  });
});

describe('limits', () => {
  test('a minute holds so many calls of one path, of one account; the next minute is free again', async () => {
    await put('/sandbox/clock', { now: '2026-11-25T00:00:05Z' });
    shop = callerFor(stage.sandbox, appId);
    await put('/sandbox/limits', { appId, perMinute: 2 });
    const codes = [];
    for (let n = 0; n < 4; n += 1) codes.push((await relations()).errcode);
    expect(codes).toEqual([0, 0, 45011, 45011]);
    expect((await shop.get('/shop/ec/category/all')).errcode).toBe(0);
    expect((await mini.get(first)).errcode).not.toBe(45011);
    stage.sandbox.setClock({ advanceSeconds: 60 });
    expect((await relations()).errcode).toBe(0);
  });

  test('a day turns at midnight in Beijing; clear_quota empties it, ten times a month', async () => {
    // Far ahead: a token from before would come to its end within the test at some hours of some day.
    await put('/sandbox/clock', { now: '2031-03-05T15:00:00Z' });
    shop = callerFor(stage.sandbox, appId);
    await put('/sandbox/limits', { appId, perDay: 1 });
    expect([(await relations()).errcode, (await relations()).errcode]).toEqual([0, 45009]);
    const quota = () =>
      shop.post('/cgi-bin/openapi/quota/get', { cgi_path: '/shop/ec/category/get_category_relation_list' });
    expect((await quota()).quota).toEqual({ daily_limit: 1, used: 1, remain: 0 });
    await put('/sandbox/limits', { appId, perDay: null });
    await put('/sandbox/limits', { appId, perDay: 1 });
    for (let n = 0; n < 10; n += 1) expect((await shop.post('/cgi-bin/clear_quota', { appid: appId })).errcode).toBe(0);
    expect((await relations()).errcode).toBe(0);
    const v2 = { appid: appId, appsecret: fixtures.shop.secret };
    expect((await shop.post('/cgi-bin/clear_quota/v2', v2)).errcode).toBe(48006);
    expect((await relations()).errcode).toBe(45009);
    stage.sandbox.setClock({ advanceSeconds: 3_601 });
    expect((await relations()).errcode).toBe(0);
  });

  test('quota/get knows the paths, and whose they are', async () => {
    const of = (cgi_path: string) => shop.post('/cgi-bin/openapi/quota/get', { cgi_path });
    expect((await of('/shop/ec/category/all')).quota).toMatchObject({ used: 0 });
    expect((await of('/no/such/path')).errcode).toBe(76021);
    expect((await of(first)).errcode).toBe(76022);
  });
});

test('rid/get shows a refused call to the account that made it, without its token', async () => {
  const { errmsg } = await shop.post('/shop/ec/category/detail', { cat_id: 1 });
  const rid = /rid: (\S+)$/.exec(errmsg)?.[1] ?? '';
  const { request } = await shop.post('/cgi-bin/openapi/rid/get', { rid });
  expect(request).toMatchObject({
    request_url: '/shop/ec/category/detail?access_token=***',
    request_body: '{"cat_id":1}',
  });
  expect(JSON.parse(request.response_body)).toMatchObject({ errcode: 10020063 });
  expect(JSON.stringify(request)).not.toContain(shop.token);
  expect((await mini.post('/cgi-bin/openapi/rid/get', { rid })).errcode).toBe(76003);
  expect((await shop.post('/cgi-bin/openapi/rid/get', { rid: 'x' })).errcode).toBe(76002);
  expect((await shop.post('/cgi-bin/openapi/rid/get', { rid: '00000000-00000000-00000000' })).errcode).toBe(76001);
});

describe('permission sets', () => {
  const grant = (who: string, permissionSets: number[]) =>
    control(stage.sandbox, 'POST', `/sandbox/platforms/${componentAppId}/authorizations`, {
      appId: who,
      event: 'updateauthorized',
      permissionSets,
    });

  test('a Mini Program without 30 gets 61007 at the category calls, without 18 at wxa/get_category', async () => {
    const codes = async () => [(await mini.get(first)).errcode, (await mini.get('/wxa/get_category')).errcode];
    expect(await codes()).toEqual([0, 0]);
    await grant(fixtures.miniProgram.appId, [18]);
    expect(await codes()).toEqual([61007, 0]);
    await grant(fixtures.miniProgram.appId, [30]);
    expect(await codes()).toEqual([0, 61007]);
    expect((await mini.upload('/cgi-bin/media/upload?type=image')).media_id).toBeDefined();
    await grant(fixtures.miniProgram.appId, [18]);
    expect((await mini.upload('/cgi-bin/media/upload?type=image')).errcode).toBe(61007);
  });

  test("a platform's shop needs 85 or 129, the valid brands 129 alone, a shop of its own nothing", async () => {
    const theirs = callerFor(stage.sandbox, fixtures.platformShop.appId);
    const codes = async (caller: Caller) => [
      (await caller.get('/shop/ec/category/all')).errcode,
      (await caller.post('/channels/ec/brand/valid/list/get', { page_size: 10 })).errcode,
      (await caller.post('/channels/ec/product/categoryprecheck', {})).errcode,
    ];
    expect(await codes(theirs)).toEqual([0, 0, 0]);
    await grant(fixtures.platformShop.appId, [85]);
    expect(await codes(theirs)).toEqual([0, 48001, 48001]);
    await grant(fixtures.platformShop.appId, [174]);
    expect(await codes(theirs)).toEqual([48001, 48001, 48001]);
    expect(await codes(shop)).toEqual([0, 0, 0]);
  });

  test("without 174 a platform hears nothing of a shop's audits; of one that left, nothing at all", async () => {
    const apply = async (who: string, categoryId: string) => {
      await stage.sandbox.applyInBackOffice({ appId: who, categoryId, status: 'approved' });
      return stage.sandbox.pushes().filter((push) => push.appId === who).length;
    };
    const [one, two, three] = fixtures.categories.byHand.map(({ leaf }) => leaf);
    expect(await apply(fixtures.platformShop.appId, one ?? '')).toBe(1);
    await grant(fixtures.platformShop.appId, [85]);
    expect(await apply(fixtures.platformShop.appId, two ?? '')).toBe(1);
    await grant(fixtures.platformShop.appId, [85, 174]);
    stage.sandbox.changeAuthorization({ componentAppId, appId: fixtures.platformShop.appId, event: 'unauthorized' });
    expect(await apply(fixtures.platformShop.appId, three ?? '')).toBe(1);
    expect(() => stage.sandbox.issueToken({ appId: fixtures.platformShop.appId })).toThrow('withdrawn');
  });
});

test('an event of another program comes to the same address, JSON for a shop and XML for a platform', async () => {
  const order = { appId, event: 'channels_ec_order_new', fields: { order_info: { order_id: '3705115058471208928' } } };
  expect((await control(stage.sandbox, 'POST', '/sandbox/pushes', order)).status).toBe(200);
  await stage.receiver.waitFor(1);
  expect(opened(stage.receiver.pushes[0] as never, 'shop')).toBeDefined();
  const chat = { appId: fixtures.miniProgram.appId, event: 'text', msgType: 'text', fields: { Content: '<在吗>' } };
  expect((await control(stage.sandbox, 'POST', '/sandbox/pushes', chat)).status).toBe(200);
  await stage.receiver.waitFor(2);
  expect(opened(stage.receiver.pushes[1] as never, 'platform')).toBeDefined();
  await until(() => stage.sandbox.pushes().every(({ tries }) => tries.length === 1));
  expect(stage.sandbox.pushes()[0]?.tries[0]).toMatchObject({ httpStatus: 200, answer: 'success' });
  const bad = { appId, event: 'x', fields: { 'a b': 1 } };
  expect(await control(stage.sandbox, 'POST', '/sandbox/pushes', bad)).toMatchObject({ status: 400 });
});

test('GET /sandbox lists every route, and GET /sandbox/accounts shows trouble but no secret', async () => {
  const { body } = await control(stage.sandbox, 'GET', '/sandbox');
  for (const path of ['/sandbox/ip', '/sandbox/quota', '/sandbox/back-office/renew', '/sandbox/token'])
    expect(body.routes).toContainEqual(expect.objectContaining({ path, says: expect.stringMatching(/\S/) }));
  await put('/sandbox/limits', { appId, perMinute: 5 });
  await put('/sandbox/quota', { appId: fixtures.miniProgram.appId, monthlyLimit: 5, left: 1, categoryLimit: 9 });
  const { body: shown } = await control(stage.sandbox, 'GET', '/sandbox/accounts');
  expect(shown.accounts).toContainEqual(expect.objectContaining({ appId, perMinute: 5, permissionSets: null }));
  expect(shown.accounts).toContainEqual(expect.objectContaining({ quota: { limit: 5, left: 1, categoryLimit: 9 } }));
  expect(shown.platforms).toMatchObject([{ componentAppId, areTicketsPushed: false }]);
  for (const secret of [fixtures.shop.secret, fixtures.platform.secret, fixtures.shop.callback.token])
    expect(JSON.stringify(shown)).not.toContain(secret);
});

test.each([
  ['/sandbox/ip', { appId: 'wx5a2d8f1c3b7e9046' }, 'address'],
  ['/sandbox/ip', { appId: 'wx5a2d8f1c3b7e9046', address: 'here' }, 'address'],
  ['/sandbox/standing', { appId: 'wx5a2d8f1c3b7e9046', standing: 'sad' }, 'standing'],
  ['/sandbox/limits', { appId: 'wx5a2d8f1c3b7e9046' }, 'perMinute'],
  ['/sandbox/limits', { appId: 'wx5a2d8f1c3b7e9046', perDay: -1 }, 'perDay'],
  ['/sandbox/limits', { appId: 'wx5a2d8f1c3b7e9046', perDay: 1.5 }, 'perDay'],
  ['/sandbox/quota', { appId: 'wx1f6b3d8a5c2e7094' }, 'monthlyLimit'],
  ['/sandbox/quota', { appId: 'wx1f6b3d8a5c2e7094', monthlyLimit: 3, left: 4 }, 'left'],
  ['/sandbox/brands', { appId: 'wx5a2d8f1c3b7e9046', brands: [{ brandId: 'x' }] }, 'brands[0].brandId'],
  ['/sandbox/brands', { appId: 'wx5a2d8f1c3b7e9046', brands: [{ brandId: '1', state: 'new' }] }, 'brands[0].state'],
  ['/sandbox/auditor', { kind: 'angry' }, 'kind'],
  ['/sandbox/auditor', { kind: 'human', betweenSeconds: [9, 1] }, 'betweenSeconds'],
  ['/sandbox/drift', { refreshTokens: 'never' }, 'refreshTokens'],
])('PUT %s %j is refused with 400 and the field %s', async (path, body, field) => {
  const answer = await control(stage.sandbox, 'PUT', path, body);
  expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining(field) } });
});
