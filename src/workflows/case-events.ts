/** Which events a move of a case makes, and their bodies. Pure: whether anybody is told is decided elsewhere. */
import type { CaseEventData, CaseEventType } from '../contract/notification.ts';
import { type CaseState, currentAuditId, possibleActions } from './case-state.ts';

/** What was told already, so that it is told once. JSON only. */
export interface ToldBefore {
  /** A block that comes back for the same reason, without a person or an answer in between, is no news. */
  blocked?: string;
  /** Attempts that were told to be overdue, or reminded of. */
  overdueFor?: number;
  remindedFor?: number;
}

/** What happened between two states, in the order in which it did. `told` is brought up to date. */
export function eventsBetween(before: CaseState, after: CaseState, told: ToldBefore): CaseEventType[] {
  const events: CaseEventType[] = [];
  const attempt = after.attempts.find(({ number }) => number === after.attempt);
  const known = before.attempts.find(({ number }) => number === after.attempt);
  if (attempt?.submittedAt !== undefined && attempt.submittedAt !== known?.submittedAt) {
    events.push('case.submitted');
    delete told.blocked;
  }
  if (after.attempt !== before.attempt || (after.pending === 'retry' && before.pending !== 'retry'))
    delete told.blocked;
  if (after.overdue && !before.overdue && told.overdueFor !== after.attempt) {
    told.overdueFor = after.attempt;
    events.push('case.overdue');
  }
  if (after.status === 'blocked' && after.blocked !== before.blocked) {
    const { during, errcode, reason } = after.blocked ?? {};
    const block = JSON.stringify([after.attempt, during, errcode, reason]);
    if (block !== told.blocked) events.push('case.blocked');
    told.blocked = block;
  }
  if (after.status === before.status) return events;
  switch (after.status) {
    case 'needs_material':
      events.push(attempt?.verdict === 'rejected' ? 'case.rejected' : 'case.needs_material');
      break;
    case 'approved':
      events.push('case.approved');
      break;
    case 'withdrawn':
      events.push('case.withdrawn');
      break;
    case 'expired':
      events.push('case.expired');
      break;
    default:
  }
  return events;
}

/** The body of an event, without what only the workflow itself knows. */
export function eventDataOf(
  state: CaseState,
  rest: Pick<CaseEventData, 'workflowId' | 'runId' | 'externalId' | 'dueAt'>,
): CaseEventData {
  const { platform, appId, categoryId, status, attempt, attempts, blocked } = state;
  const { workflowId, runId, externalId, dueAt } = rest;
  const auditId = currentAuditId(state);
  const reason = blocked?.reason ?? attempts.find(({ number }) => number === attempt)?.reason;
  return {
    workflowId,
    runId,
    platform,
    appId,
    categoryId,
    ...(externalId === undefined ? {} : { externalId }),
    status,
    attempt,
    ...(auditId === undefined ? {} : { auditId }),
    ...(reason === undefined ? {} : { reason }),
    ...(blocked === undefined
      ? {}
      : {
          blocked: {
            during: blocked.during,
            ...(blocked.errcode === undefined ? {} : { errcode: blocked.errcode }),
            advice: blocked.advice,
          },
        }),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(state.precheck === undefined ? {} : { precheck: state.precheck }),
    canDo: possibleActions(state),
  };
}
