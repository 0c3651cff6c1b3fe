/** The three waits of a case: for the verdict, for corrected material, for the account to be mended. None costs history events. */
import { condition, isCancellation, patched, proxyLocalActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Pace } from '../contract/activities.ts';
import { failureTypes } from '../contract/failures.ts';
import { papersOf, validityEnd } from '../contract/material-path.ts';
import type { CaseInput } from '../contract/qualification.ts';
import type { CaseRun } from './case-run.ts';
import { currentAuditId, isBlockedDuring, isFollowedOnly, isForeignAudit } from './case-state.ts';
import { blockedBy, readProblem } from './failure-reading.ts';
import { durationMs } from './guards.ts';
import { blockedLimitMs, liftingHold, overdueAfterMs, readingHealsAfterMs } from './policies.ts';
import { passPreflight, passUploads, questionAfterWaiting } from './prepare.ts';
import type { Preflight } from './steps.ts';
import { noteQuotaAfter, submitOnce } from './submit.ts';

/** Until WeChat has decided: the push or the read, whichever is first. */
export async function awaitVerdict<Input extends CaseInput>(run: CaseRun<Input>): Promise<void> {
  if (run.state.pending === 'withdraw' && !run.memory.cancellationSent) return askToCancel(run);
  run.hinted = false;
  if (!run.state.pending) delete run.memory.blockedSinceMs;
  await run.unless(
    () =>
      run.state.status !== 'in_review' ||
      run.hinted ||
      (run.state.pending === 'withdraw' && !run.memory.cancellationSent),
    () => readVerdict(run, 'fast'),
  );
}

async function readVerdict<Input extends CaseInput>(run: CaseRun<Input>, pace: Pace): Promise<void> {
  const { memory, state, steps } = run;
  try {
    const found = await steps.awaitVerdict(memory.input, currentAuditId(state), overdueInMs(run), pace);
    noteQuotaAfter(run, found);
    if (found.verdict === undefined) return;
    const { verdict, reason, precheck } = found;
    run.dispatch({
      type: 'decided',
      verdict,
      foundBy: 'read',
      ...(reason === undefined ? {} : { reason }),
      ...(precheck === undefined ? {} : { precheck }),
    });
  } catch (error) {
    const problem = readProblem(error);
    // A report or a person was faster, in the same moment.
    if (run.state.status !== state.status) return;
    if (pace === 'slow' && problem.type === failureTypes.stillInReview) return healReading(run);
    // The deadline of the reading is the overdue limit: the case is flagged and read on.
    if (
      problem.type === 'no-answer' ||
      problem.type === failureTypes.stillInReview ||
      problem.type === failureTypes.unavailable ||
      problem.type === failureTypes.rateLimited
    )
      run.dispatch({ type: 'becameOverdue' });
    else if (problem.type === failureTypes.materialRefused) run.dispatch({ type: 'refused', reason: problem.reason });
    else run.dispatch({ type: 'blocked', blocked: blockedBy('read', problem) });
  }
}

/** Nothing is decided, but WeChat can be read again. */
async function healReading<Input extends CaseInput>(run: CaseRun<Input>): Promise<void> {
  const waitMs = Date.parse(run.state.since) + readingHealsAfterMs - Date.now();
  if (waitMs > 0) await sleep(waitMs, { summary: 'reading works again; will it stay so?' });
  run.dispatch({ type: 'unblocked' });
}

/** What is left until the review counts as overdue. Once it does, a short limit would only cost events. */
function overdueInMs<Input extends CaseInput>({ memory, state, steps }: CaseRun<Input>): number {
  const limitMs = durationMs(memory.input.deadlines?.overdue) ?? overdueAfterMs[steps.platform];
  const leftMs = Date.parse(state.since) + limitMs - Date.now();
  if (state.overdue) return Math.max(limitMs, overdueAfterMs[steps.platform]);
  return leftMs <= 0 ? limitMs : leftMs;
}

/** WeChat is asked, then read: if the approval was faster, the case is approved. */
async function askToCancel<Input extends CaseInput>(run: CaseRun<Input>, pace: Pace = 'fast'): Promise<void> {
  const { memory, state, steps } = run;
  const auditId = currentAuditId(state);
  if (steps.cancelAudit === undefined || auditId === undefined) return run.dispatch({ type: 'pendingDone' });
  try {
    if (await nothingToCancel(run, auditId, pace)) {
      // Decided, or cancelled by our own first try: the next read says which. An id that a person gave may never have
      // been one; then no read would ever end.
      if (isFollowedOnly(state) && !(await isShown(run, auditId, pace))) return run.dispatch({ type: 'withdrawn' });
    }
  } catch (error) {
    return run.dispatch({ type: 'blocked', blocked: blockedBy('read', readProblem(error)) });
  }
  memory.cancellationSent = true;
}

