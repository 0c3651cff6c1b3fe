/** Chaos: every fault of a call, whether it took effect, and which calls a rule meets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { byHand, type Caller, callerFor, categoryInfo, control, type Stage, startStage } from './harness.ts';

let stage: Stage;
let shop: Caller;
let fileId: string;
beforeEach(async () => {
  stage = await startStage();
  shop = callerFor(stage.sandbox, fixtures.shop.appId);
  fileId = await shop.fileId();
});
afterEach(() => stage.close());

const add = (index = 0, caller = shop) =>
  caller.post('/channels/ec/category/add', { category_info: categoryInfo(byHand(index), fileId) });
const chaos = (...rules: object[]) => control(stage.sandbox, 'PUT', '/sandbox/chaos', { rules });

test('an error code is answered without effect, once, with a rid', async () => {
  await chaos({ operation: 'category/add', errcode: 45011 });
  const answer = await add();
  expect(answer).toMatchObject({ errcode: 45011, errmsg: expect.stringMatching(/rid: /) });
  expect(stage.sandbox.audits()).toEqual([]);
  expect((await add()).errcode).toBe(0);
});

test('an HTTP status comes with a body that is no JSON, as often as asked, without effect', async () => {
  await chaos({ operation: 'category/add', status: 502, times: 2 });
  for (let count = 0; count < 2; count += 1) {
    const path = `${stage.sandbox.url}/channels/ec/category/add?access_token=${shop.token}`;
    const answer = await fetch(path, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toContain('html');
  }
  expect((await add()).errcode).toBe(0);
});

test('a reset cuts the connection before any effect', async () => {
  await chaos({ operation: 'category/add', reset: true });
  await expect(add()).rejects.toThrow();
  expect(stage.sandbox.audits()).toEqual([]);
  expect(stage.sandbox.requests('category/add').at(-1)).toMatchObject({ errcode: null, status: 0 });
});

test('a lost answer cuts the connection after the effect', async () => {
  await chaos({ operation: 'category/add', loseAnswer: true });
  await expect(add()).rejects.toThrow();
  expect(stage.sandbox.audits()).toEqual([expect.objectContaining({ categoryId: byHand().leaf, status: 'open' })]);
  expect((await add()).errcode).toBe(10020064);
});

test('a lost answer waits for a call that takes effect: a refusal has none to lose', async () => {
  await chaos({ operation: 'category/add', loseAnswer: true });
  const refused = { category_info: { ...categoryInfo(byHand(), 'file_of_nobody') } };
  expect((await shop.post('/channels/ec/category/add', refused)).errcode).toBe(10020087);
  await expect(add()).rejects.toThrow();
  expect(stage.sandbox.audits()).toHaveLength(1);
  expect((await add(1)).errcode).toBe(0);
});

test('a lost answer of a Mini Program call takes effect as well', async () => {
  const mini = callerFor(stage.sandbox, fixtures.miniProgram.appId);
  const value = await mini.mediaId();
  await chaos({ operation: 'wxopen/addcategory', loseAnswer: true });
  const key = fixtures.miniProgramCategories.byHand[0]?.alternatives[0]?.[0];
  const body = { categories: [{ first: 8, second: 39, certicates: [{ key, value }] }] };
  await expect(mini.post('/cgi-bin/wxopen/addcategory', body)).rejects.toThrow();
  expect((await mini.post('/cgi-bin/wxopen/addcategory', body)).errcode).toBe(53304);
});

test('a delay alone only slows down; with a fault it comes before it', async () => {
  await chaos(
    { operation: 'category/add', delayMs: 200 },
    { operation: 'category/add', delayMs: 200, loseAnswer: true },
  );
  const startedAt = performance.now();
  expect((await add(0)).errcode).toBe(0);
  expect(performance.now() - startedAt).toBeGreaterThan(180);
  await expect(add(1)).rejects.toThrow();
  expect(performance.now() - startedAt).toBeGreaterThan(380);
  expect(stage.sandbox.audits()).toHaveLength(2);
});

test('rules of one operation are used up one after another', async () => {
  await chaos({ operation: 'category/add', errcode: -1 }, { operation: 'category/add', errcode: 45009 });
  expect([(await add()).errcode, (await add()).errcode, (await add()).errcode]).toEqual([-1, 45009, 0]);
});

describe('which calls a rule meets', () => {
  test("a star meets every call of WeChat's API, tokens too, and never the control API", async () => {
    await chaos({ operation: '*', errcode: -1, times: 2 });
    await control(stage.sandbox, 'POST', '/sandbox/token', { appId: fixtures.shop.appId });
    expect((await shop.get('/shop/ec/category/all')).errcode).toBe(-1);
    const good = { grant_type: 'client_credential', appid: fixtures.shop.appId, secret: fixtures.shop.secret };
    const answer = await fetch(`${stage.sandbox.url}/cgi-bin/stable_token`, {
      method: 'POST',
      body: JSON.stringify(good),
    });
    expect(JSON.parse(await answer.text()).errcode).toBe(-1);
    expect((await add()).errcode).toBe(0);
  });

  test('a rule may be narrowed to an account and a category', async () => {
    await chaos({ operation: 'category/add', errcode: -1, appId: fixtures.platformShop.appId, times: 9 });
    expect((await add(0)).errcode).toBe(0);
    await chaos({ operation: 'category/add', errcode: -1, categoryId: byHand(2).leaf, times: 9 });
    expect((await add(1)).errcode).toBe(0);
    expect((await add(2)).errcode).toBe(-1);
  });

  test('the token service is met by a rule that names it', async () => {
    await chaos({ operation: 'sandbox/token', status: 503 });
    const ask = { method: 'POST', body: JSON.stringify({ appId: fixtures.shop.appId }) };
    expect((await fetch(`${stage.sandbox.url}/sandbox/token`, ask)).status).toBe(503);
    expect((await fetch(`${stage.sandbox.url}/sandbox/token`, ask)).status).toBe(200);
  });

  test('new rules replace the old ones; an empty list ends the chaos and leaves that of pushes', async () => {
    await chaos({ operation: 'category/add', errcode: -1, times: 99 });
    await control(stage.sandbox, 'PUT', '/sandbox/chaos', { push: { lose: 1 } });
    expect((await add()).errcode).toBe(-1);
    const { body } = await chaos();
    expect(body).toEqual({ rules: [], push: { lose: 1 } });
    expect((await add()).errcode).toBe(0);
  });
});
