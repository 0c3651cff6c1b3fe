/** Who may use the API: roles, tokens that do not fit, and an installation without any. */
import { afterEach, expect, test } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';
import { someView } from '../cli/run.ts';
import { type ApiStage, began, caseUrl, createApiStage, shopCase, tokens } from './api-stage.ts';

const script = {
  start: async () => began(),
  listPage: async () => ({ cases: [] }),
  handle: {
    view: async () => someView(),
    resultWithin: async () => undefined,
    retry: async () => ({ attempt: 1, status: 'preparing' as const }),
  },
};

let stage: ApiStage | undefined;
afterEach(() => stage?.close());

const requests = {
  read: [{ url: '/v1/cases' }, { url: caseUrl }, { url: `${caseUrl}/result` }],
  act: [{ method: 'POST', url: `${caseUrl}/retry` }],
  start: [{ method: 'POST', url: '/v1/cases', payload: shopCase }],
} as const;

test.each([
  ['reader', { read: 'taken', act: 403, start: 403 }],
  ['mender', { read: 'taken', act: 'taken', start: 403 }],
  ['backend', { read: 'taken', act: 'taken', start: 'taken' }],
] as const)('%s may do what the role says', async (who, may) => {
  stage = await createApiStage({ script });
  for (const kind of ['read', 'act', 'start'] as const)
    for (const request of requests[kind]) {
      const { statusCode, body } = await stage.ask(who, request);
      if (may[kind] === 'taken') expect(statusCode, body).toBeLessThan(300);
      else expect([statusCode, body]).toEqual([403, expect.stringContaining(':role-too-low"')]);
    }
});

test('without a token, with another one or with a part of one it is a 401 before the body is read', async () => {
  stage = await createApiStage({ script });
  const [{ token }] = tokens;
  for (const authorization of ['', 'Bearer', `Bearer ${token}x`, `Bearer ${token.slice(1)}`, `Basic ${token}`, token]) {
    const answer = await stage.app.inject({
      method: 'POST',
      url: '/v1/cases',
      headers: { authorization, 'content-type': 'text/plain' },
      payload: 'x',
    });
    expect([answer.statusCode, answer.headers['www-authenticate']], authorization).toEqual([401, 'Bearer']);
    expect(answer.body).not.toContain(token);
  }
});

test('without tokens the API is open on loopback, to programs but not to web pages of others', async () => {
  stage = await createApiStage({ script, access: { tokens: [] } });
  const { app } = stage;
  const ask = (headers: Record<string, string>) => app.inject({ url: '/v1/cases', headers });
  expect(stage.closed).toEqual([]);
  expect((await ask({ host: '127.0.0.1:8081' })).statusCode).toBe(200);
  expect((await ask({ host: 'localhost:8081', origin: 'http://localhost:8081' })).statusCode).toBe(200);
  // A name that its owner points at 127.0.0.1, and a form on a page of another site.
  expect((await ask({ host: 'evil.example' })).statusCode).toBe(403);
  expect((await ask({ host: '127.0.0.1:8081', origin: 'https://evil.example' })).statusCode).toBe(403);
  expect((await ask({ host: '127.0.0.1:8081', origin: 'null' })).statusCode).toBe(403);
});

test('without tokens and beyond loopback every call is refused with what to do, and the start says so', async () => {
  stage = await createApiStage({ script, access: { tokens: [], host: '0.0.0.0' } });
  expect(stage.closed).toEqual([expect.stringContaining('WXQ_API_TOKENS')]);
  for (const request of [...requests.read, ...requests.act, ...requests.start]) {
    const answer = await stage.app.inject({ ...request, headers: { host: '127.0.0.1:8081' } });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      403,
      { type: 'urn:problem-type:wechat-qualification:api-without-tokens', detail: expect.stringContaining('0.0.0.0') },
    ]);
  }
});

