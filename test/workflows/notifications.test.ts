import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, vi } from 'vitest';
import { notificationsOf, redeliver, toldAbout } from '../../src/client/index.ts';
import { webhookBodySchema } from '../../src/notify/event-schema.ts';
import { Receiver, telling } from '../receiver.ts';
import { expect, image, test } from '../stage.ts';

// A busy machine takes its time; every wait below is for a condition.
vi.setConfig({ testTimeout: 180_000 });

const day = 24 * 3600;
const secrets = ['bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3', 'b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk'].map((key) => `whsec_${key}`);
const corrected = { set: { 'licenses/1/2/images/0': image('food-permit.jpg') } };

let receiver: Receiver;
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.listen();
});
afterEach(() => receiver.close());

const webhook = () => telling({ kind: 'webhook', url: receiver.url('/hook?key=topsecret'), secrets });

describe('telling the backend', () => {
  test('L11 a case that is rejected, resubmitted and approved is told once per event, signed with every secret', async ({
    stageOf,
  }) => {
    const stage = await stageOf({ notify: webhook() });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput({ externalId: 'order-17' }));
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'rejected', '营业执照不清晰');
    await stage.until(handle.workflowId, 'needs_material');
    await handle.resubmit(corrected);
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ precheck: { allPass: true } });
    await expect.poll(() => receiver.taken().length, { timeout: 30_000 }).toBe(4);
    const { runId } = await stage.workflow(handle.workflowId).describe();
    const byNumber = receiver.taken().sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(byNumber.map(({ id, type }) => [id, type])).toEqual([
      [`evt_${runId}_1`, 'case.submitted'],
      [`evt_${runId}_2`, 'case.rejected'],
      [`evt_${runId}_3`, 'case.submitted'],
      [`evt_${runId}_4`, 'case.approved'],
    ]);
    expect(byNumber[1]?.data).toMatchObject({
      workflowId: handle.workflowId,
      platform: 'channels-shop',
      appId: stage.appId,
      externalId: 'order-17',
      status: 'needs_material',
      attempt: 1,
      reason: '营业执照不清晰',
      canDo: ['resubmit', 'withdraw', 'readAuditNow'],
    });
    expect(byNumber[3]?.data).toMatchObject({ status: 'approved', precheck: { allPass: true, failReasons: [] } });
    for (const { body } of receiver.received) webhookBodySchema.parse(JSON.parse(body));
    for (const { headers, body } of receiver.received)
      for (const secret of secrets)
        expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({ version: 1 });
    // The address may hold a key: it stands in no history.
    for (const n of [1, 2, 3, 4]) {
      const delivery = `notify/${runId}/${n}`;
      stage.started.add(delivery);
      await stage.workflow(delivery).result();
      const events = await stage.eventsOf(delivery);
      expect(Buffer.from(JSON.stringify(events)).toString()).not.toMatch(/topsecret|whsec/);
    }
  });

  test('L11 a receiver that is dead for days holds nothing up, and is told when it comes back', async ({ stageOf }) => {
    receiver.always = 'reset';
    const stage = await stageOf({ notify: webhook() });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    const { runId } = await stage.workflow(handle.workflowId).describe();
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
    const delivery = `notify/${runId}/2`;
    await stage.advance(delivery, 3 * day);
    expect(receiver.received.length).toBeGreaterThan(8);
    expect(receiver.taken()).toEqual([]);
    receiver.always = 204;
    await stage.advance(delivery, 7 * 3600);
    expect(await stage.workflow(delivery).result()).toMatchObject({
      deliveries: [{ outcome: 'delivered', httpStatus: 204 }],
    });
    expect(receiver.taken().map(({ id, type }) => [id, type])).toEqual([[`evt_${runId}_2`, 'case.approved']]);
  });

  test('L11 a receiver that hangs holds a Mini Program case up nowhere, and is told by hand when it answers', async ({
    stageOf,
  }) => {
    receiver.always = 'silence';
    const stage = await stageOf({ notify: webhook() });
    await stage.startWorker();
    const handle = await stage.startMini(stage.miniInput({ externalId: 'order-18' }));
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'rejected', '证件模糊');
    await stage.until(handle.workflowId, 'needs_material');
    await handle.withdraw({ by: '李雷' });
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
    const outcomes = async () =>
      (await notificationsOf(stage.client, handle.workflowId)).flatMap(({ deliveries }) =>
        deliveries.map(({ outcome }) => outcome),
      );
    await expect.poll(outcomes, { timeout: 60_000 }).toEqual(['under_way', 'under_way', 'under_way']);
    expect(receiver.taken()).toEqual([]);
    receiver.always = 204;
    expect((await redeliver(stage.client, handle.workflowId)).map(({ n }) => n)).toEqual([1, 2, 3]);
    await expect.poll(outcomes, { timeout: 60_000 }).toEqual(['delivered', 'delivered', 'delivered']);
    const byNumber = receiver.taken().sort((a, b) => (a.id < b.id ? -1 : 1));
    const { categoryId } = await handle.view();
    const data = { platform: 'mini-program', appId: stage.miniAppId, categoryId, externalId: 'order-18' };
    expect(byNumber).toMatchObject([
      { type: 'case.submitted', data: { ...data, status: 'in_review' } },
      { type: 'case.rejected', data: { ...data, status: 'needs_material', reason: '证件模糊' } },
      { type: 'case.withdrawn', data: { ...data, status: 'withdrawn', canDo: [] } },
    ]);
    for (const { body } of receiver.received) webhookBodySchema.parse(JSON.parse(body));
  });

  test('L11 each receiver for itself: one redirects and fails, a robot answers garbage, and the case goes on', async ({
    stageOf,
  }) => {
    const robot = new Receiver();
    await robot.listen();
    robot.always = { status: 200, body: '<html>gateway</html>' };
    receiver.next.push({ status: 307, headers: { location: receiver.url('/elsewhere') } }, 500);
    const [hook] = [...webhook().targets.values()];
    if (hook === undefined) throw new Error('no webhook');
    const stage = await stageOf({ notify: telling(hook, { kind: 'wecom', url: robot.url('/robot?key=topsecret') }) });
    await stage.startWorker();
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(1);
    stage.sandbox.decide(stage.openAudit().id, 'rejected', '模糊');
    await stage.until(handle.workflowId, 'needs_material');
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
    const told = async () =>
      (await notificationsOf(stage.client, handle.workflowId)).map(({ notification, deliveries }) => [
        notification.type,
        ...deliveries.map(({ target, outcome }) => `${target.split(':')[0]} ${outcome}`),
      ]);
    await expect.poll(told, { timeout: 60_000 }).toEqual([
      ['case.submitted', 'webhook under_way'],
      ['case.rejected', 'webhook delivered', 'wecom under_way'],
      ['case.withdrawn', 'webhook delivered'],
    ]);
    // What a redirect points to is never asked, and the robot is not asked again within the hour.
    expect(new Set(receiver.received.map(({ path }) => path.split('?')[0]))).toEqual(new Set(['/hook']));
    expect(robot.received).toHaveLength(1);
    robot.always = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };
    await redeliver(stage.client, handle.workflowId);
    await expect
      .poll(async () => (await told()).flat().filter((one) => one.endsWith('under_way')), { timeout: 60_000 })
      .toEqual([]);
    await robot.close();
  });
});

