/** A platform's authorization address: tickets and authorizations are kept before they are acknowledged. */
import { describe, expect, test } from 'vitest';
import type { PlatformAuthorizations } from '../../src/server/dependencies.ts';
import { componentAppId, createStage, type PushRequest, platformPush, send, shopAppId } from './callback-server.ts';

const path = `/callback/platform/${componentAppId}`;
type Taken = Parameters<PlatformAuthorizations['take']>[0];

const xml = (infoType: string, fields: string, about = componentAppId): string =>
  `<xml><AppId><![CDATA[${about}]]></AppId><CreateTime>1796000000</CreateTime><InfoType><![CDATA[${infoType}]]></InfoType>${fields}</xml>`;
const ticket = xml(
  'component_verify_ticket',
  '<ComponentVerifyTicket><![CDATA[ticket@@@secret]]></ComponentVerifyTicket>',
);
const push = (message: string, changes: { tailAppId?: string } = {}): PushRequest => ({
  ...platformPush(message, changes),
  path,
});

function stageWith(take: PlatformAuthorizations['take'] = async () => 'stored', covers = true) {
  const taken: Taken[] = [];
  const stage = createStage({
    limits: { answerMs: 300 },
    authorizations: {
      covers: () => covers,
      take: (event) => {
        taken.push(event);
        return take(event);
      },
    },
  });
  return { stage, taken };
}

describe('a push to the platform itself', () => {
  test('a ticket is kept and acknowledged, and stands in no log', async () => {
    const { stage, taken } = stageWith();
    const answer = await send(stage.app, push(ticket));
    expect([answer.statusCode, answer.body]).toEqual([200, 'success']);
    expect(taken).toEqual([
      { type: 'component_verify_ticket', componentAppId, createTime: 1796000000, ticket: 'ticket@@@secret' },
    ]);
    expect(JSON.stringify(stage.log)).not.toContain('ticket@@@');
    expect(await stage.counted('wxq_callback_pushes_total{route="platform-events",result="stored"}')).toBe(1);
  });

  test.each(['authorized', 'updateauthorized'] as const)(
    '%s is kept with its code, which stands in no log',
    async (type) => {
      const { stage, taken } = stageWith();
      const fields =
        '<AuthorizerAppid>wxa</AuthorizerAppid><AuthorizationCode><![CDATA[code@@@secret]]></AuthorizationCode><AuthorizationCodeExpiredTime>1796003600</AuthorizationCodeExpiredTime><PreAuthCode>p</PreAuthCode>';
      expect((await send(stage.app, push(xml(type, fields)))).statusCode).toBe(200);
      expect(taken).toEqual([
        {
          type,
          componentAppId,
          createTime: 1796000000,
          appId: 'wxa',
          authorizationCode: 'code@@@secret',
          codeExpiresAt: 1796003600,
        },
      ]);
      expect(JSON.stringify(stage.log)).not.toContain('code@@@');
    },
  );

  test('unauthorized is kept', async () => {
    const { stage, taken } = stageWith();
    await send(stage.app, push(xml('unauthorized', '<AuthorizerAppid>wxa</AuthorizerAppid>')));
    expect(taken).toEqual([{ type: 'unauthorized', componentAppId, createTime: 1796000000, appId: 'wxa' }]);
  });

  test('a repeated one is acknowledged', async () => {
    const { stage } = stageWith(async () => 'old');
    expect((await send(stage.app, push(ticket))).body).toBe('success');
  });

  test.each([
    ['is down', () => Promise.reject(Object.assign(new Error('ticket@@@secret'), { code: 'ECONNREFUSED' }))],
    ['does not answer', () => new Promise<never>(() => {})],
  ])(
    'a database that %s means 503 in time, so that WeChat pushes again, and tells no log the ticket',
    async (_what, take) => {
      const { stage } = stageWith(take);
      const startedAt = performance.now();
      const answer = await send(stage.app, push(ticket));
      expect([answer.statusCode, answer.body]).toEqual([503, 'try again']);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      expect(JSON.stringify(stage.log)).not.toContain('ticket@@@');
    },
  );

  test.each([
    ['without its ticket', xml('component_verify_ticket', ''), 400],
    ['without its code', xml('authorized', '<AuthorizerAppid>wxa</AuthorizerAppid>'), 400],
    ['with an appid that is none', xml('unauthorized', '<AuthorizerAppid>../x</AuthorizerAppid>'), 400],
    ['about another platform', xml('unauthorized', '<AuthorizerAppid>wxa</AuthorizerAppid>', shopAppId), 403],
    ['that is no XML', 'hello', 400],
  ])('one %s is refused and nothing is kept', async (_what, message, status) => {
    const { stage, taken } = stageWith();
    expect((await send(stage.app, push(message))).statusCode).toBe(status);
    expect(taken).toEqual([]);
  });

  test('a forged one, and one sealed for another appid, are refused and nothing is kept', async () => {
    const { stage, taken } = stageWith();
    const genuine = push(ticket);
    const forged = { ...genuine, query: { ...genuine.query, msg_signature: 'a'.repeat(40) } };
    expect((await send(stage.app, forged)).statusCode).toBe(403);
    expect((await send(stage.app, push(ticket, { tailAppId: shopAppId }))).statusCode).toBe(403);
    expect(taken).toEqual([]);
  });

  test('an event of another kind, and any event of a platform with a token service, is acknowledged only', async () => {
    const other = stageWith();
    expect((await send(other.stage.app, push(xml('notify_third_fasteregister', '')))).body).toBe('success');
    const foreign = stageWith(undefined, false);
    expect((await send(foreign.stage.app, push(ticket))).body).toBe('success');
    expect([...other.taken, ...foreign.taken]).toEqual([]);
  });
});
