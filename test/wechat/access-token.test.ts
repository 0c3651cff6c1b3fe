/** Tokens: fetched once, renewed when rejected, never shown, and every failure says that nothing was sent. */
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createAccessTokens, parseJson, type TokenCredentials } from '../../src/wechat/index.ts';
import { answer, closedAddress, loopback, type Seen } from './loopback.ts';

const secret = 'appsecret-never-shown';
const account = { appId: 'wx1' };

/** WeChat's stable_token: the same token until it is forced (or `kill`ed), `expires_in` remaining. */
function stableTokenServer() {
  const state = { generation: 1, expiresIn: 7200, forced: 0 };
  const handle = (seen: Seen, response: ServerResponse) => {
    const body = parseJson(String(seen.body)) as { force_refresh?: boolean };
    if (body.force_refresh) {
      state.forced += 1;
      state.generation += 1;
    }
    answer(response, { access_token: `token-${state.generation}`, expires_in: state.expiresIn });
  };
  return { state, handle };
}

async function tokensOf(handle: (seen: Seen, response: ServerResponse) => void, now?: () => number) {
  const server = await loopback(handle);
  const tokens = createAccessTokens({
    baseUrl: server.url,
    credentialsOf: () => ({ secret }),
    ...(now === undefined ? {} : { now }),
  });
  return { server, tokens };
}

async function serviceOf(url: string, bearer = 'bearer-never-shown') {
  const credentials: TokenCredentials = { tokenService: { url, bearer } };
  return createAccessTokens({ baseUrl: await closedAddress(), credentialsOf: () => credentials });
}

describe('stable tokens', () => {
  it('a hundred callers at once cost one request, and later ones none', async () => {
    const { server, tokens } = await tokensOf(stableTokenServer().handle);
    const got = await Promise.all(Array.from({ length: 100 }, () => tokens.get(account)));
    expect(new Set([...got, await tokens.get(account)])).toEqual(new Set(['token-1']));
    expect(server.seen).toHaveLength(1);
  });

  it('each account has its own token, also when a platform calls for it', async () => {
    const { server, tokens } = await tokensOf(stableTokenServer().handle);
    await tokens.get({ appId: 'wx1' });
    await tokens.get({ appId: 'wx2' });
    await tokens.get({ appId: 'wx1', componentAppId: 'wxc' });
    await tokens.get({ appId: 'wx2' });
    expect(server.seen).toHaveLength(3);
  });

  it('a token is fetched anew shortly before its end, by the remaining time that WeChat tells', async () => {
    const wechat = stableTokenServer();
    wechat.state.expiresIn = 345;
    let time = 1_000_000;
    const { server, tokens } = await tokensOf(wechat.handle, () => time);
    await tokens.get(account);
    time += 300_000;
    await tokens.get(account);
    expect(server.seen).toHaveLength(1);
    time += 44_000;
    await tokens.get(account);
    expect(server.seen).toHaveLength(2);
  });

  it('a rejected token is forced anew only if WeChat still gives out the same one', async () => {
    const wechat = stableTokenServer();
    const { tokens } = await tokensOf(wechat.handle);
    await tokens.get(account);
    wechat.state.generation = 2;
    expect(await tokens.get({ ...account, rejectedToken: 'token-1' })).toBe('token-2');
    expect(wechat.state.forced).toBe(0);
    expect(await tokens.get({ ...account, rejectedToken: 'token-2' })).toBe('token-3');
    expect(wechat.state.forced).toBe(1);
  });

  it('many callers whose token was rejected force it once', async () => {
    const wechat = stableTokenServer();
    const { tokens } = await tokensOf(wechat.handle);
    await tokens.get(account);
    const rejected = { ...account, rejectedToken: 'token-1' };
    const got = await Promise.all(Array.from({ length: 20 }, () => tokens.get(rejected)));
    expect(new Set(got)).toEqual(new Set(['token-2']));
    expect(await tokens.get(rejected)).toBe('token-2');
    expect(wechat.state.forced).toBe(1);
  });

  it('a token is forced at most every 30 seconds', async () => {
    const wechat = stableTokenServer();
    let time = 1_000_000;
    const { tokens } = await tokensOf(wechat.handle, () => time);
    await tokens.get(account);
    await tokens.get({ ...account, rejectedToken: 'token-1' });
    time += 29_000;
    expect(await tokens.get({ ...account, rejectedToken: 'token-2' })).toBe('token-2');
    time += 1_000;
    expect(await tokens.get({ ...account, rejectedToken: 'token-2' })).toBe('token-3');
    expect(wechat.state.forced).toBe(2);
  });

  it('a caller who joins a request that began before the rejection does not get the rejected token', async () => {
    const wechat = stableTokenServer();
    const held: (() => void)[] = [];
    const { tokens } = await tokensOf((seen, response) => {
      if (held.length === 0) held.push(() => wechat.handle(seen, response));
      else wechat.handle(seen, response);
    });
    const early = tokens.get(account);
    await expect.poll(() => held.length).toBe(1);
    const late = tokens.get({ ...account, rejectedToken: 'token-1' });
    held[0]?.();
    expect(await early).toBe('token-1');
    expect(await late).toBe('token-2');
  });

  it('one caller who gives up does not take the token from the others', async () => {
    const wechat = stableTokenServer();
    const { server, tokens } = await tokensOf((seen, response) => {
      setTimeout(() => wechat.handle(seen, response), 100);
    });
    const hasty = tokens.get({ ...account, signal: AbortSignal.timeout(20) });
    const patient = tokens.get(account);
    await expect(hasty).rejects.toMatchObject({ kind: 'unanswered', delivery: 'not-sent' });
    expect(await patient).toBe('token-1');
    expect(server.seen).toHaveLength(1);
  });

  it.each([
    ['a wrong secret', { errcode: 40001, errmsg: `bad ${secret}` }, 200, 'needs-person'],
    ['an IP that is not allowed', { errcode: 40164, errmsg: 'invalid ip' }, 200, 'needs-person'],
    ['a busy system', { errcode: -1, errmsg: 'busy' }, 200, 'retry-now'],
    ['a web page', '<html>', 200, 'unanswered'],
    ['an answer without a token', { errcode: 0 }, 200, 'unanswered'],
    ['a gateway error', '<html>', 502, 'unanswered'],
  ])('%s is told, with nothing sent and no secret shown, and is not kept', async (_what, body, status, kind) => {
    let isBroken = true;
    const { tokens } = await tokensOf((_seen, response) =>
      isBroken ? answer(response, body, status) : answer(response, { access_token: 'token-9', expires_in: 7200 }),
    );
    const error: unknown = await tokens.get(account).catch((reason) => reason);
    expect(error).toMatchObject({ name: 'WeChatError', kind, delivery: 'not-sent', endpoint: '/cgi-bin/stable_token' });
    expect(inspect(error, { depth: 9 })).not.toContain(secret);
    isBroken = false;
    expect(await tokens.get(account)).toBe('token-9');
  });

  it('a lost answer of the token call means that nothing was sent', async () => {
    const { tokens } = await tokensOf((_seen, response) => response.socket?.destroy());
    await expect(tokens.get(account)).rejects.toMatchObject({ kind: 'unanswered', delivery: 'not-sent' });
  });

  it('an account without credentials is named', async () => {
    const tokens = createAccessTokens({ baseUrl: 'http://127.0.0.1:1', credentialsOf: () => undefined });
    await expect(tokens.get({ appId: 'wx404', componentAppId: 'wxc' })).rejects.toMatchObject({
      kind: 'needs-person',
      delivery: 'not-sent',
      reason: expect.stringMatching(/wx404.*wxc/),
    });
  });
});

