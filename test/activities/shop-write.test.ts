/** The one write of the Channels Shop: what WeChat answered, or did not, and whether it may be sent again. */
import { setTimeout as pause } from 'node:timers/promises';
import { ApplicationFailureCategory } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type WeChatClient, WeChatError } from '../../src/wechat/index.ts';
import { addRequest, byHand, type Environment, openEnvironment, resultOf, shop } from './environment.ts';

let env: Environment;
beforeEach(async () => {
  env = await openEnvironment();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await env.close();
});

const add = 'category/add';
const audits = () => env.sandbox.audits({ appId: shop.appId });
/** The client, with calls of the shop replaced. */
const withShop = (change: (api: ReturnType<WeChatClient['channelsShop']>) => object): { wechat: WeChatClient } => ({
  wechat: {
    ...env.deps.wechat,
    channelsShop: (account) => {
      const api = env.deps.wechat.channelsShop(account);
      return { ...api, ...change(api) };
    },
  },
});

test('L4 a submission gives its audit id, and the audits that were there before it', async () => {
  const before = await env.sandbox.applyInBackOffice({ ...shop, categoryId: byHand.leaf, status: 'rejected' });
  const { result, heartbeats } = await env.run('addCategory', await addRequest(env, { knownAuditIds: ['5'] }));
  expect(result?.baseline.sort()).toEqual(['5', before.id].sort());
  expect(audits().find(({ status }) => status === 'open')?.id).toBe(result?.auditId);
  expect(heartbeats).toEqual([{ baseline: { auditIds: ['5', before.id] } }]);
});

describe('a lost answer', () => {
  test.each([
    ['the answer is lost after it took effect', { loseAnswer: true as const }, 1],
    ['the connection is reset before any effect', { reset: true as const }, 0],
    ['HTTP 500', { status: 500 }, 0],
    ['HTTP 502', { status: 502 }, 0],
    ['an answer that is no JSON', { status: 200 }, 0],
    ['-1, system busy', { errcode: -1 }, 0],
  ])('L4 %s: the outcome is unknown, and nothing is sent a second time', async (_what, fault, landed) => {
    const before = await env.sandbox.applyInBackOffice({ ...shop, categoryId: byHand.leaf, status: 'rejected' });
    const request = await addRequest(env);
    env.sandbox.setChaos({ rules: [{ operation: add, times: 1, ...fault }] });
    const { failure, details, heartbeats } = await env.run('addCategory', request);
    expect(failure?.type).toBe('SubmitOutcomeUnknown');
    // Both ways to the baseline: with the failure, and with the heartbeat that outlives a kill.
    expect(details?.baseline).toEqual({ auditIds: [before.id] });
    expect(heartbeats).toEqual([{ baseline: { auditIds: [before.id] } }]);
    expect(details?.advice.length).toBeGreaterThan(5);
    expect(env.calls(add)).toBe(1);
    expect(audits()).toHaveLength(1 + landed);
  });

  test('L4 WeChat needs more than 10 s: given up, and the outcome is unknown although it lands', async () => {
    const request = await addRequest(env);
    env.sandbox.setChaos({ rules: [{ operation: add, times: 1, delayMs: 10_600 }] });
    const startedAt = performance.now();
    expect((await env.run('addCategory', request)).failure?.type).toBe('SubmitOutcomeUnknown');
    expect(performance.now() - startedAt).toBeLessThan(10_500);
    await vi.waitFor(() => expect(audits()).toHaveLength(1), 5_000);
  });

  test('L4 an answer that was lost is found again by its baseline', async () => {
    await env.sandbox.applyInBackOffice({ ...shop, categoryId: byHand.leaf, status: 'cancelled' });
    const request = await addRequest(env);
    env.sandbox.setChaos({ rules: [{ operation: add, times: 1, loseAnswer: true }] });
    const { details } = await env.run('addCategory', request);
    const baseline = details?.baseline !== undefined && 'auditIds' in details.baseline ? details.baseline.auditIds : [];
    const found = await env.run('findCategoryAudit', { account: shop, leaf: byHand.leaf, baseline });
    expect(found.result?.auditId).toBe(audits().find(({ status }) => status === 'open')?.id);
  });

  test('L4 a later try of the same attempt keeps the first baseline, whatever is there by now', async () => {
    await env.sandbox.applyInBackOffice({ ...shop, categoryId: byHand.leaf, status: 'rejected' });
    const { result, heartbeats } = await env.run('addCategory', await addRequest(env, { baseline: ['1', '2'] }));
    expect(result?.baseline).toEqual(['1', '2']);
    expect(heartbeats).toEqual([{ baseline: { auditIds: ['1', '2'] } }]);
  });
});

