/** The chain ticket -> component token -> authorizer token, kept in a real PostgreSQL, against the sandbox over HTTP. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { createWeChatClient, WeChatError } from '../../src/wechat/index.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import { appId, type ChainStage, componentAppId, mini, startChain } from './chain-stage.ts';

let postgres: Postgres;
let stage: ChainStage;
const refresh = 'component/api_authorizer_token';
const list = 'component/api_get_authorizer_list';
const component = 'component/api_component_token';

beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

const start = async (options: Parameters<typeof startChain>[0] = {}): Promise<void> => {
  stage = await startChain({ databaseUrl: await postgres.newDatabase(), ...options });
};
beforeEach(() => () => stage.close());

/** The token works for the account's own calls. */
async function works(token: string): Promise<boolean> {
  const wechat = createWeChatClient({ baseUrl: stage.sandbox.url, tokens: { get: async () => token } });
  try {
    await wechat.miniProgram(mini).getCategory();
    return true;
  } catch (error) {
    if (error instanceof WeChatError && error.kind === 'refresh-token') return false;
    throw error;
  } finally {
    await wechat.close();
  }
}

const failureOf = async (promise: Promise<unknown>): Promise<WeChatError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof WeChatError) return error;
  throw new Error('it did not fail with a WeChatError', { cause: error });
};

describe('the chain', () => {
  test('a pushed ticket becomes a component token and an authorizer token that works', async () => {
    await start();
    const token = await stage.chain.tokens.get(mini);
    expect(await works(token)).toBe(true);
    expect([stage.calls(component), stage.calls(list), stage.calls(refresh)]).toEqual([1, 1, 1]);
  });

  test('tokens are got once and kept: also by another process, and after a restart', async () => {
    await start();
    const token = await stage.chain.tokens.get(mini);
    const other = await stage.another();
    expect(await Promise.all([stage.chain.tokens.get(mini), other.tokens.get(mini)])).toEqual([token, token]);
    await stage.chain.close();
    expect(await (await stage.another()).tokens.get(mini)).toBe(token);
    expect(stage.calls(refresh)).toBe(1);
  });

  test('a token is renewed ten minutes before its end, and the component token as well', async () => {
    await start();
    const token = await stage.chain.tokens.get(mini);
    stage.advance(6_500);
    expect(await stage.chain.tokens.get(mini)).toBe(token);
    stage.advance(200);
    const next = await stage.chain.tokens.get(mini);
    expect(next).not.toBe(token);
    expect(await works(next)).toBe(true);
    expect([stage.calls(component), stage.calls(refresh)]).toEqual([2, 2]);
  });

  test('a day of refreshes goes by on the refresh tokens that came back: none is ever lost', async () => {
    await start();
    for (let hour = 0; hour < 24; hour += 2) {
      // The sandbox gives another refresh token each time; the one before dies after five minutes.
      expect(await works(await stage.chain.tokens.get(mini))).toBe(true);
      await stage.pushed('component_verify_ticket', () => stage.advance(7_200));
    }
    expect(stage.calls(refresh)).toBe(12);
    expect(stage.calls(list)).toBe(1);
  });

  test('a token that WeChat refuses is renewed; one that only we think good is not given again', async () => {
    await start();
    const token = await stage.chain.tokens.get(mini);
    const renewed = await stage.chain.tokens.get({ ...mini, rejectedToken: token });
    expect(renewed).not.toBe(token);
    expect(await stage.chain.tokens.get({ ...mini, rejectedToken: token })).toBe(renewed);
    expect(stage.calls(refresh)).toBe(2);
  });

  test('a component token that WeChat refuses is renewed within the call', async () => {
    await start();
    await stage.chain.tokens.get(mini);
    stage.sandbox.setChaos({ rules: [{ operation: refresh, errcode: 42001 }] });
    stage.advance(7_000);
    expect(await works(await stage.chain.tokens.get(mini))).toBe(true);
  });
});

