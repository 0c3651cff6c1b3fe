/** What the numbers of a Mini Program category mean. */

/** `unknown`: a status that no page describes; wait and read again, never guess. */
export type MiniProgramAuditState = 'in_review' | 'rejected' | 'approved' | 'expired' | 'unknown';

/**
 * The state behind `audit_status` of getcategory (`ret` of the event counts alike: 2 rejected, 3 passed).
 * A qualification that has run out keeps status 3 and is marked only by the undocumented `is_expired`.
 * https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/category-management/api_getsettingcategories
 */
export function miniProgramAuditState(auditStatus: string, isExpired: boolean): MiniProgramAuditState {
  switch (auditStatus) {
    case '1':
      return 'in_review';
    case '2':
      return 'rejected';
    case '3':
      return isExpired ? 'expired' : 'approved';
    default:
      return 'unknown';
  }
}