describe('a token service', () => {
  it('is told the rejected token, and its new token is kept', async () => {
    let generation = 0;
    const server = await loopback((_seen, response) => {
      generation += 1;
      answer(response, { accessToken: `token-${generation}`, expiresInSeconds: 7200 });
    });
    const tokens = await serviceOf(server.url);
    await tokens.get(account);
    expect(await tokens.get({ ...account, rejectedToken: 'token-1' })).toBe('token-2');
    expect(await tokens.get(account)).toBe('token-2');
    expect(server.seen.map(({ body }) => parseJson(String(body)))).toEqual([
      { appId: 'wx1' },
      { appId: 'wx1', rejectedToken: 'token-1' },
    ]);
  });

  it.each([
    [400, 'needs-person'],
    [401, 'needs-person'],
    [404, 'needs-person'],
    [500, 'retry-now'],
    [503, 'retry-now'],
  ])('HTTP %i is %s', async (status, kind) => {
    const server = await loopback((_seen, response) => answer(response, 'no', status));
    const error: unknown = await (await serviceOf(server.url)).get(account).catch((reason) => reason);
    expect(error).toMatchObject({ kind, delivery: 'not-sent', httpStatus: status });
    expect(inspect(error, { depth: 9 })).not.toContain('bearer-never-shown');
  });

  it('that does not answer is tried again', async () => {
    const server = await loopback((_seen, response) => response.socket?.destroy());
    for (const url of [server.url, await closedAddress()]) {
      const error: unknown = await (await serviceOf(url)).get(account).catch((reason) => reason);
      expect(error).toMatchObject({ kind: 'retry-now', delivery: 'not-sent' });
    }
  });

  it('that answers something else needs a person', async () => {
    for (const body of ['<html>', {}, { accessToken: '' }, { accessToken: 'x', expiresInSeconds: 'soon' }]) {
      const server = await loopback((_seen, response) => answer(response, body));
      await expect((await serviceOf(server.url)).get(account)).rejects.toMatchObject({ kind: 'needs-person' });
    }
  });
});
