/** What a backend was told about a case, over all runs that Temporal continued as new, as far as it is kept. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { notificationWorkflowType } from '../contract/messages.ts';
import type { NotificationView } from '../contract/notification.ts';
import { firstRunOf } from './case-list.ts';
import { CaseNotFoundError } from './errors.ts';
import { type Asked, asked, viewOf } from './notification-view.ts';

/** One event of a case. */
export interface CaseNotification extends NotificationView {
  /** Counts from 1 within a run of a case. */
  n: number;
  /** `notify/{runId}/{n}`, or `notify/watch/{finding}`: the workflow that tells it. */
  workflowId: string;
  /** Of a run that Temporal has continued as new: `n` counts anew in each. */
  earlierRun?: true;
}

/** What was told about a case. */
export interface Told {
  /** Oldest first; empty where nobody was to be told, or nothing of it is kept. */
  notifications: CaseNotification[];
  /** Temporal no longer keeps all of them: each is kept as long as any workflow from its own end on. */
  olderGone: boolean;
  /** There are more: `limit` is reached, or the time was over. These are the newest, as far as they answered. */
  isCut: boolean;
  /** Nothing will change by itself: all were read, the case is closed, and nobody is being told. */
  isSettled: boolean;
}

/** How much is wanted. */
export interface ToldRequest {
  /** What was found until then is given; only when that is nothing it is an error. Default: no end, and all or an error. */
  withinMs?: number;
  /** The newest so many. */
  limit?: number;
}

/** Asked at the same time; a worker has other work. */
const atOnce = 8;

/**
 * What was told about a case: of its newest run and those that it continues. A worker answers.
 * Throws `CaseNotFoundError`, `NoWorkerError`, `TemporalUnreachableError`. 查询已发送的通知。
 */
export async function toldAbout(client: Asked, workflowId: string, request: ToldRequest = {}): Promise<Told> {
  const { withinMs, limit = Number.POSITIVE_INFINITY } = request;
  const until = withinMs === undefined ? undefined : Date.now() + withinMs;
  const { runs, isOpen, known } = await courseOf(client, workflowId, until);
  const newestFirst = runs.toReversed();
  const found: (CaseNotification & { run: number })[] = [];
  let failure: { error: unknown } | undefined;
  let isLate = false;
  let isMissing = false;
  let isBegun = [...known.values()].includes(true);

  /** Whether it is kept; `undefined` when it was not found out. */
  async function look(run: number, n: number): Promise<boolean | undefined> {
    isLate ||= until !== undefined && Date.now() >= until;
    if (isLate || failure !== undefined) return undefined;
    const id = idOf(newestFirst[run], n);
    try {
      const view = await viewOf(client, id, until);
      if (view === undefined) return false;
      found.push({ run, n, workflowId: id, ...view, ...(run === 0 ? {} : { earlierRun: true }) });
      // What Visibility does not show yet has only just begun.
      isBegun ||= known.get(id) === undefined || view.deliveries.some(({ outcome }) => outcome === 'under_way');
      return true;
    } catch (error) {
      failure ??= { error };
      return undefined;
    }
  }
  /** Past what is known of the newest run, until one is not there: Visibility is moments behind. */
  async function lookOn(from: number, step: 1 | -1): Promise<void> {
    for (let n = from; n > 0; n += step) {
      const isKept = await look(0, n);
      if (isKept === false && step === -1) isMissing = true;
      if (isKept !== true) return;
    }
  }

  const spans = newestFirst.map((runId) => spanOf(runId, known));
  // Every number in between as well: it may be kept although Visibility does not show it yet.
  const queue = spans.flatMap(({ first, last }, run) =>
    Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({ run, n: last - index })),
  );
  const waiting = queue.values();
  const lane = async (): Promise<void> => {
    while (found.length < limit) {
      const next = waiting.next();
      if (next.done === true) return;
      if ((await look(next.value.run, next.value.n)) === false) isMissing = true;
    }
  };
  const [newest] = spans;
  await Promise.all([
    ...Array.from({ length: Math.min(atOnce, queue.length) }, lane),
    ...(newest === undefined ? [] : [lookOn(newest.last + 1, 1), lookOn(newest.first - 1, -1)]),
  ]);
  if (failure !== undefined && (until === undefined || found.length === 0)) throw failure.error;
  const isUnread = failure !== undefined || isLate;
  const isMore = found.length > limit || waiting.next().done !== true;
  found.sort((a, b) => b.run - a.run || a.n - b.n);
  const notifications = found.slice(-limit).map(({ run, ...one }) => one);
  // Whoever is told of a case is told from its first run on.
  const isFirstRunGone = spans.length > 1 && spans.at(-1)?.last === 0;
  const isGone = isMissing || isFirstRunGone || spans.slice(1).some(({ first }) => first > 1);
  return {
    notifications,
    olderGone: notifications.length > 0 && isGone,
    isCut: isUnread || isMore,
    isSettled: !isOpen && !isBegun && !isUnread,
  };
}

