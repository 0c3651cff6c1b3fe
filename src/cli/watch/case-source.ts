/** What `wxq watch` looks at: a mark that tells whether anything has happened, and what there is to read then. */
import { WorkflowNotFoundError } from '@temporalio/client';
import { type CaseStory, readCaseStory } from '../../client/case-story.ts';
import {
  CaseNotFoundError,
  type CaseView,
  type QualificationClient,
  type QualificationResult,
} from '../../client/index.ts';
import { asOurs } from '../../client/temporal-failures.ts';

export interface CaseSource {
  /** Another one after every event of the case's history; asks no worker. */
  mark(): Promise<string>;
  /** Asks a worker. */
  view(): Promise<CaseView>;
  story(): Promise<CaseStory>;
  /** `undefined` while the case is open. @throws CaseFailedError, CaseCancelledError */
  result(): Promise<QualificationResult | undefined>;
}

const markTimeoutMs = 10_000;

/** Every call throws `CaseNotFoundError` and `TemporalUnreachableError`. */
export function caseSource(client: QualificationClient, workflowId: string): CaseSource {
  const handle = client.get(workflowId);
  const { temporal, address, namespace } = client;
  const place = { address, namespace };
  return {
    async mark() {
      try {
        const { runId, historyLength, status } = await temporal.connection.withDeadline(
          Date.now() + markTimeoutMs,
          () => temporal.workflow.getHandle(workflowId).describe(),
        );
        return `${runId} ${historyLength} ${status.name}`;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) throw new CaseNotFoundError(workflowId, { cause: error });
        throw asOurs(error, place);
      }
    },
    view: () => handle.view(),
    story: () => readCaseStory(temporal, place, workflowId),
    result: () => handle.resultWithin(0),
  };
}
