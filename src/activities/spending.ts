/** Quota is money: nothing spends a month's additions that no person asked to spend, and what a write cost is measured. */
import { activityInfo, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { WriteCategoryRequest } from '../contract/activities.ts';
import { type FailureDetails, failureTypes, type QuotaSeen } from '../contract/failures.ts';
import type { QuotaLedger, QuotaMeasurement } from '../store/quota.ts';
import { failure } from './failure.ts';
import { fromStore } from './store-wait.ts';

const caseId = (): string => activityInfo().workflowExecution?.workflowId ?? 'unknown';

/** What is asked for just before midnight may be sent just after it. */
const monthGraceMs = 3_600_000;
const chinaOffsetMs = 8 * 3_600_000;

/** The calendar month in China, where the quota is counted. */
const monthOf = (ms: number): string => new Date(ms + chinaOffsetMs).toISOString().slice(0, 7);

/** Fails when the month has turned since a person last asked: a slow retry must not spend the new month's quota. */
export function refuseToSpendAnotherMonth({ askedAtMs }: WriteCategoryRequest): void {
  if (askedAtMs === undefined) return;
  // The server's time of this try, too: a worker whose clock is slow must not be the one that spends it.
  const now = Math.max(Date.now(), activityInfo().currentAttemptScheduledTimestampMs);
  if (now - askedAtMs <= monthGraceMs || monthOf(now) === monthOf(askedAtMs)) return;
  throw failure(failureTypes.quotaSpent, {
    reason: `month_turned: this was asked for in ${monthOf(askedAtMs)}; sending it now would spend quota of ${monthOf(now)}`,
    advice: `Press retry to spend it, or withdraw. (要使用 ${monthOf(now)} 的次数请点「重试」(retry),不再办理请点「撤回」。)`,
  });
}

/** Fails when WeChat says that no addition is left: the call would be refused, or, when the month turns, spend the next one's. */
export function refuseWithoutQuota({ quota, limit }: QuotaSeen): void {
  if (quota === undefined || quota > 0) return;
  throw failure(failureTypes.quotaSpent, {
    reason: `quota_spent: no addition is left in this period (quota ${quota}${limit === undefined ? '' : ` of ${limit}`}); nothing was sent`,
    advice:
      'Wait for next month, or add it in the console; then press retry. The case ends by itself once it is in force. (请等到下月额度恢复后点「重试」(retry),或在小程序后台手动添加:生效后本单会自动结束。)',
  });
}

/** The same failure, with what was seen before the write. */
export function withQuota(error: unknown, quota: QuotaSeen | undefined): unknown {
  if (!(error instanceof ApplicationFailure) || quota === undefined || Object.keys(quota).length === 0) return error;
  const { message, type, nonRetryable, category, nextRetryDelay } = error;
  const [details] = (error.details ?? []) as [FailureDetails?];
  return ApplicationFailure.create({
    message,
    ...(type == null ? {} : { type }),
    nonRetryable: nonRetryable ?? false,
    details: [{ ...details, quota }],
    ...(category == null ? {} : { category }),
    ...(nextRetryDelay == null ? {} : { nextRetryDelay }),
  });
}

/** After a write that WeChat took. Measuring is not worth failing for: what it measures is done. */
export async function noteWrite(
  ledger: QuotaLedger,
  write: { appId: string; operation: 'add' | 'modify'; before: number | undefined },
): Promise<void> {
  const { before } = write;
  if (before !== undefined)
    await fromStore(ledger.wrote({ ...write, before, caseId: caseId() })).catch(() => undefined);
}

/** After any read of an account: completes what was written before it. */
export async function noteRead(
  ledger: QuotaLedger,
  read: { appId: string; left: number | undefined; startedAt: number },
): Promise<void> {
  const { appId, left, startedAt } = read;
  if (left === undefined) return;
  const nothing: QuotaMeasurement[] = [];
  const seen = ledger.saw({ appId, left, startedMsAgo: performance.now() - startedAt });
  const done = await fromStore(seen).catch(() => nothing);
  if (done.length === 0) return;
  const spent = Context.current().metricMeter.createCounter(
    'wxq_quota_measured_total',
    'measurement',
    'Writes of Mini Program categories whose cost in additions was measured',
  );
  for (const { operation, before, after } of done) spent.add(1, { operation, cost: String(before - after) });
}

/** What the first read after the last write of this case showed. */
export async function measuredHere(ledger: QuotaLedger): Promise<{ after: number; readAt: string } | undefined> {
  const last = await fromStore(ledger.lastOf(caseId())).catch(() => undefined);
  return last === undefined ? undefined : { after: last.after, readAt: last.readAt };
}
