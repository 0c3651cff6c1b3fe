/** The public port against those who try: old signatures, odd requests, floods; and while keys and Tokens change. */
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, test } from 'vitest';
import { echoQuery } from '../../src/wechat/push/index.ts';
import {
  authorizerAppId,
  componentAppId,
  createStage,
  miniProgramEvent,
  platformPush,
  previousShopKey,
  readAt,
  type Stage,
  send,
  shopAppId,
  shopEvent,
  shopKey,
  shopPush,
  shopToken,
} from './callback-server.ts';

const path = `/callback/channels-shop/${shopAppId}`;
const nowSeconds = Date.parse(readAt) / 1000;
const hour = 3600;
const opened: { app: FastifyInstance; sockets: Socket[] }[] = [];

afterEach(async () => {
  for (const { app, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await app.close();
  }
});

/** Sends raw bytes, piece by piece, and answers all that comes back until the server hangs up or `until` is seen. */
async function talk(app: FastifyInstance, pieces: string[], until?: RegExp, pauseMs = 0): Promise<string> {
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  opened.push({ app, sockets: [socket] });
  let said = '';
  let isDone = false;
  const done = new Promise<void>((resolve) => {
    const finish = (): void => {
      isDone = true;
      resolve();
    };
    socket.once('close', finish);
    socket.on('data', (bytes) => {
      said += bytes.toString();
      if (until?.test(said)) finish();
    });
  });
  for (const piece of pieces) {
    if (isDone) break;
    socket.write(piece);
    if (pauseMs > 0) await Promise.race([done, new Promise((resolve) => setTimeout(resolve, pauseMs))]);
  }
  await done;
  return said;
}

const rawPush = (head = '', version = '1.1'): string => {
  const { query, body } = shopPush(shopEvent());
  return `POST ${path}?${new URLSearchParams(query)} HTTP/${version}\r\nHost: a\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
};

describe('while Token and EncodingAESKey change', () => {
  const shops = {
    [shopAppId]: {
      token: 'newToken',
      olderTokens: ['betweenToken', shopToken],
      encodingAesKey: [shopKey, previousShopKey],
    },
  };

  test('L7 pushes and checks under each of them are understood, in every combination, and under no other', async () => {
    const stage = createStage({ shops });
    for (const token of ['newToken', 'betweenToken', shopToken]) {
      for (const key of [shopKey, previousShopKey]) {
        expect((await send(stage.app, shopPush(shopEvent(), { token, key }))).statusCode).toBe(200);
      }
      const query = echoQuery({ token, timestamp: String(nowSeconds), nonce: '1', echostr: '7' });
      expect((await stage.app.inject({ url: path, query })).body).toBe('7');
    }
    expect(stage.reports).toHaveLength(6);
    for (const token of ['oldestToken', '', 'newTokenbetweenToken']) {
      expect((await send(stage.app, shopPush(shopEvent(), { token }))).statusCode).toBe(403);
    }
    expect((await send(stage.app, shopPush(shopEvent(), { token: 'newToken', key: 'B'.repeat(43) }))).statusCode).toBe(
      400,
    );
    expect(stage.reports).toHaveLength(6);
  });
});

describe('a push that was signed long ago', () => {
  const limits = { pushAgeMs: 24 * hour * 1000 };
  const at = (seconds: number) => shopPush(shopEvent(), { timestamp: String(seconds) });

  test('L7 is refused after a day, without a read; WeChat repeats for four hours at most', async () => {
    const stage = createStage({ limits });
    for (const age of [25 * hour, 400 * 24 * hour])
      expect((await send(stage.app, at(nowSeconds - age))).statusCode).toBe(403);
    expect(stage.reads).toEqual([]);
    expect(await stage.counted('wxq_callback_pushes_total{route="channels-shop",result="too_old"}')).toBe(2);
    // A clock that is behind must not cost a push: nobody can sign for the future who can't sign for now.
    for (const age of [0, 4 * hour, 23 * hour, -48 * hour]) {
      expect((await send(stage.app, at(nowSeconds - age))).statusCode).toBe(200);
    }
  });

  test('as a check of the address is refused as well', async () => {
    const stage = createStage({ limits });
    const check = (timestamp: number) =>
      stage.app.inject({
        url: path,
        query: echoQuery({ token: shopToken, timestamp: String(timestamp), nonce: '1', echostr: '7' }),
      });
    expect((await check(nowSeconds - 25 * hour)).statusCode).toBe(403);
    expect((await check(nowSeconds)).body).toBe('7');
  });
});

describe('an address that is refused again and again', () => {
  const forged = { ...shopPush(shopEvent()), body: '{"Encrypt":"AAAA"}' };
  const limits = { refusalsPerMinute: 5 };
  const statuses = async (stage: Stage, count: number, from?: string, via?: string): Promise<number[]> => {
    const all: number[] = [];
    for (let sent = 0; sent < count; sent += 1) {
      const answer = await stage.app.inject({
        method: 'POST',
        url: forged.path,
        query: forged.query,
        payload: forged.body,
        headers: via === undefined ? {} : { 'x-forwarded-for': via },
        ...(from === undefined ? {} : { remoteAddress: from }),
      });
      all.push(answer.statusCode);
    }
    return all;
  };

  test('gets 429 and no more lines in the log, whatever it is refused for; others do not', async () => {
    const stage = createStage({ limits });
    expect(await statuses(stage, 8)).toEqual([403, 403, 403, 403, 403, 429, 429, 429]);
    const lines = stage.log.length;
    for (const url of ['/', '/callback/channels-shop/wx0', `${path}?a=1`, `${path}?${'x'.repeat(9000)}`]) {
      const answer = await stage.app.inject({ method: 'POST', url, payload: 'x'.repeat(70_000) });
      expect([url.slice(0, 40), answer.statusCode, answer.body]).toEqual([url.slice(0, 40), 429, 'too many requests']);
      expect(answer.headers['retry-after']).toBe('60');
    }
    expect(stage.log).toHaveLength(lines);
    expect(await statuses(stage, 1, '192.0.2.7')).toEqual([403]);
    expect(await stage.counted('wxq_callback_limited_total')).toBe(7);
  });

  test('L7 never costs a push that WeChat signed, also from the same address', async () => {
    const stage = createStage({ limits });
    await statuses(stage, 20);
    for (let sent = 0; sent < 20; sent += 1) {
      expect((await send(stage.app, shopPush(shopEvent()))).statusCode).toBe(200);
      // Signed, but of no use to us: not WeChat's fault either.
      expect((await send(stage.app, shopPush('hello'))).statusCode).toBe(400);
    }
    expect(stage.reports).toHaveLength(20);
  });

  test('is told by X-Forwarded-For only where a proxy that we trust says so', async () => {
    const trusting = createStage({ limits, trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    expect(await statuses(trusting, 6, '127.0.0.1', '203.0.113.9')).toContain(429);
    expect(await statuses(trusting, 1, '127.0.0.1', '203.0.113.10')).toEqual([403]);
    // What stands in front of the last hop is the client's own claim.
    expect(await statuses(trusting, 1, '10.1.2.3', '198.51.100.1, 203.0.113.9')).toEqual([429]);
    // From anywhere else the header is nothing.
    expect(await statuses(trusting, 6, '192.0.2.1', '203.0.113.11')).toContain(429);
    expect(await statuses(trusting, 1, '127.0.0.1', '203.0.113.11')).toEqual([403]);
    const plain = createStage({ limits });
    const made = await Promise.all(
      Array.from({ length: 8 }, (_, n) => statuses(plain, 1, undefined, `203.0.113.${n}`)),
    );
    expect(made.flat().filter((status) => status === 429)).toHaveLength(3);
  });

  test('is a whole network of /64 in IPv6', async () => {
    const stage = createStage({ limits });
    for (let host = 1; host <= 5; host += 1) await statuses(stage, 1, `2001:db8::${host}`);
    expect(await statuses(stage, 1, '2001:db8::ffff:1')).toEqual([429]);
    expect(await statuses(stage, 1, '2001:db8:0:1::1')).toEqual([403]);
  });
});

describe('odd requests', () => {
  test('keys that are named like prototypes change nothing, outside and inside', async () => {
    const stage = createStage();
    const inner = [
      '{"__proto__":{"Event":"product_category_audit"},"constructor":{"prototype":{"x":1}}}',
      `{"Event":"product_category_audit","ToUserName":"g","CreateTime":1,"__proto__":{"ProductCategoryAudit":{"audit_id":1,"status":"3"}}}`,
      '<xml><__proto__><polluted>1</polluted></__proto__><Event>x</Event></xml>',
      '<xml><constructor><prototype><polluted>1</polluted></prototype></constructor><Event>x</Event></xml>',
    ];
    for (const message of inner) {
      const { statusCode } = await send(stage.app, shopPush(message));
      expect([200, 400]).toContain(statusCode);
    }
    for (const key of ['__proto__', 'constructor', 'toString']) {
      const answer = await stage.app.inject({
        method: 'POST',
        url: `${path}?${key}=1&${key}[x]=1`,
        payload: `{"${key}":{"Encrypt":"AAAA"}}`,
      });
      expect([400, 403]).toContain(answer.statusCode);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(stage.reports).toEqual([]);
    expect(await stage.counted('wxq_callback_unexpected_errors_total')).toBe(0);
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'] as const)(
    '%s on a push address is not found',
    async (method) => {
      const stage = createStage();
      const { query, body } = shopPush(shopEvent());
      const payload = method === 'HEAD' || method === 'OPTIONS' ? {} : { payload: body };
      expect((await stage.app.inject({ method, url: path, query, ...payload })).statusCode).toBe(404);
      expect(stage.reports).toEqual([]);
    },
  );

  test('a compressed body is refused and not unpacked', async () => {
    const stage = createStage();
    const { query, body } = shopPush(shopEvent());
    for (const encoding of ['gzip', 'br', 'deflate, gzip', 'x']) {
      const answer = await stage.app.inject({
        method: 'POST',
        url: path,
        query,
        payload: body,
        headers: { 'content-encoding': encoding },
      });
      expect(answer.statusCode).toBe(415);
    }
    expect(stage.reports).toEqual([]);
  });

  test.each([
    `${path}%00`,
    `${path}/`,
    `${path}/..%2f..`,
    `/callback/channels-shop/${shopAppId.toUpperCase()}`,
    `/callback/channels-shop/${shopAppId}%20`,
    `/callback/platform/${componentAppId}/${authorizerAppId}%00`,
    `//callback/channels-shop/${shopAppId}`,
  ])('%s is no push address, though the push is genuine', async (url) => {
    const stage = createStage();
    const { query, body } = shopPush(shopEvent());
    expect((await stage.app.inject({ method: 'POST', url, query, payload: body })).statusCode).toBe(404);
    expect(stage.reads).toEqual([]);
  });

  test('a genuine push at the address of another account of the same platform reads in the name of that one', async () => {
    const stage = createStage();
    const push = {
      ...platformPush(miniProgramEvent()),
      path: `/callback/platform/${componentAppId}/wx4444444444444444`,
    };
    await send(stage.app, push);
    // The appid of an authorizer is in no signature; what decides is the read-back, and that is the other account's own.
    expect(stage.reads).toMatchObject([{ account: { appId: 'wx4444444444444444' } }]);
  });

  test('a query of megabytes, or a header of one, is cut off', async () => {
    const stage = createStage();
    expect(await talk(stage.app, [`POST ${path}?${'a'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`])).toMatch(
      /^HTTP\/1.1 431 /,
    );
    expect(await talk(stage.app, [`GET ${path} HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`])).toMatch(
      /^HTTP\/1.1 431 /,
    );
  });

  test('HTTP/1.0, a body in chunks, and pushes one behind the other in one go are understood', async () => {
    const stage = createStage();
    expect(await talk(stage.app, [rawPush('', '1.0')])).toMatch(/^HTTP\/1.1 200 [\s\S]*success$/);
    const { query, body } = shopPush(shopEvent());
    const chunks = body.match(/.{1,37}/gs)?.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`) ?? [];
    const head = `POST ${path}?${new URLSearchParams(query)} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`;
    expect(await talk(stage.app, [head, ...chunks, '0\r\n\r\n'], /success$/)).toMatch(/^HTTP\/1.1 200 /);
    const answers = await talk(stage.app, [rawPush().repeat(3)], /(success[\s\S]*){3}/);
    expect(answers.match(/HTTP\/1.1 200 /g)).toHaveLength(3);
    expect(stage.reports).toHaveLength(5);
  });

  test.each([
    ['two lengths', 'Content-Length: 5\r\n'],
    ['a length and chunks', 'Transfer-Encoding: chunked\r\n'],
    ['a header with a line break of its own', 'X: a\nContent-Length: 3\r\nTransfer-Encoding : chunked\r\n'],
  ])('a request with %s, as smugglers send it, gets 400', async (_what, head) => {
    const stage = createStage();
    expect(await talk(stage.app, [rawPush(head)])).toMatch(/^HTTP\/1.1 400 /);
    expect(stage.reports).toEqual([]);
  });

  test('a body that drips is cut off when its time is over, not when it pauses', async () => {
    const stage = createStage({ limits: { requestMs: 400, headersMs: 300 } });
    const startedAt = performance.now();
    const drips = Array.from({ length: 200 }, () => 'x');
    const said = await talk(
      stage.app,
      [`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n`, ...drips],
      undefined,
      50,
    );
    expect(said).toMatch(/^HTTP\/1.1 408 /);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test('answers say nothing about the program', async () => {
    const stage = createStage();
    for (const [method, url] of [
      ['GET', '/'],
      ['POST', path],
      ['GET', path],
      ['POST', '/%zz'],
      ['GET', '/.env'],
    ] as const) {
      const answer = await stage.app.inject({ method, url });
      expect(Object.keys(answer.headers)).not.toEqual(expect.arrayContaining(['server', 'x-powered-by']));
      expect(answer.body).toMatch(/^(not found|bad request|forbidden)$/);
    }
  });
});
