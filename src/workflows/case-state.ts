/** The one place where a case's status moves: a pure reducer, and what can be derived from the state. No Temporal in here. */
import type { QuotaSeen } from '../contract/failures.ts';
import type {
  Action,
  Attempt,
  AuditReport,
  Blocked,
  Pending,
  Platform,
  Precheck,
  QuotaView,
  Status,
  Verdict,
} from '../contract/qualification.ts';
import { unauthorizedBlock } from './account-change.ts';
import { measured, seen } from './quota-view.ts';

/** What a case remembers about its course. JSON only: it is carried over a continue-as-new. */
export interface CaseState {
  platform: Platform;
  appId: string;
  categoryId: string;
  status: Status;
  /** ISO time at which the status was reached. */
  since: string;
  overdue: boolean;
  /** Number of the submission that is being prepared, under way, or was the last. */
  attempt: number;
  attempts: Attempt[];
  pending?: Pending;
  blocked?: Blocked & { openAuditId?: string };
  /** The person who withdraws also wants an open audit that is not ours cancelled. */
  cancelForeignAudit?: boolean;
  /** Reports on audits whose id we do not know as ours yet (a push can overtake the answer of the submission). */
  asideReports: Record<string, DecidedFact>;
  ignoredMessages: number;
  by?: 'us' | 'other';
  alreadyInForce?: boolean;
  /** Whether an approved category can be used. */
  precheck?: Precheck;
  /** Other submissions of the account go first. */
  turn?: { since: string; ahead: number };
  /** The quota around the writes of a Mini Program, the last ones. */
  quota?: QuotaView[];
  /** The account has withdrawn its authorization while a write was under way; see `account-change.ts`. */
  isUnauthorized?: boolean;
}

/** What was read about a decided audit. */
interface DecidedFact {
  verdict: Verdict;
  reason?: string;
  precheck?: Precheck;
}

/** Everything that can happen to a case. `at` is workflow time, ISO. */
export type CaseEvent = { at: string } & (
  | { type: 'prepared' }
  | { type: 'uploadsWentStale' }
  | { type: 'submitted'; submittedAt: string; auditId?: string }
  | { type: 'reported'; report: AuditReport }
  | ({ type: 'decided'; foundBy: 'push' | 'read' } & DecidedFact)
  | { type: 'refused'; reason: string }
  | { type: 'blocked'; blocked: Blocked & { openAuditId?: string } }
  | { type: 'followed'; auditId?: string }
  | { type: 'foundInForce'; atStart: boolean }
  | { type: 'becameOverdue' }
  | { type: 'resubmitted' }
  | { type: 'withdrawalAsked'; force: boolean }
  | { type: 'withdrawn' }
  | { type: 'retryAsked' }
  | { type: 'unblocked' }
  | { type: 'adoptionAsked'; auditId?: string }
  | { type: 'pendingDone' }
  | { type: 'turnAwaited'; ahead: number }
  | { type: 'turnCame' }
  | { type: 'quotaSeen'; operation: 'add' | 'modify'; before: QuotaSeen }
  | { type: 'quotaMeasured'; after: number; readAt?: string }
  | { type: 'correctionDeadlinePassed' }
  | { type: 'accountChanged'; authorized: boolean; isLookedAt: boolean }
  | { type: 'messageIgnored' }
);

export const isOpen = (state: CaseState): boolean =>
  state.status !== 'approved' && state.status !== 'withdrawn' && state.status !== 'expired';

/** The audit that is being waited for, if it has an id and is known. */
export const currentAuditId = (state: CaseState): string | undefined => currentAttempt(state)?.auditId;

/** The audit that is waited for was not submitted by this case: somebody gave its id. */
export const isFollowedOnly = (state: CaseState): boolean => currentAttempt(state)?.submittedAt === undefined;

const currentAttempt = ({ attempts, attempt }: CaseState) => attempts.find(({ number }) => number === attempt);

/** Moves a case. An event that does not fit the status changes nothing: a late report must never undo an end. */
export function reduce(state: CaseState, event: CaseEvent): CaseState {
  const next = afterEvent(state, event);
  return next.isUnauthorized ? unauthorized(next, event.at) : next;
}

