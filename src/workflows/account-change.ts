/** What it means for a case that its account has withdrawn its authorization of the platform. Pure; asked by the reducer. */
import type { Blocked, BlockedDuring, Status } from '../contract/qualification.ts';

const lost: Omit<Blocked, 'during'> = {
  reason: 'unauthorized: the account has withdrawn its authorization of the third-party platform',
  advice:
    'Have the account authorise the platform again; the case then goes on by itself. (账号已取消对第三方平台的授权:请让商家重新授权,之后会自动恢复。)',
};

/** Where a case that is blocked now goes back to. A submission is not among them: its answer is awaited first. */
const steps: Partial<Record<Status, BlockedDuring>> = {
  preparing: 'upload',
  in_review: 'read',
  needs_material: 'material',
};

/**
 * How a case is blocked by it; `undefined`: not now, because a write is under way (a submission, or what a person has asked
 * for), or the case has ended. `isLookedAt`: the first look has been made, so that preparing means uploading.
 */
export function unauthorizedBlock(
  state: { status: Status; pending?: unknown; blocked?: Blocked & { openAuditId?: string } },
  isLookedAt: boolean,
): (Blocked & { openAuditId?: string }) | undefined {
  const { status, pending, blocked } = state;
  // Blocked already: it stays in the step that it is to go back to, and the slow tries go on.
  if (blocked !== undefined) {
    const { during, openAuditId, onlyByRetry } = blocked;
    // A person decides about its quota, and needs to see that.
    if (onlyByRetry === true) return blocked;
    return { during, ...lost, ...(openAuditId === undefined ? {} : { openAuditId }) };
  }
  const during = steps[status];
  if (during === undefined || pending !== undefined) return undefined;
  return { during: during === 'upload' && !isLookedAt ? 'preflight' : during, ...lost };
}
