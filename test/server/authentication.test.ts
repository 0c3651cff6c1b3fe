/** Which requests the callback server believes, and what the others get. */
import { describe, expect, test } from 'vitest';
import { echoQuery, signatureOf } from '../../src/wechat/push/index.ts';
import {
  authorizerAppId,
  componentAppId,
  createStage,
  miniProgramEvent,
  type PushRequest,
  platformPush,
  platformToken,
  previousShopKey,
  type Stage,
  send,
  shopAppId,
  shopEvent,
  shopEventXml,
  shopPush,
  shopToken,
} from './callback-server.ts';

const echoOf = (token: string, echostr = '4375120948345356249') =>
  echoQuery({ token, timestamp: '1714036504', nonce: '1514711492', echostr });

async function expectRefused(stage: Stage, push: PushRequest, status: number): Promise<void> {
  const answer = await send(stage.app, push);
  expect(answer.statusCode).toBe(status);
  expect(answer.body).not.toMatch(/fst_|error:|signature|appid/i);
  expect(stage.reads).toEqual([]);
  expect(stage.reports).toEqual([]);
}

describe("WeChat's published vectors", () => {
  const token = 'AAAAA';
  const key = 'A'.repeat(43);
  const appId = 'wxba5fad812f8e6fb9';
  const encrypt =
    '+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=';
  const shops = { [appId]: { token, encodingAesKey: [key] } };

  test('the JSON push of a shop is authentic, and acknowledged as an event of another kind', async () => {
    const stage = createStage({ shops });
    const answer = await send(stage.app, {
      path: `/callback/channels-shop/${appId}`,
      query: {
        timestamp: '1714112445',
        nonce: '415670741',
        encrypt_type: 'aes',
        msg_signature: '046e02f8204d34f8ba5fa3b1db94908f3df2e9b3',
      },
      body: JSON.stringify({ ToUserName: 'gh_97417a04a28d', Encrypt: encrypt }),
      contentType: 'application/json',
    });
    expect([answer.statusCode, answer.body]).toEqual([200, 'success']);
    expect(await stage.counted('wxq_callback_other_events_total{event="debug_demo"}')).toBe(1);
  });

  test('the GET check of an address is answered with the bare echostr', async () => {
    const stage = createStage({ shops });
    const query = {
      signature: 'f464b24fc39322e44b38aa78f5edd27bd1441696',
      timestamp: '1714036504',
      nonce: '1514711492',
      echostr: '4375120948345356249',
    };
    const answer = await stage.app.inject({ url: `/callback/channels-shop/${appId}`, query });
    expect([answer.statusCode, answer.body]).toEqual([200, '4375120948345356249']);
    expect(answer.headers['content-type']).toContain('text/plain');
  });

  test('the XML push of a third-party platform is authentic, with the component appid at its tail', async () => {
    const stage = createStage();
    const answer = await send(stage.app, {
      path: '/callback/platform/wx134c8103faa5a59e/wxba5fad812f8e6fb9',
      query: {
        signature: 'cc0c594499c1634947d5b502f158ee518947db27',
        timestamp: '1715943329',
        nonce: '1590219412',
        encrypt_type: 'aes',
        msg_signature: '6c12a4205838198b8fa631b3220723bb07f1015c',
      },
      body: `<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName><Encrypt><![CDATA[D7yzvUNAL930rd28wf21s4hvXhz0L6Uit/p2Di6C5DHyYGpEgdBRnKjBec34JwoQXicwaZC7fOVihW80F4VtsdvE//1vr7oAbqjDv8KenVp+ajKYpJnyQ4zMRhIC+a31fCVOMC03FfzV/QuC94kBP55a+Za3sJgvAn+ZbsNqZI5DkyuzkhQN8OBqCzFhizGmy0xpM0MEA4agpvE+RuNO1rhHTtuJB5yltw1FiYzecSXJ+y/D2r81VkRn2eYjh2ltsoyfbDR7Is6ookXIFxTfyeNyeHxMeT4KN5WpCDmSbTcUYrbBUlkGLJ9n/rU8YOywma6G7aTb7KZKOqCxgfoUlYEZPk4FUL/TK7ShriFDMVCLyjQJ15Ob++agDWtcxhfUfe6HIoIpRW8mKNBQiY/Jd1svvuskA1wLef1RTtzKfMpagSCX/laZINmdnX4zrF6kIaR9P4xQrWXbsTFHTYe0Mg==]]></Encrypt></xml>`,
      contentType: 'text/xml',
    });
    expect([answer.statusCode, answer.body]).toEqual([200, 'success']);
    expect(await stage.counted('wxq_callback_other_events_total{event="debug_demo"}')).toBe(1);
  });
});

