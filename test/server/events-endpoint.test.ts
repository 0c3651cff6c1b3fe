/** `POST /events` and the log of pushes on the private port. */
import { describe, expect, test } from 'vitest';
import {
  auditId,
  authorizerAppId,
  componentAppId,
  FakeWeChatError,
  miniProgramEvent,
  platformPush,
  readAt,
  shopAppId,
  shopEvent,
  shopEventXml,
  shopPush,
} from './callback-server.ts';
import { bearer, createPrivate, ours } from './private-server.ts';

const read = { kind: 'read', verdict: 'approved', rawStatus: '3', readAt };
const shopCase = [`channels-shop/${shopAppId}/6033`, { ...read, auditId }];
const delivered = { result: 'delivered', workflowId: `channels-shop/${shopAppId}/6033` };

describe('an event of a gateway', () => {
  test('L7 is read back and reaches its case, in every form that it can have; no digit of its id is lost', async () => {
    const { post, reports } = createPrivate();
    const query = { appId: shopAppId };
    for (const answer of [
      await post(shopEvent(), query),
      await post(shopEventXml(), query),
      await post(`{"appId":"${shopAppId}","event":${shopEvent()}}`),
      await post({ appId: shopAppId, event: shopEvent() }),
      await post({ appId: shopAppId, event: shopEventXml() }),
      await post(`{"event":${shopEvent()}}`, query),
    ]) {
      expect([answer.statusCode, answer.json()]).toEqual([200, delivered]);
    }
    expect(reports).toEqual(Array.from({ length: 6 }, () => shopCase));
  });

  test('L7 of a platform names both appids', async () => {
    const { post, reports } = createPrivate();
    const account = { appId: authorizerAppId, componentAppId };
    expect((await post(miniProgramEvent(), account)).statusCode).toBe(200);
    expect((await post({ ...account, event: miniProgramEvent() })).statusCode).toBe(200);
    expect(reports.map(([id]) => id)).toEqual(Array(2).fill(`mini-program/${authorizerAppId}/8-39`));
  });

  test('relayed as it came is opened with the keys of the account, however old it is', async () => {
    const { post, reports } = createPrivate();
    const { query, body } = shopPush(shopEvent());
    const relayed = { appId: shopAppId, body, query: new URLSearchParams(query).toString() };
    expect((await post(relayed)).json()).toEqual(delivered);
    expect((await post({ ...relayed, query, body: JSON.parse(body) })).json()).toEqual(delivered);
    const xml = platformPush(miniProgramEvent());
    const account = { appId: authorizerAppId, componentAppId };
    expect((await post({ ...account, body: xml.body, query: xml.query })).statusCode).toBe(200);
    expect(reports).toHaveLength(3);
  });

  test('about the platform itself is kept; a relayed ticket too', async () => {
    const taken: unknown[] = [];
    const authorizations = {
      covers: () => true,
      take: async (event: unknown) => {
        taken.push(event);
        return 'stored' as const;
      },
    };
    const { post, noted, lines } = createPrivate({ authorizations });
    const ticket = `<xml><AppId>${componentAppId}</AppId><CreateTime>1</CreateTime><InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>ticket@@@SECRET</ComponentVerifyTicket></xml>`;
    expect((await post(ticket, { componentAppId })).json()).toEqual({ result: 'stored' });
    const { query, body } = platformPush(ticket);
    expect((await post({ componentAppId, body, query })).json()).toEqual({ result: 'stored' });
    expect(taken).toHaveLength(2);
    expect(noted.map(({ event, text }) => [event, text])).toEqual(
      Array(2).fill(['component_verify_ticket', undefined]),
    );
    expect(lines.join()).not.toContain('SECRET');
  });

  test('of a kind that nobody here needs is acknowledged', async () => {
    const { post, noted } = createPrivate();
    const answer = await post({ Event: 'channels_ec_order_new' }, { appId: shopAppId });
    expect([answer.statusCode, answer.json()]).toEqual([200, { result: 'other_event' }]);
    expect(noted).toMatchObject([{ source: 'gateway', event: 'channels_ec_order_new', isOurs: false }]);
  });

  test('that can not be delivered now gets 503', async () => {
    const { post } = createPrivate({ report: () => Promise.reject(new FakeWeChatError('-1')) });
    const answer = await post(shopEvent(), { appId: shopAppId });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      503,
      { error: 'not_delivered', result: 'undeliverable' },
    ]);
  });
});

describe('who may bring one', () => {
  test('without WXQ_EVENTS_TOKEN there is no such address', async () => {
    const { post } = createPrivate({ token: undefined });
    expect((await post(shopEvent(), { appId: shopAppId })).statusCode).toBe(404);
  });

  test('without the token, with another, or with it in another form: 401, and nothing is read', async () => {
    const { post, reports, metrics } = createPrivate();
    for (const wrong of ['', 'Bearer ', bearer, `Basic ${bearer}`, `Bearer ${bearer}x`, `Bearer ${ours}`]) {
      expect((await post(shopEvent(), { appId: shopAppId }, wrong)).statusCode).toBe(401);
    }
    expect((await post('x'.repeat(70_000), {}, 'Bearer x')).statusCode).toBe(401);
    expect(reports).toEqual([]);
    expect(await metrics.registry.metrics()).toContain('wxq_events_total{result="unauthorized"} 7');
  });
});

