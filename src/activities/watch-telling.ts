/** What the walk has found is told: one delivery for each finding, under an id that makes a second start a repetition. */
import { Context, log } from '@temporalio/activity';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { notificationWorkflowType } from '../contract/messages.ts';
import type { Notification } from '../contract/notification.ts';
import type { Platform } from '../contract/qualification.ts';
import { watchNotificationId } from '../contract/watch.ts';
import { targetsFor } from '../notify/targets.ts';
import type { StoredFinding } from '../store/watch-records.ts';
import { kept, type Walk } from './watch-walk.ts';

const findingsAtOnce = 50;

/**
 * Hands every finding that is not told yet to a delivery of its own. A crash between the start and the note that it was
 * told starts it again, which the id refuses. Where nobody is to be told it is noted so: receivers that come later are
 * not told of the past.
 */
export async function tellFindings({ deps, store, pace, signal }: Walk, platform: Platform): Promise<void> {
  for (;;) {
    const untold = await kept(store.untold({ platform, limit: findingsAtOnce }));
    for (const finding of untold) {
      const notification = notificationOf(finding);
      const isSomebody = deps.notify !== undefined && targetsFor(deps.notify.targets, notification.type).length > 0;
      if (isSomebody) {
        await pace(signal);
        await start(finding.id, notification);
      }
      await kept(store.told({ id: finding.id, how: isSomebody ? 'told' : 'nobody' }));
    }
    if (untold.length < findingsAtOnce) return;
  }
}

async function start(id: string, notification: Notification): Promise<void> {
  const { client, info } = Context.current();
  try {
    await client.workflow.start(notificationWorkflowType, {
      workflowId: watchNotificationId(id),
      taskQueue: info.taskQueue,
      args: [notification],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: notification.type,
    });
    log.info('found and handed over', { type: notification.type, appId: notification.data.appId });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** As a receiver gets it. */
export function notificationOf(finding: StoredFinding): Notification {
  const { id, platform, appId, categoryId, workflowId, externalId, foundAt } = finding;
  const about = {
    platform,
    appId,
    categoryId,
    ...(workflowId === undefined ? {} : { workflowId }),
    ...(externalId === undefined ? {} : { externalId }),
  };
  const envelope = { version: 1 as const, id: `evt_watch_${id}`, timestamp: foundAt };
  if (finding.kind === 'lapsed') {
    const { reason } = finding;
    return { ...envelope, type: 'category.lapsed', data: { ...about, ...(reason === undefined ? {} : { reason }) } };
  }
  const { path, validUntil, daysLeft } = finding;
  return { ...envelope, type: 'license.expiring', data: { ...about, path, validUntil, daysLeft } };
}
