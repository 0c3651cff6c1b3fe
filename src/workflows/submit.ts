/** The one write, and what is done when its answer is lost: read first, send again only when nothing is there. */
import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import type { Pace } from '../contract/activities.ts';
import type { Baseline } from '../contract/failures.ts';
import type { Blocked, CaseInput } from '../contract/qualification.ts';
import { type CaseRun, identityOf } from './case-run.ts';
import { blockedBy, readProblem } from './failure-reading.ts';
import { blockedLimitMs, notSentPausesMs, reconcileGapMs, submitStartToCloseMs } from './policies.ts';
import { digestOf, everythingIsUploaded, outdatedPaper, questionAfterWaiting } from './prepare.ts';
import type { Finding, Submission } from './steps.ts';

/** After so many submissions that vanished without a trace a person should look. */
const maxVanished = 3;

/** Brings a case from `submitting` to `in_review`, or to where the answer says. Quick further tries only if nothing left us. */
export async function submit<Input extends CaseInput>(run: CaseRun<Input>): Promise<void> {
  let lastProblem: Blocked | undefined;
  for (const pauseMs of [0, ...notSentPausesMs]) {
    if (pauseMs > 0) await condition(() => run.state.pending === 'withdraw', pauseMs);
    if (run.state.pending === 'withdraw' && run.memory.unanswered === undefined)
      return run.dispatch({ type: 'withdrawn' });
    const outcome = await submitOnce(run, 'fast');
    if (outcome?.outcome !== 'not_sent') return;
    lastProblem = outcome.problem;
  }
  if (lastProblem !== undefined) run.dispatch({ type: 'blocked', blocked: lastProblem });
}

/** One submission with everything that belongs to it. What is returned is left to the caller: it certainly was not sent. */
export async function submitOnce<Input extends CaseInput>(
  run: CaseRun<Input>,
  pace: Pace,
): Promise<Extract<Submission, { outcome: 'not_sent' }> | undefined> {
  const { memory } = run;
  if (memory.unanswered !== undefined && (await reconcile(run, pace))) return undefined;
  return sendOnce(run, pace);
}

async function sendOnce<Input extends CaseInput>(
  run: CaseRun<Input>,
  pace: Pace,
): Promise<Extract<Submission, { outcome: 'not_sent' }> | undefined> {
  const { memory } = run;
  if (run.state.pending === 'withdraw') {
    run.dispatch({ type: 'withdrawn' });
    return undefined;
  }
  // Looking for a lost submission has no time limit, sending it again has: stale papers are never sent silently.
  if (memory.blockedSinceMs !== undefined && Date.now() - memory.blockedSinceMs >= blockedLimitMs) {
    delete memory.blockedSinceMs;
    run.dispatch({ type: 'refused', reason: questionAfterWaiting(run) });
    return undefined;
  }
  if (!everythingIsUploaded(run) || outdatedPaper(run) !== undefined) {
    run.dispatch({ type: 'uploadsWentStale' });
    return undefined;
  }
  const sentAtMs = Date.now();
  remember(run);
  const { status } = run.state;
  const outcome = await send(run, pace);
  const { spending } = outcome;
  if (spending !== undefined) run.dispatch({ type: 'quotaSeen', operation: spending.operation, before: spending });
  // Adopted or asked for anew while this try was under way: that it was turned down is no news any more.
  if (run.state.status !== status && !mayHaveArrived(outcome)) return undefined;
  switch (outcome.outcome) {
    case 'not_sent':
      return outcome;
    case 'waits_its_turn': {
      const problem = await turnOf(run, outcome.ahead);
      // What was true before a long wait is looked at again: the wish to withdraw, papers, uploads.
      return problem === undefined ? sendOnce(run, pace) : { outcome: 'not_sent', problem };
    }
    case 'submitted':
      arrived(run, outcome, sentAtMs);
      break;
    case 'in_force':
      run.dispatch({ type: 'foundInForce', atStart: false });
      break;
    case 'unanswered':
      memory.unanswered = {
        sentAtMs,
        baseline: memory.unanswered?.baseline ?? outcome.baseline ?? knownBefore(run),
        ruledOut: memory.unanswered?.ruledOut ?? 0,
      };
      if (run.state.status === 'blocked') run.dispatch({ type: 'unblocked' });
      break;
    case 'landed_before':
      // After a lost answer this says that the lost one arrived; otherwise somebody else was faster.
      if (memory.unanswered === undefined) run.dispatch({ type: 'blocked', blocked: foreign(run, outcome.problem) });
      else if (!(await findLanded(run, pace)))
        run.dispatch({ type: 'blocked', blocked: foreign(run, outcome.problem) });
      break;
    case 'stale_upload':
      uploadAgainOnce(run, outcome.reason);
      break;
    case 'refused':
      run.dispatch({ type: 'refused', reason: outcome.reason });
      break;
    case 'blocked':
      run.dispatch({ type: 'blocked', blocked: outcome.problem });
      break;
  }
  return undefined;
}

