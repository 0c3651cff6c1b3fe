/** A Temporal client that knows one case and the events that were told about it, without a server. */
import { WorkflowNotFoundError } from '@temporalio/common';
import type { QualificationClient } from '../src/client/index.ts';
import { firstRunMemo } from '../src/contract/messages.ts';
import type { CaseEventType, Delivery, NotificationView } from '../src/contract/notification.ts';

export const toldCaseId = 'channels-shop/wx5a2d8f1c3b7e9046/6201';

/** One event of run `run-1`. */
export const toldEvent = (n: number, type: CaseEventType, ...deliveries: Delivery[]): NotificationView => ({
  notification: {
    version: 1,
    id: `evt_run-1_${n}`,
    type,
    timestamp: new Date(Date.UTC(2026, 10, 25, 6, n)).toISOString(),
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

/** The same in another run of the case. */
export const inRun = (runId: string, view: NotificationView): NotificationView => ({
  ...view,
  notification: { ...view.notification, id: view.notification.id.replace('run-1', runId) },
});

export interface ToldWorld {
  isOpen?: boolean;
  /** Runs that `run-1` continues, the first one first. */
  before?: string[];
  /** Workflows that Visibility does not show yet. */
  unseen?: string[];
  /** Children that the case still has. */
  pending?: string[];
  /** Before the answer of a query. */
  onQuery?: (workflowId: string) => Promise<void>;
}

/** What was started in it stands in `started` (workflow id and event id), what Web UI says of it in `summaries`. */
export function temporalWithTold(events: readonly NotificationView[], world: ToldWorld = {}) {
  const { isOpen = true, before = [], unseen = [], pending = [], onQuery } = world;
  const started: [workflowId: string, eventId: string, policy: string][] = [];
  const summaries: string[] = [];
  const queried: string[] = [];
  const notFound = (id: string) => new WorkflowNotFoundError('no such workflow', id, undefined);
  const memo = before.length === 0 ? {} : { [firstRunMemo]: before[0] };
  const status = (isRunning: boolean) => ({ name: isRunning ? 'RUNNING' : 'COMPLETED' });
  const told = events.map((view) => ({
    workflowId: view.notification.id.replace(/^evt_(.+)_/, 'notify/$1/'),
    view,
    status: status(view.deliveries.some(({ outcome }) => outcome === 'under_way')),
  }));
  const temporal = {
    connection: { withDeadline: (_deadline: number, call: () => Promise<unknown>) => call() },
    workflow: {
      getHandle: (id: string) => ({
        async describe() {
          if (id !== toldCaseId) throw notFound(id);
          const pendingChildren = pending.map((workflowId) => ({ workflowId }));
          return { runId: 'run-1', memo, status: status(isOpen), raw: { pendingChildren } };
        },
        async query() {
          queried.push(id);
          await onQuery?.(id);
          const one = told.find(({ workflowId }) => workflowId === id);
          if (one === undefined) throw notFound(id);
          return one.view;
        },
      }),
      async *list({ query }: { query: string }) {
        if (query === `WorkflowId = '${toldCaseId}'`) {
          // A later or an earlier case has the same id.
          yield { runId: 'another-case', memo: {}, startTime: new Date(0) };
          for (const [n, runId] of [...before.entries()].reverse())
            yield { runId, memo: n === 0 ? {} : memo, startTime: new Date(n) };
          return;
        }
        const prefixes = [...query.matchAll(/WorkflowId STARTS_WITH '([^']+)'/g)].map(([, prefix = '']) => prefix);
        for (const one of told)
          if (prefixes.some((prefix) => one.workflowId.startsWith(prefix)) && !unseen.includes(one.workflowId))
            yield one;
      },
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
  return { temporal, started, summaries, queried };
}
