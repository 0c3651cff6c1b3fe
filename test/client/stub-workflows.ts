/** Workflows that end in every way an Update can race with; they stand in for the real ones, under the same names. */
import {
  ApplicationFailure,
  condition,
  makeContinueAsNewFunc,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ChannelsShopInput } from '../../src/contract/channels-shop.ts';
import { caseViewQuery, readAuditNowUpdate, resubmitUpdate, withdrawUpdate } from '../../src/contract/messages.ts';
import type {
  Accepted,
  CaseView,
  QualificationResult,
  Resubmission,
  Status,
} from '../../src/contract/qualification.ts';
import { nextRunOf } from '../../src/workflows/lifecycle.ts';

/** `externalId` says how it behaves: `fails`, `ends-first` (an Update is accepted but never answered), `continues` (as new, once), or anything else. */
export async function channelsShopQualification(input: ChannelsShopInput): Promise<QualificationResult> {
  let status: Status = 'in_review';
  const seen: Resubmission[] = [];
  setHandler(caseViewQuery, () => view(input, status, seen));
  setHandler(
    resubmitUpdate,
    (resubmission) => {
      seen.push(resubmission);
      return { attempt: seen.length, status };
    },
    {
      validator: (resubmission) => {
        if (Object.keys(resubmission.set ?? {}).length === 0)
          throw ApplicationFailure.nonRetryable('A resubmission must change something.', 'UpdateRefused');
      },
    },
  );
  setHandler(readAuditNowUpdate, async () => {
    await sleep('1 hour');
    return { attempt: 1, status };
  });
  setHandler(withdrawUpdate, (): Accepted => {
    status = 'withdrawn';
    return { attempt: 1, status, pending: 'withdraw' };
  });
  if (input.externalId === 'continues' && workflowInfo().continuedFromExecutionRunId === undefined)
    await makeContinueAsNewFunc(nextRunOf(workflowInfo()))(input);
  if (input.externalId === 'fails') throw ApplicationFailure.nonRetryable('a bug in the lifecycle');
  if (input.externalId === 'ends-first') await sleep(1_000);
  else await condition(() => status === 'withdrawn');
  return { outcome: 'withdrawn', attempts: [{ number: 1 }], reason: JSON.stringify(seen) };
}

const view = (input: ChannelsShopInput, status: Status, seen: Resubmission[]): CaseView => ({
  workflowId: 'stub',
  platform: 'channels-shop',
  appId: input.appId,
  categoryId: 'stub',
  status,
  overdue: false,
  since: '2026-01-01T00:00:00.000Z',
  attempts: seen.map((_, index) => ({ number: index + 1 })),
  material: [],
  waitingFor: 'audit',
  canDo: [],
  ignoredMessages: 0,
});