describe('what was told', () => {
  test('L11 a receiver that wants no more is told again when a person says so, under the same id', async ({
    stageOf,
  }) => {
    receiver.always = 410;
    const stage = await stageOf({ notify: webhook() });
    await stage.startWorker();
    stage.sandbox.addVerdictRule({ when: 'at-once', verdict: 'approved' });
    const handle = await stage.startShop(stage.shopInput());
    await handle.result();
    const told = () => notificationsOf(stage.client, handle.workflowId);
    await expect
      .poll(async () => (await told()).flatMap(({ deliveries }) => deliveries.map(({ outcome }) => outcome)), {
        timeout: 30_000,
      })
      .toEqual(['gone', 'gone']);
    receiver.always = 500;
    receiver.next.push(204);
    const [again] = await redeliver(stage.client, handle.workflowId, 1);
    await expect.poll(async () => (await told())[0]?.deliveries[0]?.outcome, { timeout: 30_000 }).toBe('delivered');
    expect(receiver.taken()).toMatchObject([{ id: again?.notification.id, type: 'case.submitted' }]);
    receiver.always = 204;
    expect((await redeliver(stage.client, handle.workflowId)).map(({ n }) => n)).toEqual([2]);
    await expect.poll(async () => receiver.taken().length, { timeout: 30_000 }).toBe(2);
    const state = async () => {
      const { notifications, ...rest } = await toldAbout(stage.client, handle.workflowId);
      return { numbers: notifications.map(({ n }) => n), ...rest };
    };
    const whole = { isCut: false, isSettled: true };
    await expect.poll(state, { timeout: 30_000 }).toEqual({ numbers: [1, 2], olderGone: false, ...whole });
    // As Temporal does it itself when a closed workflow has been kept long enough.
    const workflowExecution = { workflowId: again?.workflowId ?? '' };
    const { connection } = stage.client.temporal;
    await connection.workflowService.deleteWorkflowExecution({ namespace: stage.client.namespace, workflowExecution });
    await expect.poll(state, { timeout: 30_000 }).toEqual({ numbers: [2], olderGone: true, ...whole });
  });

  test('L11 a reminder comes once before the time for a correction ends, and overdue once per attempt', async ({
    stageOf,
  }) => {
    const stage = await stageOf({ notify: webhook() });
    await stage.startWorker();
    const deadlines = { correction: '10 days', reminder: '2 days', overdue: '1 day' };
    const handle = await stage.startShop(stage.shopInput({ deadlines }));
    await stage.until(handle.workflowId, 'in_review');
    await stage.advance(handle.workflowId, day + 60);
    await stage.until(handle.workflowId, (view) => view.overdue);
    stage.sandbox.decide(stage.openAudit().id, 'rejected', '模糊');
    await stage.until(handle.workflowId, 'needs_material');
    await stage.advance(handle.workflowId, 7 * day);
    await handle.readAuditNow();
    await stage.advance(handle.workflowId, day + 3600);
    await stage.advance(handle.workflowId, 2 * day);
    expect(await handle.result()).toMatchObject({ outcome: 'expired' });
    await expect.poll(() => receiver.taken().length, { timeout: 30_000 }).toBe(5);
    const types = new Map(receiver.taken().map(({ id, type }) => [Number(id.split('_').at(-1)), type]));
    expect([1, 2, 3, 4, 5].map((n) => types.get(n))).toEqual([
      'case.submitted',
      'case.overdue',
      'case.rejected',
      'case.reminder',
      'case.expired',
    ]);
  });

  test('L11 nobody to tell: no child, no timer for a reminder, not an event more', async ({ stage }) => {
    const deadlines = { correction: '10 days', reminder: '2 days' };
    const handle = await stage.startShop(stage.shopInput({ deadlines }));
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'rejected', '模糊');
    await stage.until(handle.workflowId, 'needs_material');
    // The step of a slow machine may have timers of its own, of seconds.
    const timersOfDays = async () =>
      (await stage.eventsOf(handle.workflowId))
        .map(({ event }) => Number(event.timerStartedEventAttributes?.startToFireTimeout?.seconds ?? 0) / day)
        .filter((days) => days >= 1)
        .map(Math.round);
    await expect.poll(timersOfDays, { timeout: 30_000 }).toEqual([10]);
    await handle.withdraw();
    await handle.result();
    const types = (await stage.eventsOf(handle.workflowId)).map(({ type }) => type);
    expect(types.filter((type) => /CHILD/.test(type))).toEqual([]);
    expect(await timersOfDays()).toEqual([10]);
    expect(await notificationsOf(stage.client, handle.workflowId)).toEqual([]);
  });
});
