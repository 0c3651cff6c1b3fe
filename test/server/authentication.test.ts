/** Which requests the callback server believes, and what the others get. */
import { describe, expect, test } from 'vitest';
import { echoQuery, signatureOf } from '../../src/wechat/push/index.ts';
import {
  authorizerAppId,
  componentAppId,
  createStage,
  miniProgramEvent,
  type PushRequest,
  platformKey,
  platformPush,
  platformToken,
  previousShopKey,
  type Stage,
  send,
  shopAppId,
  shopEvent,
  shopEventXml,
  shopKey,
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

describe('what is not a push', () => {
  test('an account that nobody configured gets 404, the same as any other address', async () => {
    const stage = createStage();
    const push = shopPush(shopEvent());
    for (const path of [
      '/callback/channels-shop/wx0000000000000000',
      '/callback/channels-shop/__proto__',
      '/callback/channels-shop/constructor',
      `/callback/channels-shop/${componentAppId}`,
      `/callback/platform/${shopAppId}/${authorizerAppId}`,
      `/callback/platform/${componentAppId}/$APPID$`,
      `/callback/platform/${componentAppId}/a%2Fb`,
      `/callback/platform/${componentAppId}`,
      '/callback',
      '/',
    ]) {
      const answer = await send(stage.app, { ...push, path });
      expect([path, answer.statusCode, answer.body]).toEqual([path, 404, 'not found']);
    }
    expect(stage.reads).toEqual([]);
  });

  test('an account that nobody configured gets its 404 before the body is looked at', async () => {
    const path = '/callback/channels-shop/wx0000000000000000';
    const answer = await send(createStage().app, { ...shopPush(shopEvent()), path, body: 'x'.repeat(70_000) });
    expect(answer.statusCode).toBe(404);
  });

  test('a body of more than 64 KiB gets 413, one of 64 KiB is read', async () => {
    const stage = createStage();
    const push = shopPush(shopEvent());
    await expectRefused(stage, { ...push, body: push.body + ' '.repeat(64 * 1024 + 1 - push.body.length) }, 413);
    expect(await stage.counted('wxq_callback_pushes_total{route="channels-shop",result="too_large"}')).toBe(1);
    expect((await send(stage.app, { ...push, body: push.body.padEnd(64 * 1024) })).statusCode).toBe(200);
  });

  test.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['broken JSON', '{"Encrypt":'],
    ['a JSON array', '[]'],
    ['JSON without Encrypt', '{}'],
    ['an Encrypt that is no text', '{"Encrypt":[1]}'],
    ['broken XML', '<xml><Encrypt>'],
    ['XML with a DOCTYPE', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><xml><Encrypt>&b;</Encrypt></xml>'],
    ['XML that reaches for a prototype', '<xml><__proto__><a>1</a></__proto__><Encrypt>AAAA</Encrypt></xml>'],
    ['JSON that reaches for a prototype', '{"__proto__":{"Encrypt":"AAAA"}}'],
  ])('a body of %s gets 4xx and changes nothing', async (_what, body) => {
    const stage = createStage();
    const answer = await send(stage.app, { ...shopPush(shopEvent()), body });
    expect([400, 403]).toContain(answer.statusCode);
    expect(stage.reports).toEqual([]);
  });

  test('a query that lacks a part, or has one twice, gets 400', async () => {
    const push = shopPush(shopEvent());
    for (const part of ['timestamp', 'nonce', 'msg_signature']) {
      const { [part]: value = '', ...rest } = push.query;
      await expectRefused(createStage(), { ...push, query: rest }, 400);
      await expectRefused(
        createStage(),
        { ...push, query: rest, path: `${push.path}?${part}=${value}&${part}=2` },
        400,
      );
    }
  });

  test.each([
    [
      'no audit id',
      '{"ToUserName":"g","CreateTime":1,"Event":"product_category_audit","ProductCategoryAudit":{"status":"3"}}',
    ],
    ['no body', '{"ToUserName":"g","CreateTime":1,"Event":"product_category_audit"}'],
    ['an audit id that is none', shopEvent('3', '"../x"')],
    ['neither JSON nor XML', 'hello'],
  ])('a signed audit event with %s gets 400', async (_what, message) => {
    const stage = createStage();
    await expectRefused(stage, shopPush(message), 400);
    expect(await stage.counted('wxq_callback_pushes_total{route="channels-shop",result="malformed"}')).toBe(1);
  });

  test('a Mini Program event with ids that are none gets 400', async () => {
    await expectRefused(createStage(), platformPush(miniProgramEvent('3', '8/9', '39')), 400);
    await expectRefused(createStage(), platformPush(miniProgramEvent('3', '0', '39')), 400);
  });

  test('unknown events are acknowledged and counted, under no name that the sender could choose', async () => {
    const stage = createStage();
    for (const event of ['channels_ec_brand', 'made_up_1', 'made_up_2']) {
      const answer = await send(
        stage.app,
        shopPush({ ToUserName: 'g', CreateTime: 1, MsgType: 'event', Event: event }),
      );
      expect([answer.statusCode, answer.body]).toEqual([200, 'success']);
    }
    expect(await stage.counted('wxq_callback_other_events_total{event="channels_ec_brand"}')).toBe(1);
    expect(await stage.counted('wxq_callback_other_events_total{event="unknown"}')).toBe(2);
    expect(await stage.counted('wxq_callback_pushes_total{route="channels-shop",result="other_event"}')).toBe(3);
    expect(stage.reads).toEqual([]);
    expect(stage.reports).toEqual([]);
  });
});

