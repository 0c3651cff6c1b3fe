/** A platform whose tickets stop coming: its cases are blocked with what to do, and go on with the next ticket. */
import { vi } from 'vitest';
import { isListed } from '../listed.ts';
import { expect, test } from '../stage.ts';

test('L9 without a ticket for 13 hours a case is blocked, tickets are asked for, and the next one heals it', async ({
  stageOf,
}) => {
  const stage = await stageOf({ platformTokens: 'chain' });
  const { componentAppId, sandbox } = stage;
  await stage.startWorker();
  const handle = await stage.startMini(stage.miniInput());
  await stage.until(handle.workflowId, 'in_review', 60_000);
  await isListed(stage, handle.workflowId);

  sandbox.setTicketPushes(componentAppId, false);
  // Otherwise the first asking would bring one, and nobody would notice.
  sandbox.setChaos({ rules: [{ operation: 'component/api_start_push_ticket', errcode: -1, times: 99 }] });
  sandbox.setClock({ advanceSeconds: 13 * 3_600 });
  const asked = (): number => sandbox.requests('component/api_start_push_ticket').length;
  const askedBefore = asked();
  await handle.readAuditNow();
  const { blocked } = await stage.until(handle.workflowId, 'blocked', 60_000);
  expect(blocked).toMatchObject({ during: 'read', reason: expect.stringContaining('component_verify_ticket') });
  expect(blocked?.advice).toContain(`/callback/platform/`);
  expect(asked()).toBe(askedBefore + 1);
  await handle.retry();
  await stage.until(handle.workflowId, ({ status, pending }) => status === 'blocked' && pending === undefined, 60_000);
  // Asking again is no more often than WeChat pushes.
  expect(asked()).toBe(askedBefore + 1);

  const delivered = (): number =>
    sandbox.pushes().filter(({ event, status }) => event === 'component_verify_ticket' && status === 'delivered')
      .length;
  const before = delivered();
  sandbox.setChaos({ rules: [] });
  sandbox.setTicketPushes(componentAppId, true);
  await vi.waitFor(() => expect(delivered()).toBeGreaterThan(before), { timeout: 20_000 });
  await stage.until(handle.workflowId, 'in_review', 60_000);
  sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
  expect(await handle.result()).toMatchObject({ outcome: 'approved' });
});
