/** A push address that another receiver shares: everything goes on to it, and neither side can harm the other. */
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encryptMessage, signatureOf } from '../../src/wechat/push/index.ts';
import {
  authorizerAppId,
  componentAppId,
  createStage,
  FakeWeChatError,
  miniProgramEvent,
  never,
  platformPush,
  type Stage,
  send,
  shopAppId,
  shopEvent,
  shopKey,
  shopPush,
  shopToken,
} from './callback-server.ts';
import { type OtherReceiver, otherReceiver } from './other-receiver.ts';

const foreign = '{"ToUserName":"g","CreateTime":1,"MsgType":"event","Event":"channels_ec_order_new","order_info":{}}';
const message = '<xml><ToUserName>g</ToUserName><CreateTime>1</CreateTime><MsgType>text</MsgType></xml>';
const ticket = `<xml><AppId>${componentAppId}</AppId><CreateTime>1796000000</CreateTime><InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>t</ComponentVerifyTicket></xml>`;

let other: OtherReceiver;
const stages: Stage[] = [];

beforeEach(async () => {
  other = await otherReceiver();
});

afterEach(async () => {
  for (const { app } of stages.splice(0)) await app.close();
  await other.close();
});

function stageWith(
  changes: Parameters<typeof createStage>[0] = {},
  forward: { url?: string; timeoutMs?: number } = {},
): Stage {
  const stage = createStage({ forward: { url: other.url, timeoutMs: 2000, ...forward }, ...changes });
  stages.push(stage);
  return stage;
}

const forwards = (stage: Stage, result: string, route = 'channels-shop'): Promise<number> =>
  stage.counted(`wxq_callback_forwards_total{route="${route}",result="${result}"}`);

describe('what goes on to the other receiver', () => {
  test('every byte of body and query, the method and the Content-Type; nothing is added to its path', async () => {
    const stage = stageWith();
    const push = shopPush(foreign);
    // A parameter twice, an escape that decoding and encoding would change, and blanks in the body.
    const query = `${new URLSearchParams(push.query)}&openid=a%2fb&openid=+&x`;
    const body = Buffer.from(` ${push.body}\n\t`);
    const answer = await stage.app.inject({
      method: 'POST',
      url: `${push.path}?${query}`,
      headers: { 'content-type': 'text/weird; a=b', 'user-agent': 'Mozilla/4.0' },
      payload: body,
    });
    expect([answer.statusCode, answer.body]).toEqual([200, 'success']);
    expect(other.arrived).toHaveLength(1);
    const [arrived] = other.arrived;
    expect(arrived).toMatchObject({ method: 'POST', path: '/their/path', rawQuery: query });
    expect(arrived?.body.equals(body)).toBe(true);
    expect(arrived?.headers).toMatchObject({ 'content-type': 'text/weird; a=b', 'user-agent': 'Mozilla/4.0' });
  });

  test('its own query stays in front, and $APPID$ is filled in as WeChat does', async () => {
    const stage = stageWith({}, { url: `${other.url}/$APPID$?tenant=7` });
    const push = platformPush(message);
    await send(stage.app, push);
    await send(stage.app, { ...platformPush(ticket), path: `/callback/platform/${componentAppId}` });
    const query = `tenant=7&${new URLSearchParams(push.query)}`;
    expect(other.arrived[0]).toMatchObject({ path: `/their/path/${authorizerAppId}`, rawQuery: query });
    expect(other.arrived[1]?.path).toBe(`/their/path/${componentAppId}`);
  });

  test("its answer is WeChat's: status, body and Content-Type, also an encrypted reply", async () => {
    const stage = stageWith();
    const encrypt = encryptMessage(shopKey, shopAppId, '{"demo_resp":"good luck"}');
    const [timestamp, nonce] = ['1796000001', '7'];
    const reply = JSON.stringify({
      Encrypt: encrypt,
      MsgSignature: signatureOf({ token: shopToken, timestamp, nonce, encrypt }),
      TimeStamp: 1796000001,
      Nonce: nonce,
    });
    other.answer = (response) =>
      response.writeHead(201, { 'content-type': 'application/json; charset=UTF-8', 'x-secret': '1' }).end(reply);
    const answer = await send(stage.app, shopPush(foreign));
    expect([answer.statusCode, answer.body]).toEqual([201, reply]);
    expect(answer.headers['content-type']).toBe('application/json; charset=UTF-8');
    expect(answer.headers['x-secret']).toBeUndefined();
    other.answer = (response) => response.writeHead(422, { 'content-type': 'text/plain' }).end('no');
    const refusal = await send(stage.app, shopPush(foreign));
    expect([refusal.statusCode, refusal.body]).toEqual([422, 'no']);
    expect([await forwards(stage, 'accepted'), await forwards(stage, 'refused')]).toEqual([1, 1]);
  });

  test('events of ours go to both', async () => {
    const taken: string[] = [];
    const stage = stageWith({
      authorizations: {
        covers: () => true,
        take: async ({ type }) => {
          taken.push(type);
          return 'stored';
        },
      },
    });
    const pushes = [
      shopPush(shopEvent()),
      platformPush(miniProgramEvent()),
      { ...platformPush(ticket), path: `/callback/platform/${componentAppId}` },
    ];
    for (const push of pushes) {
      const answer = await send(stage.app, push);
      expect([answer.statusCode, answer.body]).toEqual([200, 'success']);
    }
    expect(other.arrived.map(({ body }) => body.toString())).toEqual(pushes.map(({ body }) => body));
    expect(stage.reports).toHaveLength(2);
    expect(taken).toEqual(['component_verify_ticket']);
  });

  test('a push that only we cannot open or read, although it is signed, goes on all the same', async () => {
    const stage = stageWith({ shops: { [shopAppId]: { token: shopToken, encodingAesKey: ['A'.repeat(43)] } } });
    other.answer = (response) => void response.end('theirs');
    expect((await send(stage.app, shopPush(foreign))).body).toBe('theirs');
    const readable = stageWith();
    expect((await send(readable.app, shopPush('neither JSON nor XML'))).body).toBe('theirs');
    expect(other.arrived).toHaveLength(2);
  });

  test('nothing that WeChat did not sign goes on, nor what was meant for another account', async () => {
    const stage = stageWith();
    const push = shopPush(foreign);
    for (const forged of [
      { ...push, query: { ...push.query, msg_signature: 'f'.repeat(40) } },
      { ...push, body: '{}' },
      shopPush(foreign, { tailAppId: 'wx9999999999999999' }),
      { ...push, path: '/callback/channels-shop/wx0000000000000000' },
    ]) {
      expect((await send(stage.app, forged)).statusCode).toBeGreaterThanOrEqual(400);
    }
    expect((await stage.app.inject({ url: push.path, query: { echostr: '1', signature: 'x' } })).statusCode).toBe(403);
    expect(other.arrived).toEqual([]);
  });
});

