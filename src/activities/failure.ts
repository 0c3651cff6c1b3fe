/** WeChat's errors and ours -> the failures that the workflow and the retry policies know, made once at this boundary. */
import { createHash } from 'node:crypto';
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, TemporalFailure } from '@temporalio/common';
import { type Baseline, type FailureDetails, type FailureType, failureTypes } from '../contract/failures.ts';
import { ImageRefused } from '../images/inspect.ts';
import { ImageSourceError, type ImageSourceErrorKind } from '../images/source-error.ts';
import { ObjectStorageError } from '../object-storage/errors.ts';
import { WeChatError } from '../wechat/errors.ts';

/** A failure with everything that a person needs. Whether it is retried is the policy's decision (src/workflows/policies.ts). */
export function failure(type: FailureType, details: FailureDetails, nextRetryDelayMs?: number): ApplicationFailure {
  return ApplicationFailure.create({
    message: details.reason,
    type,
    details: [details],
    // Whatever the policy says that the server was given: an older one would send again.
    nonRetryable: type === failureTypes.quotaSpent,
    ...(isExpected(type) ? { category: ApplicationFailureCategory.BENIGN } : {}),
    ...(nextRetryDelayMs === undefined ? {} : { nextRetryDelay: nextRetryDelayMs }),
  });
}

/** Waiting is no incident: no alert, no failure metric. */
const isExpected = (type: FailureType): boolean =>
  type === failureTypes.stillInReview ||
  type === failureTypes.notInForce ||
  type === failureTypes.submitNotSent ||
  type === failureTypes.waitsItsTurn;

/** What is wrong with a source that other material doesn't mend. */
const sourceFailures: Partial<Record<ImageSourceErrorKind, FailureType>> = {
  unavailable: failureTypes.unavailable,
  'not-allowed': failureTypes.needsPerson,
};

/** What a failed read or upload means. Anything unknown is passed on as it is: Temporal tries it again. */
export function castFailure(error: unknown): unknown {
  if (error instanceof TemporalFailure) return error;
  if (error instanceof WeChatError) return failureOf(error);
  if (error instanceof ImageRefused)
    return failure(failureTypes.materialRefused, { reason: error.message, advice: error.advice });
  if (error instanceof ImageSourceError)
    return failure(sourceFailures[error.kind] ?? failureTypes.materialRefused, {
      reason: error.message,
      advice: error.advice,
    });
  if (error instanceof ObjectStorageError)
    return failure(error.kind === 'unavailable' ? failureTypes.unavailable : failureTypes.needsPerson, {
      reason: error.message,
      advice: error.advice,
    });
  return error;
}

/** The failure that a refused or unanswered call means, where repeating the call is harmless. */
function failureOf(error: WeChatError): ApplicationFailure {
  const details = detailsOf(error);
  switch (error.kind) {
    case 'retry-now':
    case 'unanswered':
      return failure(failureTypes.unavailable, details);
    case 'unknown-code':
      return failure(isSecondTime() ? failureTypes.needsPerson : failureTypes.unknownAnswer, details);
    default:
      return refusal(error, details);
  }
}

/** The failure that a definite refusal means: WeChat answered, and nothing was done. */
export function refusal(error: WeChatError, details: FailureDetails = detailsOf(error)): ApplicationFailure {
  switch (error.kind) {
    case 'retry-now':
    case 'unanswered':
      return failure(failureTypes.submitNotSent, details);
    case 'retry-slowly':
      return failure(
        failureTypes.rateLimited,
        details,
        (error.retryAfterMs ?? waitMs(error.errcode)) + spreadMs(error.errcode),
      );
    case 'mend-data':
      return failure(failureTypes.materialRefused, details);
    case 'upload-again':
      return failure(failureTypes.uploadStale, details);
    case 'already-landed':
      return failure(failureTypes.alreadyLanded, details);
    case 'needs-person':
    case 'refresh-token':
    case 'bug':
    case 'unknown-code':
      return failure(failureTypes.needsPerson, details);
  }
}

/** WeChat's minute limit passes in a minute, its daily quota in hours. */
const waitMs = (errcode: string | undefined): number => (errcode === '45011' ? 60_000 : 3_600_000);

/** Cases that wait for the same moment must not all ask in it, or the first minute's limit refuses most of them again. */
function spreadMs(errcode: string | undefined): number {
  const digest = createHash('sha256')
    .update(activityInfo().workflowExecution?.workflowId ?? '')
    .digest();
  return Math.floor((digest.readUInt32BE() / 2 ** 32) * (errcode === '45009' ? 600_000 : 20_000));
}

/** One more try for a code that nobody knows. Later in a row of tries the slow ones of a blocked case are that one more. */
const isSecondTime = (): boolean => activityInfo().attempt > 1;

export function detailsOf(
  error: WeChatError,
  more: { baseline?: Baseline; openAuditId?: string } = {},
): FailureDetails {
  const { errcode, errmsg, rid, endpoint, advice, reason } = error;
  return {
    reason,
    advice: `${advice.en} (${advice.zh})`,
    endpoint,
    ...(errcode === undefined ? {} : { errcode }),
    ...(errmsg === undefined ? {} : { errmsg }),
    ...(rid === undefined ? {} : { rid }),
    ...more,
  };
}

/** In `observe` nothing is written; the case shows that it would. */
export function refuseToWriteWhenObserving(mode: 'normal' | 'observe'): void {
  if (mode === 'observe')
    throw failure(failureTypes.needsPerson, {
      reason: 'observe: this installation only reads (WXQ_MODE=observe)',
      advice: 'Take WXQ_MODE away and start the workers again; the case then goes on by itself.',
    });
}