describe('many at once', () => {
  test('sixty callers in two sets of connections make one call of each kind', async () => {
    await start();
    await stage.chain.tokens.syncAuthorizers(componentAppId, 0);
    stage.sandbox.setChaos({ rules: [{ operation: refresh, delayMs: 300, times: 9 }] });
    const other = await stage.another();
    const all = await Promise.all(
      Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? stage.chain : other).tokens.get(mini)),
    );
    expect(new Set(all).size).toBe(1);
    expect([stage.calls(component), stage.calls(refresh)]).toEqual([1, 1]);
  });

  test('two accounts do not wait for each other', async () => {
    await start();
    const shop = { appId: fixtures.platformShop.appId, componentAppId };
    await stage.chain.tokens.syncAuthorizers(componentAppId, 0);
    stage.sandbox.setChaos({ rules: [{ operation: refresh, appId, delayMs: 1_500 }] });
    const slow = stage.chain.tokens.get(mini);
    const startedAt = performance.now();
    await stage.chain.tokens.get(shop);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await slow;
  });

  test('a holder that died keeps the others waiting only until its lease ends', async () => {
    await start();
    await stage.chain.database.query(
      `INSERT INTO wxq_lease VALUES ($1, 'dead', clock_timestamp() + interval '600 milliseconds')`,
      [`authorizer/${componentAppId}/${appId}`],
    );
    const startedAt = performance.now();
    expect(await works(await stage.chain.tokens.get(mini))).toBe(true);
    expect(performance.now() - startedAt).toBeGreaterThan(400);
  });
});

describe('what comes back is kept before it is used', () => {
  test('a refresh token that cannot be saved means that the access token is not used', async () => {
    await start();
    await stage.chain.tokens.syncAuthorizers(componentAppId, 0);
    await stage.chain.database.query(
      `ALTER TABLE wxq_authorizer ADD CONSTRAINT full_disk CHECK (access_token_sealed IS NULL)`,
    );
    const error = await failureOf(stage.chain.tokens.get(mini));
    expect(error).toMatchObject({ kind: 'retry-now', delivery: 'not-sent' });
    expect(stage.calls(refresh)).toBe(1);
    await stage.chain.database.query('ALTER TABLE wxq_authorizer DROP CONSTRAINT full_disk');
    // WeChat takes the older one for some minutes more.
    expect(await works(await stage.chain.tokens.get(mini))).toBe(true);
  });

  test('a refresh token that was lost for good is found in the list of authorizers', async () => {
    await start();
    await stage.chain.tokens.get(mini);
    await stage.chain.database.query('UPDATE wxq_authorizer SET refresh_token_sealed = NULL');
    stage.advance(7_300);
    expect(await works(await stage.chain.tokens.get(mini))).toBe(true);
    expect(stage.calls(list)).toBe(2);
  });

  test('the lost answer of a refresh, noticed after the old token has died, is mended by the list', async () => {
    await start();
    await stage.chain.tokens.syncAuthorizers(componentAppId, 0);
    stage.sandbox.setChaos({ rules: [{ operation: refresh, loseAnswer: true }] });
    expect(await failureOf(stage.chain.tokens.get(mini))).toMatchObject({ delivery: 'not-sent' });
    stage.advance(400);
    expect(await works(await stage.chain.tokens.get(mini))).toBe(true);
    expect([stage.calls(refresh), stage.calls(list)]).toEqual([3, 2]);
  });

  test('nothing of a token, ticket, code or secret is in the database in clear', async () => {
    await start();
    await stage.chain.tokens.get(mini);
    await stage.pushed('authorized', () =>
      stage.sandbox.changeAuthorization({ componentAppId, appId, event: 'authorized' }),
    );
    const rows = [
      ...(await stage.chain.database.query('SELECT * FROM wxq_platform')),
      ...(await stage.chain.database.query('SELECT * FROM wxq_authorizer')),
    ];
    const text = JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
    expect(text).toContain(appId);
    expect(text).not.toMatch(/refreshtoken@@@|ticket@@@|queryauthcode@@@|"8[01]_/);
  });
});