describe('what gets out', () => {
  test('no Token, key, signature, body or error text reaches a log line', async () => {
    const stage = createStage();
    stage.report = async () => {
      throw new Error(`${shopToken} ${shopKey}`);
    };
    stage.readFlow = async () => {
      throw new Error(`${platformToken} ${platformKey}`);
    };
    const pushes = [shopPush(shopEvent('2', auditIds[0], '秘密')), platformPush(miniProgramEvent('2'))];
    for (const push of pushes) {
      await send(stage.app, push);
      await send(stage.app, { ...push, query: { ...push.query, msg_signature: 'f'.repeat(40) } });
      await send(stage.app, { ...push, body: 'x' });
    }
    const log = JSON.stringify(stage.log);
    expect(stage.log.length).toBeGreaterThanOrEqual(6);
    for (const secret of [
      shopToken,
      shopKey,
      platformToken,
      platformKey,
      '秘密',
      '驳回原因',
      ...pushes.map((push) => push.query.msg_signature ?? ''),
    ]) {
      expect(log).not.toContain(secret);
    }
  });

  test('an exception that nobody expected gets 500 without its text, is counted, and is logged by where it happened', async () => {
    const shops = {};
    Object.defineProperty(shops, shopAppId, {
      enumerable: true,
      get: () => {
        throw new TypeError('SECRET');
      },
    });
    const stage = createStage({ shops });
    const answer = await send(stage.app, shopPush(shopEvent()));
    expect([answer.statusCode, answer.body]).toEqual([500, 'internal error']);
    expect(await stage.counted('wxq_callback_unexpected_errors_total')).toBe(1);
    expect(JSON.stringify(stage.log)).toContain('callback-server.ts');
    expect(JSON.stringify(stage.log)).not.toContain('SECRET');
  });

  test('an address that is not even one gets a 4xx that does not repeat it', async () => {
    const { app } = createStage();
    for (const url of ['/%zz', `/callback/channels-shop/${'a'.repeat(300)}`]) {
      const answer = await app.inject({ method: 'POST', url, payload: 'x' });
      expect(answer.statusCode).toBeGreaterThanOrEqual(400);
      expect(answer.statusCode).toBeLessThan(500);
      expect(answer.body).not.toContain(url.slice(1));
    }
  });
});
