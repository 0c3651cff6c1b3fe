/** Cases that wait for somebody else: no history events while nothing changes, and a way out when it does. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, type Stage, test } from '../stage.ts';

const day = 24 * 3600;
const [mini] = fixtures.miniProgramCategories.byHand;
const miniId = `${mini?.first}-${mini?.second}`;

/** How many events a case writes within two seconds of real time. */
async function eventsMeanwhile(stage: Stage, workflowId: string): Promise<number> {
  await pause(700);
  const before = (await stage.eventsOf(workflowId)).length;
  await pause(2000);
  return (await stage.eventsOf(workflowId)).length - before;
}

describe('a review that is overdue', () => {
  test('L6 is read on at no events, however short the limit of the input was', async ({ stage }) => {
    const handle = await stage.startShop(stage.shopInput({ deadlines: { overdue: '5 seconds' } }));
    await stage.until(handle.workflowId, ({ overdue }) => overdue);
    expect(await eventsMeanwhile(stage, handle.workflowId)).toBe(0);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });
});

describe('a lost submission that cannot be looked for', () => {
  test('L9 waits longer than a week at no events, and is then not sent again without a person', async ({ stage }) => {
    stage.sandbox.setChaos({ rules: [{ operation: 'category/add', reset: true }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, () => stage.sandbox.requests('category/add').length === 1);
    stage.sandbox.setChaos({ rules: [{ operation: 'category/getbizcatflowlist', errcode: 61007, times: 100_000 }] });
    await stage.advance(handle.workflowId, 120);
    await stage.until(handle.workflowId, 'blocked');
    const refused = () =>
      stage.sandbox.requests('category/getbizcatflowlist').filter(({ errcode }) => errcode === 61007);
    await stage.until(handle.workflowId, () => refused().length > 1);
    await stage.stretchRetries(handle.workflowId, 'findCategoryAudit', 9 * day);
    await stage.advance(handle.workflowId, 8 * day);
    expect(await handle.view()).toMatchObject({ status: 'blocked' });
    expect(await eventsMeanwhile(stage, handle.workflowId)).toBe(0);
    stage.sandbox.setChaos({ rules: [] });
    await handle.readAuditNow();
    await stage.advance(handle.workflowId, 200);
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts).toMatchObject([{ reason: expect.stringContaining('still the right one') }]);
    expect(stage.sandbox.requests('category/add')).toHaveLength(1);
    await handle.resubmit({ force: true });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });
});

describe('a case that waits for somebody else', () => {
  test('L6 costs no history event while a Mini Program’s foreign review lasts, and goes on when it is rejected', async ({
    stage,
  }) => {
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.miniAppId, categoryId: miniId });
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'blocked');
    expect(await eventsMeanwhile(stage, handle.workflowId)).toBe(0);
    stage.sandbox.decide(foreign.id, 'rejected', '主体不一致');
    await stage.advance(handle.workflowId, 3700);
    await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.requests('wxopen/modifycategory')).toHaveLength(1);
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L2 a look that failed at first shows the foreign review once it comes through, so that it can be adopted', async ({
    stage,
  }) => {
    const foreign = await stage.sandbox.applyInBackOffice({ appId: stage.miniAppId, categoryId: miniId });
    stage.sandbox.setChaos({ rules: [{ operation: 'wxopen/getcategory', errcode: 61007, times: 3 }] });
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'blocked');
    await stage.advance(handle.workflowId, 1000);
    const view = await stage.until(handle.workflowId, (now) => now.canDo.includes('adopt'));
    expect(view.blocked?.reason).toMatch(/^foreign_audit/);
    await handle.adopt();
    stage.sandbox.decide(foreign.id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });
});
