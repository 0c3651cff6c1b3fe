/** Every call against a server that fails in every way: what the caller learns, and that no token leaks. */
import { inspect } from 'node:util';
import { Agent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type AccessTokens,
  type CallReport,
  createWeChatClient,
  type Delivery,
  type EndpointName,
  endpoints,
  type WeChatClient,
  WeChatError,
  type WeChatErrorKind,
} from '../../src/wechat/index.ts';
import { everyCall } from './every-call.ts';
import { answer, clientFor, closedAddress, fixedTokens, loopback, token } from './loopback.ts';

const names = Object.keys(endpoints) as EndpointName[];

/** The error of a call, checked for what holds of all of them. */
async function failureOf(promise: Promise<unknown>): Promise<WeChatError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WeChatError)) throw new Error(`not a WeChatError: ${inspect(error)}`);
  const shown = `${inspect(error, { depth: 9, showHidden: true })}${error.stack}${JSON.stringify(error)}`;
  expect(shown).not.toContain(token);
  expect(shown).not.toContain(encodeURIComponent(token));
  expect(shown).not.toContain('RENEWED_TOKEN');
  expect(shown).not.toContain('APPSECRET');
  return error;
}

function told(error: WeChatError): { kind: WeChatErrorKind; delivery: Delivery } {
  return { kind: error.kind, delivery: error.delivery };
}

describe.each(names)('%s', (name) => {
  const { make, isTokenless } = everyCall[name];

  it('L4 a lost answer is told as unknown, after one try', async () => {
    const server = await loopback((_seen, response) => response.socket?.destroy());
    const error = await failureOf(make(clientFor(server.url)));
    expect(told(error)).toEqual({ kind: 'unanswered', delivery: 'unknown' });
    expect(error.endpoint).toBe(endpoints[name].path);
    expect(server.seen).toHaveLength(1);
  });

  it('an answer cut off in the middle is told as unknown', async () => {
    const server = await loopback((_seen, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"errcode":0');
      setTimeout(() => response.destroy(), 20);
    });
    expect(told(await failureOf(make(clientFor(server.url))))).toEqual({ kind: 'unanswered', delivery: 'unknown' });
  });

  it('a refused connection is told as not sent', async () => {
    const error = await failureOf(make(clientFor(await closedAddress())));
    expect(told(error)).toEqual({ kind: 'unanswered', delivery: 'not-sent' });
  });

  it('a refusal is told with its code, its rid and advice, and had no effect', async () => {
    const errmsg = `api unauthorized, token ${isTokenless ? 'APPSECRET' : token} rid: 617682e0-09059ac5-34a8e2ea`;
    const server = await loopback((_seen, response) => answer(response, { errcode: '48001', errmsg }));
    const error = await failureOf(make(clientFor(server.url)));
    expect(told(error)).toEqual({ kind: 'needs-person', delivery: 'answered' });
    expect(error).toMatchObject({ errcode: '48001', rid: '617682e0-09059ac5-34a8e2ea', httpStatus: 200 });
    expect(error.advice.zh).toContain('重试');
    expect(server.seen).toHaveLength(1);
  });

  it('a slow server is given up at the deadline, and the outcome is unknown', async () => {
    const server = await loopback(() => {});
    const startedAt = performance.now();
    const error = await failureOf(make(clientFor(server.url), { timeoutMs: 150 }));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(told(error)).toEqual({ kind: 'unanswered', delivery: 'unknown' });
    expect(error.reason).toContain('150 ms');
  });

  it.each([
    ['a web page', '<html>busy</html>', 200],
    ['nothing', '', 200],
    ['a list', '[]', 200],
    ['no errcode and none of the fields', '{}', 200],
    ['a web page with HTTP 502', '<html>Bad Gateway</html>', 502],
    ['HTTP 500 with errcode 0', '{"errcode":0,"errmsg":"ok"}', 500],
  ])('an answer of %s is told as unknown', async (_what, body, status) => {
    const server = await loopback((_seen, response) => answer(response, body, status));
    const error = await failureOf(make(clientFor(server.url)));
    expect(told(error)).toEqual({ kind: 'unanswered', delivery: 'unknown' });
    expect(error.httpStatus).toBe(status);
  });

  it('a busy WeChat may have acted: try again, but look first', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: -1, errmsg: 'system error' }));
    expect(told(await failureOf(make(clientFor(server.url))))).toEqual({ kind: 'retry-now', delivery: 'unknown' });
  });

  it('HTTP 403 without an errcode is a matter for a person', async () => {
    const server = await loopback((_seen, response) => answer(response, 'Forbidden', 403));
    const error = await failureOf(make(clientFor(server.url)));
    expect(told(error)).toEqual({ kind: 'needs-person', delivery: 'answered' });
    expect(error.advice.zh).toContain('白名单');
  });

  it.each(isTokenless ? [] : ['40001', '40014', '42001'])(
    'L9 a token refused with %s is renewed once and the call repeated',
    async (code) => {
      const reports: CallReport[] = [];
      const server = await loopback((seen, response) =>
        seen.url.includes('RENEWED_TOKEN')
          ? answer(response, { errcode: 48004, errmsg: 'banned' })
          : answer(response, { errcode: Number(code), errmsg: 'bad token' }),
      );
      const error = await failureOf(make(clientFor(server.url, { onCall: (report) => reports.push(report) })));
      expect(error.errcode).toBe('48004');
      expect(server.seen).toHaveLength(2);
      expect(reports.map(({ errcode, outcome }) => [errcode, outcome])).toEqual([
        [code, 'refused'],
        ['48004', 'refused'],
      ]);
    },
  );

  it.each(isTokenless ? [] : ['40001'])('L9 a token refused twice with %s is not renewed again', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 40001, errmsg: 'bad token' }));
    expect(told(await failureOf(make(clientFor(server.url))))).toEqual({ kind: 'refresh-token', delivery: 'answered' });
    expect(server.seen).toHaveLength(2);
  });

  it('a cancelled caller is answered at once, and nothing is sent afterwards', async () => {
    const server = await loopback(() => {});
    const error = await failureOf(make(clientFor(server.url), { signal: AbortSignal.abort() }));
    expect(told(error)).toEqual({ kind: 'unanswered', delivery: 'not-sent' });
    expect(server.seen).toHaveLength(0);
  });
});