/** Until it is this case's turn, or somebody withdraws it. What is returned: that nobody can say whose turn it is. */
async function turnOf<Input extends CaseInput>(run: CaseRun<Input>, ahead: number): Promise<Blocked | undefined> {
  run.dispatch({ type: 'turnAwaited', ahead });
  let problem: Blocked | undefined;
  await run.unless(
    () => run.state.pending === 'withdraw',
    async () => {
      try {
        await run.steps.awaitTurn(run.memory.input);
      } catch (error) {
        problem = blockedBy('submit', readProblem(error));
      }
    },
  );
  run.dispatch({ type: 'turnCame' });
  return problem;
}

/** What the first read after a write showed of the quota. */
export function noteQuotaAfter<Input extends CaseInput>(run: CaseRun<Input>, { quotaAfter }: Finding): void {
  if (quotaAfter !== undefined) run.dispatch({ type: 'quotaMeasured', ...quotaAfter });
}

const mayHaveArrived = ({ outcome }: Submission): boolean =>
  outcome === 'submitted' || outcome === 'unanswered' || outcome === 'in_force';

/** A submission under way is never cut off: its answer is the only place where the audit id stands. */
function send<Input extends CaseInput>(run: CaseRun<Input>, pace: Pace): Promise<Submission> {
  const { memory, state, steps } = run;
  const { preflight } = memory;
  if (preflight === undefined) throw new TypeError('nothing is submitted before the first look at WeChat');
  const go = () =>
    steps.submit(memory.input, {
      refOf: (path) => uploadOf(run, path).ref,
      preflight,
      number: state.attempt,
      attempts: state.attempts,
      ...(memory.unanswered === undefined ? {} : { baseline: memory.unanswered.baseline }),
      pace,
      askedAtMs: memory.askedAtMs ?? Date.now(),
    });
  // While blocked the server waits between two tries; that waiting may be cut off, a try may not (see policies.ts).
  return pace === 'fast' ? CancellationScope.nonCancellable(go) : go();
}

function arrived<Input extends CaseInput>(run: CaseRun<Input>, found: Finding, sentAtMs: number): void {
  delete run.memory.unanswered;
  noteQuotaAfter(run, found);
  const { auditId, verdict, reason, precheck } = found;
  const submittedAt = new Date(sentAtMs).toISOString();
  run.dispatch({ type: 'submitted', submittedAt, ...(auditId === undefined ? {} : { auditId }) });
  if (verdict !== undefined)
    run.dispatch({
      type: 'decided',
      verdict,
      foundBy: 'read',
      ...(reason === undefined ? {} : { reason }),
      ...(precheck === undefined ? {} : { precheck }),
    });
}

/**
 * Looks for the submission whose answer was lost. `true`: found, or the case moved elsewhere. `false`: it is certain
 * that nothing is there (two reads 60 s apart, the first after it can no longer be under way), so it may be sent again.
 */
async function reconcile<Input extends CaseInput>(run: CaseRun<Input>, pace: Pace): Promise<boolean> {
  const lost = run.memory.unanswered;
  if (lost === undefined) return false;
  const summary = 'can the lost submission still be under way?';
  try {
    if (await lookFor(run, pace)) return true;
    const stillUnderWayMs = lost.sentAtMs + submitStartToCloseMs - Date.now();
    if (stillUnderWayMs > 0) {
      await sleep(stillUnderWayMs, { summary });
      if (await lookFor(run, pace)) return true;
    }
    await sleep(reconcileGapMs, { summary: 'a second look, 60 s later' });
    if (await lookFor(run, pace)) return true;
  } catch (error) {
    run.dispatch({ type: 'blocked', blocked: blockedBy('submit', readProblem(error)) });
    return true;
  }
  lost.ruledOut += 1;
  // Any later submission of this attempt counts from its own sending.
  lost.sentAtMs = Date.now();
  if (lost.ruledOut < maxVanished) return false;
  lost.ruledOut = 0;
  run.dispatch({
    type: 'blocked',
    blocked: {
      during: 'submit',
      reason: `${maxVanished} submissions vanished: neither an answer nor an audit`,
      advice: 'Look in the back office whether an application is there; then press retry.',
    },
  });
  return true;
}

