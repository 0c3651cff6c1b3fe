/** The daily walk, started through its schedule: what lapses is told once, and an account that is broken stops nobody. */
import { afterEach, beforeEach, describe } from 'vitest';
import { connect, ensureWatchSchedules, watchNow } from '../../src/client/index.ts';
import type { Platform } from '../../src/contract/qualification.ts';
import { lapseBelievedAfterMs, type WatchSummary, watchScheduleId } from '../../src/contract/watch.ts';
import { webhookBodySchema } from '../../src/notify/event-schema.ts';
import { run } from '../cli/run.ts';
import { Receiver, telling } from '../receiver.ts';
import { expect, image, type Stage, test } from '../stage.ts';

const withinMs = { timeout: 40_000, interval: 100 };
const secrets = ['whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3'];

let receiver: Receiver;
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.listen();
});
afterEach(() => receiver.close());

/** What `wxq` is run with beside this stage. */
const around = (stage: Stage): Parameters<typeof run>[1] => ({
  env: stage.settings(),
  connect: (options) => connect({ ...options, connection: stage.connection, taskQueue: stage.taskQueue }),
});

/** Through the schedule's handle, as a person would: no test waits for the hour. */
async function walk(stage: Stage, platform: Platform, { doubts = false } = {}): Promise<WatchSummary> {
  const handle = stage.client.temporal.schedule.getHandle(watchScheduleId(platform, stage.taskQueue));
  const runs = async () => (await handle.describe()).info.recentActions.map(({ action }) => action.workflow);
  // A schedule learns a moment later that its last walk has ended, and skips what is asked of it until then.
  await expect.poll(async () => (await handle.describe()).info.runningActions.length, withinMs).toBe(0);
  const before = (await runs()).length;
  expect(await watchNow(stage.client, platform)).toEqual({});
  await expect.poll(async () => (await runs()).length, withinMs).toBeGreaterThan(before);
  const { workflowId = '' } = (await runs()).at(-1) ?? {};
  stage.started.add(workflowId);
  if (doubts) {
    const waits = async () => (await stage.eventsOf(workflowId)).some(({ event }) => event.timerStartedEventAttributes);
    await expect.poll(waits, withinMs).toBe(true);
    const again = await run(['inforce', '--read-now', '--platform', platform, '--json'], around(stage));
    expect(again.json()).toEqual({ started: [], underWay: [{ platform, workflowId }] });
    expect([again.status, (await runs()).length]).toEqual([1, before + 1]);
    // What was not shown in force just now is told by nobody yet.
    expect(await stage.watch?.untold({ platform, limit: 10 })).toEqual([]);
    await stage.advance(workflowId, lapseBelievedAfterMs / 1000);
  }
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
    const validUntil = new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10);
    const input = stage.shopInput({ externalId: 'order-17' });
    const licenses = input.material.form === 'licenses' ? input.material.licenses : [];
    const papers = licenses.map((license) => ({ ...license, validUntil }));
    const handle = await stage.startShop({ ...input, material: { form: 'licenses', licenses: papers } });
    await handle.result();
    const told = (wanted: string) => receiver.taken().filter(({ type }) => type === wanted);
    const categoryId = handle.workflowId.split('/').at(-1) ?? '';
    const place = { appId: stage.appId, categoryId };
    const ofCase = { ...place, workflowId: handle.workflowId, externalId: 'order-17' };
    await expect
      .poll(async () => (await stage.client.listPage({ appId: stage.appId, pageSize: 1 })).cases[0]?.status, withinMs)
      .toBe('approved');

    // The paper's end is known from the case alone.
    const first = await walk(stage, 'channels-shop');
    expect(first).toEqual({ platform: 'channels-shop', read: 1, failed: 1, found: papers.length });
    await expect.poll(() => told('license.expiring').length, withinMs).toBe(papers.length);
    expect(told('license.expiring')[0]?.data).toMatchObject({ ...ofCase, path: 'licenses/1/2', validUntil });
    stage.sandbox.setPermission({ ...place, inForce: false, reason: '类目已下线' });
    expect(await walk(stage, 'channels-shop', { doubts: true })).toMatchObject({ read: 1, failed: 1, found: 1 });
    await expect
      .poll(() => told('category.lapsed'), withinMs)
      .toMatchObject([{ data: { ...ofCase, reason: '类目已下线' } }]);
    stage.sandbox.setPermission({ ...place, inForce: true });
    expect(await walk(stage, 'channels-shop')).toMatchObject({ found: 0 });
    stage.sandbox.setPermission({ ...place, inForce: false, reason: '资质已过期' });
    expect(await walk(stage, 'channels-shop', { doubts: true })).toMatchObject({ found: 1 });
    await expect.poll(() => told('category.lapsed').length, withinMs).toBe(2);
    expect(new Set(receiver.taken().map(({ id }) => id)).size).toBe(receiver.taken().length);
    stage.sandbox.setPermission({ ...place, inForce: true });
    const newPaper = [
      ['--image', `licenses/1/2/images/0=${image('business-licence-sharp.jpg')}`],
      ['--set', 'licenses/1/2/validUntil=2036-06-30'],
    ].flat();
    const renew = (argv: string[]) => run(['renew', handle.workflowId, ...newPaper, '--json', ...argv], around(stage));
    const preview = {
      source: 'temporal',
      material: [{ path: 'licenses/1/2/images/0', isNew: true }],
      papers: [{ path: 'licenses/1/2', validUntil: '2036-06-30' }],
      warnings: [],
    };
    expect((await renew([])).json()).toMatchObject({ ...preview, started: false });
    expect((await renew(['--yes', '--by', 'li'])).json()).toMatchObject({ ...preview, started: true });
    expect(await stage.client.get(handle.workflowId).result()).toMatchObject({ outcome: 'approved', by: 'us' });
    const cli = await run(['inforce', stage.appId, '--json'], { env: stage.settings() });
    expect(cli.json()).toMatchObject({
      accounts: [{ appId: stage.appId }],
      categories: [{ categoryId, standing: 'lapsed', papers: [{ path: 'licenses/1/2', validUntil }] }],
      findings: [{ told: 'told' }, { told: 'told' }, { told: 'told' }],
    });
    for (const { body } of receiver.received) webhookBodySchema.parse(JSON.parse(body));
    expect(await stage.watch?.untold({ platform: 'channels-shop', limit: 10 })).toEqual([]);
    await stage.client.temporal.schedule.getHandle(watchScheduleId('channels-shop', stage.taskQueue)).delete();
    await stage.client.temporal.schedule.getHandle(watchScheduleId('mini-program', stage.taskQueue)).delete();
  }, 240_000);
});
