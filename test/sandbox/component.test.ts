/** A third-party platform's calls at the sandbox: as strict as WeChat's, by the sandbox's clock. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { openPush, parsePlatformEvent } from '../../src/wechat/push/index.ts';
import { type Answer, control, type ReceivedPush, type Stage, startStage, until } from './harness.ts';

const { componentAppId, secret, callback } = fixtures.platform;
const { appId } = fixtures.miniProgram;
const component = { component_appid: componentAppId };
let stage: Stage;

beforeEach(async () => {
  stage = await startStage();
});
afterEach(() => stage.close());

async function call(name: string, body: unknown, token?: string): Promise<Answer> {
  const query = token === undefined ? '' : `?component_access_token=${token}`;
  const answer = await fetch(`${stage.sandbox.url}/cgi-bin/component/${name}${query}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  return JSON.parse(await answer.text());
}

function eventOf(push: ReceivedPush) {
  const { message } = openPush({
    query: push.query,
    body: push.body,
    token: callback.token,
    encodingAesKeys: [callback.encodingAesKey],
    tailAppId: componentAppId,
  });
  return parsePlatformEvent(message);
}

/** The ticket of the newest push. */
function ticketOf(): string {
  const event = stage.receiver.pushes.map(eventOf).findLast(({ type }) => type === 'component_verify_ticket');
  return event?.type === 'component_verify_ticket' ? event.ticket : '';
}

async function listen(): Promise<void> {
  const eventsUrl = `${stage.receiver.url}/events`;
  stage.sandbox.setAccounts({ shops: [], platforms: [{ componentAppId, eventsUrl }] });
  await stage.receiver.waitFor(1);
}

async function componentToken(): Promise<string> {
  const asked = { ...component, component_appsecret: secret, component_verify_ticket: ticketOf() };
  return (await call('api_component_token', asked)).component_access_token;
}

