/** Signals, Updates and the query of a case. Synchronous, registered before the first await, and they never throw. */
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { failureTypes } from '../contract/failures.ts';
import {
  accountChangedSignal,
  adoptUpdate,
  auditReportedSignal,
  caseViewQuery,
  readAuditNowUpdate,
  resubmitUpdate,
  retryUpdate,
  withdrawUpdate,
} from '../contract/messages.ts';
import type { Accepted, Action, By, CaseInput, Resubmission } from '../contract/qualification.ts';
import { type CaseRun, identityOf } from './case-run.ts';
import { isForeignAudit, refusalOf } from './case-state.ts';
import { isAccountChanged, isAuditReport, shapeProblem } from './guards.ts';

/** Registers everything. An Update's handler moves the status itself: two of them can come in one activation. */
export function registerHandlers<Input extends CaseInput>(run: CaseRun<Input>): void {
  setHandler(caseViewQuery, () => run.view(), {
    description: 'Where the case stands: status, attempts with reasons, material, what it waits for, what can be done.',
  });

  setHandler(
    auditReportedSignal,
    (report) => {
      if (!isAuditReport(report)) return run.dispatch({ type: 'messageIgnored' });
      const before = run.state.status;
      run.dispatch({ type: 'reported', report });
      // What does not decide our own audit still says that something may have happened. While the answer of the
      // submission is awaited nothing is being read, and the report is kept until our audit's id is known.
      if (run.state.status === before && before !== 'submitting') run.hinted = true;
    },
    { description: 'A callback or a read-back of WeChat: {kind: "read", auditId, verdict, …} or {kind: "hint"}.' },
  );

  setHandler(
    accountChangedSignal,
    (change) => {
      if (!isAccountChanged(change)) return run.dispatch({ type: 'messageIgnored' });
      const { authorized, componentAppId } = change;
      // A shop that calls for itself may have authorised a platform as well, and another platform's standing is not ours.
      if (componentAppId !== undefined && componentAppId !== run.memory.input.via?.componentAppId) return;
      if (authorized) delete run.memory.blockedSinceMs;
      run.dispatch({ type: 'accountChanged', authorized, isLookedAt: run.memory.preflight !== undefined });
    },
    {
      description:
        'The account has withdrawn or given its authorization of the platform: {authorized, componentAppId}.',
    },
  );

  setHandler(
    resubmitUpdate,
    (resubmission) => {
      correct(run, resubmission);
      run.dispatch({ type: 'resubmitted' });
      return accepted(run);
    },
    {
      validator: (resubmission) => {
        refuseUnless(run, 'resubmit', resubmission);
        refuseEmpty(resubmission);
        const patched = run.steps.patch(run.memory.input, resubmission);
        if ('problems' in patched)
          throw refused(patched.problems.map(({ path, message }) => `${path} ${message}`).join('; '));
      },
      description:
        'Corrected material for a case in needs_material: {set: {path: image or text}, remove: [path], note, by, force}.',
    },
  );

  setHandler(
    withdrawUpdate,
    (withdrawal) => {
      run.dispatch({ type: 'withdrawalAsked', force: withdrawal?.force === true });
      return accepted(run);
    },
    {
      validator: (withdrawal) => {
        refuseUnless(run, 'withdraw', withdrawal);
        if (withdrawal?.force === true) refuseToCancelInVain(run);
      },
      description: 'Give the case up: {by, note, force}. force also cancels an open audit that is not ours.',
    },
  );

  setHandler(
    retryUpdate,
    () => {
      delete run.memory.blockedSinceMs;
      run.memory.askedAtMs = Date.now();
      run.dispatch({ type: 'retryAsked' });
      return accepted(run);
    },
    {
      validator: (by) => refuseUnless(run, 'retry', by),
      description: 'Try the blocked step again now: {by}.',
    },
  );

  setHandler(
    adoptUpdate,
    (adoption) => {
      const auditId = adoption?.auditId;
      forgetLostSubmission(run);
      run.dispatch({ type: 'adoptionAsked', ...(auditId === undefined ? {} : { auditId }) });
      return accepted(run);
    },
    {
      validator: (adoption) => {
        refuseUnless(run, 'adopt', adoption);
        const known = adoption?.auditId ?? run.state.blocked?.openAuditId;
        if (run.state.platform === 'channels-shop' && known === undefined)
          throw refused('which audit is to be followed is not known: give its auditId');
      },
      description: 'Follow the open audit that is not ours: {auditId, by}.',
    },
  );

  setHandler(
    readAuditNowUpdate,
    () => {
      run.hinted = true;
      return accepted(run);
    },
    {
      validator: (by) => refuseUnless(run, 'readAuditNow', by),
      description: 'Ask WeChat now instead of at the next poll: {by}.',
    },
  );
}

/** Puts the correction into the case and forgets uploads of the places that were set: their files may have changed. */
function correct<Input extends CaseInput>(run: CaseRun<Input>, resubmission: Resubmission): void {
  const { memory } = run;
  const patched = run.steps.patch(memory.input, resubmission);
  if ('problems' in patched) return;
  memory.input = patched.input;
  memory.force = resubmission.force === true;
  memory.askedAtMs = Date.now();
  forgetLostSubmission(run);
  // The person has just looked at the material: a block before that says nothing about it.
  delete memory.blockedSinceMs;
  const set = Object.keys(resubmission.set ?? {});
  for (const slot of run.steps.slots(patched.input))
    if (slot.images.some(({ path }) => set.includes(path)))
      delete memory.uploads[identityOf(slot.images.map((one) => one.image))];
}

/** What was lost belongs to the attempt before; kept any longer, somebody else's later audit would be taken for it. */
function forgetLostSubmission<Input extends CaseInput>({ memory }: CaseRun<Input>): void {
  delete memory.unanswered;
}

const accepted = <Input extends CaseInput>({ state }: CaseRun<Input>): Accepted => ({
  attempt: state.attempt,
  status: state.status,
  ...(state.pending === undefined ? {} : { pending: state.pending }),
});

function refuseUnless<Input extends CaseInput>(run: CaseRun<Input>, action: Action, argument: unknown): void {
  const shape = shapeProblem(action, argument);
  if (shape !== undefined) throw refused(`${action} ${shape}`);
  const why = refusalOf(run.state, action) ?? movedSince(run, argument);
  if (why !== undefined) throw refused(why);
}

/** Two people may look at the same case: what one of them asks for must not meet what the other has made of it. */
function movedSince<Input extends CaseInput>({ state }: CaseRun<Input>, argument: unknown): string | undefined {
  const seen = (argument as By | null | undefined)?.seenSince;
  return seen === undefined || seen === state.since
    ? undefined
    : `the case has moved since it was looked at: it has been ${state.status} since ${state.since}, not since ${seen}; look again`;
}

/** Who forces a withdrawal wants the foreign audit cancelled; it must not end as if that had been done. */
function refuseToCancelInVain<Input extends CaseInput>({ state, steps }: CaseRun<Input>): void {
  if (!isForeignAudit(state)) return;
  if (steps.cancelAudit === undefined)
    throw refused('WeChat has no call that withdraws this review; without force the case ends and leaves it alone');
  if (state.blocked?.openAuditId === undefined)
    throw refused('which audit is to be cancelled is not known: adopt it by its auditId, then withdraw');
}

function refuseEmpty({ set = {}, remove = [], force }: Resubmission): void {
  if (Object.keys(set).length === 0 && remove.length === 0 && force !== true)
    throw refused('nothing is corrected: set or remove at least one path, or send force to submit as it is');
}

const refused = (reason: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(reason, failureTypes.updateRefused);
