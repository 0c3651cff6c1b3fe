/** One event that a backend was told, and one of these once more. */
import { notificationWorkflowType } from '../contract/messages.ts';
import type { Notification } from '../contract/notification.ts';
import { type CaseNotification, notificationsOf } from './case-notifications.ts';
import { NotificationNotFoundError } from './errors.ts';
import { type Asked, asked, viewOf } from './notification-view.ts';

/**
 * Tells events of a case again, under the same `webhook-id`: number `n` of its newest run, or all that did not reach
 * everybody. One that is still being tried is tried at once. Gives what was started. 重新发送通知。
 */
export async function redeliver(client: Asked, workflowId: string, n?: number): Promise<CaseNotification[]> {
  const all = await notificationsOf(client, workflowId);
  const wanted = all.filter((one) =>
    n === undefined
      ? one.deliveries.some(({ outcome }) => outcome !== 'delivered')
      : one.n === n && one.earlierRun === undefined,
  );
  for (const one of wanted) await start(client, one.workflowId, one.notification);
  return wanted;
}

/**
 * What became of one event, by the id that receivers get as `webhook-id`.
 * Throws `NotificationNotFoundError`, `NoWorkerError`, `TemporalUnreachableError`. 按 webhook-id 查询通知。
 */
export async function notificationById(client: Asked, id: string): Promise<CaseNotification> {
  // Of a case: its run and a number. Of the watch over what is in force: `watch` and the finding's own id.
  const [, of, which = ''] = /^evt_([\w.-]{1,100})_([1-9]\d{0,5}|[0-9a-f-]{36})$/.exec(id) ?? [];
  const workflowId = `notify/${of}/${which}`;
  const view = of === undefined ? undefined : await viewOf(client, workflowId);
  if (view === undefined) throw new NotificationNotFoundError(id);
  return { n: of === 'watch' ? 1 : Number(which), workflowId, ...view };
}

/**
 * Tells one event again, under the same `webhook-id`; `by` stands in Web UI beside it. Throws as `notificationById`.
 * 按 webhook-id 重新发送。
 */
export async function redeliverById(
  client: Asked,
  id: string,
  { by }: { by?: string } = {},
): Promise<CaseNotification> {
  const found = await notificationById(client, id);
  await start(client, found.workflowId, found.notification, by);
  return found;
}

async function start(client: Asked, id: string, notification: Notification, by?: string): Promise<void> {
  await asked(client, () =>
    client.temporal.workflow.start(notificationWorkflowType, {
      workflowId: id,
      taskQueue: client.taskQueue,
      args: [notification],
      workflowIdConflictPolicy: 'TERMINATE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `${notification.type}, once more${by === undefined ? '' : ` (${by})`}`,
    }),
  );
}
