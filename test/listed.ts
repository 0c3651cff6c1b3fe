/** Waits for Temporal's Visibility, which lists a case a moment after its start. */
import { vi } from 'vitest';
import { expect, type Stage } from './stage.ts';

/** Visibility lists a case a moment after its start; one that it does not list is told at a later change. */
export async function isListed(stage: Stage, workflowId: string): Promise<void> {
  const query = `WorkflowId = '${workflowId}' AND ExecutionStatus = 'Running' AND WxAppId IS NOT NULL`;
  await vi.waitFor(async () => expect((await stage.client.temporal.workflow.count(query)).count).toBe(1), {
    timeout: 20_000,
    interval: 200,
  });
}
