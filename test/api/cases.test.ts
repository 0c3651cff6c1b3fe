/** Cases over HTTP: what each request hands to the client, and what each outcome is answered with. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  CaseCancelledError,
  CaseClosedError,
  CaseFailedError,
  type CaseHandle,
  CaseNotFoundError,
  ClientClosedError,
  NoWorkerError,
  PageTokenError,
  type QualificationResult,
  SearchAttributesMissingError,
  TemporalUnreachableError,
  UpdateRefusedError,
} from '../../src/client/index.ts';
import { someView } from '../cli/run.ts';
import { type ApiStage, began, caseId, caseUrl, createApiStage, shopCase } from './api-stage.ts';

let stage: ApiStage;
beforeAll(async () => {
  stage = await createApiStage();
});
beforeEach(() => {
  for (const key of ['start', 'handle', 'listPage'] as const) delete stage.script[key];
  stage.bugs.length = 0;
});
afterAll(() => stage.close());

const result: QualificationResult = { outcome: 'approved', attempts: [{ number: 1, verdict: 'approved' }], by: 'us' };
const start = (payload: unknown, headers = {}) =>
  stage.ask('backend', { method: 'POST', url: '/v1/cases', payload: payload as object, headers });

describe('start', () => {
  test('is answered 202 with where the case is, and the client gets the input and who asked', async () => {
    const given: unknown[] = [];
    stage.script.start = async (input, options) => {
      given.push(input, options);
      return began();
    };
    const answer = await start(shopCase);
    expect([answer.statusCode, answer.headers.location, answer.json()]).toEqual([
      202,
      caseUrl,
      { workflowId: caseId, existing: false, sameInput: true },
    ]);
    expect(given).toEqual([shopCase, { requestedBy: 'backend' }]);
  });

  test('a Mini Program case is told by its members', async () => {
    stage.script.start = async () => began('mini-program/wx1f6b3d8a5c2e7094/8-39');
    const certificates = [{ key: ' 《许可证》', images: [`material:${'a'.repeat(64)}`] }];
    const answer = await start({ appId: 'wx1f6b3d8a5c2e7094', first: '8', second: '39', certificates });
    expect([answer.statusCode, answer.headers.location]).toEqual([
      202,
      '/v1/cases/mini-program/wx1f6b3d8a5c2e7094/8-39',
    ]);
  });

  test('a case that runs with this input is named; with another one it is a 409 that names it', async () => {
    const handle = { workflowId: caseId } as CaseHandle;
    stage.script.start = async () => ({ handle, existing: true, sameInput: true });
    expect((await start(shopCase)).json()).toEqual({ workflowId: caseId, existing: true, sameInput: true });
    stage.script.start = async () => ({ handle, existing: true, sameInput: false });
    const answer = await start(shopCase);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect([answer.statusCode, answer.json()]).toEqual([
      409,
      {
        type: 'urn:problem-type:wechat-qualification:case-running',
        title: 'A case for this account and category is running with another input',
        status: 409,
        detail: `Case ${caseId} is running with another input: nothing was started or changed.`,
        advice: 'Correct its material by a resubmission, or withdraw it first.',
        workflowId: caseId,
      },
    ]);
  });

  test.each([
    ['an id as a number', { ...shopCase, category: { leaf: 6201 } }, 'category.leaf'],
    ['no case at all', {}, ''],
    ['a list', [], ''],
    ['a text', '"case"', ''],
    ['members of both platforms', { ...shopCase, first: '8' }, ''],
    ['an unknown member', { ...shopCase, colour: 'red' }, 'colour'],
    [
      'a relative path',
      { ...shopCase, material: { form: 'certificate', certificate: ['scan.jpg'] } },
      'material.certificate[0]',
    ],
  ])('%s is a 422 with findings in both languages, and nothing is started', async (_what, payload, path) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await start(payload, headers);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ type: expect.stringMatching(/:invalid-input$/), findings: [{ path }] });
  });

  test('what is no JSON is a 400, a form a 415, too much a 413', async () => {
    const json = { 'content-type': 'application/json' };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await start('{', json)).statusCode).toBe(400);
    expect((await start('{"__proto__": {"appId": "x"}}', json)).statusCode).toBe(400);
    expect((await start('a=b', form)).statusCode).toBe(415);
    expect((await start('{}', { 'content-type': 'text/plain' })).statusCode).toBe(415);
    expect((await start(`{"a": "${'x'.repeat(1024 * 1024)}"}`, json)).statusCode).toBe(413);
  });
});

describe('list', () => {
  const row = {
    workflowId: caseId,
    platform: 'channels-shop',
    appId: 'wx5a2d8f1c3b7e9046',
    categoryId: '6201',
    status: 'blocked',
    attempt: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    runId: 'r',
    execution: 'running',
  } as const;
  const list = (query: string) => stage.ask('reader', { url: `/v1/cases${query}` });

  test('the filters reach the client, and a page leads to the next one', async () => {
    const asked: unknown[] = [];
    stage.script.listPage = async (request) => {
      asked.push(request);
      return request.pageToken === undefined ? { cases: [row], nextPageToken: 'next_-1' } : { cases: [] };
    };
    const query = '?status=blocked&platform=channels-shop&appId=wx5a2d8f1c3b7e9046&categoryId=6201&pageSize=7';
    const first = (await list(query)).json();
    expect(first.cases).toEqual([row]);
    expect((await list(`${query}&pageToken=${first.nextPageToken}`)).json()).toEqual({ cases: [] });
    const filter = { status: 'blocked', platform: 'channels-shop', appId: 'wx5a2d8f1c3b7e9046', categoryId: '6201' };
    expect(asked).toEqual([
      { ...filter, pageSize: 7 },
      { ...filter, pageSize: 7, pageToken: 'next_-1' },
    ]);
    const other = await list(`?pageToken=${first.nextPageToken}`);
    expect([other.statusCode, other.json().type]).toEqual([400, 'urn:problem-type:wechat-qualification:unknown-page']);
    stage.script.listPage = async () => {
      throw new PageTokenError();
    };
    expect((await list(`${query}&pageToken=${first.nextPageToken}`)).statusCode).toBe(400);
  });

  test.each([
    '?state=blocked',
    '?status=done',
    '?pageSize=0',
    '?pageSize=',
    '?pageSize=1e2',
    '?status=blocked&status=expired',
  ])('%s is a 400 that names the member', async (query) => {
    const answer = await list(query);
    expect([answer.statusCode, answer.json().detail]).toEqual([400, expect.stringMatching(/state|status|pageSize/)]);
  });
});

describe('one case', () => {
  const act = (path: string, payload?: object, headers = {}) =>
    stage.ask('mender', {
      method: 'POST',
      url: `${caseUrl}/${path}`,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });

  test('is looked at under its own address', async () => {
    stage.script.handle = { view: async () => someView() };
    const answer = await stage.ask('reader', { url: caseUrl });
    expect([answer.statusCode, answer.json()]).toEqual([200, someView()]);
  });

  test.each([
    '/v1/cases/shop/wx5a2d8f1c3b7e9046/6201',
    '/v1/cases/channels-shop/x%2Fy/6201',
    `/v1/cases/channels-shop/wx5a2d8f1c3b7e9046/${'1'.repeat(300)}`,
  ])('%s is no case: 404', async (url) => {
    expect((await stage.ask('reader', { url })).statusCode).toBe(404);
  });

  test('its result is 200 when it is closed, 202 while it is open, and a wait is handed on', async () => {
    const waits: unknown[] = [];
    stage.script.handle = {
      resultWithin: async (waitMs) => {
        waits.push(waitMs);
        return waitMs === 0 ? undefined : result;
      },
    };
    const open = await stage.ask('reader', { url: `${caseUrl}/result` });
    expect([open.statusCode, open.json()]).toEqual([202, { workflowId: caseId, open: true }]);
    const closed = await stage.ask('reader', { url: `${caseUrl}/result?waitSeconds=30` });
    expect([closed.statusCode, closed.json()]).toEqual([200, result]);
    expect(waits).toEqual([0, 30_000]);
    expect((await stage.ask('reader', { url: `${caseUrl}/result?waitSeconds=31` })).statusCode).toBe(400);
  });

  test.each([
    ['resubmit', 'resubmit', { set: { 'licenses/1/2/images/0': 'https://files.example/b.jpg' } }],
    ['withdraw', 'withdraw', { note: 'closed shop' }],
    ['retry', 'retry', {}],
    ['adopt', 'adopt', { auditId: '9007199254741001' }],
    ['read-now', 'readAuditNow', {}],
  ] as const)('%s is an Update by the name of the token, under the key of the request', async (path, method, body) => {
    const calls: unknown[] = [];
    stage.script.handle = {
      [method]: async (...given: unknown[]) => {
        calls.push(given);
        return { attempt: 2, status: 'preparing' };
      },
    };
    const answer = await act(path, body, { 'idempotency-key': 'k-1' });
    expect([answer.statusCode, answer.json()]).toEqual([200, { attempt: 2, status: 'preparing' }]);
    await act(path, { ...body, by: '王芳' });
    expect(calls).toEqual([
      [{ by: 'mender', ...body }, { updateId: 'k-1' }],
      [{ ...body, by: '王芳' }, {}],
    ]);
  });

  test('what needs no body is taken without one', async () => {
    stage.script.handle = { retry: async () => ({ attempt: 1, status: 'submitting' }) };
    expect((await act('retry')).statusCode).toBe(200);
    expect((await act('retry', undefined, { 'content-type': 'application/json' })).statusCode).toBe(200);
  });

  test.each([
    ['nothing', {}, ''],
    [
      'a path of the other platform',
      { set: { 'certificates/k/images/0': 'https://files.example/a.jpg' } },
      'set["certificates/k/images/0"]',
    ],
    ['a relative path', { set: { 'certificate/0': 'scan.jpg' } }, 'set["certificate/0"]'],
    ['no date', { set: { 'licenses/1/2/validUntil': '2027-02-30' } }, 'set["licenses/1/2/validUntil"]'],
    ['a removal of no place', { remove: ['licences/1'] }, 'remove[0]'],
    ['bytes instead of an address', { set: { 'certificate/0': 'data:image/png;base64,AAAA' } }, 'set["certificate/0"]'],
    ['a number', { set: { 'certificate/0': 7 } }, 'set["certificate/0"]'],
  ])('a resubmission of %s is a 422 with a finding', async (_what, body, path) => {
    const answer = await act('resubmit', body);
    expect([answer.statusCode, answer.json().findings]).toEqual([422, [expect.objectContaining({ path })]]);
  });

  test.each([
    [new UpdateRefusedError(caseId, 'the case is in review'), 409, { type: 'case-refused', workflowId: caseId }],
    [new CaseClosedError(caseId, { result }), 409, { type: 'case-closed', workflowId: caseId, result }],
    [new CaseClosedError(caseId, { ending: 'terminated' }), 409, { type: 'case-closed', ending: 'terminated' }],
    [new CaseNotFoundError(caseId), 404, { type: 'no-such-case', workflowId: caseId }],
    [new CaseFailedError(caseId, 'a bug'), 410, { type: 'no-result', ending: 'failed' }],
    [new CaseCancelledError(caseId, 'cancelled'), 410, { type: 'no-result', ending: 'cancelled' }],
    [new NoWorkerError('q', 10_000), 503, { type: 'no-worker' }],
    [new TemporalUnreachableError('t:7233', 'there is no connection'), 503, { type: 'temporal-away' }],
    [new SearchAttributesMissingError({ A: 'Keyword' }, 'default', 't:7233'), 503, { type: 'not-set-up' }],
    [new ClientClosedError(caseId), 503, { type: 'stopping' }],
  ])('%s', async (error, status, { type, ...members }) => {
    const handle = {
      retry: () => Promise.reject(error),
      view: () => Promise.reject(error),
      resultWithin: () => Promise.reject(error),
    };
    stage.script.handle = handle;
    for (const answer of [
      await act('retry'),
      await stage.ask('reader', { url: caseUrl }),
      await stage.ask('reader', { url: `${caseUrl}/result` }),
    ]) {
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.headers['retry-after']).toBe(status === 503 ? '5' : undefined);
      expect([answer.statusCode, answer.json()]).toEqual([
        status,
        expect.objectContaining({
          ...members,
          type: `urn:problem-type:wechat-qualification:${type}`,
          status,
          detail: error.message,
          advice: error.advice,
        }),
      ]);
    }
    expect(stage.bugs).toEqual([]);
  });

  test('an unexpected error is a 500 that tells nothing of it, and the log is told', async () => {
    stage.script.handle = { view: () => Promise.reject(new Error('SECRET')) };
    const answer = await stage.ask('reader', { url: caseUrl });
    expect([answer.statusCode, answer.body]).toEqual([500, expect.not.stringContaining('SECRET')]);
    expect(stage.bugs).toEqual([new Error('SECRET')]);
  });
});