function afterEvent(state: CaseState, event: CaseEvent): CaseState {
  if (event.type === 'messageIgnored') return { ...state, ignoredMessages: state.ignoredMessages + 1 };
  if (!isOpen(state)) return state;
  switch (event.type) {
    case 'prepared':
      return state.status === 'preparing' || isBlockedDuring(state, 'preflight', 'upload')
        ? moved(state, 'submitting', event.at)
        : state;
    case 'uploadsWentStale':
      return moved(state, 'preparing', event.at);
    case 'submitted':
      return inReview(withAttempt(state, { submittedAt: event.submittedAt }), event.at, event.auditId);
    case 'reported':
      return reported(state, event.at, event.report);
    case 'decided':
      return decided(state, event);
    case 'refused':
      if (state.pending === 'withdraw') return moved(state, 'withdrawn', event.at);
      return moved(
        withAttempt(state, { verdict: 'refused', reason: event.reason, decidedAt: event.at, source: 'refused' }),
        'needs_material',
        event.at,
      );
    case 'blocked':
      return { ...moved(state, 'blocked', event.at), blocked: event.blocked };
    case 'followed':
      return inReview(withAttempt(state, {}), event.at, event.auditId);
    case 'foundInForce':
      return {
        ...moved(state, 'approved', event.at),
        by: 'other',
        ...(event.atStart ? { alreadyInForce: true } : {}),
      };
    case 'becameOverdue':
      return { ...state, overdue: true };
    case 'resubmitted':
      if (state.status !== 'needs_material') return state;
      return { ...moved(state, 'preparing', event.at), attempt: nextAttemptNumber(state) };
    case 'withdrawalAsked':
      return withdrawalAsked(state, event.at, event.force);
    case 'withdrawn':
      return moved(state, 'withdrawn', event.at);
    case 'retryAsked':
      return state.status === 'blocked' ? { ...unblocked(state, event.at), pending: 'retry' } : state;
    case 'unblocked':
      return unblocked(state, event.at);
    case 'adoptionAsked':
      return isForeignAudit(state) ? adopted(state, event.at, event.auditId) : state;
    case 'pendingDone':
      return withoutPending(state);
    case 'turnAwaited':
      return { ...state, turn: { since: state.turn?.since ?? event.at, ahead: event.ahead } };
    case 'turnCame':
      return withoutTurn(state);
    case 'quotaSeen':
      return { ...state, quota: seen(state.quota, state.attempt, event.operation, event.before) };
    case 'quotaMeasured':
      return state.quota === undefined ? state : { ...state, quota: measured(state.quota, event) };
    case 'accountChanged':
      if (event.authorized) return authorized(state, event.at);
      return unauthorized({ ...state, isUnauthorized: true }, event.at, event.isLookedAt);
    case 'correctionDeadlinePassed':
      return state.status === 'needs_material' ? moved(state, 'expired', event.at) : state;
  }
}

/** A case that starts. */
export const initialState = (platform: Platform, appId: string, categoryId: string, at: string): CaseState => ({
  platform,
  appId,
  categoryId,
  status: 'preparing',
  since: at,
  overdue: false,
  attempt: 1,
  attempts: [],
  asideReports: {},
  ignoredMessages: 0,
});

function moved(state: CaseState, status: Status, at: string): CaseState {
  const { blocked: _blocked, turn: _turn, pending, ...rest } = state;
  const next: CaseState = { ...rest, status, since: at, overdue: false };
  // A wish outlives the step that it was voiced in; it is done when the case ends, or when its step says so.
  return pending !== undefined && isOpen(next) ? { ...next, pending } : next;
}

/** Blocked wherever it is, unless a write is under way: then it stays noted. */
function unauthorized(state: CaseState, at: string, isLookedAt = true): CaseState {
  const blocked = unauthorizedBlock(state, isLookedAt);
  const { isUnauthorized: _, ...rest } = state;
  if (blocked === undefined) return state;
  return state.status === 'blocked' ? { ...rest, blocked } : { ...moved(rest, 'blocked', at), blocked };
}

/** Back to where it was, whatever blocked it: the step says it again if it is true. What a person decides stays. */
function authorized(state: CaseState, at: string): CaseState {
  const { isUnauthorized: _, ...rest } = state;
  if (isForeignAudit(rest) || rest.blocked?.onlyByRetry === true || rest.pending !== undefined) return rest;
  return unblocked(rest, at);
}

function withoutPending(state: CaseState): CaseState {
  const { pending: _pending, ...rest } = state;
  return rest;
}

function withoutTurn(state: CaseState): CaseState {
  const { turn: _turn, ...rest } = state;
  return rest;
}

function unblocked(state: CaseState, at: string): CaseState {
  const backTo: Record<Blocked['during'], Status> = {
    preflight: 'preparing',
    upload: 'preparing',
    submit: 'submitting',
    read: 'in_review',
    material: 'needs_material',
  };
  return state.blocked === undefined ? state : moved(state, backTo[state.blocked.during], at);
}

function withAttempt(state: CaseState, change: Partial<Attempt>): CaseState {
  const known = currentAttempt(state);
  const attempts =
    known === undefined
      ? [...state.attempts, { number: state.attempt, ...change }]
      : state.attempts.map((attempt) => (attempt === known ? { ...attempt, ...change } : attempt));
  return { ...state, attempts };
}

function inReview(state: CaseState, at: string, auditId: string | undefined): CaseState {
  const next = moved(withAttempt(state, auditId === undefined ? {} : { auditId }), 'in_review', at);
  const aside = auditId === undefined ? undefined : state.asideReports[auditId];
  return aside === undefined ? next : decided(next, { at, ...aside, foundBy: 'push' });
}

