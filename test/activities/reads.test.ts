/** Reads: audits until they are decided, permissions until they are in force, the path of a leaf, a lost submission. */
import { ApplicationFailureCategory } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { type ChannelsShopApi, WeChatError } from '../../src/wechat/index.ts';
import { byHand, type Environment, miniByHand, openEnvironment, program, resultOf, shop } from './environment.ts';

let env: Environment;
beforeEach(async () => {
  env = await openEnvironment();
});
afterEach(() => env.close());

const leaf = byHand.leaf;
type Status = 'open' | 'approved' | 'rejected' | 'cancelled';
const apply = (status: Status = 'open', categoryId = leaf, reason = '') =>
  env.sandbox.applyInBackOffice({ ...shop, categoryId, status, reason });

/** The shop's calls with one of them replaced: for answers that the sandbox never gives. */
const withShop = (change: Partial<ChannelsShopApi>) => ({
  deps: {
    wechat: {
      ...env.deps.wechat,
      channelsShop: (account: Parameters<typeof env.deps.wechat.channelsShop>[0]) => ({
        ...env.deps.wechat.channelsShop(account),
        ...change,
      }),
    },
  },
});

describe('an audit of a shop', () => {
  const read = (auditId: string, options = {}) =>
    env.run('readCategoryAudit', { account: shop, leaf, auditId }, options);

  test('L6 that is open is StillInReview: no incident, read again', async () => {
    const { failure, details } = await read((await apply()).id);
    expect([failure?.type, failure?.category]).toEqual(['StillInReview', ApplicationFailureCategory.BENIGN]);
    expect(details?.reason).toBe('still in review');
  });

  test.each([
    ['approved', '3', ''],
    ['rejected', '2', '图片不清晰'],
    ['cancelled', '4', ''],
  ] as const)('L6 that is %s reads as status %s with its reason', async (status, rawStatus, reason) => {
    const { id } = await apply(status, leaf, reason);
    expect(resultOf(await read(id))).toEqual({
      auditId: id,
      rawStatus,
      verdict: status,
      ...(reason === '' ? {} : { reason }),
      // Only an approval: whether the shop may publish in it now.
      ...(status === 'approved' ? { precheck: { allPass: true, failReasons: [] } } : {}),
    });
  });

  test.each([
    ['is not granted (48001)', { errcode: 48001 }],
    ['is not answered', { reset: true as const }],
  ])(
    'L6 that is approved is so all the same when the precheck %s: it is not known whether it can be used',
    async (_, trouble) => {
      const { id } = await apply('approved');
      env.sandbox.setChaos({ rules: [{ operation: 'product/categoryprecheck', ...trouble }] });
      expect(resultOf(await read(id))).toEqual({ auditId: id, rawStatus: '3', verdict: 'approved' });
    },
  );

  test('L6 that is approved says why the shop may not publish in it yet', async () => {
    const { id } = await apply('approved');
    const precheck = { allPass: false, failReasons: ['店铺未缴纳保证金'] };
    const { result } = await read(id, withShop({ categoryPrecheck: async () => precheck }));
    expect(result).toMatchObject({ verdict: 'approved', precheck });
  });

  test.each(['0', '5', '12', '99'])('L6 of the undocumented status %s is waited for, never guessed', async (status) => {
    const flow = { auditId: '1', catId: leaf, status } as Awaited<ReturnType<ChannelsShopApi['getBizCatFlowDetail']>>;
    const { failure, details } = await read('1', withShop({ getBizCatFlowDetail: async () => flow }));
    expect([failure?.type, failure?.category]).toEqual(['StillInReview', ApplicationFailureCategory.BENIGN]);
    expect(details?.reason).toBe(`no verdict yet (status ${status})`);
  });

  test('L6 that WeChat does not show yet is waited for', async () => {
    expect((await read('123456789')).failure?.type).toBe('StillInReview');
  });

  test('L7 of another category is never followed', async () => {
    const other = fixtures.categories.byHand[1]?.leaf ?? '';
    const { id } = await apply('approved', other);
    const { failure, details } = await read(id);
    expect(failure?.type).toBe('MaterialRefused');
    expect(details?.reason).toBe(`audit ${id} is of category ${other}, not of ${leaf}`);
  });

  test.each([
    [40164, 'NeedsPerson'],
    [61007, 'NeedsPerson'],
    [-1, 'WeChatUnavailable'],
    [45009, 'RateLimited'],
  ])('L6 a read that fails with %d is %s', async (errcode, type) => {
    const { id } = await apply();
    env.sandbox.setChaos({ rules: [{ operation: 'category/getbizcatflowdetail', times: 1, errcode }] });
    expect((await read(id)).failure?.type).toBe(type);
  });
});

