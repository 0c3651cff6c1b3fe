/** Submissions of one account go one after another; waiting for that costs no history and bothers nobody. */
import { setTimeout as pause } from 'node:timers/promises';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, type Stage, test } from '../stage.ts';

const add = 'category/add';

/** Takes the account's turn, as another case would that is submitting. */
async function occupy(stage: Stage, appId = stage.appId): Promise<() => Promise<void>> {
  const held = { appId, caseId: 'another case' };
  const turn = await stage.stores.turns.take({ ...held, priority: 3 });
  if (!turn.granted) throw new Error('the turn is taken already');
  return () => stage.stores.turns.giveBack({ ...held, ticket: turn.ticket });
}

test('L4 the most urgent submission of an account goes first, one after another, and waiting leaves no events', async ({
  stage,
}) => {
  const free = await occupy(stage);
  const [first, second] = fixtures.categories.byHand;
  const calm = await stage.startShop(stage.shopInput({ priority: 1 }, first));
  await stage.until(calm.workflowId, (view) => view.turn !== undefined);
  const urgent = await stage.startShop(stage.shopInput({ priority: 5 }, second));
  const view = await stage.until(urgent.workflowId, (now) => now.turn !== undefined);
  expect(view).toMatchObject({ status: 'submitting', waitingFor: 'answer', turn: { ahead: 1 } });
  const count = async () => (await stage.eventsOf(calm.workflowId)).length;
  const before = await count();
  await pause(2_500);
  expect(await count()).toBe(before);
  expect(stage.sandbox.requests(add)).toHaveLength(0);
  await free();
  await stage.until(urgent.workflowId, 'in_review');
  const answered = await stage.until(calm.workflowId, 'in_review');
  expect(answered.turn).toBeUndefined();
  const audits = stage.sandbox.audits({ appId: stage.appId });
  const order = [...audits].sort((a, b) => Number(a.id) - Number(b.id)).map(({ categoryId }) => categoryId);
  expect(order).toEqual([second?.leaf, first?.leaf]);
  expect((await stage.activitiesOf(calm.workflowId)).slice(1, 4)).toEqual([
    'addCategory',
    'awaitSubmissionTurn',
    'addCategory',
  ]);
  for (const audit of audits) stage.sandbox.decide(audit.id, 'approved');
  await Promise.all([calm.result(), urgent.result()]);
});

test('L12 a case that waits its turn can be withdrawn, also a Mini Program’s, and nothing is sent', async ({
  stage,
}) => {
  await occupy(stage);
  await occupy(stage, stage.miniAppId);
  const shop = await stage.startShop(stage.shopInput());
  const mini = await stage.startMini(stage.miniInput());
  for (const handle of [shop, mini]) {
    const view = await stage.until(handle.workflowId, (now) => now.turn !== undefined);
    expect(view.canDo).toContain('withdraw');
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn', attempts: [] });
  }
  expect(stage.sandbox.requests(add).length + stage.sandbox.requests('wxopen/addcategory').length).toBe(0);
});

test('L4 without an answer whose turn it is nothing is sent; the case says so and goes on once there is one', async ({
  stage,
}) => {
  const { take } = stage.stores.turns;
  stage.stores.turns.take = () => Promise.reject(new Error('database is down'));
  const handle = await stage.startShop(stage.shopInput());
  await stage.until(handle.workflowId, 'submitting');
  await stage.advance(handle.workflowId, 130);
  const view = await stage.until(handle.workflowId, 'blocked');
  expect(view.blocked).toMatchObject({ during: 'submit', reason: expect.stringMatching(/^unreachable: the store/) });
  expect(stage.sandbox.requests(add)).toHaveLength(0);
  stage.stores.turns.take = take;
  await stage.advance(handle.workflowId, 700);
  await stage.until(handle.workflowId, 'in_review');
  stage.sandbox.decide(stage.openAudit().id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
});
