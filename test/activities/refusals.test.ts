/** Rule L9's split over the shop's calls: what only data mends, what a person or time mends, and codes that nobody knows. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { addRequest, byHand, type Environment, image, openEnvironment, shop, uploadRequest } from './environment.ts';

let env: Environment;
beforeEach(async () => {
  env = await openEnvironment();
});
afterEach(() => env.close());

const chaos = (operation: string, fault: object, times = 1) =>
  env.sandbox.setChaos({ rules: [{ operation, times, ...fault }] });

describe('at submission', () => {
  test.each([
    [9700234, 'MaterialRefused'],
    [9700250, 'MaterialRefused'],
    [10020062, 'MaterialRefused'],
    [10020063, 'MaterialRefused'],
    [10020079, 'MaterialRefused'],
    [10020094, 'MaterialRefused'],
    [10020127, 'MaterialRefused'],
    [10020232, 'MaterialRefused'],
    [10020504, 'MaterialRefused'],
    [10020087, 'UploadStale'],
    [10020233, 'NeedsPerson'],
    [10020105, 'NeedsPerson'],
    [10080000, 'NeedsPerson'],
    [40013, 'NeedsPerson'],
    [40164, 'NeedsPerson'],
    [48001, 'NeedsPerson'],
    [50002, 'NeedsPerson'],
    [50007, 'NeedsPerson'],
    [61007, 'NeedsPerson'],
    [47001, 'NeedsPerson'],
    [45009, 'RateLimited'],
    [45011, 'RateLimited'],
    [7654321, 'NeedsPerson'],
  ])('L9 errcode %d is %s, with its code, its rid and what to do in both languages', async (errcode, type) => {
    const request = await addRequest(env);
    chaos('category/add', { errcode });
    const { failure, details } = await env.run('addCategory', request);
    expect(failure?.type).toBe(type);
    expect(details).toMatchObject({ errcode: String(errcode), endpoint: '/channels/ec/category/add' });
    expect(details?.rid).toMatch(/^[0-9a-f]{8}-/);
    expect(details?.advice).toMatch(/[\u4e00-\u9fa5].*\(.*[a-z]{4}/);
    expect(details?.baseline).toEqual({ auditIds: [] });
  });

  test.each([
    ['HTTP 403, the way an IP allow-list refuses', { status: 403 }, 'NeedsPerson'],
    ['HTTP 429', { status: 429 }, 'RateLimited'],
    ['HTTP 404', { status: 404 }, 'NeedsPerson'],
    ['HTTP 418, which nobody expects', { status: 418 }, 'SubmitOutcomeUnknown'],
  ])('L9 %s', async (_what, fault, type) => {
    const request = await addRequest(env);
    chaos('category/add', fault);
    expect((await env.run('addCategory', request)).failure?.type).toBe(type);
  });

  test.each([
    ['brandTooWeak', '10020232', 'MaterialRefused', [fixtures.brands.own]],
    ['brandBeingRated', '10020233', 'NeedsPerson', [fixtures.brands.own]],
    ['needsBrands', '10020127', 'MaterialRefused', undefined],
    ['olderFormRefused', '9700250', 'MaterialRefused', undefined],
  ] as const)('L9 the category %s is refused by the sandbox itself with %s', async (name, errcode, type, brandIds) => {
    const { leaf, catsV2, groups } = fixtures.categories[name];
    const whole = await addRequest(env);
    const fileIds = whole.licenses?.[0]?.fileIds ?? [];
    const { licenses: _licenses, ...older } = whole;
    const request = {
      ...(name === 'olderFormRefused' ? { ...older, certificate: fileIds } : whole),
      ...(name === 'olderFormRefused'
        ? {}
        : {
            licenses: groups.map(({ groupId, licences: [licence] }) => ({
              groupId,
              licenseId: licence?.licenseId ?? '0',
              fileIds,
              fields: [],
            })),
          }),
      leaf,
      category: { catsV2 },
      ...(brandIds === undefined ? {} : { brandIds: [...brandIds] }),
    };
    const { failure, details } = await env.run('addCategory', request);
    expect([failure?.type, details?.errcode]).toEqual([type, errcode]);
  });

  test('L9 an unknown code in a write is a person’s matter at once: it is never sent again to see', async () => {
    const request = await addRequest(env);
    chaos('category/add', { errcode: 7654321 }, 2);
    await env.run('addCategory', request);
    expect(env.calls('category/add')).toBe(1);
  });
});

describe('at a read or an upload', () => {
  const upload = (options = {}) =>
    env.run('uploadQualificationImage', uploadRequest([image('business-licence.png')]), options);

  test.each([
    [-1, 'WeChatUnavailable'],
    [10020058, 'WeChatUnavailable'],
    [45009, 'RateLimited'],
    [10020056, 'MaterialRefused'],
    [10020060, 'MaterialRefused'],
    [40164, 'NeedsPerson'],
    [48001, 'NeedsPerson'],
  ])('L9 errcode %d at the upload is %s', async (errcode, type) => {
    chaos('qualification/upload', { errcode });
    expect((await upload()).failure?.type).toBe(type);
  });

  test.each([
    ['a lost answer', { loseAnswer: true }],
    ['a reset', { reset: true }],
    ['HTTP 500', { status: 500 }],
    ['an answer that is no JSON', { status: 200 }],
  ])('L9 %s at the upload is tried again: repeating it is harmless', async (_what, fault) => {
    chaos('qualification/upload', fault);
    expect((await upload()).failure?.type).toBe('WeChatUnavailable');
    expect((await upload({ attempt: 2 })).result?.ref).toMatch(/^file_/);
  });

  test('L9 a minute limit is waited out for a minute, a daily quota for an hour, by each case a little longer than by another', async () => {
    for (const [errcode, ms, spreadMs] of [
      [45011, 60_000, 20_000],
      [45009, 3_600_000, 600_000],
    ] as const) {
      const delays: number[] = [];
      for (const category of ['6201', '6202', '6203', '6201']) {
        chaos('qualification/upload', { errcode });
        const workflowId = `channels-shop/${shop.appId}/${category}`;
        delays.push(Number((await upload({ workflowId })).failure?.nextRetryDelay));
      }
      for (const delay of delays) expect(Math.floor((delay - ms) / spreadMs), `${delay}`).toBe(0);
      // Not by chance: the same case waits as long again, however many workers there are.
      expect(delays[3]).toBe(delays[0]);
      expect(new Set(delays).size).toBe(3);
    }
  });

  test('L9 an unknown code gets one more try; met again, it is a person’s matter', async () => {
    chaos('qualification/upload', { errcode: 7654321 }, 2);
    const first = await upload();
    expect(first.failure?.type).toBe('UnknownAnswer');
    const second = await upload({ attempt: 2, heartbeatDetails: first.heartbeats.at(-1) });
    expect(second.failure?.type).toBe('NeedsPerson');
    expect(second.details?.reason).toContain('7654321');
  });

  test('L9 no credentials for the account: a person’s matter', async () => {
    const { failure, details } = await env.run('readCategoryPermission', {
      account: { appId: 'wx0000000000000000' },
      leaf: byHand.leaf,
    });
    expect(failure?.type).toBe('NeedsPerson');
    expect(details?.reason).toContain('no credentials for appid wx0000000000000000');
  });

  test('L9 a wrong secret: a person’s matter, and the secret is not told', async () => {
    chaos('cgi-bin/stable_token', { errcode: 40125 });
    const { failure } = await env.run('readCategoryPermission', { account: shop, leaf: byHand.leaf });
    expect(failure?.type).toBe('NeedsPerson');
  });
});
