/** The callback server with a real Temporal: that goes away and comes back, and a storm of pushes while nobody works. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection, defaultPayloadConverter } from '@temporalio/client';
import { pino } from 'pino';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { channelsShopWorkflowId, miniProgramWorkflowId } from '../../src/contract/workflow-id.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { type DevServer, startDevServer } from '../../src/runtime/dev-server.ts';
import { createCallbackServer } from '../../src/server/app.ts';
import { createCaseSignals, quickRetries } from '../../src/server/case-signals.ts';
import { createServerMetrics } from '../../src/server/metrics.ts';
import { startServer } from '../../src/server.ts';
import {
  miniProgramEvent,
  type PushRequest,
  shopEvent,
  shopKey,
  shopPush,
  shopToken,
} from '../server/callback-server.ts';
import { uniqueAppId } from '../stage-accounts.ts';

const signedNow = (message: string, appId: string): PushRequest => ({
  ...shopPush(message, { tailAppId: appId, timestamp: String(Math.floor(Date.now() / 1000)) }),
  path: `/callback/channels-shop/${appId}`,
});

/** One try, as WeChat makes it. */
function push(
  base: string,
  { path, query, body }: PushRequest,
  agent?: Agent,
): Promise<{ status: number; tookMs: number }> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const sending = request(
      `${base}${path}?${new URLSearchParams(query)}`,
      {
        method: 'POST',
        headers: { 'content-length': Buffer.byteLength(body) },
        ...(agent === undefined ? {} : { agent }),
      },
      (response) => {
        response.resume();
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, tookMs: performance.now() - startedAt }),
        );
      },
    );
    sending.once('error', reject);
    sending.end(body);
  });
}

describe('Temporal goes away', () => {
  test('L7 each push is answered 503 soon, and taken again by itself when Temporal is back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wxq-away-'));
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    const appId = uniqueAppId();
    const callback = { token: shopToken, encodingAesKey: [shopKey] };
    await writeFile(join(folder, 'accounts.json'), JSON.stringify({ shops: [{ appId, secret: 's', callback }] }));
    const env = { TEMPORAL_ADDRESS: address };
    const config = loadConfig({
      WXQ_ACCOUNTS_FILE: join(folder, 'accounts.json'),
      WXQ_DATA_DIR: folder,
      WXQ_CALLBACK_PORT: '0',
      WXQ_CONSOLE_PORT: '0',
      // WeChat is away, too: a Mini Program's push then becomes a hint, which needs nothing but Temporal.
      WXQ_WECHAT_BASE_URL: `http://127.0.0.1:${await freePort()}`,
    });
    const server = await startServer(config, { env, logger: pino({ level: 'silent' }), callbackHost: '127.0.0.1' });
    let temporal: DevServer | undefined;
    onTestFinished(async () => {
      await server.close();
      await temporal?.stop();
      await rm(folder, { recursive: true, force: true });
    });
    const begin = async (): Promise<void> => {
      temporal = await startDevServer({
        env: {},
        persistence: { kind: 'file', path: join(folder, 'temporal.db') },
        port,
      });
      expect(temporal.address).toBe(address);
    };
    const once = () => push(server.callbackUrl, signedNow(miniProgramEvent(), appId));
    const expectAway = async (): Promise<void> => {
      const all = await Promise.all(Array.from({ length: 8 }, once));
      for (const { status, tookMs } of all) {
        expect(status).toBe(503);
        // Our deadlines make it 3 s; the rest is for a machine that others use too.
        expect(tookMs).toBeLessThan(15_000);
      }
    };
    const expectBack = async (): Promise<void> => {
      await expect.poll(async () => (await once()).status, { timeout: 30_000, interval: 200 }).toBe(200);
      expect((await fetch(`${server.callbackUrl}/readyz`)).status).toBe(200);
    };

    await expectAway();
    await begin();
    const connection = await Connection.connect({ address });
    const client = new Client({ connection });
    const workflowId = miniProgramWorkflowId(appId, '8', '39');
    const handle = await client.workflow.start('nobody', { workflowId, taskQueue: 'none' });
    await expectBack();
    if (temporal?.pid !== undefined) process.kill(temporal.pid, 'SIGKILL');
    await temporal?.exited;
    await expectAway();
    await begin();
    await expectBack();
    const { events } = await handle.fetchHistory();
    const signals = (events ?? []).filter((event) => event.workflowExecutionSignaledEventAttributes != null);
    expect(signals.length).toBeGreaterThanOrEqual(2);
    await connection.close();
  }, 120_000);
});

