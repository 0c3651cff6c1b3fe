/** Cases as Temporal's Visibility lists them: for people and reports, a moment behind; never used to find a callback's case. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers.js';
import { firstRunMemo, workflowTypes } from '../contract/messages.ts';
import type { Platform, Status } from '../contract/qualification.ts';
import {
  qualificationAttemptKey,
  qualificationPlatformKey,
  qualificationStatusKey,
  wxAppIdKey,
  wxCategoryIdKey,
} from '../contract/search-attributes.ts';
import { parseWorkflowId } from '../contract/workflow-id.ts';
import { PageTokenError } from './errors.ts';
import { asOurs, codeOf, grpcCode, isSearchAttributeMissing, type Place } from './temporal-failures.ts';

/** What to list; everything that is given must hold. */
export interface CaseFilter {
  status?: Status;
  platform?: Platform;
  appId?: string;
  /** The leaf of a shop category, or `{first}-{second}`. */
  categoryId?: string;
  /** How the workflow itself stands: `failed` and `timed_out` mean a bug. */
  execution?: CaseRow['execution'];
  /** At most so many, newest first; all of them by default. */
  limit?: number;
}

/** One run of a case. */
export interface CaseRow {
  workflowId: string;
  platform: Platform;
  appId: string;
  categoryId: string;
  /** As of the last time it was indexed. */
  status: Status;
  attempt: number;
  /** ISO 8601, UTC. */
  startedAt: string;
  closedAt?: string;
  runId: string;
  /** The run that the case began with, where it has been continued as new since. */
  firstRunId?: string;
  /** Whether the workflow goes on; anything but `running` and `completed` means that it came to no result. */
  execution: 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out';
}

/** Which part of a list is wanted; `limit` of the filter does not count here. */
export interface PageRequest extends Omit<CaseFilter, 'limit'> {
  /** 1 to 1000. */
  pageSize: number;
  /** Of the page before; with the same filter. */
  pageToken?: string;
}

/** One part of a list. */
export interface CasePage {
  cases: CaseRow[];
  /** Absent on the last page; a page may be shorter than asked for, or empty, and not be the last one. */
  nextPageToken?: string;
}

/** What listing needs of its client. */
export interface ListDeps {
  client: Client;
  place: Place;
  missingSearchAttributes(cause: unknown): Promise<unknown>;
}

/** Lists page by page as it is read. Throws `TemporalUnreachableError`, `SearchAttributesMissingError`. */
export async function* listCases(deps: ListDeps, filter: CaseFilter): AsyncIterable<CaseRow> {
  const limit = filter.limit ?? Number.POSITIVE_INFINITY;
  let listed = 0;
  if (limit <= 0) return;
  try {
    for await (const execution of deps.client.workflow.list({ query: caseQuery(filter) })) {
      const row = rowOf(execution);
      if (row === undefined) continue;
      yield row;
      listed += 1;
      if (listed >= limit) return;
    }
  } catch (error) {
    throw isSearchAttributeMissing(error) ? await deps.missingSearchAttributes(error) : asOurs(error, deps.place);
  }
}

/** One page. Throws `PageTokenError`, `TemporalUnreachableError`, `SearchAttributesMissingError`. */
export async function casePage(deps: ListDeps, request: PageRequest): Promise<CasePage> {
  const { client, place } = deps;
  const { pageSize, pageToken } = request;
  try {
    const answer = await client.connection.withDeadline(Date.now() + pageTimeoutMs, () =>
      client.workflowService.listWorkflowExecutions({
        namespace: place.namespace,
        query: caseQuery(request),
        pageSize,
        ...(pageToken === undefined ? {} : { nextPageToken: Buffer.from(pageToken, 'base64url') }),
      }),
    );
    const { loadedDataConverter } = client.options;
    const infos = await Promise.all(
      (answer.executions ?? []).map((raw) => executionInfoFromRaw(raw, loadedDataConverter, raw, place.namespace)),
    );
    const next = answer.nextPageToken;
    return {
      cases: infos.flatMap((info) => rowOf(info) ?? []),
      ...(next && next.length > 0 ? { nextPageToken: Buffer.from(next).toString('base64url') } : {}),
    };
  } catch (error) {
    if (isSearchAttributeMissing(error)) throw await deps.missingSearchAttributes(error);
    if (pageToken !== undefined && codeOf(error) === grpcCode.invalidArgument)
      throw new PageTokenError({ cause: error });
    throw asOurs(error, place);
  }
}

/** How long one page may take. */
const pageTimeoutMs = 10_000;

/** The Visibility query (https://docs.temporal.io/list-filter). A case that was continued is listed once, by its last run. */
export function caseQuery(filter: Omit<CaseFilter, 'limit'>): string {
  const types = Object.values(workflowTypes).map(quoted).join(', ');
  const wanted = [
    `WorkflowType IN (${types})`,
    `ExecutionStatus != 'ContinuedAsNew'`,
    ...(filter.status === undefined ? [] : [`${qualificationStatusKey.name} = ${quoted(filter.status)}`]),
    ...(filter.platform === undefined ? [] : [`${qualificationPlatformKey.name} = ${quoted(filter.platform)}`]),
    ...(filter.appId === undefined ? [] : [`${wxAppIdKey.name} = ${quoted(filter.appId)}`]),
    ...(filter.execution === undefined ? [] : [`ExecutionStatus = ${quoted(executionNames[filter.execution])}`]),
    ...(filter.categoryId === undefined ? [] : [`${wxCategoryIdKey.name} = ${quoted(filter.categoryId)}`]),
  ];
  return wanted.join(' AND ');
}

/** As Visibility spells them. */
const executionNames: Record<CaseRow['execution'], string> = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
  timed_out: 'TimedOut',
};

const quoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const executions: Record<string, CaseRow['execution']> = {
  RUNNING: 'running',
  PAUSED: 'running',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
};

/** `undefined` for a workflow of our type with a foreign id: it fails by itself and is no case. */
function rowOf(execution: WorkflowExecutionInfo): CaseRow | undefined {
  const address = parseWorkflowId(execution.workflowId);
  if (address === undefined) return undefined;
  const attributes = execution.typedSearchAttributes;
  return {
    workflowId: execution.workflowId,
    ...address,
    status: (attributes.get(qualificationStatusKey) ?? 'preparing') as Status,
    attempt: attributes.get(qualificationAttemptKey) ?? 1,
    startedAt: execution.startTime.toISOString(),
    ...(execution.closeTime === undefined ? {} : { closedAt: execution.closeTime.toISOString() }),
    runId: execution.runId,
    ...firstRunOf(execution.memo),
    execution: executions[execution.status.name] ?? 'running',
  };
}

/** What the workflow wrote down when it continued as new. */
export function firstRunOf(memo: Record<string, unknown> | undefined): { firstRunId?: string } {
  const first = memo?.[firstRunMemo];
  return typeof first === 'string' ? { firstRunId: first } : {};
}
