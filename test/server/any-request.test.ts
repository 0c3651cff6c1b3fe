/** Whatever is sent by someone who does not know the Token: no signal, no read, no 5xx. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  authorizerAppId,
  componentAppId,
  createStage,
  miniProgramEvent,
  platformPush,
  send,
  shopAppId,
  shopEvent,
  shopPush,
} from './callback-server.ts';
import { createPrivate } from './private-server.ts';

const paths = [`/callback/channels-shop/${shopAppId}`, `/callback/platform/${componentAppId}/${authorizerAppId}`];

/** Bodies from noise to nearly right. */
const bodies = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.json(),
  fc.record({ ToUserName: fc.anything(), Encrypt: fc.oneof(fc.base64String(), fc.anything()) }).map((value) => {
    try {
      return JSON.stringify(value) ?? '';
    } catch {
      return '{"Encrypt":"AAAA"}';
    }
  }),
  fc.base64String().map((encrypt) => `<xml><Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>`),
  fc.string().map((text) => `<xml>${text}</xml>`),
);

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.stringMatching(/^[0-9a-f]{40}$/),
  fc.nat().map(String),
);

test('L7 random bodies and queries never cause a signal, a read or a 5xx', async () => {
  const stage = createStage();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.constantFrom('GET' as const, 'POST' as const),
      fc.dictionary(
        fc.constantFrom('timestamp', 'nonce', 'msg_signature', 'signature', 'echostr', 'openid', '__proto__'),
        texts,
      ),
      bodies,
      texts,
      async (path, method, query, payload, contentType) => {
        const answer = await stage.app.inject({
          method,
          url: `${path}?${new URLSearchParams(Object.entries(query))}`,
          headers: { 'content-type': contentType.replace(/[^\x20-\x7e]/g, '') },
          ...(method === 'POST' ? { payload: Buffer.from(payload) } : {}),
        });
        expect(answer.statusCode).toBeGreaterThanOrEqual(400);
        expect(answer.statusCode).toBeLessThan(500);
      },
    ),
    { numRuns: 400 },
  );
  expect(stage.reports).toEqual([]);
  expect(stage.reads).toEqual([]);
});

test('L7 a genuine push with any one byte of its ciphertext, signature, timestamp or nonce changed is refused', async () => {
  const stage = createStage();
  const genuine = [shopPush(shopEvent()), platformPush(miniProgramEvent())];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...genuine),
      fc.constantFrom('body', 'msg_signature', 'timestamp', 'nonce'),
      fc.nat(),
      fc.integer({ min: 1, max: 63 }),
      async (push, place, at, by) => {
        const change = (text: string, from = 0, until = text.length): string => {
          const position = from + (at % (until - from));
          const code = 33 + ((text.charCodeAt(position) - 33 + by) % 94);
          return text.slice(0, position) + String.fromCharCode(code) + text.slice(position + 1);
        };
        const start = push.body.search(/[A-Za-z0-9+/]{60}/);
        const end = start + (/^[A-Za-z0-9+/=]+/.exec(push.body.slice(start))?.[0].length ?? 0);
        const changed =
          place === 'body'
            ? { ...push, body: change(push.body, start, end) }
            : { ...push, query: { ...push.query, [place]: change(push.query[place] ?? '') } };
        const { statusCode } = await send(stage.app, changed);
        expect(statusCode).toBeGreaterThanOrEqual(400);
        expect(statusCode).toBeLessThan(500);
      },
    ),
    { numRuns: 400 },
  );
  expect(stage.reports).toEqual([]);
  expect(stage.reads).toEqual([]);
});

test('L7 whatever a gateway sends to POST /events, it is an event of this account or a 4xx, and never a 5xx', async () => {
  const { post, reports, metrics } = createPrivate();
  const signed = shopPush(shopEvent());
  const part = fc.oneof(
    { arbitrary: fc.constantFrom(shopAppId, componentAppId, authorizerAppId), weight: 3 },
    { arbitrary: fc.constantFrom(shopEvent(), miniProgramEvent(), JSON.parse(shopEvent()), signed.body), weight: 2 },
    { arbitrary: fc.constantFrom(signed.query, new URLSearchParams(signed.query).toString()), weight: 1 },
    { arbitrary: fc.anything({ withNullPrototype: true }), weight: 2 },
    { arbitrary: fc.string({ unit: 'binary', maxLength: 50 }), weight: 2 },
  );
  const envelope = fc.dictionary(
    fc.constantFrom('appId', 'componentAppId', 'event', 'body', 'query', 'Event', '__proto__', 'constructor', 'x'),
    part,
  );
  const asText = (value: unknown): string => {
    try {
      return JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? String(one) : one)) ?? '';
    } catch {
      return '{';
    }
  };
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(envelope.map(asText), bodies, fc.constantFrom(shopEvent(), miniProgramEvent())),
      fc.dictionary(
        fc.constantFrom('appId', 'componentAppId', '__proto__', 'x'),
        fc.oneof(texts, fc.constant(shopAppId)),
      ),
      async (body, query) => {
        const { statusCode } = await post(Buffer.from(body), Object.fromEntries(Object.entries(query)));
        expect([200, 400, 422]).toContain(statusCode);
      },
    ),
    { numRuns: 800 },
  );
  for (const [workflowId] of reports) {
    expect(workflowId).toMatch(/^(channels-shop|mini-program)\/wx[0-9]{16}\/(6033|8-39)$/);
  }
  expect(await metrics.registry.metrics()).toContain('wxq_callback_unexpected_errors_total 0');
});

test('L7 a genuine push in a request that is odd elsewhere is taken once or refused, and never a 5xx', async () => {
  const stage = createStage();
  const genuine = shopPush(shopEvent());
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom('openid', 'encrypt_type', 'timestamp', 'x', '__proto__', 'signature'), texts),
      fc.dictionary(fc.stringMatching(/^[a-z-]{1,20}$/), fc.stringMatching(/^[\x20-\x7e]{0,40}$/)),
      async (parameters, headers) => {
        const { 'content-length': _length, 'transfer-encoding': _encoding, expect: _expect, ...others } = headers;
        const extra = new URLSearchParams(Object.entries(parameters)).toString();
        const before = stage.reports.length;
        const answer = await stage.app.inject({
          method: 'POST',
          url: `${genuine.path}?${new URLSearchParams(genuine.query)}&${extra}`,
          headers: others,
          payload: genuine.body,
        });
        expect([200, 400, 403, 415]).toContain(answer.statusCode);
        expect(stage.reports.length - before).toBe(answer.statusCode === 200 ? 1 : 0);
      },
    ),
    { numRuns: 400 },
  );
  expect(stage.reports.length).toBeGreaterThan(0);
});
