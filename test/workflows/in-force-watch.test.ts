/** The daily walk, started through its schedule: what lapses is told once, and an account that is broken stops nobody. */
import { afterEach, beforeEach, describe } from 'vitest';
import { ensureWatchSchedules, watchNow } from '../../src/client/index.ts';
import type { Platform } from '../../src/contract/qualification.ts';
import { type WatchSummary, watchScheduleId } from '../../src/contract/watch.ts';
import { webhookBodySchema } from '../../src/notify/event-schema.ts';
import { Receiver, telling } from '../receiver.ts';
import { expect, type Stage, test } from '../stage.ts';

const withinMs = { timeout: 40_000, interval: 100 };
const secrets = ['whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3'];

let receiver: Receiver;
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.listen();
});
afterEach(() => receiver.close());

/** Through the schedule's handle, as a person would: no test waits for the hour. */
async function walk(stage: Stage, platform: Platform): Promise<WatchSummary> {
  const handle = stage.client.temporal.schedule.getHandle(watchScheduleId(platform, stage.taskQueue));
  const runs = async () => (await handle.describe()).info.recentActions.map(({ action }) => action.workflow);
  const before = (await runs()).length;
  await watchNow(stage.client, platform);
  await expect.poll(async () => (await runs()).length, withinMs).toBeGreaterThan(before);
  const { workflowId = '' } = (await runs()).at(-1) ?? {};
  stage.started.add(workflowId);
  return stage.workflow(workflowId).result() as Promise<WatchSummary>;
}

describe('what is in force stays watched', () => {
  test('a category that lapses is told once, again only after it came back, and a broken account stops nobody', async ({
    stageOf,
  }) => {
    const notify = telling({ kind: 'webhook', url: receiver.url(), secrets });
    const stage = await stageOf({ notify, watch: { strangers: ['wx0000000000000000'] } });
    await stage.startWorker();
    // Twice, as two workers do.
    await ensureWatchSchedules(stage.client.temporal, { taskQueue: stage.taskQueue, hour: 4 });
    await ensureWatchSchedules(stage.client.temporal, { taskQueue: stage.taskQueue, hour: 5 });
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'approved' });
    const handle = await stage.startShop(stage.shopInput());
    await handle.result();
    const lapsed = () => receiver.taken().filter(({ type }) => type === 'category.lapsed');
    const categoryId = handle.workflowId.split('/').at(-1) ?? '';
    const place = { appId: stage.appId, categoryId };

    expect(await walk(stage, 'channels-shop')).toEqual({ platform: 'channels-shop', read: 1, failed: 1, found: 0 });
    stage.sandbox.setPermission({ ...place, inForce: false, reason: '类目已下线' });
    expect(await walk(stage, 'channels-shop')).toMatchObject({ read: 1, failed: 1, found: 1 });
    await expect.poll(lapsed, withinMs).toMatchObject([{ data: { ...place, reason: '类目已下线' } }]);
    expect(await walk(stage, 'channels-shop')).toMatchObject({ found: 0 });
    stage.sandbox.setPermission({ ...place, inForce: true });
    expect(await walk(stage, 'channels-shop')).toMatchObject({ found: 0 });
    stage.sandbox.setPermission({ ...place, inForce: false, reason: '资质已过期' });
    expect(await walk(stage, 'channels-shop')).toMatchObject({ found: 1 });
    await expect.poll(() => lapsed().length, withinMs).toBe(2);
    expect(new Set(lapsed().map(({ id }) => id)).size).toBe(2);
    for (const { body } of receiver.received) webhookBodySchema.parse(JSON.parse(body));
    expect(await stage.watch?.untold({ platform: 'channels-shop', limit: 10 })).toEqual([]);
    await stage.client.temporal.schedule.getHandle(watchScheduleId('channels-shop', stage.taskQueue)).delete();
    await stage.client.temporal.schedule.getHandle(watchScheduleId('mini-program', stage.taskQueue)).delete();
  });
});