describe('a permission of a shop', () => {
  const read = (change = {}) => env.run('readCategoryPermission', { account: shop, leaf, ...change });

  test('L2 never held: not in force, without a failure', async () => {
    expect(resultOf(await read())).toEqual({ inForce: false });
  });

  test('L2 in force has a mark, and the next grant another one', async () => {
    await apply('approved');
    const first = resultOf(await read());
    expect(first).toEqual({
      inForce: true,
      mark: { qualificationId: expect.stringMatching(/^[1-9]\d*$/), effectiveTime: expect.stringMatching(/^\d{10}$/) },
    });
    const { mark } = first;
    const stillTheOld = await read({ until: { inForceOtherThan: mark } });
    expect([stillTheOld.failure?.type, stillTheOld.failure?.category]).toEqual([
      'NotInForce',
      ApplicationFailureCategory.BENIGN,
    ]);
    env.sandbox.setClock({ advanceSeconds: 60 });
    await apply('approved');
    expect(resultOf(await read({ until: { inForceOtherThan: mark } })).mark).not.toEqual(mark);
  });

  test('L2 waiting for it without a mark ends as soon as it is in force', async () => {
    expect((await read({ until: {} })).failure?.type).toBe('NotInForce');
    await apply('approved');
    expect(resultOf(await read({ until: {} })).inForce).toBe(true);
  });

  test('L2 that lapsed is not in force, and says why', async () => {
    await apply('approved');
    env.sandbox.setPermission({ ...shop, categoryId: leaf, inForce: false, reason: '资质过期' });
    expect(resultOf(await read())).toEqual({ inForce: false, ineffectiveReason: '资质过期' });
    expect((await read({ until: {} })).details?.reason).toBe('资质过期');
  });

  test('L2 the first look lists the audits of this leaf alone, newest first', async () => {
    const first = await apply('rejected');
    await apply('rejected', fixtures.categories.byHand[1]?.leaf);
    env.sandbox.setClock({ advanceSeconds: 60 });
    const second = await apply();
    const { audits } = resultOf(await read({ audits: true }));
    expect(audits?.map(({ auditId, verdict }) => [auditId, verdict])).toEqual([
      [second.id, undefined],
      [first.id, 'rejected'],
    ]);
  });

  test('L2 more audits than one page holds are all read', async () => {
    for (let n = 0; n < 60; n += 1) await apply('rejected');
    expect(resultOf(await read({ audits: true })).audits).toHaveLength(60);
  });

  test('L2 a leaf gets its path, root first, in the new tree', async () => {
    expect(resultOf(await read({ path: true })).catsV2).toEqual(byHand.catsV2);
    const { failure, details } = await read({ leaf: '999999', path: true });
    expect(failure?.type).toBe('MaterialRefused');
    expect(details?.reason).toBe("category 999999 is not in this shop's category tree");
  });

  test('L2 a tree that runs in a circle ends', async () => {
    const node = { catId: leaf, parentId: '7' };
    const circle = { cats: [], catsV2: [[node, { catId: '7', parentId: leaf }]] } as never;
    const stub = withShop({ getAllCategories: async () => circle });
    const { result } = await env.run('readCategoryPermission', { account: shop, leaf, path: true }, stub);
    expect(result?.catsV2).toEqual(['7', leaf]);
  });
});

