/** Asks the workflow that tells an event, in bounded time, and says what is missing when nobody answers. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { notificationViewQuery } from '../contract/messages.ts';
import type { NotificationView } from '../contract/notification.ts';
import { NoWorkerError } from './errors.ts';
import type { QualificationClient } from './qualification-client.ts';
import { asOurs, codeOf, grpcCode, isTimeout } from './temporal-failures.ts';

/** What of a client is needed here. */
export type Asked = Pick<QualificationClient, 'temporal' | 'address' | 'namespace' | 'taskQueue'>;

const answerTimeoutMs = 8_000;
const reachableTimeoutMs = 2_000;

/** How one event stands; a worker answers. `undefined`: never told, or no longer kept. */
export async function viewOf(client: Asked, id: string, until?: number): Promise<NotificationView | undefined> {
  try {
    return await asked(client, () => client.temporal.workflow.getHandle(id).query(notificationViewQuery), until);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** One call, for 8 s or `until` that moment. Throws `NoWorkerError`, `TemporalUnreachableError`. */
export async function asked<Answer>(
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