test('what is not there is a 404 in the same form', async () => {
  stage = await createApiStage({ script });
  const answer = await stage.ask('reader', { url: '/v1/nothing?token=SECRET' });
  expect([answer.statusCode, answer.headers['content-type'], answer.json().detail]).toEqual([
    404,
    'application/problem+json',
    'There is no GET /v1/nothing.',
  ]);
  // Whatever it is that was sent there.
  const body = { payload: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  expect((await stage.ask('reader', { method: 'POST', url: '/v1/cases/a', ...body })).statusCode).toBe(404);
  expect((await stage.ask('reader', { url: '/v1/cases//wx5a2d8f1c3b7e9046/6201' })).statusCode).toBe(404);
});

test('a method that an address does not take is a 405 that names those it takes, whatever was sent', async () => {
  stage = await createApiStage({ script });
  for (const [method, url, allow] of [
    ['PUT', '/v1/cases', 'GET, HEAD, POST'],
    ['QUERY', '/v1/cases?status=approved', 'GET, HEAD, POST'],
    ['TRACE', caseUrl, 'GET, HEAD'],
    ['OPTIONS', `${caseUrl}/resubmit`, 'POST'],
    ['GET', '/v1/material', 'POST'],
    ['DELETE', '/v1/openapi.json', 'GET, HEAD'],
  ] as const) {
    const answer = await stage.ask('backend', { method: method as 'PUT', url });
    expect([answer.statusCode, answer.headers.allow, answer.json()], `${method} ${url}`).toMatchObject([
      405,
      allow,
      { type: 'urn:problem-type:wechat-qualification:wrong-method', detail: expect.stringContaining(allow) },
    ]);
  }
});

test('WXQ_API_TOKENS is read, and no message about it shows a token', () => {
  const secret = 'abcdefgh:ijkl+/=mn0123456789';
  expect(
    loadConfig({ WXQ_API_TOKENS: `ops:operator:${secret}, shop-backend:starter:${'x'.repeat(16)}` }).apiTokens,
  ).toEqual([
    { name: 'ops', role: 'operator', token: secret },
    { name: 'shop-backend', role: 'starter', token: 'x'.repeat(16) },
  ]);
  expect(loadConfig({}).apiTokens).toEqual([]);
  for (const [text, why] of [
    [`${secret}`, /entry 1/],
    [`ops:boss:${secret}`, /none of viewer, operator, starter, admin/],
    ['ops:viewer:short-token', /16 characters/],
    [`ops:viewer:${secret},ops:admin:${'y'.repeat(20)}`, /same name twice/],
    [`a:viewer:${secret},b:admin:${secret}`, /same token twice/],
  ] as const) {
    let said = '';
    try {
      loadConfig({ WXQ_API_TOKENS: text });
    } catch (error) {
      said = String(error);
    }
    expect(said).toMatch(why);
    expect(said).not.toMatch(/ijkl|short-token/);
  }
});

test('a token that asks too often is told when to go on; others, health and metrics do not notice', async () => {
  let starts = 0;
  const start = async () => {
    starts += 1;
    return began();
  };
  stage = await createApiStage({ script: { ...script, start }, access: { requestsPerMinute: 3 } });
  const { app, ask } = stage;
  for (let n = 0; n < 3; n += 1) expect((await ask('backend', { url: '/v1/cases' })).statusCode).toBe(200);
  const refused = await ask('backend', requests.start[0]);
  expect([refused.statusCode, refused.headers['content-type'], refused.json()]).toMatchObject([
    429,
    expect.stringContaining('application/problem+json'),
    { type: 'urn:problem-type:wechat-qualification:too-many-requests', status: 429 },
  ]);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
  expect(starts).toBe(0);
  expect((await ask('reader', { url: '/v1/cases' })).statusCode).toBe(200);
  // Who has no token is none of them.
  expect((await app.inject({ url: '/v1/cases' })).statusCode).toBe(401);
  for (let n = 0; n < 5; n += 1)
    for (const url of ['/healthz', '/metrics', '/v1/openapi.json'])
      expect((await app.inject({ url })).statusCode, url).toBe(200);
});