describe('the client', () => {
  const addCategory = (client: WeChatClient, timeoutMs: number) =>
    everyCall['channels-shop/add-category'].make(client, { timeoutMs });

  it('a connection that comes about after the deadline is told as not sent, and truly nothing is sent', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 0, errmsg: 'ok', audit_id: 1 }));
    const { buildConnector } = await import('undici');
    const connect = buildConnector({});
    const late = new Agent({
      connect: (options, callback) => setTimeout(() => connect(options, callback), 300),
    });
    onTestFinished(() => late.destroy());
    const client = createWeChatClient({ baseUrl: server.url, tokens: fixedTokens, dispatcher: late });
    const startedAt = performance.now();
    const error = await failureOf(addCategory(client, 100));
    expect(performance.now() - startedAt).toBeLessThan(280);
    expect(told(error)).toEqual({ kind: 'unanswered', delivery: 'not-sent' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(server.seen).toHaveLength(0);
  });

  it('a token that cannot be had means that the call was not sent', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 0 }));
    const broken: AccessTokens['get'][] = [
      () => new Promise(() => {}),
      () => Promise.reject(new Error('the vault is closed')),
      () => {
        throw new Error('the vault is on fire');
      },
    ];
    for (const get of broken) {
      const error = await failureOf(addCategory(clientFor(server.url, { tokens: { get } }), 100));
      expect(told(error)).toEqual({ kind: 'unanswered', delivery: 'not-sent' });
    }
    expect(server.seen).toHaveLength(0);
  });

  it('a listener that throws does not cost the answer', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 0, errmsg: 'ok', audit_id: '7' }));
    const client = clientFor(server.url, {
      onCall: () => {
        throw new Error('metrics are down');
      },
    });
    expect(await addCategory(client, 5_000)).toEqual({ auditId: '7' });
  });

  it('reports each request with its path, account, duration and outcome, and nothing else', async () => {
    const reports: CallReport[] = [];
    const server = await loopback((_seen, response) => answer(response, { errcode: 0, errmsg: 'ok', audit_id: 7 }));
    await addCategory(clientFor(server.url, { onCall: (report) => reports.push(report) }), 5_000);
    expect(reports).toEqual([
      {
        endpoint: '/channels/ec/category/add',
        appId: 'APPID',
        durationMs: expect.any(Number),
        errcode: '0',
        outcome: 'ok',
      },
    ]);
  });

  it('a base address with a path and a slash at its end is kept', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 0, errmsg: 'ok', audit_id: 7 }));
    await addCategory(clientFor(`${server.url}/proxy/`), 5_000);
    expect(server.seen[0]?.url).toMatch(/^\/proxy\/channels\/ec\/category\/add\?access_token=TOKEN_zY8x%2F7Qw%2B/);
  });
});
