/** What a case shows of its account's quota: before and after each of its writes. Pure; part of the reducer. */
import type { QuotaSeen } from '../contract/failures.ts';
import type { QuotaView } from '../contract/qualification.ts';

/** A case that is tried for years must not carry all of them. */
const kept = 20;

/** With what was read before a write. */
export function seen(
  views: readonly QuotaView[] = [],
  attempt: number,
  operation: QuotaView['operation'],
  { quota, limit, categoryLimit }: QuotaSeen,
): QuotaView[] {
  const view: QuotaView = {
    attempt,
    operation,
    ...(limit === undefined ? {} : { limit }),
    ...(categoryLimit === undefined ? {} : { categoryLimit }),
    ...(quota === undefined ? {} : { before: quota }),
  };
  return [...views, view].slice(-kept);
}

/** With what was read after the last write; the first such reading stays. */
export function measured(
  views: readonly QuotaView[],
  { at, after, readAt = at }: { at: string; after: number; readAt?: string },
): QuotaView[] {
  return views.map((view, n) => (n < views.length - 1 || view.after !== undefined ? view : { ...view, after, readAt }));
}
