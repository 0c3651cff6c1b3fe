/** What is shown of a case while it is open, and what it ends with: derived from its state. */
import type { Blocked, CaseView, QualificationResult, Status } from '../contract/qualification.ts';
import { type CaseState, possibleActions } from './case-state.ts';

const waitingFor: Record<Status, CaseView['waitingFor']> = {
  preparing: 'upload',
  submitting: 'answer',
  in_review: 'audit',
  needs_material: 'material',
  blocked: 'unblocking',
  approved: 'nothing',
  withdrawn: 'nothing',
  expired: 'nothing',
};

/** The query's answer, derived from the state. */
export function viewOf(state: CaseState, workflowId: string, material: CaseView['material']): CaseView {
  const { platform, appId, categoryId, status, overdue, since, attempts, pending, blocked, ignoredMessages } = state;
  const { openAuditId: _openAuditId, ...shownBlocked } = blocked ?? {};
  return {
    workflowId,
    platform,
    appId,
    categoryId,
    status,
    overdue,
    since,
    attempts,
    material,
    waitingFor: waitingFor[status],
    canDo: possibleActions(state),
    ...(pending === undefined ? {} : { pending }),
    ...(blocked === undefined ? {} : { blocked: shownBlocked as Blocked }),
    ...(state.turn === undefined ? {} : { turn: state.turn }),
    ...(state.quota === undefined ? {} : { quota: state.quota }),
    ...(state.precheck === undefined ? {} : { precheck: state.precheck }),
    ignoredMessages,
  };
}

/** What the workflow returns. Only for a case that has ended. */
export function resultOf(state: CaseState): QualificationResult {
  if (state.status !== 'approved' && state.status !== 'withdrawn' && state.status !== 'expired')
    throw new TypeError(`a case that is ${state.status} has no result`);
  const last = state.attempts.at(-1);
  const ours = state.status === 'approved' && state.by === 'us';
  const auditId = ours || state.status === 'withdrawn' ? last?.auditId : undefined;
  return {
    outcome: state.status,
    attempts: state.attempts,
    ...(auditId === undefined ? {} : { auditId }),
    ...(last?.reason === undefined ? {} : { reason: last.reason }),
    ...(state.by === undefined ? {} : { by: state.by }),
    ...(state.alreadyInForce === undefined ? {} : { alreadyInForce: state.alreadyInForce }),
    ...(state.precheck === undefined ? {} : { precheck: state.precheck }),
  };
}
