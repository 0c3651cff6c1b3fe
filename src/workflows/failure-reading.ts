/** What a failed activity means for the case: the failure's type and what it carries, or that no answer came. */
import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { type Baseline, type FailureDetails, type FailureType, failureTypes } from '../contract/failures.ts';
import type { Blocked, BlockedDuring } from '../contract/qualification.ts';
import type { Submission } from './steps.ts';

/** `no-answer`: the activity itself ran into a deadline. */
export interface ActivityProblem extends FailureDetails {
  type: FailureType | 'no-answer' | 'other';
}

/** Reads an activity's failure. A cancellation, or an error that is no activity failure (a bug), is thrown on. */
export function readProblem(error: unknown): ActivityProblem {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  if (cause instanceof ApplicationFailure) {
    const [details] = (cause.details ?? []) as [FailureDetails?];
    const type = Object.values(failureTypes).find((known) => known === cause.type) ?? 'other';
    return { ...details, type, reason: details?.reason ?? cause.message, advice: details?.advice ?? unexpectedAdvice };
  }
  const baseline = cause instanceof TimeoutFailure ? baselineOf(cause.lastHeartbeatDetails) : undefined;
  return {
    type: cause instanceof TimeoutFailure ? 'no-answer' : 'other',
    reason: 'unreachable: no answer from WeChat, or no worker, for too long',
    advice: 'Check the workers and the way to api.weixin.qq.com; the case goes on by itself, or press retry.',
    ...(baseline === undefined ? {} : { baseline }),
    ...(saidToTell(cause) ? { notify: true as const } : {}),
  };
}

const unexpectedAdvice =
  'This is unexpected. The case tries again slowly by itself; press retry once it is understood.';

/** A deadline that ended a row of tries: the last of them said it. */
function saidToTell(cause: Error | undefined): boolean {
  const last = cause instanceof TimeoutFailure ? cause.cause : undefined;
  const [details] = (last instanceof ApplicationFailure ? (last.details ?? []) : []) as [FailureDetails?];
  return details?.notify === true;
}

function baselineOf(heartbeat: unknown): Baseline | undefined {
  if (typeof heartbeat !== 'object' || heartbeat === null || !('baseline' in heartbeat)) return undefined;
  return heartbeat.baseline as Baseline;
}

/** How a problem looks in a blocked case's view. */
export const blockedBy = (during: BlockedDuring, problem: ActivityProblem): Blocked & { openAuditId?: string } => ({
  during,
  reason: problem.reason,
  advice: problem.advice,
  ...(problem.errcode === undefined ? {} : { errcode: problem.errcode }),
  ...(problem.openAuditId === undefined ? {} : { openAuditId: problem.openAuditId }),
  ...(problem.type === failureTypes.quotaSpent ? { onlyByRetry: true as const } : {}),
});

/** How a submission ended that failed as `problem` says, on either platform. */
export function submissionOutcome(problem: ActivityProblem): Submission {
  switch (problem.type) {
    case failureTypes.submitOutcomeUnknown:
    case 'no-answer':
    case 'other':
      return { outcome: 'unanswered', ...(problem.baseline === undefined ? {} : { baseline: problem.baseline }) };
    case failureTypes.alreadyLanded:
      return { outcome: 'landed_before', problem: blockedBy('submit', problem) };
    case failureTypes.uploadStale:
      return { outcome: 'stale_upload', reason: problem.reason };
    case failureTypes.materialRefused:
      return { outcome: 'refused', reason: problem.reason };
    case failureTypes.submitNotSent:
    case failureTypes.unavailable:
      return { outcome: 'not_sent', problem: blockedBy('submit', problem) };
    case failureTypes.waitsItsTurn:
      return { outcome: 'waits_its_turn', ahead: problem.ahead ?? 1 };
    default:
      return { outcome: 'blocked', problem: blockedBy('submit', problem) };
  }
}
