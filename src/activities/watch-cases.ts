/** Cases that ended approved since the last walk: what they were made from is kept before Temporal forgets them. */
import { Context, log } from '@temporalio/activity';
import { readApprovedCase } from '../client/approved-case.ts';
import { TemporalUnreachableError } from '../client/errors.ts';
import { workflowTypes } from '../contract/messages.ts';
import type { Platform } from '../contract/qualification.ts';
import { parseWorkflowId } from '../contract/workflow-id.ts';
import { paperEndsGiven } from '../rules/paper-ends.ts';
import { kept, type Walk } from './watch-walk.ts';

/** Visibility is a moment behind, and clocks differ. */
const overlapMs = 3_600_000;

const typeOf = (platform: Platform): string =>
  platform === 'channels-shop' ? workflowTypes.channelsShop : workflowTypes.miniProgram;

/** Answers how many were kept. One that cannot be read (encrypted with another key, say) never stops the others. */
export async function keepApprovedCases({ store, pace, signal }: Walk, platform: Platform): Promise<number> {
  const { client, info } = Context.current();
  const startedAt = Date.now();
  const until = await kept(store.casesSeenUntil({ platform }));
  const since = until === undefined ? '' : ` AND CloseTime >= '${new Date(until - overlapMs).toISOString()}'`;
  // The schedule belongs to this task queue: cases of another installation in the same namespace are for its own walk.
  const query = `WorkflowType = '${typeOf(platform)}' AND TaskQueue = '${info.taskQueue}' AND ExecutionStatus = 'Completed' AND QualificationStatus = 'approved'${since}`;
  const place = { address: 'the connection of this worker', namespace: client.options.namespace };
  let count = 0;
  for await (const { workflowId, runId } of client.workflow.list({ query })) {
    const address = parseWorkflowId(workflowId);
    if (address?.platform !== platform) continue;
    await pace(signal);
    const found = await readApprovedCase(client, place, workflowId, runId).catch((error: unknown) => {
      signal.throwIfAborted();
      // Not this case's fault, and the next walk would not look for it again: the walk is tried again instead.
      if (error instanceof TemporalUnreachableError) throw error;
      const problem = error instanceof Error ? error.name : 'unknown';
      log.warn('an approved case could not be read', { workflowId, problem });
      return undefined;
    });
    if (found === undefined) continue;
    const { input, closedAt } = found;
    await kept(store.keepCase({ ...address, workflowId, closedAt, papers: paperEndsGiven(input), input }));
    count += 1;
  }
  await kept(store.sawCases({ platform, until: startedAt }));
  return count;
}