/**
 * All that was told about a case and is kept, oldest first: `toldAbout` says also whether it is all.
 * Throws `CaseNotFoundError`, `NoWorkerError`, `TemporalUnreachableError`. 查询已发送的通知。
 */
export async function notificationsOf(client: Asked, workflowId: string): Promise<CaseNotification[]> {
  return (await toldAbout(client, workflowId)).notifications;
}

interface Course {
  /** The runs of the case that are kept, from its first one on; the newest is the last. */
  runs: string[];
  isOpen: boolean;
  /** Workflows that tell or have told, by id: whether one is still at it; `undefined` where Visibility does not say. */
  known: Map<string, boolean | undefined>;
}

async function courseOf(client: Asked, workflowId: string, until?: number): Promise<Course> {
  const { workflow } = client.temporal;
  const described = await asked(client, () => workflow.getHandle(workflowId).describe(), until).catch((error) => {
    throw error instanceof WorkflowNotFoundError ? new CaseNotFoundError(workflowId) : error;
  });
  const { firstRunId } = firstRunOf(described.memo);
  const runs =
    firstRunId === undefined
      ? [described.runId]
      : await asked(client, () => runsBetween(client, workflowId, firstRunId, described.runId), until);
  const ofOne = (runId: string): string => `WorkflowId STARTS_WITH '${idOf(runId, '')}'`;
  const query = `WorkflowType = '${notificationWorkflowType}' AND (${runs.map(ofOne).join(' OR ')})`;
  const known: Course['known'] = new Map();
  const add = (id: string, isRunning: boolean): void => void known.set(id, known.get(id) === true || isRunning);
  await asked(
    client,
    async () => {
      for await (const one of workflow.list({ query })) add(one.workflowId, one.status.name === 'RUNNING');
    },
    until,
  );
  // The case itself knows without delay those that it has begun; one that has closed does not learn how they went on.
  for (const { workflowId: id } of described.raw.pendingChildren ?? [])
    if (id && !known.has(id)) known.set(id, undefined);
  return { runs, isOpen: described.status.name === 'RUNNING', known };
}

async function runsBetween(client: Asked, workflowId: string, first: string, newest: string): Promise<string[]> {
  const between: { runId: string; startTime: Date }[] = [];
  for await (const one of client.temporal.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
    if (one.runId !== first && one.runId !== newest && firstRunOf(one.memo).firstRunId === first) between.push(one);
  between.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
  return [first, ...between.map(({ runId }) => runId), newest];
}

const idOf = (runId: string | undefined, n: number | ''): string => `notify/${runId}/${n}`;

/** From the lowest known number to the highest; `last` is 0 where none is known. */
function spanOf(runId: string, known: Course['known']): { first: number; last: number } {
  const prefix = idOf(runId, '');
  const numbers = [...known.keys()].filter((id) => id.startsWith(prefix)).map((id) => Number(id.slice(prefix.length)));
  return numbers.length === 0 ? { first: 1, last: 0 } : { first: Math.min(...numbers), last: Math.max(...numbers) };
}
