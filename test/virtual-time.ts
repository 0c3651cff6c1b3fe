/** Virtual time on the real server: there is no SDK function for it yet, so the raw service is asked. */
import { randomUUID } from 'node:crypto';
import type { Connection } from '@temporalio/client';

/** Moves one workflow's time ahead on the real server; timers and retry pauses on the way happen. */
export async function advance(connection: Connection, workflowId: string, seconds: number): Promise<void> {
  const service = connection.workflowService;
  const id = randomUUID();
  const target = { namespace: 'default', workflowExecution: { workflowId } };
  await service.updateWorkflowExecutionOptions({
    ...target,
    updateMask: { paths: ['time_skipping_config'] },
    workflowExecutionOptions: {
      timeSkippingConfig: {
        enabled: true,
        maxSessionSkipCount: 1000,
        fastForwardConfig: { id, duration: { seconds: seconds as never } },
      },
    },
  });
  await connection.withDeadline(Date.now() + 60_000, () =>
    service.pollWorkflowExecutionTimeSkipping({ ...target, fastForwardId: id }),
  );
}

/** Makes the pauses of a retried activity long, as an operator can: hundreds of hourly tries would be skipped one by one. */
export async function stretchRetries(
  connection: Connection,
  workflowId: string,
  type: string,
  seconds: number,
): Promise<void> {
  const interval = { seconds: seconds as never };
  await connection.workflowService.updateActivityOptions({
    namespace: 'default',
    execution: { workflowId },
    type,
    activityOptions: { retryPolicy: { initialInterval: interval, maximumInterval: interval } },
    updateMask: { paths: ['retry_policy.initial_interval', 'retry_policy.maximum_interval'] },
  });
}
