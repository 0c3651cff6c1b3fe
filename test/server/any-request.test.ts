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