/** Its verdict may have been kept aside already; then nothing is left to be carried out. */
function adopted(state: CaseState, at: string, auditId: string | undefined): CaseState {
  const next = inReview(withAttempt(state, {}), at, auditId ?? state.blocked?.openAuditId);
  return next.status === 'in_review' ? { ...next, pending: 'adopt' } : next;
}

function reported(state: CaseState, at: string, report: AuditReport): CaseState {
  if (report.kind !== 'read' || report.auditId === undefined || state.platform !== 'channels-shop') return state;
  const { verdict, reason, auditId, precheck } = report;
  const fact = {
    verdict,
    ...(reason === undefined ? {} : { reason }),
    ...(precheck === undefined ? {} : { precheck }),
  };
  if (auditId === currentAuditId(state)) return decided(state, { at, ...fact, foundBy: 'push' });
  // Only while our own id is unknown can this be ours; afterwards it is somebody else's audit and only a hint.
  if (currentAuditId(state) !== undefined || !awaitsAnswer(state)) return state;
  return { ...state, asideReports: { ...state.asideReports, [auditId]: fact } };
}

const awaitsAnswer = (state: CaseState): boolean => state.status === 'submitting' || isBlockedDuring(state, 'submit');

function decided(state: CaseState, event: { at: string; foundBy: 'push' | 'read' } & DecidedFact): CaseState {
  if (state.status !== 'in_review' && !isBlockedDuring(state, 'read')) return state;
  const recorded = withAttempt(state, {
    verdict: event.verdict,
    decidedAt: event.at,
    source: 'audit',
    foundBy: event.foundBy,
    ...(event.reason ? { reason: event.reason } : {}),
  });
  switch (event.verdict) {
    case 'approved':
      return {
        ...moved(recorded, 'approved', event.at),
        by: 'us',
        ...(event.precheck === undefined ? {} : { precheck: event.precheck }),
      };
    case 'cancelled':
      return moved(recorded, 'withdrawn', event.at);
    case 'rejected':
      return state.pending === 'withdraw'
        ? moved(recorded, 'withdrawn', event.at)
        : withoutPending(moved(recorded, 'needs_material', event.at));
  }
}

function withdrawalAsked(state: CaseState, at: string, force: boolean): CaseState {
  const nothingAtWeChat =
    state.status === 'preparing' ||
    state.status === 'needs_material' ||
    isBlockedDuring(state, 'preflight', 'upload', 'material');
  const foreign = isForeignAudit(state);
  if (nothingAtWeChat && !(foreign && force)) return moved(state, 'withdrawn', at);
  return { ...state, pending: 'withdraw', ...(foreign && force ? { cancelForeignAudit: true } : {}) };
}

export const isBlockedDuring = (state: CaseState, ...steps: Blocked['during'][]): boolean =>
  state.blocked !== undefined && steps.includes(state.blocked.during);

/** Blocked because WeChat has an open audit for this category that is not ours. */
export const isForeignAudit = (state: CaseState): boolean => state.blocked?.reason.startsWith('foreign_audit') === true;

const nextAttemptNumber = (state: CaseState): number =>
  currentAttempt(state) === undefined ? state.attempt : state.attempt + 1;

/** Why an action cannot be taken now, in one sentence that says what can; `undefined` when it can. */
export function refusalOf(state: CaseState, action: Action): string | undefined {
  if (!isOpen(state)) return `the case has ended: ${state.status}`;
  if (action === 'readAuditNow')
    return state.status === 'preparing' || state.status === 'submitting'
      ? `nothing is waited for while the case is ${state.status}`
      : undefined;
  if (state.pending !== undefined) return `${state.pending} was asked for already and is being carried out`;
  switch (action) {
    case 'resubmit':
      return state.status === 'needs_material'
        ? undefined
        : `corrected material is taken in needs_material; the case is ${state.status}`;
    case 'retry':
      return state.status === 'blocked'
        ? undefined
        : `only a blocked case can be tried again; the case is ${state.status}`;
    case 'adopt':
      return isForeignAudit(state)
        ? undefined
        : 'there is no open audit of somebody else to follow (blocked: foreign_audit)';
    case 'withdraw':
      return state.platform === 'mini-program' &&
        (state.status === 'in_review' ||
          (state.status === 'submitting' && state.turn === undefined) ||
          isBlockedDuring(state, 'read'))
        ? 'WeChat has no call that withdraws a Mini Program category from review; wait for the verdict'
        : undefined;
  }
}

const actions: readonly Action[] = ['resubmit', 'withdraw', 'retry', 'adopt', 'readAuditNow'];

export const possibleActions = (state: CaseState): Action[] =>
  actions.filter((action) => refusalOf(state, action) === undefined);
