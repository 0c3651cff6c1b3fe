/** Submissions that meet what somebody else has done in the meantime: after a reset, a deletion by hand, a review on a Mini Program. */
import { describe } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, image, type Stage, test } from '../stage.ts';

const [mini] = fixtures.miniProgramCategories.byHand;
const miniId = `${mini?.first}-${mini?.second}`;

/** As `temporal workflow reset` does it: back to the last task before the submission was scheduled. */
async function resetBeforeSubmission(stage: Stage, workflowId: string): Promise<void> {
  const events = await stage.eventsOf(workflowId);
  const submission = events.findIndex(
    ({ event }) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'addCategory',
  );
  const task = events.slice(0, submission).findLast(({ type }) => type === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED');
  if (task?.event.eventId == null) throw new Error('nothing was submitted');
  const { runId } = await stage.workflow(workflowId).describe();
  await stage.connection.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: task.event.eventId,
    requestId: runId,
    reason: 'an operator goes back to before the submission',
  });
}

describe('a case that was reset to before its submission', () => {
  test('L4 submits nothing a second time: its own audit is shown as foreign, and a person adopts it', async ({
    stage,
  }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    const { id } = stage.openAudit();
    await resetBeforeSubmission(stage, handle.workflowId);
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked?.reason).toMatch(/^foreign_audit/);
    expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(1);
    await handle.adopt();
    stage.sandbox.decide(id, 'approved');
    expect(await stage.client.get(handle.workflowId).result()).toMatchObject({ outcome: 'approved', auditId: id });
  });
});

describe('a Mini Program’s category that somebody else touches', () => {
  test('L4 deleted by hand after a modification was lost, it is added anew instead of being called foreign', async ({
    stage,
  }) => {
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'rejected', '模糊');
    const view = await stage.until(handle.workflowId, 'needs_material');
    stage.sandbox.setChaos({ rules: [{ operation: 'wxopen/modifycategory', reset: true }] });
    await handle.resubmit({ set: { [view.material[0]?.path ?? '']: image('food-permit.jpg') } });
    await stage.until(handle.workflowId, () => stage.sandbox.requests('wxopen/modifycategory').length === 1);
    await stage.wechat
      .miniProgram({ appId: stage.miniAppId, componentAppId: stage.componentAppId })
      .deleteCategory({ first: mini?.first ?? '', second: mini?.second ?? '' });
    await stage.advance(handle.workflowId, 120);
    await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.requests('wxopen/addcategory')).toHaveLength(2);
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L12 in a foreign review, a forced withdrawal is refused with the sentence that says why', async ({ stage }) => {
    await stage.sandbox.applyInBackOffice({ appId: stage.miniAppId, categoryId: miniId });
    const handle = await stage.startMini(stage.miniInput());
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked?.advice).not.toContain('force');
    await expect(handle.withdraw({ force: true })).rejects.toThrow(/no call that withdraws/);
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });

  test('L12 what its advice names can be done, also when the submission itself met the review (53304)', async ({
    stage,
  }) => {
    stage.sandbox.setChaos({ rules: [{ operation: 'wxopen/addcategory', errcode: 53304 }] });
    const handle = await stage.startMini(stage.miniInput());
    const view = await stage.until(handle.workflowId, 'blocked');
    expect(view.blocked).toMatchObject({ reason: expect.stringMatching(/^foreign_audit/), errcode: '53304' });
    expect(view.blocked?.advice).not.toContain('force');
    await stage.advance(handle.workflowId, 400);
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });
});
