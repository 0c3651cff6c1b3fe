/** What a backend was told about a case, when and with what result, and one of these once more. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { notificationViewQuery, notificationWorkflowType } from '../contract/messages.ts';
import type { Notification, NotificationView } from '../contract/notification.ts';
import { CaseNotFoundError, NotificationNotFoundError, NoWorkerError } from './errors.ts';
import type { QualificationClient } from './qualification-client.ts';
import { asOurs, codeOf, grpcCode, isTimeout } from './temporal-failures.ts';

/** One event of a case's newest run. */
export interface CaseNotification extends NotificationView {
  /** Counts from 1 within a run of a case. */
  n: number;
  /** `notify/{runId}/{n}`, or `notify/watch/{finding}`: the workflow that tells it. */
  workflowId: string;
}

type Asked = Pick<QualificationClient, 'temporal' | 'address' | 'namespace' | 'taskQueue'>;

const answerTimeoutMs = 8_000;
const reachableTimeoutMs = 2_000;

/**
 * What was told about the newest run of a case, oldest first; a worker answers it. Nothing where nobody was to be told.
 * `withinMs`: when nobody has answered until then, it is given up; default: 8 s for each event.
 * Throws `CaseNotFoundError`, `NoWorkerError`, `TemporalUnreachableError`. 查询已发送的通知。
 */
export async function notificationsOf(
  client: Asked,
  workflowId: string,
  { withinMs }: { withinMs?: number } = {},
): Promise<CaseNotification[]> {
  const until = withinMs === undefined ? undefined : Date.now() + withinMs;
  const runId = await runOf(client, workflowId, until);
  const found: CaseNotification[] = [];
  // Ids are counted, so nothing has to be searched for, and nothing is missed that Visibility does not show yet.
  for (let n = 1; ; n += 1) {
    const id = `notify/${runId}/${n}`;
    const view = await viewOf(client, id, until);
    if (view === undefined) return found;
    found.push({ n, workflowId: id, ...view });
  }
}

/**
 * Tells events of the newest run of a case again, under the same `webhook-id`: number `n`, or all that did not reach
 * everybody. One that is still being tried is tried at once. Gives what was started. 重新发送通知。
 */
export async function redeliver(client: Asked, workflowId: string, n?: number): Promise<CaseNotification[]> {
  const all = await notificationsOf(client, workflowId);
  const wanted = all.filter((one) =>
    n === undefined ? one.deliveries.some(({ outcome }) => outcome !== 'delivered') : one.n === n,
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

async function runOf(client: Asked, workflowId: string, until?: number): Promise<string> {
  try {
    return (await asked(client, () => client.temporal.workflow.getHandle(workflowId).describe(), until)).runId;
  } catch (error) {
    throw error instanceof WorkflowNotFoundError ? new CaseNotFoundError(workflowId) : error;
  }
}

async function viewOf(client: Asked, id: string, until?: number): Promise<NotificationView | undefined> {
  try {
    return await asked(client, () => client.temporal.workflow.getHandle(id).query(notificationViewQuery), until);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function asked<Answer>(
  client: Asked,
  call: () => Promise<Answer>,
  until = Number.POSITIVE_INFINITY,
): Promise<Answer> {
  const waitMs = Math.max(0, Math.min(answerTimeoutMs, until - Date.now()));
  try {
    return await client.temporal.connection.withDeadline(Date.now() + waitMs, call);
  } catch (error) {
    const isUnanswered = isTimeout(error) || codeOf(error) === grpcCode.failedPrecondition;
    if (isUnanswered && (await isServerThere(client)))
      throw new NoWorkerError(client.taskQueue, waitMs, { cause: error });
    throw asOurs(error, client);
  }
}

/** Tells a missing worker from a missing server. */
async function isServerThere({ temporal: { connection } }: Asked): Promise<boolean> {
  return await connection
    .withDeadline(Date.now() + reachableTimeoutMs, () => connection.workflowService.getSystemInfo({}))
    .then(
      () => true,
      () => false,
    );
}
