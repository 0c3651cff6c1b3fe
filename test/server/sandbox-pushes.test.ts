/** Pushes as the sandbox sends them, read back from it with the real client: all three ways that a push can come. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditReport } from '../../src/contract/qualification.ts';
import { createSandbox, fixtures, type Sandbox } from '../../src/sandbox/index.ts';
import { createCallbackServer } from '../../src/server/app.ts';
import { createServerMetrics, type ServerMetrics } from '../../src/server/metrics.ts';
import { createAccessTokens, createWeChatClient, type WeChatClient } from '../../src/wechat/index.ts';

let sandbox: Sandbox;
let client: WeChatClient;
let app: ReturnType<typeof createCallbackServer>;
let metrics: ServerMetrics;
let reports: [string, AuditReport][];
/** Answers of a case that can't be reached for a while. */
let failures: number;

beforeEach(async () => {
  reports = [];
  failures = 0;
  metrics = createServerMetrics();
  // The two need each other's address: the server finds WeChat late.
  const { shop, platform } = fixtures;
  const settings = ({ token, encodingAesKey }: { token: string; encodingAesKey: string }) => ({
    callback: { token, encodingAesKey: [encodingAesKey] },
  });
  app = createCallbackServer({
    accounts: {
      shop: (appId) => (appId === shop.appId ? settings(shop.callback) : undefined),
      platform: (appId) => (appId === platform.componentAppId ? settings(platform.callback) : undefined),
    },
    wechat: {
      channelsShop: (account) => client.channelsShop(account),
      miniProgram: (account) => client.miniProgram(account),
    },
    cases: {
      report: async (workflowId, report) => {
        if (failures > 0) {
          failures -= 1;
          throw new Error('UNAVAILABLE');
        }
        reports.push([workflowId, report]);
        return 'delivered';
      },
    },
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    metrics,
  });
  const callbackBaseUrl = await app.listen({ port: 0, host: '127.0.0.1' });
  sandbox = await createSandbox({ port: 0, callbackBaseUrl });
  const tokens = createAccessTokens({
    baseUrl: sandbox.url,
    credentialsOf: ({ componentAppId }) =>
      componentAppId === undefined
        ? { secret: shop.secret }
        : { tokenService: { url: `${sandbox.url}/sandbox/token`, bearer: platform.tokenServiceBearer } },
  });
  client = createWeChatClient({ baseUrl: sandbox.url, tokens });
});

afterEach(async () => {
  await app.close();
  await sandbox.close();
  await client.close();
});

const leaf = fixtures.categories.byHand[0]?.leaf ?? '';

test('L7 a verdict reaches the case of a shop, of a shop behind a platform, and of a Mini Program', async () => {
  const mine = await sandbox.applyInBackOffice({ appId: fixtures.shop.appId, categoryId: leaf });
  const theirs = await sandbox.applyInBackOffice({ appId: fixtures.platformShop.appId, categoryId: leaf });
  const mini = await sandbox.applyInBackOffice({ appId: fixtures.miniProgram.appId, categoryId: '8-39' });
  for (const { id } of [mine, theirs, mini]) sandbox.decide(id, 'rejected', '营业执照不清晰');
  await expect.poll(() => reports.length, { timeout: 5000 }).toBe(3);
  const read = { kind: 'read', verdict: 'rejected', rawStatus: '2', reason: '营业执照不清晰' };
  expect(Object.fromEntries(reports)).toMatchObject({
    [`channels-shop/${fixtures.shop.appId}/${leaf}`]: { ...read, auditId: mine.id },
    [`channels-shop/${fixtures.platformShop.appId}/${leaf}`]: { ...read, auditId: theirs.id },
    [`mini-program/${fixtures.miniProgram.appId}/8-39`]: read,
  });
});

test('L7 a case that can not be reached twice hears of its verdict by the push that WeChat repeats', async () => {
  failures = 2;
  const { id } = await sandbox.applyInBackOffice({ appId: fixtures.shop.appId, categoryId: leaf });
  sandbox.decide(id, 'approved');
  await expect.poll(() => reports.length, { timeout: 5000 }).toBe(1);
  const sample = 'wxq_callback_pushes_total{route="channels-shop",result="undeliverable"} 2';
  expect(await metrics.registry.metrics()).toContain(sample);
});

test('L7 a forged push beside the genuine one gets 403, and the case hears the verdict that stands', async () => {
  sandbox.setChaos({ push: { forge: true } });
  const { id } = await sandbox.applyInBackOffice({ appId: fixtures.shop.appId, categoryId: leaf });
  sandbox.decide(id, 'approved');
  const statusesOf = (forged: boolean) =>
    sandbox
      .pushes()
      .filter((push) => push.forged === forged)
      .flatMap((push) => push.tries.map((attempt) => attempt.httpStatus));
  await expect.poll(() => [statusesOf(true), statusesOf(false)], { timeout: 5000 }).toEqual([[403], [200]]);
  expect(reports.map(([, report]) => report)).toMatchObject([{ kind: 'read', auditId: id, verdict: 'approved' }]);
});
