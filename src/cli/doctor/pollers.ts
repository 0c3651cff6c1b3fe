/** Who takes work from the task queue, as Temporal says. */
import type { ConnectionLike } from '@temporalio/client';

/** One worker that asks for work. */
export interface Poller {
  kind: 'workflow' | 'activity';
  /** `pid@host (live)` or `pid@host (sandbox)`, unless the worker says otherwise. */
  identity: string;
  /** By Temporal's clock, in milliseconds since 1970. */
  lastSeenAt: number;
}

/** Temporal's numbers of the two kinds of task. */
const kinds = [
  ['workflow', 1],
  ['activity', 2],
] as const;

/** Of both kinds; Temporal remembers a poller for some minutes after its last call. */
export async function pollersOf(
  { connection }: { connection: Pick<ConnectionLike, 'workflowService'> },
  namespace: string,
  taskQueue: string,
): Promise<Poller[]> {
  const found = await Promise.all(
    kinds.map(async ([kind, taskQueueType]) => {
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType,
      });
      return (pollers ?? []).map(
        ({ identity, lastAccessTime }): Poller => ({
          kind,
          identity: identity ?? '',
          lastSeenAt: Number(lastAccessTime?.seconds ?? 0) * 1000 + (lastAccessTime?.nanos ?? 0) / 1e6,
        }),
      );
    }),
  );
  return found.flat();
}

/** The part of `pid@host` that names the machine; an identity of another form is one by itself. */
export const hostOf = (identity: string): string => /^\d+@(\S+)/.exec(identity)?.[1] ?? identity;

/** Which WeChat a worker of ours speaks to; `undefined`: it does not say. */
export const worldOf = (identity: string): 'live' | 'sandbox' | undefined =>
  /^\d+@\S+ \((live|sandbox)\)$/.exec(identity)?.[1] as 'live' | 'sandbox' | undefined;