describe('the GET check', () => {
  test.each([
    [`/callback/channels-shop/${shopAppId}`, shopToken],
    [`/callback/platform/${componentAppId}/${authorizerAppId}`, platformToken],
  ])('%s answers with the echostr as plain text', async (url, token) => {
    const stage = createStage();
    const answer = await stage.app.inject({ url, query: echoOf(token, '<b>7</b>') });
    expect([answer.statusCode, answer.body]).toEqual([200, '<b>7</b>']);
    expect(answer.headers['content-type']).toContain('text/plain');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  test('a wrong, missing or doubled signature gets 403 and no echo', async () => {
    const stage = createStage();
    const good = echoOf(shopToken);
    const wrong = { ...good, signature: good.signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
    const { signature, ...missing } = good;
    const url = `/callback/channels-shop/${shopAppId}`;
    for (const query of [wrong, missing, { ...good, signature: [signature, signature] }, { ...good, nonce: '1' }, {}]) {
      const answer = await stage.app.inject({ url, query: query as Record<string, string> });
      expect([answer.statusCode, answer.body]).toEqual([403, 'forbidden']);
    }
    expect(await stage.counted('wxq_callback_echoes_total{route="channels-shop",result="refused"}')).toBe(5);
  });

  test('a signed check without an echostr is a bad request', async () => {
    const { echostr: _none, ...query } = echoOf(shopToken);
    const answer = await createStage().app.inject({ url: `/callback/channels-shop/${shopAppId}`, query });
    expect(answer.statusCode).toBe(400);
  });
});

describe('L7 only what WeChat signed is believed', () => {
  test('a push in either format is read by its first byte, whatever its Content-Type says', async () => {
    for (const contentType of ['text/xml', 'application/json', 'nonsense', 'a/b; c="', 'multipart/form-data']) {
      const stage = createStage();
      expect((await send(stage.app, { ...shopPush(shopEvent()), contentType })).body).toBe('success');
      expect((await send(stage.app, { ...platformPush(miniProgramEvent()), contentType })).body).toBe('success');
      expect(stage.reports).toHaveLength(2);
    }
  });

  test('the inner message may be XML in a JSON envelope and JSON in an XML one', async () => {
    const stage = createStage();
    expect((await send(stage.app, shopPush(shopEventXml()))).statusCode).toBe(200);
    expect((await send(stage.app, platformPush(shopEvent()))).statusCode).toBe(200);
    expect(stage.reports).toHaveLength(2);
  });

  test('while the EncodingAESKey is being changed, pushes under the previous one are still understood', async () => {
    const stage = createStage();
    expect((await send(stage.app, shopPush(shopEvent(), { key: previousShopKey }))).statusCode).toBe(200);
    expect(stage.reports).toHaveLength(1);
  });

  test('messages of every length are understood, whatever their padding', async () => {
    const stage = createStage();
    for (let length = 0; length < 32; length += 1) {
      expect(
        (await send(stage.app, shopPush(shopEvent('3', auditIds[length % 2], 'x'.repeat(length))))).statusCode,
      ).toBe(200);
    }
    expect(stage.reports).toHaveLength(32);
  });

  test('a push signed with another Token gets 403', async () => {
    await expectRefused(createStage(), shopPush(shopEvent(), { token: 'guessed' }), 403);
  });

  test('`signature`, which does not cover the body, is no substitute for `msg_signature`', async () => {
    const push = shopPush(shopEvent());
    const { timestamp = '', nonce = '' } = push.query;
    const plain = signatureOf({ token: shopToken, timestamp, nonce });
    await expectRefused(createStage(), { ...push, query: { ...push.query, msg_signature: plain } }, 403);
  });

  test('a push for another appid gets 403 although its signature and key are right', async () => {
    await expectRefused(createStage(), shopPush(shopEvent(), { tailAppId: 'wx9999999999999999' }), 403);
  });

  test("a platform's push with the authorizer's appid at its tail gets 403: there it is the component's", async () => {
    await expectRefused(createStage(), platformPush(miniProgramEvent(), { tailAppId: authorizerAppId }), 403);
  });

  test('a push of one account is refused at the address of another', async () => {
    const stage = createStage();
    const { path } = platformPush(miniProgramEvent());
    await expectRefused(stage, { ...shopPush(shopEvent()), path }, 403);
  });

  test('a replay with a changed timestamp, nonce, signature or ciphertext is refused', async () => {
    const push = shopPush(shopEvent());
    const { timestamp = '', nonce = '', msg_signature = '' } = push.query;
    const otherCase = msg_signature.toUpperCase();
    const changedBody = push.body.replace(/"Encrypt":"(.)/, (_all, first) => `"Encrypt":"${first === 'A' ? 'B' : 'A'}`);
    for (const query of [
      { ...push.query, timestamp: `${timestamp}0` },
      { ...push.query, nonce: `${nonce}0` },
      { ...push.query, msg_signature: msg_signature.slice(1) },
      { ...push.query, msg_signature: otherCase },
    ]) {
      await expectRefused(createStage(), { ...push, query }, 403);
    }
    await expectRefused(createStage(), { ...push, body: changedBody }, 403);
  });

  test('a replay as it was is harmless: the audit is read again, and the case hears the same', async () => {
    const stage = createStage();
    const push = shopPush(shopEvent());
    await send(stage.app, push);
    await send(stage.app, push);
    expect(stage.reports[0]).toEqual(stage.reports[1]);
  });

  test('the ciphertext can not be moved into the nonce, although the signature has no separators', async () => {
    const push = shopPush(shopEvent());
    const { Encrypt: encrypt } = JSON.parse(push.body) as { Encrypt: string };
    const { timestamp = '', nonce = '' } = push.query;
    const moved = { ...push.query, nonce: nonce + encrypt.slice(0, 128) };
    const body = JSON.stringify({ Encrypt: encrypt.slice(128) });
    const stage = createStage();
    await expectRefused(stage, { ...push, query: { ...moved, timestamp }, body }, 400);
    expect(stage.log[0]?.fields.rejected).toBe('bad-query');
  });
});

const auditIds = ['9007199254741001', '18446744073709551615'];
