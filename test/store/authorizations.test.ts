/** Who authorises the platform: by pushes, by the list of authorizers, and when either is late, repeated or lost. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WeChatError } from '../../src/wechat/index.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import { appId, type ChainStage, componentAppId, mini, startChain } from './chain-stage.ts';

let postgres: Postgres;
let stage: ChainStage;
const refresh = 'component/api_authorizer_token';
const exchange = 'component/api_query_auth';
const list = 'component/api_get_authorizer_list';

beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

beforeEach(() => () => stage.close());

const start = async (options: Parameters<typeof startChain>[0] = {}): Promise<void> => {
  stage = await startChain({ databaseUrl: await postgres.newDatabase(), ...options });
};
const change = (event: 'authorized' | 'updateauthorized' | 'unauthorized', isTold = true) =>
  stage.sandbox.changeAuthorization({ componentAppId, appId, event, isTold });
const get = () => stage.chain.tokens.get(mini);
const failure = async (): Promise<WeChatError> => {
  const error: unknown = await get().catch((reason: unknown) => reason);
  if (error instanceof WeChatError) return error;
  throw new Error('a token was given');
};
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 5_000;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error('it did not become true');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a withdrawn authorization', () => {
  test('gives no token any more, says who has to authorise, and asks the list only once a minute', async () => {
    await start();
    await get();
    expect(await stage.pushed('unauthorized', () => change('unauthorized'))).toBe('stored');
    for (let tries = 0; tries < 3; tries += 1) {
      const error = await failure();
      expect(error).toMatchObject({ kind: 'needs-person', delivery: 'not-sent' });
      expect(error.advice.zh).toContain('重新授权');
    }
    expect(stage.calls(list)).toBeLessThanOrEqual(1);
    expect(stage.calls(refresh)).toBe(1);
  });

  test('comes back with the next authorization, by its code', async () => {
    await start();
    const before = await get();
    await stage.pushed('unauthorized', () => change('unauthorized'));
    expect(await stage.pushed('authorized', () => change('authorized'))).toBe('stored');
    expect(await get()).not.toBe(before);
    expect(stage.calls(exchange)).toBe(1);
  });

  test('is found by the list when its push was lost', async () => {
    await start();
    await get();
    change('unauthorized', false);
    stage.advance(3_700);
    const changes = await stage.chain.tokens.syncAuthorizers(componentAppId, 3_600_000);
    expect(changes).toEqual({ authorized: [], unauthorized: [appId] });
    expect((await failure()).kind).toBe('needs-person');
  });

  test('that only a stale push claims is corrected by the list', async () => {
    await start();
    await get();
    const createTime = Math.floor(Date.now() / 1000) - 5;
    await stage.chain.take({ type: 'unauthorized', componentAppId, appId, createTime });
    stage.advance(70);
    expect(await get()).toMatch(/^80_/);
  });
});

describe('who an authorizer is', () => {
  test('is asked of WeChat once and kept, with the permission sets that it grants', async () => {
    await start();
    stage.chain.startUpkeep();
    const rows = () => stage.chain.database.query('SELECT * FROM wxq_authorizer WHERE app_id = $1', [appId]);
    await until(async () => typeof (await rows())[0]?.gh_id === 'string');
    const [row] = await rows();
    expect(row).toMatchObject({
      name: '沙盒账号',
      principal: '沙盒科技有限公司',
      gh_id: expect.stringMatching(/^gh_/),
    });
    expect(row?.permission_sets).toContain('30');
    await until(
      async () =>
        (await stage.chain.database.query('SELECT 1 FROM wxq_authorizer WHERE described_at IS NULL')).length === 0,
    );
    const asked = stage.calls('component/api_get_authorizer_info');
    stage.chain.startUpkeep();
    await stage.chain.close();
    expect(stage.calls('component/api_get_authorizer_info')).toBe(asked);
  });
});

describe('an authorization', () => {
  test('is exchanged right after its push, before anybody asks for a token', async () => {
    await start();
    await stage.pushed('authorized', () => change('authorized'));
    await until(() => stage.calls(exchange) === 1);
    await until(async () => (await stage.chain.database.query('SELECT 1 FROM wxq_lease')).length === 0);
    expect(await get()).toMatch(/^80_/);
    expect([stage.calls(exchange), stage.calls(refresh)]).toEqual([1, 0]);
    const [row] = await stage.chain.database.query('SELECT permission_sets FROM wxq_authorizer');
    expect(row?.permission_sets).toContain('30');
  });

  test('whose exchange fails at first is kept, and exchanged with the next token', async () => {
    await start();
    stage.sandbox.setChaos({ rules: [{ operation: exchange, status: 502 }] });
    await stage.pushed('authorized', () => change('authorized'));
    await until(() => stage.news.some(({ problem }) => problem !== undefined));
    expect(await get()).toMatch(/^80_/);
    expect(stage.calls(exchange)).toBe(2);
  });

  test('whose exchange took effect while its answer was lost is found in the list', async () => {
    await start();
    stage.sandbox.setChaos({ rules: [{ operation: exchange, loseAnswer: true }] });
    await stage.pushed('authorized', () => change('authorized'));
    await until(() => stage.news.length > 0);
    expect(await get()).toMatch(/^80_/);
    expect([stage.calls(exchange), stage.calls(list)]).toEqual([2, 1]);
  });

  test('that is pushed twice is exchanged once; an older event after a newer one changes nothing', async () => {
    await start();
    const now = Math.floor(Date.now() / 1000);
    await stage.pushed('authorized', () => change('authorized'));
    await get();
    const again = stage.events.find(({ type }) => type === 'authorized');
    if (again === undefined) throw new Error('it was not pushed');
    expect(await stage.chain.take(again)).toBe('old');
    const old = { componentAppId, appId, createTime: now - 600 };
    expect(await stage.chain.take({ ...old, type: 'unauthorized' })).toBe('old');
    expect(await stage.chain.take({ ...old, type: 'authorized', authorizationCode: 'queryauthcode@@@old' })).toBe(
      'old',
    );
    expect(await get()).toMatch(/^80_/);
    expect(stage.calls(exchange)).toBe(1);
  });

  test('for another account than the code stands for is not believed', async () => {
    await start();
    const code = { authorizationCode: 'queryauthcode@@@guessed', createTime: Math.floor(Date.now() / 1000) };
    await stage.chain.take({ type: 'authorized', componentAppId, appId: 'wxffffffffffffffff', ...code });
    const error: unknown = await stage.chain.tokens
      .get({ componentAppId, appId: 'wxffffffffffffffff' })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'needs-person' });
    expect(stage.calls(refresh)).toBe(0);
  });

  test('of six hundred accounts comes from two pages of the list', async () => {
    await start();
    const authorizers = Array.from({ length: 600 }, (_, index) => ({
      appId: `wx${String(index).padStart(16, '0')}`,
      platform: 'mini-program' as const,
    }));
    stage.sandbox.setAccounts({ shops: [], platforms: [{ componentAppId, authorizers }] });
    const changes = await stage.chain.tokens.syncAuthorizers(componentAppId, 0);
    expect(changes?.authorized).toHaveLength(602);
    expect(stage.calls(list)).toBe(2);
    expect(await stage.chain.tokens.get({ componentAppId, appId: 'wx0000000000000599' })).toMatch(/^80_/);
  });
});

describe('tickets', () => {
  test('without one, a token needs a person, who is told the address; WeChat is asked to push, not again and again', async () => {
    await start({ tickets: false });
    const error = await failure();
    expect(error).toMatchObject({ kind: 'needs-person', delivery: 'not-sent' });
    expect(error.reason).toContain('component_verify_ticket');
    expect(error.advice.en).toContain('/callback/platform/{componentAppId}');
    expect(stage.calls('component/api_start_push_ticket')).toBe(1);
    // The sandbox has begun to push, as WeChat does.
    await until(async () => (await get().catch(() => '')) !== '');
    expect(stage.calls('component/api_start_push_ticket')).toBe(1);
  });

  test('one that stops coming for 13 hours is noticed after one, asked for, and things go on', async () => {
    await start();
    await get();
    stage.sandbox.setTicketPushes(componentAppId, false);
    stage.sandbox.setChaos({ rules: [{ operation: 'component/api_start_push_ticket', errcode: -1, times: 2 }] });
    stage.advance(3_700);
    expect(await stage.chain.tokens.watchTicket(componentAppId)).toContain('no component_verify_ticket since');
    stage.advance(43_200);
    expect((await failure()).reason).toContain('for 13 hours');
    await stage.pushed('component_verify_ticket', () => {
      stage.advance(660);
      void stage.chain.tokens.watchTicket(componentAppId);
    });
    expect(await get()).toMatch(/^80_/);
    expect(await stage.chain.tokens.watchTicket(componentAppId)).toBeUndefined();
  });

  test('an older one that arrives late does not replace the newer', async () => {
    await start();
    const createTime = Math.floor(Date.now() / 1000) - 700;
    const late = { type: 'component_verify_ticket', componentAppId, createTime, ticket: 'ticket@@@late' } as const;
    expect(await stage.chain.take(late)).toBe('old');
    expect(await get()).toMatch(/^80_/);
  });
});