describe('a submission whose answer was lost', () => {
  const find = (baseline: string[], options = {}) =>
    env.run('findCategoryAudit', { account: shop, leaf, baseline }, options);

  test.each(['open', 'approved', 'rejected', 'cancelled'] as const)(
    'L4 is the audit that was not there before, also when it is %s by now',
    async (status) => {
      const before = await apply('rejected');
      const ours = await apply(status);
      expect(resultOf(await find([before.id]))).toMatchObject({
        auditId: ours.id,
        ...(status === 'open' ? {} : { verdict: status }),
      });
    },
  );

  test('L4 is the first of several that were not there before: a later one came after ours was decided', async () => {
    const ours = await apply('rejected');
    env.sandbox.setClock({ advanceSeconds: 60 });
    await apply('open');
    expect(resultOf(await find([]))?.auditId).toBe(ours.id);
  });

  test('L4 is not there: nothing, and an audit of another leaf is not taken for it', async () => {
    const before = await apply('rejected');
    await apply('open', fixtures.categories.byHand[1]?.leaf);
    expect(resultOf(await find([before.id]))).toBeUndefined();
  });

  test('L4 a list that cannot be read is no "not found"', async () => {
    for (const fault of [{ status: 500 }, { status: 200 }, { errcode: -1 }, { reset: true as const }]) {
      env.sandbox.setChaos({ rules: [{ operation: 'category/getbizcatflowlist', times: 1, ...fault }] });
      expect((await find([])).failure?.type).toBe('WeChatUnavailable');
    }
  });
});

describe('a category of a Mini Program', () => {
  const { first, second } = miniByHand;
  const read = (change = {}) => env.run('readCategorySetting', { account: program, first, second, ...change });
  const applyMini = (status: Exclude<Status, 'cancelled'>, reason = '') =>
    env.sandbox.applyInBackOffice({ ...program, categoryId: `${first}-${second}`, status, reason });

  test('L6 that is not set is absent; waiting for a verdict goes on', async () => {
    expect(resultOf(await read())).toEqual({ state: 'absent', quota: 20, limit: 20, categoryLimit: 20 });
    const { failure } = await read({ until: 'verdict' });
    expect([failure?.type, failure?.category]).toEqual(['StillInReview', ApplicationFailureCategory.BENIGN]);
  });

  test.each([
    ['open', 'in_review', '1', true, true],
    ['rejected', 'rejected', '2', false, true],
    ['approved', 'approved', '3', false, false],
  ] as const)('L6 %s reads as %s (%s)', async (status, state, rawStatus, awaitsVerdict, awaitsForce) => {
    await applyMini(status, status === 'rejected' ? '不清晰' : '');
    expect(resultOf(await read())).toMatchObject({
      state,
      rawStatus,
      ...(status === 'rejected' ? { reason: '不清晰' } : {}),
    });
    expect((await read({ until: 'verdict' })).failure?.type).toBe(awaitsVerdict ? 'StillInReview' : undefined);
    expect((await read({ until: 'in-force' })).failure?.type).toBe(awaitsForce ? 'NotInForce' : undefined);
  });

  test('L2 that has expired is expired, not approved', async () => {
    await applyMini('approved');
    env.sandbox.setPermission({ appId: program.appId, categoryId: `${first}-${second}`, inForce: false });
    expect(resultOf(await read()).state).toBe('expired');
    expect((await read({ until: 'in-force' })).failure?.type).toBe('NotInForce');
    expect((await read({ until: 'verdict' })).failure?.type).toBe('StillInReview');
  });
});

describe('cancelling an audit', () => {
  const cancel = (auditId: string) => env.run('cancelCategoryAudit', { account: shop, auditId });

  test('L12 asks WeChat; what was decided already is refused, and is read', async () => {
    const { id } = await apply();
    await cancel(id);
    expect(env.sandbox.audits({ ...shop, status: 'cancelled' })).toMatchObject([{ id }]);
    expect((await cancel(id)).failure?.type).toBe('MaterialRefused');
    expect((await cancel('424242')).failure?.type).toBe('MaterialRefused');
  });

  test('L12 a lost answer is asked again: repeating it is harmless', async () => {
    const { id } = await apply();
    env.sandbox.setChaos({ rules: [{ operation: 'audit/cancel', times: 1, loseAnswer: true }] });
    expect((await cancel(id)).failure?.type).toBe('WeChatUnavailable');
    expect((await cancel(id)).failure?.type).toBe('MaterialRefused');
  });
});

test('an error of the WeChat client never reaches the server as it is', async () => {
  const ended = await env.run('readCategoryPermission', { account: shop, leaf: 'none' });
  expect(ended.failure).not.toBeInstanceOf(WeChatError);
  expect(ended.failure?.type).toBe('MaterialRefused');
});