describe('a storm', () => {
  const cases = 200;
  const pushesOfEach = 10;
  const atOnce = 64;

  test('L7 of 2,000 pushes for 200 cases, 64 at once while no worker runs, loses none and is over while WeChat still asks', async () => {
    const connection = await Connection.connect({ address: inject('temporalAddress'), ...quickRetries() });
    const client = new Client({ connection });
    const signals = createCaseSignals(client);
    const appId = uniqueAppId();
    const leafOf = (auditId: string): string => String(1000 + (Number(auditId.slice(-6)) % cases));
    const metrics = createServerMetrics();
    const app = createCallbackServer({
      accounts: {
        shop: (id) => (id === appId ? { callback: { token: shopToken, encodingAesKey: [shopKey] } } : undefined),
        platform: () => undefined,
      },
      wechat: {
        channelsShop: () => ({
          getBizCatFlowDetail: async (auditId) => ({ auditId, catId: leafOf(auditId), status: '3' }),
        }),
        miniProgram: () => ({ getCategory: async () => ({ categories: [] }) }),
      },
      cases: signals,
      logger: { info: () => {}, warn: () => {}, error: () => {} },
      metrics,
    });
    const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
    onTestFinished(async () => {
      agent.destroy();
      await app.close();
      await signals.settled();
      await connection.close();
    });
    const base = await app.listen({ port: 0, host: '127.0.0.1' });
    const taskQueue = `nobody-${randomUUID()}`;
    const startedAt = performance.now();
    const handles = await inParallel(
      Array.from({ length: cases }, (_, n) => n),
      16,
      async (n) =>
        client.workflow.start('channelsShopQualification', {
          workflowId: channelsShopWorkflowId(appId, String(1000 + n)),
          taskQueue,
        }),
    );

    const auditIds = Array.from({ length: cases * pushesOfEach }, (_, n) => `9007199254${String(n).padStart(6, '0')}`);
    let repeated = 0;
    await inParallel(auditIds, atOnce, async (auditId) => {
      const one = signedNow(shopEvent('3', auditId), appId);
      for (let tries = 1; (await push(base, one, agent)).status !== 200; tries += 1) {
        if (tries >= 40) throw new Error('pushed forty times in vain');
        repeated += 1;
        await pause(500);
      }
    });
    const tookMs = performance.now() - startedAt;

    const arrived = await inParallel(handles, 16, async (handle) => {
      const { events } = await handle.fetchHistory();
      return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
        const payload = signal?.input?.payloads?.[0];
        return payload ? [defaultPayloadConverter.fromPayload<{ auditId: string }>(payload).auditId] : [];
      });
    });
    // A push that was repeated after its signal had arrived is there twice, which a case takes without harm.
    expect(new Set(arrived.flat())).toEqual(new Set(auditIds));
    expect(arrived.flat().length).toBeLessThanOrEqual(auditIds.length + repeated);
    for (const [n, ids] of arrived.entries()) for (const id of ids) expect(leafOf(id)).toBe(String(1000 + n));
    // Half a minute on two free cores; a machine that others use too may take its time, but not hang.
    expect(tookMs).toBeLessThan(200_000);
    const counted = await metrics.registry.metrics();
    expect(counted).toContain(`wxq_callback_pushes_total{route="channels-shop",result="delivered"} ${auditIds.length}`);
    expect(counted).toContain('wxq_callback_unexpected_errors_total 0');
    await inParallel(handles, 16, (handle) => handle.terminate('end of the test'));
  }, 300_000);
});

/** Runs `work` on every item, at most `limit` at a time. */
async function inParallel<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lanes = Array.from({ length: limit }, async () => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  });
  await Promise.all(lanes);
  return results;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
