/** What the numbers of a Channels Shop audit mean; the event and the forms count "cancelled" differently. */

/** `unknown`: a status that no page describes; wait and read again, never guess. */
export type ChannelsAuditVerdict = 'in_review' | 'rejected' | 'approved' | 'cancelled' | 'unknown';

/**
 * The verdict behind a status, of the event `product_category_audit` or of a form (`getbizcatflow…`).
 * https://developers.weixin.qq.com/doc/store/shop/notify/category_callback/ProductCategoryAudit
 */
export function channelsAuditVerdict(status: string, source: 'event' | 'flow'): ChannelsAuditVerdict {
  switch (status) {
    case '1':
      return 'in_review';
    case '2':
      return 'rejected';
    case '3':
      return 'approved';
    case '4':
      return source === 'flow' ? 'cancelled' : 'unknown';
    case '12':
      return source === 'event' ? 'cancelled' : 'unknown';
    default:
      return 'unknown';
  }
}