describe('certainly not sent', () => {
  const expectNotSent = ({ failure }: Awaited<ReturnType<typeof env.run>>) => {
    expect(failure?.type).toBe('SubmitNotSent');
    expect(failure?.category).toBe(ApplicationFailureCategory.BENIGN);
    expect(audits()).toEqual([]);
  };

  test('L4 the connection is refused', async () => {
    const request = await addRequest(env);
    const gone = withShop((api) => ({
      addCategory: async (...given: Parameters<typeof api.addCategory>) => {
        await env.sandbox.close();
        // The idle connections notice it a moment later.
        await pause(50);
        return api.addCategory(...given);
      },
    }));
    const ended = await env.run('addCategory', request, { deps: gone });
    expectNotSent(ended);
    expect(ended.details?.reason).toContain('could not be sent');
  });

  test.each([
    ['answers HTTP 500', { status: 500 }],
    ['resets the connection', { reset: true as const }],
    ['answers -1', { errcode: -1 }],
    ['answers what is no JSON', { status: 200 }],
  ])('L4 the read before it %s', async (_what, fault) => {
    const request = await addRequest(env);
    env.sandbox.setChaos({ rules: [{ operation: 'category/getbizcatflowlist', times: 1, ...fault }] });
    expectNotSent(await env.run('addCategory', request));
    expect(env.calls(add)).toBe(0);
  });

  test('L4 the read before it takes more than 4 s', async () => {
    const request = await addRequest(env);
    env.sandbox.setChaos({ rules: [{ operation: 'category/getbizcatflowlist', times: 1, delayMs: 5_000 }] });
    const startedAt = performance.now();
    expectNotSent(await env.run('addCategory', request));
    expect(performance.now() - startedAt).toBeLessThan(4_900);
    expect(env.calls(add)).toBe(0);
  });

  test('L4 the worker stood still for more than 8 s: it must not send, and still tells the baseline', async () => {
    const request = await addRequest(env);
    const frozen = withShop((api) => ({
      getBizCatFlowList: async (...given: Parameters<typeof api.getBizCatFlowList>) => {
        const now = performance.now.bind(performance);
        vi.spyOn(performance, 'now').mockImplementation(() => now() + 8_100);
        return api.getBizCatFlowList(...given);
      },
    }));
    const ended = await env.run('addCategory', request, { deps: frozen });
    expectNotSent(ended);
    expect(ended.details?.reason).toMatch(/^not sent: the worker stood still for 8\d{3} ms$/);
    expect(ended.details?.baseline).toEqual({ auditIds: [] });
    expect(env.calls(add)).toBe(0);
  });

  test('L4 the token was refused and no other can be had', async () => {
    const request = await addRequest(env);
    env.sandbox.setChaos({
      rules: [
        { operation: add, times: 1, errcode: 42001 },
        { operation: 'cgi-bin/stable_token', times: 9, status: 500 },
      ],
    });
    expectNotSent(await env.run('addCategory', request));
    expect(env.calls(add)).toBe(1);
  });

  test('L4 a call of another address failed on the way, whatever it says about its own delivery', async () => {
    const failed = new WeChatError({
      kind: 'unanswered',
      endpoint: 'token service',
      delivery: 'unknown',
      advice: { zh: '再试', en: 'again' },
      reason: 'no answer',
    });
    const elsewhere = withShop(() => ({ addCategory: () => Promise.reject(failed) }));
    expectNotSent(await env.run('addCategory', await addRequest(env), { deps: elsewhere }));
  });

  test('L9 a token that WeChat refuses is renewed once within the call, and the submission lands once', async () => {
    const request = await addRequest(env);
    env.sandbox.setChaos({ rules: [{ operation: add, times: 1, errcode: 40001 }] });
    expect((await env.run('addCategory', request)).result?.auditId).toBe(audits()[0]?.id);
    expect(audits()).toHaveLength(1);
  });

  test('L9 what cannot be written at all is a matter of the data, not of another try', async () => {
    const ended = await env.run('addCategory', await addRequest(env, { brandIds: ['99999999999999999999'] }));
    expect(ended.failure?.type).toBe('MaterialRefused');
    expect(env.calls(add)).toBe(0);
  });

  test('L4 while blocked, the first try only waits; the next one sends', async () => {
    const request = await addRequest(env, { pace: 'slow' });
    expectNotSent(await env.run('addCategory', request));
    expect([env.calls(add), env.calls('category/getbizcatflowlist')]).toEqual([0, 0]);
    expect((await env.run('addCategory', request, { attempt: 2 })).result?.auditId).toBe(audits()[0]?.id);
  });
});

describe('in review already', () => {
  test('L5 an open audit of somebody else is told by its id, and nothing is taken over', async () => {
    const foreign = await env.sandbox.applyInBackOffice({ ...shop, categoryId: byHand.leaf });
    const { failure, details } = await env.run('addCategory', await addRequest(env));
    expect(failure?.type).toBe('AlreadyLanded');
    expect(details).toMatchObject({
      errcode: '10020064',
      openAuditId: foreign.id,
      baseline: { auditIds: [foreign.id] },
      endpoint: '/channels/ec/category/add',
    });
    expect(details?.rid).toMatch(/^[0-9a-f-]+$/);
  });

  test('L5 when the list cannot be read afterwards, it is still told that something is in review', async () => {
    const request = await addRequest(env);
    env.sandbox.setChaos({ rules: [{ operation: add, times: 1, errcode: 10020064 }] });
    const broken = withShop((api) => {
      let reads = 0;
      return {
        getBizCatFlowList: async (...given: Parameters<typeof api.getBizCatFlowList>) => {
          reads += 1;
          if (reads > 1) throw new Error('gone');
          return api.getBizCatFlowList(...given);
        },
      };
    });
    const { failure, details } = await env.run('addCategory', request, { deps: broken });
    expect(failure?.type).toBe('AlreadyLanded');
    expect(details).not.toHaveProperty('openAuditId');
  });
});

test('L4 a cancelled activity that is sending still brings its audit id home', async () => {
  const request = await addRequest(env);
  env.sandbox.setChaos({ rules: [{ operation: add, times: 1, delayMs: 400 }] });
  let cancel = () => {};
  const running = env.run('addCategory', request, {
    onStart: (stop) => {
      cancel = stop;
    },
  });
  await pause(150);
  cancel();
  expect(resultOf(await running).auditId).toBe(audits()[0]?.id);
});
