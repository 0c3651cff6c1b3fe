/** Access tokens of the sandbox: both families, their refusals, and their age by the sandbox clock. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { callerFor, control, exact, type Stage, startStage } from './harness.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await startStage();
});
afterEach(() => stage.close());

const good = { grant_type: 'client_credential', appid: fixtures.shop.appId, secret: fixtures.shop.secret };

async function stable(body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${stage.sandbox.url}/cgi-bin/stable_token`, { method: 'POST', body: text });
  return { status: answer.status, ...exact(await answer.text()) };
}

async function older(query: Record<string, string>, method = 'GET') {
  const answer = await fetch(`${stage.sandbox.url}/cgi-bin/token?${new URLSearchParams(query)}`, { method });
  return exact(await answer.text());
}

async function useOf(token: string) {
  const answer = await fetch(`${stage.sandbox.url}/channels/ec/basics/info/get?access_token=${token}`);
  return exact(await answer.text());
}

test('stable_token gives the same token again with the seconds that remain, and a new one five minutes before the end', async () => {
  const first = await stable(good);
  expect(first.expires_in).toBe(7200);
  stage.sandbox.setClock({ advanceSeconds: 3600 });
  const second = await stable(good);
  expect(second.access_token).toBe(first.access_token);
  expect(second.expires_in).toBeLessThanOrEqual(3600);
  stage.sandbox.setClock({ advanceSeconds: 3400 });
  const third = await stable(good);
  expect(third.access_token).not.toBe(first.access_token);
  expect((await useOf(first.access_token)).errcode).toBe(0);
});

test('force_refresh kills the token before it, and may not be repeated within 30 seconds', async () => {
  const first = await stable(good);
  const forced = await stable({ ...good, force_refresh: true });
  expect((await useOf(first.access_token)).errcode).toBe(42001);
  expect((await useOf(forced.access_token)).errcode).toBe(0);
  expect((await stable({ ...good, force_refresh: true })).errcode).toBe(45011);
  stage.sandbox.setClock({ advanceSeconds: 31 });
  expect((await stable({ ...good, force_refresh: true })).expires_in).toBe(7200);
});

test('the 21st forced refresh of a day is refused with 45009', async () => {
  for (let count = 0; count < 20; count += 1) {
    expect((await stable({ ...good, force_refresh: true })).errcode).toBeUndefined();
    stage.sandbox.setClock({ advanceSeconds: 31 });
  }
  expect((await stable({ ...good, force_refresh: true })).errcode).toBe(45009);
});

test('the older token call leaves the token before it five more minutes, and does not touch the stable one', async () => {
  const other = await stable(good);
  const first = await older(good);
  const second = await older(good);
  expect(second.access_token).not.toBe(first.access_token);
  expect((await useOf(first.access_token)).errcode).toBe(0);
  stage.sandbox.setClock({ advanceSeconds: 301 });
  expect((await useOf(first.access_token)).errcode).toBe(42001);
  expect((await useOf(second.access_token)).errcode).toBe(0);
  expect((await useOf(other.access_token)).errcode).toBe(0);
});

test.each([
  [40002, { ...good, grant_type: 'password' }],
  [41002, { grant_type: good.grant_type, secret: good.secret }],
  [41004, { grant_type: good.grant_type, appid: good.appid }],
  [40013, { ...good, appid: 'wxnobody' }],
  [40125, { ...good, secret: 'wrong' }],
])('both token calls refuse with %i what is wrong in %j', async (errcode, body) => {
  expect((await stable(body)).errcode).toBe(errcode);
  expect((await older(body as Record<string, string>)).errcode).toBe(errcode);
});

test('an account that has authorised a platform has no secret of its own', async () => {
  expect((await stable({ ...good, appid: fixtures.miniProgram.appId })).errcode).toBe(40125);
});

test('stable_token refuses what is no JSON, an empty body, a GET and a member it does not know', async () => {
  expect((await stable('{')).errcode).toBe(47001);
  expect((await stable('')).errcode).toBe(44002);
  expect((await stable({ ...good, apid: 'x' })).errcode).toBe(47001);
  const got = await fetch(`${stage.sandbox.url}/cgi-bin/stable_token`);
  expect(exact(await got.text()).errcode).toBe(43002);
  expect((await older(good, 'POST')).errcode).toBe(43001);
});

test('a call without a token gets 41001, with a wrong one 40001, after its time 42001, of another kind of account 48001', async () => {
  expect((await useOf('')).errcode).toBe(41001);
  expect((await useOf('nonsense')).errcode).toBe(40001);
  expect((await useOf('__proto__')).errcode).toBe(40001);
  expect((await useOf(callerFor(stage.sandbox, fixtures.miniProgram.appId).token)).errcode).toBe(48001);
  const shop = callerFor(stage.sandbox, fixtures.shop.appId);
  expect((await shop.get('/cgi-bin/wxopen/getcategory')).errcode).toBe(48001);
  stage.sandbox.setClock({ advanceSeconds: 7200 });
  expect((await useOf(shop.token)).errcode).toBe(42001);
});

test('a refusal is HTTP 200 with an errcode, and its errmsg ends in a rid', async () => {
  const answer = await fetch(`${stage.sandbox.url}/shop/ec/category/detail?access_token=x`, {
    method: 'POST',
    body: '{}',
  });
  expect(answer.status).toBe(200);
  expect(exact(await answer.text()).errmsg).toMatch(/ rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/);
});

test('the token service gives the current token again, and a new one when that is the rejected one', async () => {
  const ask = async (body: unknown, bearer: string = fixtures.platform.tokenServiceBearer) => {
    const answer = await fetch(`${stage.sandbox.url}/sandbox/token`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };
  const { appId } = fixtures.miniProgram;
  const { componentAppId } = fixtures.platform;
  const first = await ask({ appId, componentAppId });
  expect(first).toEqual({ status: 200, body: { accessToken: expect.any(String), expiresInSeconds: 7200 } });
  expect((await ask({ appId, componentAppId, rejectedToken: 'some older one' })).body.accessToken).toBe(
    first.body.accessToken,
  );
  const renewed = await ask({ appId, componentAppId, rejectedToken: first.body.accessToken });
  expect(renewed.body.accessToken).not.toBe(first.body.accessToken);
  expect((await ask({ appId, componentAppId })).body.accessToken).toBe(renewed.body.accessToken);
  expect((await ask({ appId }, 'guessed')).status).toBe(401);
  expect((await ask({ appId: 'wxnobody' })).status).toBe(404);
  expect((await ask({ appId, componentAppId: 'wxother' })).status).toBe(404);
});

test('POST /sandbox/token gives a token of any account without a bearer, and it works at once', async () => {
  for (const { appId } of [fixtures.shop, fixtures.platformShop, fixtures.miniProgram]) {
    const { body } = await control(stage.sandbox, 'POST', '/sandbox/token', { appId });
    const path = appId === fixtures.miniProgram.appId ? '/cgi-bin/wxopen/getcategory' : '/shop/ec/category/all';
    const answer = await fetch(`${stage.sandbox.url}${path}?access_token=${body.accessToken}`);
    expect(exact(await answer.text()).errcode).toBe(0);
  }
});