describe('tickets', () => {
  test('come every ten minutes of the sandbox clock, as XML that names the platform; none without an address', async () => {
    stage.sandbox.setClock({ advanceSeconds: 3_600 });
    expect(stage.receiver.pushes).toHaveLength(0);
    await listen();
    expect(stage.receiver.pushes[0]?.path).toBe('/events');
    expect(stage.receiver.pushes[0]?.body).toContain('<AppId><![CDATA[');
    stage.sandbox.setClock({ advanceSeconds: 590 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(stage.receiver.pushes).toHaveLength(1);
    stage.sandbox.setClock({ advanceSeconds: 10 });
    await stage.receiver.waitFor(2);
  });

  test('can be stopped, pushed at once, and are begun again by api_start_push_ticket', async () => {
    await listen();
    expect((await control(stage.sandbox, 'PUT', '/sandbox/tickets', { componentAppId, pushing: false })).status).toBe(
      200,
    );
    stage.sandbox.setClock({ advanceSeconds: 7_200 });
    await control(stage.sandbox, 'POST', '/sandbox/tickets', { componentAppId });
    await stage.receiver.waitFor(2);
    stage.sandbox.setClock({ advanceSeconds: 7_200 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(stage.receiver.pushes).toHaveLength(2);
    const asked = { ...component, component_secret: secret };
    expect(await call('api_start_push_ticket', asked)).toMatchObject({ errcode: 0 });
    await stage.receiver.waitFor(3);
    expect((await control(stage.sandbox, 'POST', '/sandbox/tickets', { componentAppId: 'wxnone' })).status).toBe(404);
  });

  test.each([
    ['an unknown ticket', { component_verify_ticket: 'ticket@@@none' }, 61006],
    ['a wrong secret', { component_appsecret: 'wrong' }, 40125],
    ['no secret', { component_appsecret: '' }, 41004],
    ['an unknown platform', { component_appid: 'wxnone' }, 40013],
    ['a member that does not exist', { component_secret: secret }, 47001],
  ])('%s is refused', async (_what, change, errcode) => {
    await listen();
    const asked = { ...component, component_appsecret: secret, component_verify_ticket: ticketOf(), ...change };
    expect((await call('api_component_token', asked)).errcode).toBe(errcode);
  });

  test('one is good for twelve hours', async () => {
    await listen();
    const ticket = ticketOf();
    const asked = { ...component, component_appsecret: secret, component_verify_ticket: ticket };
    stage.sandbox.setClock({ advanceSeconds: 43_000 });
    expect((await call('api_component_token', asked)).expires_in).toBe(7_200);
    stage.sandbox.setClock({ advanceSeconds: 300 });
    expect((await call('api_component_token', asked)).errcode).toBe(61005);
  });
});

describe('authorizations', () => {
  test('a refresh token is replaced by each use; the one before dies after five minutes', async () => {
    await listen();
    const token = await componentToken();
    const { list, total_count } = await call('api_get_authorizer_list', { ...component, offset: 0, count: 1 }, token);
    expect([list.length, total_count, list[0].authorizer_appid]).toEqual([1, 2, appId]);
    const refresh = (refreshToken: string) =>
      call(
        'api_authorizer_token',
        { ...component, authorizer_appid: appId, authorizer_refresh_token: refreshToken },
        token,
      );
    const first = await refresh(list[0].refresh_token);
    expect(first.authorizer_refresh_token).not.toBe(list[0].refresh_token);
    expect((await refresh(list[0].refresh_token)).errcode).toBeUndefined();
    stage.sandbox.setClock({ advanceSeconds: 301 });
    expect((await refresh(list[0].refresh_token)).errcode).toBe(61023);
    expect((await refresh(first.authorizer_refresh_token)).errcode).toBe(61023);
    expect((await call('api_authorizer_token', component)).errcode).toBe(41001);
    stage.sandbox.setClock({ advanceSeconds: 7_000 });
    expect((await refresh('any')).errcode).toBe(42001);
  });

  test('a withdrawn one kills every token and leaves the list; a new one gives a code that is good once', async () => {
    await listen();
    const token = await componentToken();
    const { accessToken } = stage.sandbox.issueToken({ appId });
    const change = (event: string) =>
      control(stage.sandbox, 'POST', '/sandbox/authorizations', { componentAppId, appId, event });
    await change('unauthorized');
    await until(() => stage.receiver.pushes.some((push) => eventOf(push).type === 'unauthorized'));
    const read = await fetch(`${stage.sandbox.url}/cgi-bin/wxopen/getcategory?access_token=${accessToken}`);
    expect(await read.json()).toMatchObject({ errcode: 40001 });
    const listed = async () =>
      (await call('api_get_authorizer_list', { ...component, offset: 0, count: 500 }, token)).list;
    expect((await listed()).map((one: Answer) => one.authorizer_appid)).toEqual([fixtures.platformShop.appId]);

    await change('authorized');
    await until(() => stage.receiver.pushes.some((push) => eventOf(push).type === 'authorized'));
    // Until the code is exchanged, the list has no refresh token.
    expect((await listed()).find((one: Answer) => one.authorizer_appid === appId)?.refresh_token).toBe('');
    const event = stage.receiver.pushes.map(eventOf).find(({ type }) => type === 'authorized');
    const code = event?.type === 'authorized' ? event.authorizationCode : '';
    const asked = { ...component, authorization_code: code };
    expect((await call('api_query_auth', asked, token)).authorization_info.authorizer_appid).toBe(appId);
    expect((await call('api_query_auth', asked, token)).errcode).toBe(61009);
    expect((await change('nonsense')).status).toBe(400);
  });

  test('one that is given anew changes the refresh token; the one before is good for five minutes more', async () => {
    await listen();
    await control(stage.sandbox, 'PUT', '/sandbox/drift', { refreshTokens: 'kept' });
    const token = await componentToken();
    const asked = { ...component, authorizer_appid: appId };
    const info = () => call('api_get_authorizer_info', asked, token);
    const refresh = (authorizer_refresh_token: string) =>
      call('api_authorizer_token', { ...asked, authorizer_refresh_token }, token);
    const before = (await info()).authorization_info.authorizer_refresh_token;
    expect((await refresh(before)).authorizer_refresh_token).toBe(before);
    stage.sandbox.changeAuthorization({ componentAppId, appId, event: 'authorized' });
    const after = (await info()).authorization_info.authorizer_refresh_token;
    expect(after).not.toBe(before);
    stage.sandbox.setClock({ advanceSeconds: 299 });
    expect((await refresh(before)).authorizer_refresh_token).toBe(after);
    stage.sandbox.setClock({ advanceSeconds: 2 });
    expect((await refresh(before)).errcode).toBe(61023);
    expect((await refresh(after)).authorizer_refresh_token).toBe(after);
  });

  test('api_get_authorizer_info names the original id, the principal and the permission sets; 61003 for a stranger', async () => {
    await listen();
    const token = await componentToken();
    stage.sandbox.changeAuthorization({ componentAppId, appId, event: 'updateauthorized', permissionSets: [30] });
    const info = await call('api_get_authorizer_info', { ...component, authorizer_appid: appId }, token);
    expect(info.authorizer_info).toMatchObject({
      user_name: fixtures.miniProgram.ghId,
      principal_name: expect.stringMatching(/./),
      MiniProgramInfo: expect.anything(),
    });
    expect(info.authorization_info.func_info).toEqual([{ funcscope_category: { id: 30 } }]);
    const stranger = { ...component, authorizer_appid: fixtures.shop.appId };
    expect((await call('api_get_authorizer_info', stranger, token)).errcode).toBe(61003);
    expect((await call('api_create_preauthcode', component, token)).pre_auth_code).toMatch(/^preauthcode/);
  });

  test('an account that authorises for the first time is pushed with a code, and has no refresh token before that', async () => {
    await listen();
    const token = await componentToken();
    const path = `/sandbox/platforms/${componentAppId}/authorizations`;
    const newcomer = {
      appId: 'wx0000000000newone',
      event: 'authorized',
      platform: 'mini-program',
      permissionSets: [18, 30],
    };
    expect((await control(stage.sandbox, 'POST', path, newcomer)).status).toBe(200);
    await until(() => stage.receiver.pushes.some((push) => eventOf(push).type === 'authorized'));
    const listed = async () =>
      (await call('api_get_authorizer_list', { ...component, offset: 0, count: 500 }, token)).list.find(
        (one: Answer) => one.authorizer_appid === newcomer.appId,
      );
    expect((await listed()).refresh_token).toBe('');
    const event = stage.receiver.pushes.map(eventOf).find(({ type }) => type === 'authorized');
    const authorization_code = event?.type === 'authorized' ? event.authorizationCode : '';
    const { authorization_info } = await call('api_query_auth', { ...component, authorization_code }, token);
    expect((await listed()).refresh_token).toBe(authorization_info.authorizer_refresh_token);
    const taken = { ...newcomer, appId: fixtures.shop.appId };
    expect((await control(stage.sandbox, 'POST', path, taken)).status).toBe(409);
  });

  test('the accounts file has a token service, or for the chain the secret, never both', () => {
    const { accountsFile } = stage.sandbox;
    expect(accountsFile('chain').platforms).toMatchObject([{ componentAppId, secret }]);
    expect(accountsFile('chain').platforms[0]).not.toHaveProperty('tokenService');
    expect(accountsFile().platforms[0]).not.toHaveProperty('secret');
  });
});