/** Asks WeChat to cancel an audit. `true`: WeChat says that there is nothing to cancel ("illegal audit id"). */
async function nothingToCancel<Input extends CaseInput>(
  { memory, steps }: CaseRun<Input>,
  auditId: string,
  pace: Pace,
): Promise<boolean> {
  try {
    await steps.cancelAudit?.(memory.input, auditId, pace);
    return false;
  } catch (error) {
    if (readProblem(error).type === failureTypes.materialRefused) return true;
    throw error;
  }
}

/** Whether WeChat lists an audit of this category under this id; believed where WeChat refuses the question. */
async function isShown<Input extends CaseInput>(run: CaseRun<Input>, auditId: string, pace: Pace): Promise<boolean> {
  const shown = await lookAgain(run, pace);
  return shown === undefined || !('auditIds' in shown.baseline) || shown.baseline.auditIds.includes(auditId);
}

async function lookAgain<Input extends CaseInput>(
  { memory, steps }: CaseRun<Input>,
  pace: Pace,
): Promise<Preflight | undefined> {
  try {
    return await steps.preflight(memory.input, { pace });
  } catch (error) {
    if (readProblem(error).type === failureTypes.materialRefused) return undefined;
    throw error;
  }
}

/** When the time for a correction ends, if the input sets one. */
export function correctionDueAtMs<Input extends CaseInput>({ memory, state }: CaseRun<Input>): number | undefined {
  const limitMs = durationMs(memory.input.deadlines?.correction);
  return limitMs === undefined ? undefined : Date.parse(state.since) + limitMs;
}

/** Until a person corrects the material, mends it in the back office, or the time for it is over. */
export async function awaitMaterial<Input extends CaseInput>(run: CaseRun<Input>): Promise<void> {
  run.hinted = false;
  await run.unless(
    () => run.state.status !== 'needs_material' || run.hinted,
    async () => {
      const dueAtMs = correctionDueAtMs(run);
      const deadline =
        dueAtMs === undefined ? [] : [sleep(Math.max(1, dueAtMs - Date.now()), { summary: 'time for a correction' })];
      if (dueAtMs !== undefined) remindInTime(run, dueAtMs).catch(ignoreCancellation);
      const mended = watchPermission(run);
      await Promise.race([mended, ...deadline]);
      if (run.open) run.dispatch({ type: 'correctionDeadlinePassed' });
    },
  );
}

/** A timer only where somebody is told (rule L11), and only for a reminder that was not sent yet. */
async function remindInTime<Input extends CaseInput>(run: CaseRun<Input>, dueAtMs: number): Promise<void> {
  const { memory, state } = run;
  const beforeMs = durationMs(memory.input.deadlines?.reminder);
  if (beforeMs === undefined || memory.telling?.someone !== true) return;
  if (memory.telling.told.remindedFor === state.attempt) return;
  await sleep(Math.max(1, dueAtMs - beforeMs - Date.now()), { summary: 'a reminder' });
  run.telling.remind(run.state, memory);
}

/** Resolves when the category is in force, whoever did it. */
async function watchPermission<Input extends CaseInput>(run: CaseRun<Input>): Promise<void> {
  const { memory, steps } = run;
  // A renewal that does not know the old grant yet would take it for the new one.
  if (memory.input.intent === 'renew' && memory.preflight === undefined) return condition(() => false);
  try {
    await steps.awaitPermission(memory.input, memory.preflight?.mark);
  } catch (error) {
    if (isCancellation(error)) throw error;
    // Watching is a courtesy: without it the case still waits for its person.
    await condition(() => false);
  }
  run.dispatch({ type: 'foundInForce', atStart: false });
}

/** Until the blocked step goes through, a person acts, it is in force anyway, or it has lasted too long. */
export async function awaitUnblocking<Input extends CaseInput>(run: CaseRun<Input>): Promise<void> {
  const { memory, state } = run;
  const wishBefore = state.pending;
  if (wishBefore === 'withdraw' && !isBlockedDuring(state, 'read') && memory.unanswered === undefined)
    return giveUpWhileBlocked(run);
  run.hinted = false;
  memory.blockedSinceMs ??= Date.now();
  let tooLong = false;
  await run.unless(
    () => run.state.status !== 'blocked' || run.hinted || tooLong || run.state.pending !== wishBefore,
    async () => {
      const limitMs = blockedLimitLeftMs(run);
      if (limitMs !== undefined)
        sleep(limitMs, { summary: 'blocked: how long until a person is asked' }).then(() => {
          tooLong = true;
        }, ignoreCancellation);
      watchPermission(run).catch(ignoreCancellation);
      await tryAgainSlowly(run);
    },
  );
  // Without this patch: cases whose retry is from before 0.2.0, and changed nothing about a hold. To be removed with 0.3.0.
  if (run.state.pending === 'retry' && patched('retry-lifts-hold')) await liftHold(run);
  if (run.state.pending === 'retry' || run.state.pending === 'adopt') run.dispatch({ type: 'pendingDone' });
  if (run.state.status !== 'blocked') return;
  if (run.state.pending === 'withdraw' && wishBefore !== 'withdraw') return giveUpWhileBlocked(run);
  if (!tooLong) return;
  delete memory.blockedSinceMs;
  run.dispatch({ type: 'refused', reason: questionAfterWaiting(run) });
}

