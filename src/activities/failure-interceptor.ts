/** Casts errors once, at the boundary of every activity, and counts them by what they mean. */
import { activityInfo, metricMeter } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { failureTypes } from '../contract/failures.ts';
import { castFailure } from './failure.ts';

const known = new Set<string>(Object.values(failureTypes));

/** For `WorkerOptions.interceptors.activity`. */
export class FailureInterceptor implements ActivityInboundCallsInterceptor {
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      const failure = castFailure(error);
      count(failure);
      throw failure;
    }
  }
}

/** By our own names, so that labels are bounded. Also what is no incident is counted: it is how waiting and retries look. */
function count(failure: unknown): void {
  const type = failure instanceof ApplicationFailure ? (failure.type ?? '') : '';
  const label = failure instanceof CancelledFailure ? 'Cancelled' : known.has(type) ? type : 'Unexpected';
  metricMeter
    .createCounter(
      'wxq_activity_failures_total',
      undefined,
      'Tries of activities that failed, by what the failure means',
    )
    .add(1, { activity_type: activityInfo().activityType, failure: label });
}
