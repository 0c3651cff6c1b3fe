/** A Temporal client that knows one case and the events that were told about it, without a server. */
import { WorkflowNotFoundError } from '@temporalio/common';
import type { QualificationClient } from '../src/client/index.ts';
import type { CaseEventType, Delivery, NotificationView } from '../src/contract/notification.ts';

export const toldCaseId = 'channels-shop/wx5a2d8f1c3b7e9046/6201';

/** One event of run `run-1`. */
export const toldEvent = (n: number, type: CaseEventType, ...deliveries: Delivery[]): NotificationView => ({
  notification: {
    version: 1,
    id: `evt_run-1_${n}`,
    type,
    timestamp: `2026-11-25T06:0${n}:00.000Z`,
    data: {
      workflowId: toldCaseId,
      runId: 'run-1',
      platform: 'channels-shop',
      appId: 'wx5a2d8f1c3b7e9046',
      categoryId: '6201',
      status: 'in_review',
      attempt: 1,
      canDo: ['withdraw'],
    },
  },
  deliveries,
});

/** What was started in it stands in `started` (workflow id and event id), what Web UI says of it in `summaries`. */
export function temporalWithTold(events: readonly NotificationView[]) {
  const started: [workflowId: string, eventId: string, policy: string][] = [];
  const summaries: string[] = [];
  const notFound = (id: string) => new WorkflowNotFoundError('no such workflow', id, undefined);
  const temporal = {
    connection: { withDeadline: (_deadline: number, call: () => Promise<unknown>) => call() },
    workflow: {
      getHandle: (id: string) => ({
        async describe() {
          if (id !== toldCaseId) throw notFound(id);
          return { runId: 'run-1' };
        },
        async query() {
          const view = events.find(
            ({ notification }) => notification.id === id.replace('notify/', 'evt_').replace('/', '_'),
          );
          if (view === undefined) throw notFound(id);
          return view;
        },
      }),
      async start(
        _type: string,
        options: {
          workflowId: string;
          workflowIdConflictPolicy: string;
          args: [{ id: string }];
          staticSummary: string;
        },
      ) {
        started.push([options.workflowId, options.args[0].id, options.workflowIdConflictPolicy]);
        summaries.push(options.staticSummary);
      },
    },
  } as unknown as QualificationClient['temporal'];
  return { temporal, started, summaries };
}