describe('a request that is wrong says which field, and no value', () => {
  const { query, body } = shopPush(shopEvent());
  const appId = shopAppId;
  test.each([
    ['nothing', '', {}, 400, 'body'],
    ['no account', shopEvent(), {}, 400, 'appId'],
    ['no account in the envelope', { event: {} }, {}, 400, 'appId'],
    ['an appid that is none', shopEvent(), { appId: '../x' }, 400, 'appId'],
    ['an appid that is no text', { appId: 7, event: {} }, {}, 400, 'appId'],
    ['two accounts', { appId, event: {} }, { appId: authorizerAppId }, 400, 'appId'],
    ['an account that is not here', shopEvent(), { appId: 'wx0' }, 422, 'appId'],
    ['an account named like a prototype', shopEvent(), { appId: '__proto__' }, 422, 'appId'],
    ['a platform that is not here', shopEvent(), { appId, componentAppId: 'wx0' }, 422, 'componentAppId'],
    ['broken JSON', '{"appId":', {}, 400, 'body'],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), { appId }, 400, 'body'],
    ['a field that does not exist', { appId, event: {}, evnt: 1 }, {}, 400, 'body'],
    ['neither event nor body', { appId }, {}, 400, 'event'],
    ['both', { appId, event: {}, body: 'x', query: '' }, {}, 400, 'event'],
    ['an event that is a list', { appId, event: [] }, {}, 400, 'event'],
    ['an event that is neither JSON nor XML', 'hello', { appId }, 422, 'event'],
    ['an audit event without an audit id', { Event: 'product_category_audit' }, { appId }, 422, 'event'],
    ['XML with a DOCTYPE', '<!DOCTYPE a><xml><Event>a</Event></xml>', { appId }, 422, 'event'],
    ['a relayed push without its query', { appId, body }, {}, 400, 'query'],
    ['a relayed push with half its query', { appId, body, query: { nonce: '1' } }, {}, 422, 'query'],
    ['a parameter twice', { appId, body, query: `${new URLSearchParams(query)}&nonce=2` }, {}, 422, 'query'],
    ['another signature', { appId, body, query: { ...query, msg_signature: 'f' } }, {}, 422, 'query.msg_signature'],
    ['a body that is no push', { appId, body: 'x', query }, {}, 422, 'body'],
    ['an empty body', { appId, body: '', query }, {}, 400, 'body'],
  ])('%s', async (_what, sent, parameters, status, field) => {
    const { post, reports } = createPrivate();
    const answer = await post(sent, parameters as Record<string, string>);
    const json = answer.json<{ field: string; message: string }>();
    expect([answer.statusCode, json.field]).toEqual([status, field]);
    expect(json.message.startsWith(field)).toBe(true);
    expect(json.message).not.toMatch(/415670741|hello|Encrypt":/);
    expect(reports).toEqual([]);
  });

  test('more than 64 KiB gets 413', async () => {
    const { post } = createPrivate();
    const answer = await post(' '.repeat(64 * 1024 + 1), { appId });
    expect([answer.statusCode, answer.json().field]).toEqual([413, 'body']);
  });

  test("another account's relayed push is refused", async () => {
    const { post } = createPrivate();
    const theirs = shopPush(shopEvent(), { tailAppId: 'wx9999999999999999' });
    const answer = await post({ appId, body: theirs.body, query: theirs.query });
    expect([answer.statusCode, answer.json().message]).toEqual([422, 'body belongs to another account']);
  });
});

describe('the log of pushes', () => {
  test('shows what came, and hands an event of ours to its case once more', async () => {
    const { app, post, reports, noted } = createPrivate();
    await post(shopEvent(), { appId: shopAppId });
    await post({ Event: 'order' }, { appId: shopAppId });
    const headers = { authorization: `Bearer ${ours}` };
    const { pushes } = (await app.inject({ url: '/pushes', headers, query: { appId: shopAppId } })).json();
    expect(pushes).toMatchObject([
      { id: '1', source: 'gateway', result: 'delivered', canDeliver: true },
      { id: '2', result: 'other_event', canDeliver: false },
    ]);
    expect(JSON.stringify(pushes)).not.toContain(auditId);
    const again = await app.inject({ method: 'POST', url: '/pushes/1/deliver', headers });
    expect([again.statusCode, again.json()]).toEqual([200, delivered]);
    expect(reports).toEqual([shopCase, shopCase]);
    expect(noted.at(-1)).toMatchObject({ source: 'again', result: 'delivered' });
    for (const id of ['2', '99', 'x']) {
      const none = await app.inject({ method: 'POST', url: `/pushes/${id}/deliver`, headers });
      expect(none.statusCode).toBe(404);
    }
  });

  test('says so when an event can not be read with the keys of this server', async () => {
    const findPush = async () =>
      Promise.reject(Object.assign(new Error('sealed with another key'), { name: 'SecretError' }));
    const { app } = createPrivate({ findPush });
    const headers = { authorization: `Bearer ${ours}` };
    const answer = await app.inject({ method: 'POST', url: '/pushes/1/deliver', headers });
    expect(answer.statusCode).toBe(422);
    expect(answer.json().error).toContain('WXQ_SECRET_KEY');
  });

  test('is for our own processes', async () => {
    const { app } = createPrivate();
    for (const [method, url] of [
      ['GET', '/pushes'],
      ['POST', '/pushes/1/deliver'],
    ] as const) {
      const headers = { authorization: `Bearer ${bearer}` };
      expect((await app.inject({ method, url, headers })).statusCode).toBe(401);
    }
  });
});
