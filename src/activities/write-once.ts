/** Rule L4: one write, after one read, never from a worker that was frozen, and never called failed when its answer is lost. */
import { activityInfo, heartbeat } from '@temporalio/activity';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type { Pace, TurnRequest } from '../contract/activities.ts';
import { type Baseline, failureTypes } from '../contract/failures.ts';
import type { SubmissionTurns } from '../store/turns.ts';
import { quotaCodes } from '../wechat/errcodes.ts';
import { WeChatError } from '../wechat/errors.ts';
import { castFailure, detailsOf, failure, refusal, refuseToWriteWhenObserving } from './failure.ts';
import { takeTurn } from './turn.ts';

/** Time for the read before the write. */
export const lookTimeoutMs = 4_000;
/** Time for the write. */
export const sendTimeoutMs = 10_000;
/** A worker that was stopped for longer than this must not send: the workflow may have given the submission up. */
export const freshForMs = 8_000;

export interface Write<Seen extends Baseline, Answer> {
  mode: 'normal' | 'observe';
  turns: SubmissionTurns;
  request: TurnRequest & { pace: Pace };
  /** What was seen before a submission whose answer is lost; it stays the baseline of everything after it. */
  before?: Seen;
  /** Reads what WeChat shows now. */
  look: () => Promise<Seen>;
  /** Throws when what was seen makes the write pointless. */
  check?: (seen: Seen) => void;
  /** The write itself. */
  send: () => Promise<Answer>;
  /** The path of the write: another path in an error means that the write was never sent. */
  endpoint: string;
  /** After "it landed already": which open audit that is. */
  openAudit?: () => Promise<string | undefined>;
}

/** @returns the answer, and what WeChat showed before it. */
export async function writeOnce<Seen extends Baseline, Answer>(
  write: Write<Seen, Answer>,
): Promise<{ answer: Answer; baseline: Seen }> {
  const entered = performance.now();
  const { attempt } = activityInfo();
  if (write.request.pace === 'slow' && attempt === 1) throw notSent('waits before it is tried again');
  refuseToWriteWhenObserving(write.mode);
  const giveBack = await takeTurn(write.turns, write.request);
  try {
    const result = await lookAndSend(write, entered);
    await giveBack();
    return result;
  } catch (error) {
    // Where it is not known how it ended it may still be under way: the next one goes when this turn has run out.
    if (!(error instanceof ApplicationFailure && error.type === failureTypes.submitOutcomeUnknown)) await giveBack();
    throw error;
  }
}

async function lookAndSend<Seen extends Baseline, Answer>(
  write: Write<Seen, Answer>,
  entered: number,
): Promise<{ answer: Answer; baseline: Seen }> {
  let baseline: Seen;
  try {
    const seen = await write.look();
    // Tries that the server repeats all ended in a certain refusal, so what is seen now is what was there before.
    baseline = write.before ?? seen;
    // The details outlive a kill of this worker: they say later which audit is ours.
    heartbeat({ baseline });
    write.check?.(seen);
  } catch (error) {
    throw beforeSending(error);
  }
  const sinceEntered = Math.round(performance.now() - entered);
  if (sinceEntered > freshForMs) throw notSent(`the worker stood still for ${sinceEntered} ms`, baseline);
  try {
    return { answer: await write.send(), baseline };
  } catch (error) {
    throw await afterSending(error, write, baseline);
  }
}

const notSent = (why: string, baseline?: Baseline) =>
  failure(failureTypes.submitNotSent, {
    reason: `not sent: ${why}`,
    advice: 'Nothing to do: it is tried again.',
    ...(baseline === undefined ? {} : { baseline }),
  });

/** A failed read before the write: nothing was sent, whatever it was. */
function beforeSending(error: unknown): unknown {
  if (error instanceof TemporalFailure) return error;
  if (error instanceof WeChatError && (error.kind === 'unanswered' || error.kind === 'retry-now'))
    return failure(failureTypes.submitNotSent, detailsOf(error));
  if (error instanceof WeChatError) return refusal(error);
  return notSent(castFailure(error) instanceof Error ? (error as Error).name : 'unexpected error');
}

async function afterSending<Seen extends Baseline, Answer>(
  error: unknown,
  write: Write<Seen, Answer>,
  baseline: Seen,
): Promise<unknown> {
  if (!(error instanceof WeChatError))
    return failure(failureTypes.submitOutcomeUnknown, {
      reason: 'the submission was sent and something unexpected happened to its answer',
      advice: 'Nothing to do: WeChat is read before anything is sent again.',
      baseline,
    });
  // A token could not be had: the submission itself never left.
  if (error.endpoint !== write.endpoint) return beforeSending(error);
  switch (error.delivery) {
    case 'not-sent':
      // Not reached, or the data cannot be written as WeChat wants it: only the first is worth another try.
      return refusal(error, detailsOf(error, { baseline }));
    case 'unknown':
      return failure(failureTypes.submitOutcomeUnknown, detailsOf(error, { baseline }));
    case 'answered': {
      const openAuditId =
        error.kind === 'already-landed' ? await write.openAudit?.().catch(() => undefined) : undefined;
      const details = detailsOf(error, { baseline, ...(openAuditId === undefined ? {} : { openAuditId }) });
      // What mends these is a new month, or room that somebody makes: neither is an order to spend quota.
      if (quotaCodes.has(error.errcode ?? '')) return failure(failureTypes.quotaSpent, details);
      return refusal(error, details);
    }
  }
}
