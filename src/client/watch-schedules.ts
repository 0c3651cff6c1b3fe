/** The schedules of the daily walks: made and kept as the settings say, and started by hand. */
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { watchWorkflowType } from '../contract/messages.ts';
import type { Platform } from '../contract/qualification.ts';
import { watchedPlatforms, watchScheduleId } from '../contract/watch.ts';
import { WatchNotScheduledError } from './errors.ts';
import { asOurs, type Place } from './temporal-failures.ts';

export interface WatchSchedulesOptions {
  taskQueue: string;
  /** By the clock of China; absent: the schedules are there, but paused. */
  hour?: number | undefined;
}

/** A schedule that was paused by a person stays paused: only this note is ours. */
const offNote = 'WXQ_WATCH_HOUR=off';

/** The walks of the two platforms begin half an hour apart. */
const minutes: Record<Platform, number> = { 'channels-shop': 0, 'mini-program': 30 };

/** Makes the schedules, or brings them up to the settings. Any number of processes may do so, also at once. */
export async function ensureWatchSchedules(client: Client, options: WatchSchedulesOptions): Promise<void> {
  await client.connection.withDeadline(Date.now() + answerTimeoutMs, () => ensure(client, options));
}

const answerTimeoutMs = 10_000;

async function ensure(client: Client, options: WatchSchedulesOptions): Promise<void> {
  for (const platform of watchedPlatforms) {
    const { state, ...wanted } = scheduleOf(platform, options);
    try {
      await client.schedule.create({ ...wanted, ...(state === undefined ? {} : { state }) });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const { scheduleId, ...rest } = wanted;
      await client.schedule.getHandle(scheduleId).update((previous) => {
        const { paused, note } = previous.state;
        const isOurs = !paused || note === offNote;
        return { ...rest, state: isOurs ? (state ?? { paused: false }) : { paused, ...(note ? { note } : {}) } };
      });
    }
  }
}

function scheduleOf(platform: Platform, { taskQueue, hour }: WatchSchedulesOptions) {
  const scheduleId = watchScheduleId(platform, taskQueue);
  return {
    scheduleId,
    spec: {
      calendars: [{ hour: hour ?? 4, minute: minutes[platform], comment: 'what is in force?' }],
      timezone: 'Asia/Shanghai',
      // Installations of one make must not all come at the full hour.
      jitter: '20m',
    },
    policies: {
      // A walk that is still going on goes on.
      overlap: ScheduleOverlapPolicy.SKIP,
      // What was missed while Temporal was down is read tomorrow.
      catchupWindow: '1h',
    },
    action: {
      type: 'startWorkflow',
      workflowType: watchWorkflowType,
      workflowId: scheduleId,
      taskQueue,
      args: [{ platform }],
      // One that hangs must not keep those of the following days away.
      workflowExecutionTimeout: '20h',
      staticSummary: `what is in force: ${platform}`,
    },
    ...(hour === undefined ? { state: { paused: true, note: offNote } } : {}),
  } satisfies ScheduleOptions;
}

/**
 * Starts a walk now, also where the schedule is paused. One that is under way goes on instead: answers its workflow id.
 * @throws WatchNotScheduledError, TemporalUnreachableError
 */
export async function watchNow(
  { temporal, taskQueue, ...place }: Place & { temporal: Client; taskQueue: string },
  platform: Platform,
): Promise<{ underWay?: string }> {
  const scheduleId = watchScheduleId(platform, taskQueue);
  try {
    return await temporal.connection.withDeadline(Date.now() + answerTimeoutMs, async () => {
      const schedule = temporal.schedule.getHandle(scheduleId);
      // A trigger does not say that it was skipped.
      const [running] = (await schedule.describe()).info.runningActions;
      if (running !== undefined) return { underWay: running.workflow.workflowId };
      await schedule.trigger(ScheduleOverlapPolicy.SKIP);
      return {};
    });
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) throw new WatchNotScheduledError(scheduleId, { cause: error });
    throw asOurs(error, place);
  }
}
