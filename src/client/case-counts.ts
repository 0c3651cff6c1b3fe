/** How many cases there are, as Temporal's Visibility counts them: for gauges and overviews, a moment behind. */
import type { Client } from '@temporalio/client';
import { notificationWorkflowType } from '../contract/messages.ts';
import type { Platform, Status } from '../contract/qualification.ts';
import { qualificationDueAtKey } from '../contract/search-attributes.ts';
import { caseQuery } from './case-list.ts';

/** The statuses of open cases that are published; `submitting` counts as what came before it. */
const openStatuses = ['preparing', 'in_review', 'needs_material', 'blocked'] as const satisfies readonly Status[];
const platforms = ['channels-shop', 'mini-program'] as const satisfies readonly Platform[];

const dayMs = 24 * 3_600_000;

export interface OpenCases {
  open: { platform: Platform; status: Status; count: number }[];
  /** In `needs_material`, with a time for the correction that ends within a day, or has just ended. */
  dueWithinDay: number;
  /** Events that are still being told to somebody. */
  undeliveredNotifications: number;
}

/**
 * Counts, without listing: one question for each number, ten in all, whatever the number of cases.
 * How long it may take is the caller's: `client.withDeadline`. @throws the SDK's error.
 */
export async function countOpenCases(client: Client, now = Date.now()): Promise<OpenCases> {
  const { workflowService } = client;
  const { namespace } = client.options;
  const running = `ExecutionStatus = 'Running'`;
  const groups = platforms.flatMap((platform) => openStatuses.map((status) => ({ platform, status })));
  const due = `${qualificationDueAtKey.name} < '${new Date(now + dayMs).toISOString()}'`;
  const answers = await Promise.allSettled(
    [
      `${caseQuery({ status: 'needs_material' })} AND ${running} AND ${due}`,
      `WorkflowType = '${notificationWorkflowType}' AND ${running}`,
      ...groups.map((group) => `${caseQuery(group)} AND ${running}`),
    ].map((query) => workflowService.countWorkflowExecutions({ namespace, query })),
  );
  // Only when all have ended: one that is still being tried again when its connection closes throws where nobody catches it.
  const [dueWithinDay = 0, undeliveredNotifications = 0, ...counts] = answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason;
    return Number(answer.value.count ?? 0);
  });
  const open = groups.map((group, n) => ({ ...group, count: counts[n] ?? 0 }));
  return { open, dueWithinDay, undeliveredNotifications };
}