describe('the check of the address', () => {
  const timestamp = '1796000000';
  const query = {
    signature: signatureOf({ token: shopToken, timestamp, nonce: '1' }),
    timestamp,
    nonce: '1',
    echostr: '4375120948345356249',
  };
  const check = (stage: Stage) => stage.app.inject({ url: `/callback/channels-shop/${shopAppId}`, query });

  test('goes on as it is, and the other side may answer it', async () => {
    const stage = stageWith();
    other.answer = (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(query.echostr);
    const answer = await check(stage);
    expect([answer.statusCode, answer.body, answer.headers['content-type']]).toEqual([200, query.echostr, 'text/html']);
    expect(other.arrived).toMatchObject([{ method: 'GET', rawQuery: new URLSearchParams(query).toString() }]);
  });

  test('is answered rightly whatever the other side does', async () => {
    const stage = stageWith({ limits: { answerMs: 300 } });
    const answersOfTheirs: OtherReceiver['answer'][] = [
      (response) => void response.end('wrong'),
      (response) => response.writeHead(500).end(),
      (response) => void response.destroy(),
      () => {},
    ];
    for (const answer of answersOfTheirs) {
      other.answer = answer;
      const own = await check(stage);
      expect([own.statusCode, own.body]).toEqual([200, query.echostr]);
    }
  });
});

describe('neither side harms the other', () => {
  const troubles: [string, OtherReceiver['answer'], string][] = [
    ['never answers', () => {}, 'timeout'],
    ['sends its answer in drips without end', (response) => void response.writeHead(200).write('s'), 'timeout'],
    ['hangs up', (response) => void response.destroy(), 'unreachable'],
    ['talks no HTTP', (response) => void response.socket?.end('nonsense\r\n\r\n'), 'unreachable'],
    ['redirects', (response) => response.writeHead(302, { location: other.url }).end(), 'redirect'],
    ['answers with megabytes', (response) => void response.end(Buffer.alloc(1024 * 1024)), 'too_large'],
  ];

  test.each(troubles)('L7 the other side %s: ours is taken, and WeChat is asked to push again', async (...trouble) => {
    const [, answer, result] = trouble;
    const stage = stageWith({}, { timeoutMs: 300 });
    other.answer = answer;
    for (const message of [shopEvent(), foreign]) {
      const said = await send(stage.app, shopPush(message));
      expect([said.statusCode, said.body]).toEqual([503, 'try again']);
    }
    expect(stage.reports).toHaveLength(1);
    expect(other.arrived).toHaveLength(2);
    expect(await forwards(stage, result)).toBe(2);
    expect(await stage.counted('wxq_callback_pushes_total{route="channels-shop",result="delivered"}')).toBe(1);
  });

  test('L7 nobody listens there: ours is taken', async () => {
    const stage = stageWith({}, { url: `http://127.0.0.1:${await closedPort()}/` });
    expect((await send(stage.app, shopPush(shopEvent()))).statusCode).toBe(503);
    expect(stage.reports).toHaveLength(1);
    expect(await forwards(stage, 'unreachable')).toBe(1);
  });

  test('L7 the repeated push gives the other side its turn, and ours hears the same', async () => {
    const stage = stageWith();
    let tries = 0;
    other.answer = (response) => void (++tries === 1 ? response.destroy() : response.end('success'));
    const push = shopPush(shopEvent());
    expect((await send(stage.app, push)).statusCode).toBe(503);
    expect((await send(stage.app, push)).statusCode).toBe(200);
    expect(stage.reports[0]).toEqual(stage.reports[1]);
  });

  test('L7 an event of ours is answered in our time, however long the other side may take', async () => {
    const stage = stageWith({ limits: { answerMs: 200 } }, { timeoutMs: 4000 });
    other.answer = () => {};
    const startedAt = performance.now();
    expect((await send(stage.app, shopPush(shopEvent()))).statusCode).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  test('with Temporal and WeChat down a foreign push gets its answer, and one of ours is passed on and asked for again', async () => {
    const stage = stageWith({ limits: { answerMs: 300, readBackMs: 100 } });
    stage.readFlow = async () => {
      throw new FakeWeChatError('-1');
    };
    stage.report = never;
    other.answer = (response) => void response.end('theirs');
    expect((await send(stage.app, shopPush(foreign))).body).toBe('theirs');
    for (const push of [shopPush(shopEvent()), platformPush(miniProgramEvent())]) {
      expect((await send(stage.app, push)).statusCode).toBe(503);
    }
    expect(other.arrived).toHaveLength(3);
  });

  test('a side that hangs holds 128 pushes at most, and none of another account', async () => {
    const stage = stageWith({}, { timeoutMs: 3000 });
    other.answer = () => {};
    const held = Array.from({ length: 129 }, () => send(stage.app, shopPush(foreign)));
    const first = await Promise.race(held);
    expect(first.statusCode).toBe(503);
    expect(await forwards(stage, 'busy')).toBe(1);
    await Promise.all(held);
    expect(await forwards(stage, 'timeout')).toBe(128);
  });
});

describe('a circle', () => {
  test('is cut: the second time round the push is not passed on, and nobody says success', async () => {
    const stage = stageWith();
    const callbackUrl = await stage.app.listen({ port: 0, host: '127.0.0.1' });
    other.answer = (response, { method, rawQuery, headers, body }) => {
      const { 'content-type': contentType = '', 'x-wxq-forwarded': mark } = headers;
      void fetch(`${callbackUrl}/callback/channels-shop/${shopAppId}?${rawQuery}`, {
        method,
        body: new Uint8Array(body),
        headers: { 'content-type': contentType, 'x-wxq-forwarded': String(mark) },
      }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
    };
    const { path, query, body } = shopPush(foreign);
    const answer = await fetch(`${callbackUrl}${path}?${new URLSearchParams(query)}`, { method: 'POST', body });
    expect(answer.status).toBe(508);
    expect(other.arrived).toHaveLength(1);
    expect(await stage.counted('wxq_callback_pushes_total{route="channels-shop",result="loop"}')).toBe(1);
  });

  test('is none where the receiver is another installation, which passes nothing on', async () => {
    const stage = createStage();
    stages.push(stage);
    const { path, query, body } = shopPush(shopEvent());
    const headers = { 'x-wxq-forwarded': '1' };
    expect((await stage.app.inject({ method: 'POST', url: path, query, headers, payload: body })).statusCode).toBe(200);
    expect(stage.reports).toHaveLength(1);
  });
});

test('no body, query or address of the other side stands in a log or a metric', async () => {
  const stage = stageWith({}, { url: `${other.url}?key=SECRET` });
  other.answer = (response) => response.writeHead(500).end('PRIVATE-ANSWER');
  await send(stage.app, shopPush(foreign));
  other.answer = (response) => void response.destroy();
  const push = shopPush(foreign);
  await send(stage.app, push);
  const metrics = (await stage.app.inject({ url: '/metrics' })).body;
  for (const secret of ['SECRET', 'PRIVATE-ANSWER', push.query.msg_signature ?? '', '127.0.0.1']) {
    expect(JSON.stringify(stage.log) + metrics).not.toContain(secret);
  }
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
