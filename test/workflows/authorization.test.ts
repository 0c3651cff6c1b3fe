/** A platform's accounts withdraw their authorization and give it again: the push reaches the server, and the server every open case. */
import { vi } from 'vitest';
import { isListed } from '../listed.ts';
import { expect, type Stage, test } from '../stage.ts';

async function change(stage: Stage, event: 'authorized' | 'unauthorized', appId = stage.miniAppId): Promise<void> {
  const { componentAppId } = stage;
  const before = stage.sandbox.pushes().filter((push) => push.event === event).length;
  stage.sandbox.changeAuthorization({ componentAppId, appId, event });
  await vi.waitFor(
    () => {
      const pushes = stage.sandbox.pushes().filter((push) => push.event === event);
      expect(pushes.slice(before).some(({ status }) => status === 'delivered')).toBe(true);
    },
    { timeout: 20_000 },
  );
}

test('L9 a case in review is blocked when its account leaves, and goes on at once when it comes back', async ({
  stageOf,
}) => {
  const stage = await stageOf({ platformTokens: 'chain' });
  await stage.startWorker();
  const handle = await stage.startMini(stage.miniInput());
  await stage.until(handle.workflowId, 'in_review', 60_000);
  await isListed(stage, handle.workflowId);
  await change(stage, 'unauthorized');
  const { blocked } = await stage.until(handle.workflowId, 'blocked', 60_000);
  expect(blocked).toMatchObject({ during: 'read', reason: expect.stringMatching(/^unauthorized/) });
  await change(stage, 'authorized');
  await stage.until(handle.workflowId, 'in_review', 60_000);
  stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
});

test('L9 a rejected case waits for its material again when the account is back, and is then approved', async ({
  stageOf,
}) => {
  const stage = await stageOf({ platformTokens: 'chain' });
  await stage.startWorker();
  const handle = await stage.startMini(stage.miniInput());
  await stage.until(handle.workflowId, 'in_review', 60_000);
  stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'rejected', '印章不清晰');
  await stage.until(handle.workflowId, 'needs_material', 60_000);
  await isListed(stage, handle.workflowId);
  await change(stage, 'unauthorized');
  expect((await stage.until(handle.workflowId, 'blocked', 60_000)).blocked?.during).toBe('material');
  await change(stage, 'authorized');
  await stage.until(handle.workflowId, 'needs_material', 60_000);
  await handle.resubmit({ force: true });
  await stage.until(handle.workflowId, 'in_review', 60_000);
  stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
});

test('L10 while a submission is under way the signal waits for its answer; a malformed one is counted and ignored', async ({
  stage,
}) => {
  stage.sandbox.setChaos({ rules: [{ operation: 'category/add', delayMs: 4_000 }] });
  const handle = await stage.startShop(stage.shopInput());
  await stage.until(handle.workflowId, 'submitting', 60_000);
  const workflow = stage.workflow(handle.workflowId);
  await workflow.signal('accountChanged', { authorized: 'no' });
  await workflow.signal('accountChanged', { authorized: false });
  await workflow.signal('accountChanged', { authorized: false, componentAppId: 'wx-of-another-platform' });
  const view = await stage.until(handle.workflowId, ({ status }) => status !== 'submitting', 60_000);
  expect(view).toMatchObject({ status: 'blocked', blocked: { during: 'read' }, ignoredMessages: 1 });
  expect(view.attempts[0]?.auditId).toBe(stage.openAudit().id);
  await workflow.signal('accountChanged', { authorized: true });
  await stage.until(handle.workflowId, 'in_review', 60_000);
  stage.sandbox.decide(stage.openAudit().id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
});
