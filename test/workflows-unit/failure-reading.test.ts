/** A failed activity as the workflow reads it, and which failures the policies let the server retry. */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { describe, expect, test } from 'vitest';
import { failureTypes } from '../../src/contract/failures.ts';
import { blockedBy, readProblem } from '../../src/workflows/failure-reading.ts';
import { awaitingVerdict, reading, submitting, uploading } from '../../src/workflows/policies.ts';

const failed = (cause: Error): ActivityFailure =>
  new ActivityFailure('Activity task failed', 'addCategory', '1', 'NON_RETRYABLE_FAILURE', 'worker', cause);
const details = { reason: 'r', advice: 'a', errcode: '61007', baseline: { auditIds: ['1'] } };

describe('reading a failure', () => {
  test.each(Object.values(failureTypes))('%s keeps its type and what it carries', (type) => {
    expect(readProblem(failed(ApplicationFailure.create({ message: 'm', type, details: [details] })))).toEqual({
      ...details,
      type,
    });
  });

  test('L4 a submission that ran into its deadline has the baseline from the last heartbeat', () => {
    const timeout = new TimeoutFailure('t', { baseline: { auditIds: ['7'] } }, 'START_TO_CLOSE');
    expect(readProblem(failed(timeout))).toMatchObject({ type: 'no-answer', baseline: { auditIds: ['7'] } });
  });

  test.each([undefined, null, 'text', { unknownCode: true }])(
    'L4 a heartbeat with %j is no baseline, and no crash',
    (heartbeat) => {
      const problem = readProblem(failed(new TimeoutFailure('t', heartbeat, 'HEARTBEAT')));
      expect(problem).not.toHaveProperty('baseline');
      expect(problem.reason).toMatch(/^unreachable: /);
    },
  );

  test.each([
    ['an error of a kind that nobody gave a name', ApplicationFailure.create({ message: 'boom', type: 'TypeError' })],
    ['one without details', ApplicationFailure.create({ message: 'boom' })],
  ])('%s still says something and leads somewhere', (_what, cause) => {
    expect(readProblem(failed(cause))).toEqual({
      type: 'other',
      reason: 'boom',
      advice: 'This is unexpected. The case tries again slowly by itself; press retry once it is understood.',
    });
  });

  test('L13 a cancellation and a bug are no problems of WeChat: they are thrown on', () => {
    const cancelled = failed(new CancelledFailure('cancelled'));
    const bug = new TypeError('bug');
    expect(() => readProblem(cancelled)).toThrow(cancelled);
    expect(() => readProblem(bug)).toThrow(bug);
  });

  test('L9 what a blocked case shows has the code and the open audit, and not the rest', () => {
    const problem = { ...details, type: failureTypes.alreadyLanded, openAuditId: '9', errmsg: 'm', rid: 'x' };
    expect(blockedBy('submit', problem)).toEqual({
      during: 'submit',
      reason: 'r',
      advice: 'a',
      errcode: '61007',
      openAuditId: '9',
    });
  });
});

describe('policies', () => {
  test('L4 a submission is one try; while blocked the server repeats it, but never an unknown outcome', () => {
    const fast = submitting('fast', 's');
    expect(fast.retry).toEqual({ maximumAttempts: 1 });
    expect(fast.startToCloseTimeout).toBe(30_000);
    expect(fast.cancellationType).toBe(ActivityCancellationType.WAIT_CANCELLATION_COMPLETED);
    const slow = submitting('slow', 's');
    expect(slow.retry?.nonRetryableErrorTypes).toEqual(
      expect.arrayContaining([
        ...['TemporalTimeout:StartToClose', 'WorkerShutdown', 'SubmitOutcomeUnknown'],
        ...['MaterialRefused', 'UploadStale', 'CategoryMoved'],
      ]),
    );
    expect(slow.retry).toMatchObject({ initialInterval: '5m', maximumInterval: '1h' });
  });

  test('L9 what a person must mend ends a quick try, and is repeated slowly', () => {
    for (const policy of [reading, uploading]) {
      expect(policy('fast', 's').retry?.nonRetryableErrorTypes).toContain('NeedsPerson');
      expect(policy('slow', 's').retry?.nonRetryableErrorTypes).not.toContain('NeedsPerson');
      expect(policy('slow', 's').retry?.nonRetryableErrorTypes).toContain('MaterialRefused');
      expect(policy('slow', 's')).not.toHaveProperty('scheduleToCloseTimeout');
    }
  });

  test('L6 waiting for the verdict is one activity up to the overdue limit, read at 20 s to 6 h', () => {
    expect(awaitingVerdict('fast', 259_200_000, 's')).toMatchObject({
      scheduleToCloseTimeout: 259_200_000,
      retry: { initialInterval: '20s', maximumInterval: '6h' },
      cancellationType: ActivityCancellationType.TRY_CANCEL,
    });
  });

  test('L3 an upload has 60 s and a heartbeat of 10 s', () => {
    expect(uploading('fast', 's')).toMatchObject({ startToCloseTimeout: '60s', heartbeatTimeout: '10s' });
  });
});
