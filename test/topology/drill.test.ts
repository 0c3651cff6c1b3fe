/** The whole topology on a bad day: a worker and the Temporal server are killed in the middle of twenty cases. */
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTopology, type Topology } from '../../scripts/topology/topology.ts';
import { connect, type QualificationClient } from '../../src/client/index.ts';
import { fixtures } from '../../src/sandbox/index.ts';

const image = resolve(import.meta.dirname, '../../examples/images/business-licence.png');
const { shop, platformShop, platform, categories } = fixtures;
/** Ten cases each, of a shop of its own and of one behind a platform. */
const accounts = [
  { appId: shop.appId },
  { appId: platformShop.appId, via: { componentAppId: platform.componentAppId } },
];
const leaves = categories.byHand.slice(0, 10);

let topology: Topology;
let client: QualificationClient;

beforeAll(async () => {
  topology = await startTopology({ env: process.env, say: () => undefined });
  client = await connect({ env: topology.env });
});

afterAll(async () => {
  await client?.close();
  await topology?.stop();
});

async function until(what: string, isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await pause(200);
  }
}

const submissions = (): number => topology.sandbox.requests('category/add').length;

describe('the topology', () => {
  test('both servers are ready, and both workers take work', async () => {
    expect(topology.servers).toHaveLength(2);
    for (const { url } of topology.servers) {
      const answer = await fetch(`${url}/readyz`);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ status: 'ready', parts: { temporal: 'ok' } });
    }
    expect(topology.workers).toHaveLength(2);
    await until(
      'two pollers',
      async () => {
        const { pollers } = await client.temporal.connection.workflowService.describeTaskQueue({
          namespace: 'default',
          taskQueue: { name: 'wechat-qualification' },
          taskQueueType: 1,
        });
        return new Set(pollers?.map(({ identity }) => identity)).size === 2;
      },
      30_000,
    );
  });

  test('kill -9 of a worker and of the Temporal server amid 20 cases: each is submitted and approved exactly once', {
    timeout: 420_000,
  }, async () => {
    const { sandbox, workers, temporal } = topology;
    const [worker] = workers;
    if (worker === undefined) throw new Error('there is no worker');
    // Slow enough that the kills meet submissions under way.
    sandbox.setChaos({ rules: [{ operation: 'category/add', delayMs: 800 }] });
    const started = await Promise.all(
      accounts.flatMap((account) =>
        leaves.map(({ catsV2, groups }) =>
          client.channelsShop.start({
            ...account,
            category: { catsV2 },
            material: {
              form: 'licenses',
              licenses: groups.map(({ groupId, licences: [licence] }) => ({
                groupId,
                licenseId: licence?.licenseId ?? '0',
                images: [image],
              })),
            },
          }),
        ),
      ),
    );
    expect(new Set(started.map(({ handle }) => handle.workflowId)).size).toBe(20);

    await until('some submissions', () => submissions() >= 4, 90_000);
    await worker.kill();
    expect(worker.pid).toBeUndefined();
    const before = submissions();
    await until('the other worker goes on', () => submissions() > before, 60_000);
    await temporal.kill();
    expect(temporal.pid).toBeUndefined();
    expect(submissions()).toBeLessThan(20);
    await pause(3_000);
    await temporal.start();
    await worker.start();

    const results = Promise.all(started.map(({ handle }) => handle.result()));
    let isDone = false;
    const outcomes = results.finally(() => {
      isDone = true;
    });
    outcomes.catch(() => undefined);
    await until(
      'every case has ended',
      () => {
        for (const { appId } of accounts)
          for (const audit of sandbox.audits({ appId, status: 'open' })) sandbox.decide(audit.id, 'approved');
        return isDone;
      },
      360_000,
    );
    expect((await outcomes).map(({ outcome }) => outcome)).toEqual(Array(20).fill('approved'));
    for (const { appId } of accounts) {
      const audits = sandbox.audits({ appId });
      // One audit for each category: nothing was submitted twice, nothing was lost.
      expect(new Set(audits.map(({ categoryId }) => categoryId)).size).toBe(10);
      expect(audits.map(({ status }) => status)).toEqual(Array(10).fill('approved'));
    }
  });

  test('SIGTERM ends worker and server in order, with status 0', async () => {
    const [worker] = topology.workers;
    const [, server] = topology.servers;
    expect(await worker?.stop()).toBe(0);
    expect(await server?.stop()).toBe(0);
    await Promise.all([worker?.start(), server?.start()]);
    expect(worker?.pid).toBeGreaterThan(0);
  });
});
