/** Every retry, back-off and deadline of the application, in one place: what Temporal does when a call does not come through. */
import { ActivityCancellationType, type ActivityOptions, type LocalActivityOptions } from '@temporalio/workflow';
import type { Pace } from '../contract/activities.ts';
import { failureTypes } from '../contract/failures.ts';

/** At most this many images of one case travel at once. */
export const maxUploadsAtOnce = 4;

/** A media id lives 3 days; older than this (workflow time) it is uploaded again before it is used. */
export const mediaGoesStaleAfterMs = 60 * 3_600_000;

/** How long a submission may take; afterwards its outcome is unknown. */
export const submitStartToCloseMs = 30_000;

/** "Not found" needs two reads at least this far apart, the first after the submission can no longer be under way. */
export const reconcileGapMs = 60_000;

/** Quick further tries of a submission that certainly never left, before the case is blocked. */
export const notSentPausesMs = [2_000, 10_000, 30_000, 60_000];

/** A blocked case asks a person after this time: stale papers are never sent silently. */
export const blockedLimitMs = 7 * 24 * 3_600_000;

/** A blocked reading that works again is believed no sooner: with two ways out, one of them closed, it would flutter. */
export const readingHealsAfterMs = 5 * 60_000;

/** A review counts as overdue after this time unless the input says otherwise. */
export const overdueAfterMs = { 'channels-shop': 3 * 24 * 3_600_000, 'mini-program': 7 * 24 * 3_600_000 } as const;

const onlyDataMends = [failureTypes.materialRefused, failureTypes.badInput];
const notByItself = [...onlyDataMends, failureTypes.needsPerson];

/** While blocked the server retries at no events: 5 min to 1 h, on everything that a person or time can mend. */
const slowRetry = {
  initialInterval: '5m',
  backoffCoefficient: 2,
  maximumInterval: '1h',
  nonRetryableErrorTypes: onlyDataMends,
} as const;

const quickRetry = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '1m',
  nonRetryableErrorTypes: notByItself,
} as const;

/** A call that changes nothing at WeChat. After half an hour without success the case shows that it is blocked. */
export const reading = (pace: Pace, summary: string): ActivityOptions => ({
  summary,
  startToCloseTimeout: '30s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  ...(pace === 'fast' ? { scheduleToCloseTimeout: '30m', retry: quickRetry } : { retry: slowRetry }),
});

/** A read within the workflow task: one try, and so short that a slow WeChat cannot use up the slots of workflow tasks. */
export const glancing = (summary: string): LocalActivityOptions => ({
  summary,
  startToCloseTimeout: '1500ms',
  scheduleToCloseTimeout: '2s',
  retry: { maximumAttempts: 1 },
});

/** A look at the rules that a case does not wait for long: they only say sooner what WeChat would say as well. */
export const checkingRules = (summary: string): ActivityOptions => ({
  ...reading('fast', summary),
  scheduleToCloseTimeout: '2m',
});

/** A check that somebody waits for. Repeating it is harmless; a third time nobody would wait for. */
export const checking: ActivityOptions = {
  summary: 'what do the rules say?',
  startToCloseTimeout: '60s',
  scheduleToCloseTimeout: '85s',
  heartbeatTimeout: '10s',
  retry: { maximumAttempts: 2, nonRetryableErrorTypes: onlyDataMends },
};

/** One image: fetched, pinned, shrunk, sent. Repeating it is harmless. */
export const uploading = (pace: Pace, summary: string): ActivityOptions => ({
  ...reading(pace, summary),
  startToCloseTimeout: '60s',
  heartbeatTimeout: '10s',
});

/**
 * The one write. One try, then reconcile (rule L4). Cancelling it waits for its answer: an audit id must not be thrown away.
 * While the case is blocked the server tries again, but never after an outcome that is not known.
 */
export const submitting = (pace: Pace, summary: string): ActivityOptions => ({
  summary,
  startToCloseTimeout: submitStartToCloseMs,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry:
    pace === 'fast'
      ? { maximumAttempts: 1 }
      : {
          ...slowRetry,
          nonRetryableErrorTypes: [
            ...onlyDataMends,
            'TemporalTimeout:StartToClose',
            'WorkerShutdown',
            failureTypes.submitOutcomeUnknown,
            failureTypes.uploadStale,
            failureTypes.categoryMoved,
            failureTypes.quotaSpent,
          ],
        },
});

/** Waits for the turn among the submissions of an account: the activity says when it asks again; no history event meanwhile. */
export const awaitingTurn: ActivityOptions = {
  summary: 'its turn among the submissions of this account',
  startToCloseTimeout: '15s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '1s', maximumInterval: '30s', nonRetryableErrorTypes: [failureTypes.submitNotSent] },
};

/**
 * Waits for the verdict: one activity that reads at once and then ever more rarely, without a history event. `slow`:
 * while reading is blocked, until one read comes through, with a verdict or without.
 */
export const awaitingVerdict = (pace: Pace, overdueInMs: number, summary: string): ActivityOptions => ({
  summary,
  startToCloseTimeout: '15s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  ...(pace === 'fast'
    ? {
        scheduleToCloseTimeout: overdueInMs,
        retry: {
          initialInterval: '20s',
          backoffCoefficient: 2,
          maximumInterval: '6h',
          nonRetryableErrorTypes: notByItself,
        },
      }
    : { retry: { ...slowRetry, nonRetryableErrorTypes: [...onlyDataMends, failureTypes.stillInReview] } }),
});

/** Looks once a day whether somebody has mended it by hand; nothing that goes wrong here matters to the case. */
export const watchingPermission = (summary: string): ActivityOptions => ({
  summary,
  startToCloseTimeout: '15s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '1 day', backoffCoefficient: 1 },
});

/** Whom to tell stands in the worker's own settings: no call leaves the machine. */
export const askingWhomToTell: LocalActivityOptions = {
  summary: 'who is told?',
  startToCloseTimeout: '5s',
};

/** A store nearby; where it does not answer, the step that follows says what is so. */
export const liftingHold: LocalActivityOptions = {
  summary: 'a person asked: the account is held back no longer',
  startToCloseTimeout: '4s',
  scheduleToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
};

/** A receiver may be down for a week. What it answered decides when it is asked again: see `notify/delivery.ts`. */
export const notifying = (summary: string): ActivityOptions => ({
  summary,
  startToCloseTimeout: '20s',
  scheduleToCloseTimeout: '7 days',
  retry: {
    initialInterval: '5s',
    backoffCoefficient: 3,
    maximumInterval: '6h',
    nonRetryableErrorTypes: [failureTypes.receiverGone],
  },
});

/**
 * A page of the daily walk. A worker that dies is found out within a minute, and another one goes on where it was; a
 * store that is away ends the walk only after hours, and then the next day's begins anew.
 */
export const watching = (summary: string): ActivityOptions => ({
  summary,
  startToCloseTimeout: '2h',
  scheduleToCloseTimeout: '6h',
  heartbeatTimeout: '1m',
  retry: { initialInterval: '10s', backoffCoefficient: 2, maximumInterval: '10m', nonRetryableErrorTypes: notByItself },
});
