/** What was told about a case: over gaps and runs, what Visibility does not show yet, and in bounded time. */
import { expect, test } from 'vitest';
import { NoWorkerError, redeliver, type ToldRequest, toldAbout } from '../../src/client/index.ts';
import type { Delivery } from '../../src/contract/notification.ts';
import { inRun, type ToldWorld, temporalWithTold, toldCaseId, toldEvent } from '../told-events.ts';

const delivered: Delivery = { target: 'webhook:backend.example:0123abcd', outcome: 'delivered' };
const failed: Delivery = { ...delivered, outcome: 'given_up' };
const event = (n: number, how = delivered) => toldEvent(n, 'case.submitted', how);

function world(events: Parameters<typeof temporalWithTold>[0], how?: ToldWorld) {
  const made = temporalWithTold(events, how);
  return { ...made, client: { temporal: made.temporal, address: 'here', namespace: 'default', taskQueue: 'queue' } };
}
async function told(events: Parameters<typeof temporalWithTold>[0], how?: ToldWorld, request?: ToldRequest) {
  const { notifications, ...rest } = await toldAbout(world(events, how).client, toldCaseId, request);
  return { ids: notifications.map(({ notification: { id } }) => id.replace('evt_', '')), ...rest };
}
const whole = { olderGone: false, isCut: false, isSettled: false };

test('what is kept is shown although the first are gone, and it says that older ones are', async () => {
  expect(await told([event(2), event(3, failed)])).toEqual({ ids: ['run-1_2', 'run-1_3'], ...whole, olderGone: true });
  expect(await told([event(1), event(4)])).toEqual({ ids: ['run-1_1', 'run-1_4'], ...whole, olderGone: true });
  expect(await told([event(1), event(2)])).toEqual({ ids: ['run-1_1', 'run-1_2'], ...whole });
  expect(await told([])).toEqual({ ids: [], ...whole });
});

test('what has begun just now is there before Visibility shows it', async () => {
  const ids = ['run-1_1', 'run-1_2', 'run-1_3', 'run-1_4', 'run-1_5'];
  const all = [1, 2, 3, 4, 5].map((n) => event(n));
  for (const unseen of [
    [1, 2, 3, 4, 5],
    [4, 5],
    [1, 2],
    [2, 4],
    [1, 5],
  ]) {
    const how = { unseen: unseen.map((n) => `notify/run-1/${n}`), isOpen: false };
    expect([unseen, await told(all, how)]).toEqual([unseen, { ids, ...whole }]);
  }
  // With nothing before it, the case itself knows that it has begun.
  const how = { unseen: ['notify/run-1/7'], pending: ['notify/run-1/7', 'something/else'] };
  expect(await told([event(7)], how)).toEqual({ ids: ['run-1_7'], ...whole, olderGone: true });
});

test('a case that Temporal continued as new shows the events of all its runs, and no other case', async () => {
  const events = [event(1), inRun('run-0', event(2)), inRun('run-00', event(1)), inRun('another-case', event(1))];
  const how = { before: ['run-00', 'run-0'] };
  expect(await told(events, how)).toEqual({ ids: ['run-00_1', 'run-0_2', 'run-1_1'], ...whole, olderGone: true });
  expect(await told([event(1)], how)).toMatchObject({ ids: ['run-1_1'], olderGone: true });
  expect(await told([event(1), inRun('run-00', event(1))], how)).toMatchObject({ olderGone: false });
});

test('a number means the newest run; all that failed are told again, of every run', async () => {
  const how = { before: ['run-0'] };
  const events = [event(1, failed), inRun('run-0', event(1, failed)), inRun('run-0', event(2))];
  const byNumber = world(events, how);
  await redeliver(byNumber.client, toldCaseId, 1);
  expect(byNumber.started.map(([id]) => id)).toEqual(['notify/run-1/1']);
  const all = world(events, how);
  await redeliver(all.client, toldCaseId);
  expect(all.started.map(([id]) => id)).toEqual(['notify/run-0/1', 'notify/run-1/1']);
});

test('nothing will change by itself once the case is closed and everybody was told', async () => {
  const underWay: Delivery = { ...delivered, outcome: 'under_way' };
  expect(await told([event(1)], { isOpen: false })).toMatchObject({ isSettled: true });
  expect(await told([event(1)])).toMatchObject({ isSettled: false });
  expect(await told([event(1), event(2, underWay)], { isOpen: false })).toMatchObject({ isSettled: false });
  // A closed case keeps a child that it did not see ending; Visibility knows better, once it shows it.
  const how = { isOpen: false, pending: ['notify/run-1/2'] };
  const both = [event(1), toldEvent(2, 'case.approved')];
  expect(await told(both, how)).toMatchObject({ isSettled: true });
  expect(await told(both, { ...how, unseen: how.pending })).toMatchObject({ isSettled: false });
});

test('the newest so many, asked a few at once', async () => {
  let now = 0;
  let most = 0;
  const onQuery = async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
  };
  const events = Array.from({ length: 100 }, (_, index) => event(index + 1));
  const made = world(events, { onQuery });
  const { notifications, isCut } = await toldAbout(made.client, toldCaseId, { limit: 50 });
  expect([notifications.map(({ n }) => n), isCut]).toEqual([
    Array.from({ length: 50 }, (_, index) => index + 51),
    true,
  ]);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(10);
  expect(made.queried.length).toBeLessThan(65);
});

test('when the time is over, what was read is given; when that is nothing, the reason', async () => {
  const events = Array.from({ length: 20 }, (_, index) => event(index + 1));
  const slow = (answers: (n: number) => boolean): ToldWorld => ({
    isOpen: false,
    async onQuery(id) {
      if (!answers(Number(id.split('/').at(-1)))) throw new NoWorkerError('queue', 10);
    },
  });
  const within = { withinMs: 60_000 };
  const some = await told(
    events,
    slow((n) => n > 15),
    within,
  );
  expect([some.ids.at(-1), some.ids.length > 0, some.isCut, some.isSettled]).toEqual(['run-1_20', true, true, false]);
  await expect(
    told(
      events,
      slow(() => false),
      within,
    ),
  ).rejects.toThrow(NoWorkerError);
  // Who sets no limit gets all or the reason.
  await expect(
    told(
      events,
      slow((n) => n > 15),
    ),
  ).rejects.toThrow(NoWorkerError);
  // No question is asked once there is no time for an answer.
  const late = world(events);
  expect(await toldAbout(late.client, toldCaseId, { withinMs: 0 })).toMatchObject({ notifications: [], isCut: true });
  expect(late.queried).toEqual([]);
});