async function lookFor<Input extends CaseInput>(run: CaseRun<Input>, pace: Pace): Promise<boolean> {
  const { memory, steps } = run;
  const { unanswered } = memory;
  if (unanswered === undefined) return false;
  const found = await steps.findSubmission(memory.input, unanswered.baseline, pace);
  if (found === undefined) return false;
  arrived(run, found, unanswered.sentAtMs);
  return true;
}

/** WeChat says that it is there: its list may lag behind, so it is read a few times before somebody else is suspected. */
async function findLanded<Input extends CaseInput>(run: CaseRun<Input>, pace: Pace): Promise<boolean> {
  try {
    for (let look = 0; look < 5; look += 1) {
      if (await lookFor(run, pace)) return true;
      await sleep(reconcileGapMs, { summary: 'WeChat says that the submission landed; it is looked for again' });
    }
  } catch (error) {
    run.dispatch({ type: 'blocked', blocked: blockedBy('submit', readProblem(error)) });
    return true;
  }
  return false;
}

/** Where neither the failure nor a heartbeat says what was there before: what preflight and earlier attempts saw. */
function knownBefore<Input extends CaseInput>({ memory, state }: CaseRun<Input>): Baseline {
  const seen = memory.preflight?.baseline ?? { auditIds: [] };
  if ('auditIds' in seen)
    return { auditIds: [...seen.auditIds, ...state.attempts.flatMap((attempt) => attempt.auditId ?? [])] };
  const last = state.attempts.findLast((attempt) => attempt.source === 'audit');
  return last === undefined
    ? seen
    : { state: 'rejected', ...(last.reason === undefined ? {} : { reason: last.reason }) };
}

function uploadAgainOnce<Input extends CaseInput>(run: CaseRun<Input>, reason: string): void {
  const { memory, state } = run;
  if (memory.uploadedAgainFor === state.attempt) return run.dispatch({ type: 'refused', reason });
  memory.uploadedAgainFor = state.attempt;
  // The bytes stay known by their sha256 and come from our own copy; only WeChat's reference has died.
  for (const upload of Object.values(memory.uploads)) upload.ref = '';
  run.dispatch({ type: 'uploadsWentStale' });
}

/** Keeps what goes out now, to recognise "the same bytes again" and to upload only what changed. */
function remember<Input extends CaseInput>(run: CaseRun<Input>): void {
  const { memory, steps } = run;
  const slots = steps.slots(memory.input).map(({ path }) => {
    const { ref, uploadedAtMs, images } = uploadOf(run, path);
    return [path, { sha256: images.map(({ sha256 }) => sha256), ref, uploadedAtMs }] as const;
  });
  memory.lastSent = { attempt: run.state.attempt, digest: digestOf(run), slots: Object.fromEntries(slots) };
  memory.cancellationSent = false;
}

function uploadOf<Input extends CaseInput>({ memory, steps }: CaseRun<Input>, slotPath: string) {
  const slot = steps.slots(memory.input).find(({ path }) => path === slotPath);
  const upload = slot && memory.uploads[identityOf(slot.images.map(({ image }) => image))];
  if (upload === undefined) throw new TypeError(`${slotPath} has not been uploaded`);
  return upload;
}

function foreign<Input extends CaseInput>(
  { steps }: CaseRun<Input>,
  problem: Blocked & { openAuditId?: string },
): Blocked & { openAuditId?: string } {
  const [cancel, cancelZh] =
    steps.cancelAudit === undefined
      ? ['', '']
      : [', withdraw with force to cancel it', '、强制「撤回」(withdraw --force)'];
  return {
    ...problem,
    reason: `foreign_audit: ${problem.reason}`,
    advice: `adopt to follow that audit${cancel}, or wait for its verdict. (请选择「跟踪该审核单」(adopt)${cancelZh},或等待结果。)`,
  };
}
