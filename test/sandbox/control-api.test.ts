/** The control API: the shapes that foreign programs rely on, verdict rules, the clock, and how it says no. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import accountsExample from '../../examples/accounts.sandbox.json' with { type: 'json' };
import { createSandbox, fixtures } from '../../src/sandbox/index.ts';
import {
  type Answer,
  byHand,
  type Caller,
  callerFor,
  categoryInfo,
  control,
  type Stage,
  startStage,
  submitted,
  until,
} from './harness.ts';

let stage: Stage;
let shop: Caller;
beforeEach(async () => {
  stage = await startStage();
  shop = callerFor(stage.sandbox, fixtures.shop.appId);
});
afterEach(() => stage.close());

const call = (method: string, path: string, body?: unknown) => control(stage.sandbox, method, path, body);
const audits = async (): Promise<Answer[]> => (await call('GET', '/sandbox/audits')).body.audits;
const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
const detail = (auditId: string) => shop.post('/shop/ec/category/getbizcatflowdetail', { audit_id: auditId });
const { appId } = fixtures.shop;

describe('audits', () => {
  test("GET /sandbox/audits shows a shop's audit in the documented members", async () => {
    const id = await submitted(shop, byHand());
    expect(await audits()).toEqual([
      {
        id,
        platform: 'channels-shop',
        appId,
        categoryId: byHand().leaf,
        status: 'open',
        reason: '',
        origin: 'api',
        createdAt: isoTime,
        decidedAt: null,
        material: 1,
      },
    ]);
  });

  test("a Mini Program's id holds a colon, may be percent-encoded, and counts submissions", async () => {
    const { appId: miniAppId } = fixtures.miniProgram;
    await call('POST', '/sandbox/audits', { appId: miniAppId, categoryId: '8-39' });
    const id = `${miniAppId}:8-39`;
    expect(await audits()).toMatchObject([{ id, platform: 'mini-program', categoryId: '8-39', submissions: 1 }]);
    const path = `/sandbox/audits/${encodeURIComponent(id)}/verdict`;
    expect(path).toContain('%3A');
    expect((await call('POST', path, { verdict: 'rejected', reason: '不清晰' })).status).toBe(200);
    expect(await audits()).toMatchObject([{ status: 'rejected', reason: '不清晰', decidedAt: isoTime }]);
  });

  test('a verdict by hand is given once: 404 for an unknown audit, 409 for a decided one', async () => {
    const id = await submitted(shop, byHand());
    expect((await call('POST', '/sandbox/audits/1/verdict', { verdict: 'approved' })).status).toBe(404);
    expect((await call('POST', `/sandbox/audits/${id}/verdict`, { verdict: 'approved' })).status).toBe(200);
    expect((await call('POST', `/sandbox/audits/${id}/verdict`, { verdict: 'rejected' })).status).toBe(409);
    expect((await detail(id)).info.status).toBe(3);
  });

  test('nothing withdraws the review of a Mini Program', async () => {
    const { appId: miniAppId } = fixtures.miniProgram;
    await call('POST', '/sandbox/audits', { appId: miniAppId, categoryId: '8-39' });
    const answer = await call('POST', `/sandbox/audits/${miniAppId}:8-39/verdict`, { verdict: 'cancelled' });
    expect(answer).toEqual({ status: 400, body: { error: expect.stringContaining('verdict') } });
  });

  test('a person applies in the back office: open by default, and a category id may be a number', async () => {
    const { body } = await call('POST', '/sandbox/audits', { appId, categoryId: Number(byHand().leaf) });
    expect(body.audit).toMatchObject({ status: 'open', origin: 'back-office', categoryId: byHand().leaf });
    const add = { category_info: categoryInfo(byHand(), await shop.fileId()) };
    expect((await shop.post('/channels/ec/category/add', add)).errcode).toBe(10020064);
    expect((await detail(body.audit.id)).info.status).toBe(1);
  });

  test('approved in the back office is in force at once, and the push goes out', async () => {
    await call('POST', '/sandbox/audits', { appId, categoryId: byHand().leaf, status: 'approved' });
    const relation = '/shop/ec/category/get_category_relation_detail';
    expect((await shop.post(relation, { category_id: Number(byHand().leaf) })).status).toBe(1);
    await stage.receiver.waitFor(1);
  });
});

describe('verdict rules', () => {
  const rule = (body: object) => call('PUT', '/sandbox/verdicts', body);

  test('at-once decides in the moment of the submission', async () => {
    await rule({ when: 'at-once', verdict: 'rejected', reason: '不清晰' });
    await submitted(shop, byHand());
    expect(await audits()).toMatchObject([{ status: 'rejected', reason: '不清晰' }]);
    await stage.receiver.waitFor(1);
  });

  test('afterReads shows "in review" n times and decides then', async () => {
    await rule({ when: { afterReads: 2 }, verdict: 'approved' });
    const id = await submitted(shop, byHand());
    const shown = [];
    for (let count = 0; count < 3; count += 1) shown.push((await detail(id)).info.status);
    expect(shown).toEqual([1, 1, 3]);
  });

  test('afterSeconds counts the sandbox clock', async () => {
    await rule({ when: { afterSeconds: 3600 }, verdict: 'approved' });
    const id = await submitted(shop, byHand());
    await call('PUT', '/sandbox/clock', { advanceSeconds: 3590 });
    expect((await detail(id)).info.status).toBe(1);
    await call('PUT', '/sandbox/clock', { advanceSeconds: 10 });
    await stage.receiver.waitFor(1);
    expect((await audits())[0].status).toBe('approved');
  });

  test('afterSeconds comes by itself in real time', async () => {
    await rule({ when: { afterSeconds: 0.2 }, verdict: 'approved' });
    await submitted(shop, byHand());
    await until(() => stage.sandbox.audits()[0]?.status === 'approved');
  });

  test('the more specific rule wins, then the later one; the fixture category stays approved at once', async () => {
    await rule({ categoryId: byHand(0).leaf, when: 'at-once', verdict: 'rejected' });
    await rule({ when: 'at-once', verdict: 'cancelled' });
    await rule({ appId, categoryId: byHand(1).leaf, when: 'by-hand' });
    for (const index of [0, 1, 2]) await submitted(shop, byHand(index));
    await submitted(shop, fixtures.categories.approvedAtOnce);
    const statuses = (await audits()).map(({ status }) => status);
    expect(statuses).toEqual(['rejected', 'open', 'cancelled', 'approved']);
    await rule({ categoryId: byHand(0).leaf, when: 'by-hand' });
    await submitted(shop, byHand(0));
    expect((await audits()).at(-1).status).toBe('open');
  });
});

describe('clock, requests, uploads, reset', () => {
  test('the clock can be set, and stands in what is shown', async () => {
    expect((await call('PUT', '/sandbox/clock', { now: '2030-01-01T00:00:00Z' })).body.now).toMatch(
      /^2030-01-01T00:00:0/,
    );
    shop = callerFor(stage.sandbox, appId);
    await submitted(shop, byHand());
    expect((await audits())[0].createdAt).toMatch(/^2030-01-01T/);
    expect((await call('PUT', '/sandbox/clock', { now: 1_900_000_000 })).body.now).toMatch(/^2030-03-17T/);
  });

  test('requests are listed by operation, with their errcode and without a token', async () => {
    await submitted(shop, byHand());
    await detail('1');
    const all = (await call('GET', '/sandbox/requests')).body.requests;
    expect(all.map(({ operation }: Answer) => operation)).toEqual([
      'qualification/upload',
      'category/add',
      'category/getbizcatflowdetail',
    ]);
    const { requests } = (await call('GET', '/sandbox/requests?operation=category/add')).body;
    const path = '/channels/ec/category/add';
    expect(requests).toEqual([
      { operation: 'category/add', method: 'POST', path, appId, at: isoTime, errcode: 0, status: 200 },
    ]);
    expect(all.at(-1).errcode).toBe(9401020);
    expect(JSON.stringify(all)).not.toContain(shop.token);
  });

  test('uploads and pushes can be read, healthz answers', async () => {
    stage.sandbox.decide(await submitted(shop, byHand()), 'approved');
    await until(() => stage.sandbox.pushes()[0]?.status === 'delivered');
    expect((await call('GET', '/sandbox/uploads')).body.counts).toEqual({ [appId]: 1 });
    const { pushes } = (await call('GET', '/sandbox/pushes')).body;
    expect(pushes).toMatchObject([
      { appId, event: 'product_category_audit', tries: [{ httpStatus: 200, error: null }] },
    ]);
    expect(await call('GET', '/healthz')).toEqual({ status: 200, body: { status: 'ok' } });
  });

  test('reset goes back to the fixtures: no audits, no chaos, no rules, real time, and the old token is dead', async () => {
    await submitted(shop, byHand());
    await call('PUT', '/sandbox/verdicts', { when: 'at-once', verdict: 'approved' });
    await call('PUT', '/sandbox/clock', { advanceSeconds: 1000 });
    expect((await call('POST', '/sandbox/reset')).status).toBe(200);
    expect((await call('GET', '/sandbox/requests')).body.requests).toEqual([]);
    expect(await audits()).toEqual([]);
    expect((await shop.get('/shop/ec/category/all')).errcode).toBe(40001);
    shop = callerFor(stage.sandbox, appId);
    await submitted(shop, byHand());
    expect((await audits())[0].status).toBe('open');
    expect(Math.abs(Date.parse((await call('GET', '/sandbox/clock')).body.now) - Date.now())).toBeLessThan(2000);
  });
});

describe('accounts', () => {
  test('an account can be added in the format of the accounts file, and calls at once', async () => {
    const added = { appId: 'wxadded', secret: 's', callback: { token: 't', encodingAesKey: ['A'.repeat(43)] } };
    expect((await call('PUT', '/sandbox/accounts', { shops: [added] })).status).toBe(200);
    expect((await callerFor(stage.sandbox, 'wxadded').get('/shop/ec/category/all')).errcode).toBe(0);
    const platform = {
      componentAppId: fixtures.platform.componentAppId,
      authorizers: [{ appId: 'wxmini', platform: 'mini-program' }],
    };
    await call('PUT', '/sandbox/accounts', { platforms: [platform] });
    expect((await callerFor(stage.sandbox, 'wxmini').get('/cgi-bin/wxopen/getcategory')).errcode).toBe(0);
    expect(
      (await callerFor(stage.sandbox, fixtures.miniProgram.appId).get('/cgi-bin/wxopen/getcategory')).errcode,
    ).toBe(0);
  });

  test('changing an address leaves the rest of the account as it was', async () => {
    const callback = { url: `${stage.receiver.url}/elsewhere` };
    await call('PUT', '/sandbox/accounts', { shops: [{ appId, callback }] });
    stage.sandbox.decide(await submitted(shop, byHand()), 'approved');
    const [push] = await stage.receiver.waitFor(1);
    expect(push?.path).toBe('/elsewhere');
  });

  test('the example file holds the fixtures, at the default address of a sandbox', () => {
    const sandboxUrl = stage.sandbox.url;
    const here = JSON.parse(
      JSON.stringify(stage.sandbox.accountsFile()).replaceAll(sandboxUrl, 'http://127.0.0.1:8090'),
    );
    expect(here).toEqual(accountsExample);
  });
});

test.each([
  ['PUT', '/sandbox/verdicts', {}, 'when'],
  ['PUT', '/sandbox/verdicts', { when: 'soon' }, 'when'],
  ['PUT', '/sandbox/verdicts', { when: 'at-once' }, 'verdict'],
  ['PUT', '/sandbox/verdicts', { when: 'at-once', verdict: 'maybe' }, 'verdict'],
  ['PUT', '/sandbox/verdicts', { when: { afterReads: 'x' }, verdict: 'approved' }, 'afterReads'],
  ['PUT', '/sandbox/chaos', { rules: [{ errcode: -1 }] }, 'operation'],
  ['PUT', '/sandbox/chaos', { rules: [{ operation: '*' }] }, 'rules[0]'],
  ['PUT', '/sandbox/chaos', { rules: [{ operation: '*', reset: true, errcode: 1 }] }, 'rules[0]'],
  ['PUT', '/sandbox/chaos', { rules: [{ operation: '*', errcode: 1, time: 2 }] }, 'time'],
  ['PUT', '/sandbox/chaos', { push: { lose: 'yes' } }, 'push.lose'],
  ['PUT', '/sandbox/clock', {}, 'advanceSeconds'],
  ['PUT', '/sandbox/clock', { advanceSeconds: -1 }, 'advanceSeconds'],
  ['PUT', '/sandbox/clock', { now: 'tomorrow' }, 'now'],
  ['PUT', '/sandbox/drift', { idsAs: 'text' }, 'idsAs'],
  ['PUT', '/sandbox/accounts', { shops: [{ secret: 's' }] }, 'appId'],
  [
    'PUT',
    '/sandbox/accounts',
    { shops: [{ appId: 'a', callback: { url: 'http://x', token: 't' } }] },
    'encodingAesKey',
  ],
  ['POST', '/sandbox/audits', { categoryId: '6201' }, 'appId'],
  ['POST', '/sandbox/audits', { appId: fixtures.shop.appId }, 'categoryId'],
  ['POST', '/sandbox/audits', { appId: fixtures.shop.appId, categoryId: '1' }, 'categoryId'],
  ['POST', '/sandbox/token', {}, 'appId'],
  ['PUT', '/sandbox/clock', '{', 'JSON'],
])('%s %s refuses %j with a sentence that names %s', async (method, path, body, named) => {
  const answer = await call(method, path, body);
  expect(answer).toEqual({ status: 400, body: { error: expect.stringContaining(named) } });
});

test('an unknown path of the control API is a 404, not an answer of WeChat', async () => {
  expect((await call('PUT', '/sandbox/verdict', {})).status).toBe(404);
});

test('two sandboxes in one process know nothing of each other', async () => {
  const other = await createSandbox({ port: 0, callbackBaseUrl: stage.receiver.url });
  try {
    await submitted(shop, byHand());
    stage.sandbox.setChaos({ rules: [{ operation: '*', errcode: -1, times: 9 }] });
    stage.sandbox.setClock({ advanceSeconds: 9999 });
    expect(other.audits()).toEqual([]);
    expect((await callerFor(other, appId).get('/shop/ec/category/all')).errcode).toBe(0);
    expect(other.requests()).toHaveLength(1);
  } finally {
    await other.close();
  }
});