/** After "too often" the account's calls wait without asking WeChat; whoever presses retry wants it asked. */
async function liftHold<Input extends CaseInput>({ memory }: CaseRun<Input>): Promise<void> {
  const { appId, via } = memory.input;
  try {
    const { liftCallHold } = proxyLocalActivities<Activities>(liftingHold);
    await liftCallHold({ account: { appId, ...(via === undefined ? {} : { via }) } });
  } catch (error) {
    // The step that was blocked says for itself whether it is still held back.
    if (isCancellation(error)) throw error;
  }
}

function ignoreCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}

/** The step that was blocked, at the slow pace: the server waits between two tries. */
async function tryAgainSlowly<Input extends CaseInput>(run: CaseRun<Input>): Promise<void> {
  // Not by itself, also not when a new month brings new quota: only watched, until it is in force or a person acts.
  if (run.state.blocked?.onlyByRetry) return condition(() => false);
  if (isBlockedDuring(run.state, 'material')) await awaitAnswer(run);
  else if (isBlockedDuring(run.state, 'preflight', 'upload')) {
    const wasPreflight = isBlockedDuring(run.state, 'preflight');
    if (!(await passPreflight(run, 'slow'))) return;
    // An upload that is blocked in its turn must not stand under the reason of the first look, which is mended.
    // Without this patch: cases from before 0.1.0 that were blocked during preflight. To be removed with 0.2.0.
    if (wasPreflight && patched('preflight-passed-unblocks')) run.dispatch({ type: 'unblocked' });
    else await passUploads(run, 'slow');
  } else if (isBlockedDuring(run.state, 'submit')) await submitOnce(run, 'slow');
  else if (run.state.pending === 'withdraw') {
    await askToCancel(run, 'slow');
    run.dispatch({ type: 'unblocked' });
  } else await readVerdict(run, 'slow');
}

/** Nothing is to be done at WeChat; but once it answers again for this account, the case can wait for its person again. */
async function awaitAnswer<Input extends CaseInput>(run: CaseRun<Input>): Promise<void> {
  try {
    await lookAgain(run, 'slow');
  } catch (error) {
    return run.dispatch({ type: 'blocked', blocked: blockedBy('material', readProblem(error)) });
  }
  run.dispatch({ type: 'unblocked' });
}

/** Stale papers are never sent silently: after a week, or when a paper's validity ends, a person is asked. */
function blockedLimitLeftMs<Input extends CaseInput>({ memory, state }: CaseRun<Input>): number | undefined {
  // In review, and while a correction is waited for, nothing is going to be sent. A lost submission is read first, too,
  // however long that takes (see submit.ts): it may be there.
  // Where nothing is sent without a retry, the person who presses it is asked already.
  const isUpToRetry = isBlockedDuring(state, 'submit') && state.blocked?.onlyByRetry === true;
  if (isBlockedDuring(state, 'read', 'material') || memory.unanswered !== undefined || isUpToRetry) return undefined;
  const ends = papersOf(memory.input as never).flatMap(({ paper }) => validityEnd(paper.validUntil ?? '') ?? []);
  const coming = ends.filter((end) => end > Date.now());
  return Math.max(1, Math.min((memory.blockedSinceMs ?? Date.now()) + blockedLimitMs, ...coming) - Date.now());
}

/** Nothing of ours is open at WeChat, unless an answer was lost; an audit of somebody else is cancelled only if asked for. */
async function giveUpWhileBlocked<Input extends CaseInput>(run: CaseRun<Input>): Promise<void> {
  const { memory, state, steps } = run;
  if (memory.unanswered !== undefined || isBlockedDuring(state, 'read')) return run.dispatch({ type: 'unblocked' });
  const foreignAuditId = state.cancelForeignAudit ? state.blocked?.openAuditId : undefined;
  if (foreignAuditId !== undefined && steps.cancelAudit !== undefined) {
    // The wish stays: what was to be withdrawn is not submitted after all. Asked for a second time it is asked slowly.
    const pace = isForeignAudit(state) ? 'fast' : 'slow';
    try {
      const isDecided = await nothingToCancel(run, foreignAuditId, pace);
      if (isDecided && (await lookAgain(run, pace))?.standing === 'in_force')
        return run.dispatch({ type: 'foundInForce', atStart: false });
    } catch (error) {
      const blocked = { ...blockedBy('submit', readProblem(error)), openAuditId: foreignAuditId };
      return run.dispatch({ type: 'blocked', blocked });
    }
  }
  run.dispatch({ type: 'withdrawn' });
}
