/** What gets a refusal, an acknowledgement or an error, and what none of them gives away. */
import { describe, expect, test } from 'vitest';
import {
  authorizerAppId,
  componentAppId,
  createStage,
  miniProgramEvent,
  type PushRequest,
  platformKey,
  platformPush,
  platformToken,
  type Stage,
  send,
  shopAppId,
  shopEvent,
  shopKey,
  shopPush,
  shopToken,
} from './callback-server.ts';

async function expectRefused(stage: Stage, push: PushRequest, status: number): Promise<void> {
  const answer = await send(stage.app, push);
  expect(answer.statusCode).toBe(status);
  expect(answer.body).not.toMatch(/fst_|error:|signature|appid/i);
  expect(stage.reads).toEqual([]);
  expect(stage.reports).toEqual([]);
}

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
      `/callback/platform/${shopAppId}`,
      '/callback/platform/__proto__',
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
