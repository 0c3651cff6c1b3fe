/** Cases brought to a status by the events that lead there, for tests of the reducer. */
import type { Platform, Status } from '../../src/contract/qualification.ts';
import { type CaseEvent, type CaseState, initialState, reduce } from '../../src/workflows/case-state.ts';

export const at = '2030-01-01T00:00:00.000Z';
type Told = CaseEvent extends infer E ? (E extends CaseEvent ? Omit<E, 'at'> : never) : never;

export const freshCase = (platform: Platform = 'channels-shop'): CaseState =>
  initialState(platform, 'wx1', platform === 'channels-shop' ? '6093' : '8-39', at);

/** The case after these events. */
export const caseAfter = (state: CaseState, ...events: Told[]): CaseState =>
  events.reduce<CaseState>((now, event) => reduce(now, { ...event, at } as CaseEvent), state);

export const rejection: Told = { type: 'decided', verdict: 'rejected', reason: '图片不清晰', foundBy: 'read' };
export const submission = (auditId?: string): Told => ({
  type: 'submitted',
  submittedAt: at,
  ...(auditId === undefined ? {} : { auditId }),
});
export const blockedDuring = (during: 'preflight' | 'upload' | 'submit' | 'read', reason = 'ip'): Told => ({
  type: 'blocked',
  blocked: { during, reason, advice: 'do something' },
});
export const foreignAudit: Told = {
  type: 'blocked',
  blocked: {
    during: 'submit',
    reason: 'foreign_audit: 10020064',
    errcode: '10020064',
    advice: 'adopt',
    openAuditId: '77',
  },
};

/** A case in this status, by the shortest way. */
export function caseIn(status: Status, platform: Platform = 'channels-shop'): CaseState {
  const fresh = freshCase(platform);
  const auditId = platform === 'channels-shop' ? '1' : undefined;
  const ways: Record<Status, Told[]> = {
    preparing: [],
    submitting: [{ type: 'prepared' }],
    in_review: [{ type: 'prepared' }, submission(auditId)],
    needs_material: [{ type: 'prepared' }, submission(auditId), rejection],
    blocked: [{ type: 'prepared' }, blockedDuring('submit')],
    approved: [{ type: 'prepared' }, submission(auditId), { type: 'decided', verdict: 'approved', foundBy: 'push' }],
    withdrawn: [{ type: 'withdrawalAsked', force: false }],
    expired: [{ type: 'prepared' }, submission(auditId), rejection, { type: 'correctionDeadlinePassed' }],
  };
  return caseAfter(fresh, ...ways[status]);
}
