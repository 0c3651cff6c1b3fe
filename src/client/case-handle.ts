/** One case from the outside: its result, its view, and the five things that a person can ask of it. */
import { randomUUID } from 'node:crypto';
import {
  type Client,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import {
  adoptUpdate,
  caseViewQuery,
  readAuditNowUpdate,
  resubmitUpdate,
  retryUpdate,
  withdrawUpdate,
} from '../contract/messages.ts';
import type {
  Accepted,
  Adoption,
  By,
  CaseView,
  QualificationResult,
  Resubmission,
  Withdrawal,
} from '../contract/qualification.ts';
import type { Closing } from './closing.ts';
import {
  CaseClosedError,
  CaseNotFoundError,
  ClientClosedError,
  NoWorkerError,
  QualificationError,
  UpdateRefusedError,
} from './errors.ts';
import { withAbsolutePatchSources } from './sources.ts';
import { asOurs, codeOf, endingOf, failedCase, grpcCode, isTimeout, type Place } from './temporal-failures.ts';

/** Repeating a message with the same `updateId` is harmless; without one a random one is used. */
export interface SendOptions {
  updateId?: string;
}

/**
 * A case. Every method throws `CaseNotFoundError` and `TemporalUnreachableError`; those that need a worker also
 * `NoWorkerError`; the five messages also `UpdateRefusedError` and `CaseClosedError`.
 */
export interface CaseHandle {
  readonly workflowId: string;
  /** The run that `start` began or found; absent when only the id was given. */
  readonly runId?: string;
  /** Waits for the end, however long. Throws `CaseFailedError` (a bug) and `CaseCancelledError`. 等待最终结果。 */
  result(): Promise<QualificationResult>;
  /**
   * The result, or `undefined` when the case is still open after `waitMs` (0: only looked at), or `signal` ended the wait.
   * Throws as `result`. 限时等待结果。
   */
  resultWithin(waitMs: number, signal?: AbortSignal): Promise<QualificationResult | undefined>;
  /** Where the newest case with this id stands, closed ones included. 查询当前状态。 */
  view(): Promise<CaseView>;
  /** Corrected material; relative image paths are resolved against the current folder. 补正材料后重新提交。 */
  resubmit(resubmission: Resubmission, options?: SendOptions): Promise<Accepted>;
  /** Give the case up. 撤回申请。 */
  withdraw(withdrawal?: Withdrawal, options?: SendOptions): Promise<Accepted>;
  /** Try a blocked step again now. 立即重试。 */
  retry(by?: By, options?: SendOptions): Promise<Accepted>;
  /** Follow the open audit that is not ours. 接管已有的审核单。 */
  adopt(adoption?: Adoption, options?: SendOptions): Promise<Accepted>;
  /** Ask WeChat now instead of at the next poll. 立即查询审核结果。 */
  readAuditNow(by?: By, options?: SendOptions): Promise<Accepted>;
}

/** What a handle needs of its client. */
export interface HandleDeps {
  client: Client;
  place: Place;
  taskQueue: string;
  /** How long an answer that needs a worker may take, ms. */
  updateTimeoutMs: number;
  /** Nothing may wait on a connection that is gone. */
  closing: Closing;
  /** Whether the server answers at all: tells a missing worker from a missing server. */
  isServerReachable(): Promise<boolean>;
}

/** A wait without a limit begins anew so often; nothing is lost in between. */
const resultRoundMs = 10 * 60_000;
/** A deadline is met a moment before it. */
const roundSlackMs = 1_000;

/** Makes a handle; nothing is asked yet. */
export function createCaseHandle(deps: HandleDeps, workflowId: string, runId?: string): CaseHandle {
  const { client, place, updateTimeoutMs } = deps;
  // Bound to the chain of runs that `runId` began: nothing is ever sent to a later case with the same id.
  const handle = client.workflow.getHandle(workflowId, undefined, {
    ...(runId === undefined ? {} : { firstExecutionRunId: runId }),
  });
  const resultHandle = client.workflow.getHandle(workflowId, runId);

  async function result(): Promise<QualificationResult> {
    // In rounds, so that what the SDK holds for every call of a wait is let go of now and then.
    for (;;) {
      const roundEndsAt = Date.now() + resultRoundMs;
      try {
        return await waited(roundEndsAt);
      } catch (error) {
        if (deps.closing.isClosed) throw new ClientClosedError(workflowId, { cause: error });
        if (error instanceof WorkflowFailedError) throw failedCase(workflowId, error);
        if (!isTimeout(error) || Date.now() < roundEndsAt - roundSlackMs) throw known(error);
      }
    }
  }

  async function resultWithin(waitMs: number, signal?: AbortSignal): Promise<QualificationResult | undefined> {
    let isOpen = false;
    try {
      const { name } = (await inTime(() => resultHandle.describe())).status;
      isOpen = name === 'RUNNING' || name === 'PAUSED';
      if (isOpen && waitMs <= 0) return undefined;
      return await waited(Date.now() + (isOpen ? waitMs : updateTimeoutMs), signal);
    } catch (error) {
      if (deps.closing.isClosed) throw new ClientClosedError(workflowId, { cause: error });
      if (isOpen && (signal?.aborted || isTimeout(error))) return undefined;
      if (error instanceof WorkflowFailedError) throw failedCase(workflowId, error);
      throw known(error);
    }
  }

  const waited = (until: number, signal?: AbortSignal): Promise<QualificationResult> =>
    deps.closing.during(
      (stop) =>
        client.connection.withDeadline(until, () =>
          client.connection.withAbortSignal(stop, () => resultHandle.result()),
        ) as Promise<QualificationResult>,
      signal,
    );

  async function view(): Promise<CaseView> {
    try {
      return await inTime(() => handle.query(caseViewQuery));
    } catch (error) {
      // "no poller seen for task queue recently": the server knows that nobody would answer.
      if (isTimeout(error) || codeOf(error) === grpcCode.failedPrecondition) throw await unanswered(error);
      throw known(error);
    }
  }

  async function send<Argument>(
    update: UpdateDefinition<Accepted, [Argument]>,
    argument: Argument,
    options?: SendOptions,
  ): Promise<Accepted> {
    const updateId = options?.updateId ?? randomUUID();
    const once = () => inTime(() => handle.executeUpdate(update, { args: [argument], updateId }));
    try {
      return await once();
    } catch (error) {
      if (codeOf(error) !== grpcCode.failedPrecondition) throw await explained(error);
    }
    // The case was ending in that moment (rule L15): the same message again is either answered or finds it closed.
    try {
      return await once();
    } catch (error) {
      throw await explained(error);
    }
  }

  async function explained(error: unknown): Promise<unknown> {
    if (isTimeout(error)) return unanswered(error);
    if (error instanceof WorkflowNotFoundError || codeOf(error) === grpcCode.failedPrecondition)
      return (await closed()) ?? known(error);
    if (!(error instanceof WorkflowUpdateFailedError)) return known(error);
    const { cause } = error;
    if (cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow')
      return (await closed()) ?? error;
    return new UpdateRefusedError(workflowId, cause?.message ?? error.message, { cause: error });
  }

  /** How the case has ended; `undefined` while it is open. A case that never was is an error of its own. */
  async function closed(): Promise<QualificationError | undefined> {
    try {
      const described = await inTime(() => resultHandle.describe());
      if (described.status.name === 'RUNNING' || described.status.name === 'PAUSED') return undefined;
      return new CaseClosedError(workflowId, {
        result: (await inTime(() => resultHandle.result())) as QualificationResult,
      });
    } catch (error) {
      if (error instanceof WorkflowFailedError) return new CaseClosedError(workflowId, { ending: endingOf(error) });
      const ours = known(error);
      if (ours instanceof QualificationError) return ours;
      throw ours;
    }
  }

  async function unanswered(error: unknown): Promise<unknown> {
    if (!(await deps.isServerReachable())) return asOurs(timeoutCause(error), place);
    return new NoWorkerError(deps.taskQueue, updateTimeoutMs, { cause: error });
  }

  function known(error: unknown): unknown {
    if (error instanceof WorkflowNotFoundError) return new CaseNotFoundError(workflowId, { cause: error });
    return asOurs(error, place);
  }

  const inTime = <Answer>(call: () => Promise<Answer>): Promise<Answer> =>
    client.connection.withDeadline(Date.now() + updateTimeoutMs, call);

  return {
    workflowId,
    ...(runId === undefined ? {} : { runId }),
    result,
    resultWithin,
    view,
    resubmit: (resubmission, options) =>
      send(resubmitUpdate, withAbsolutePatchSources(resubmission, process.cwd()), options),
    withdraw: (withdrawal = {}, options) => send(withdrawUpdate, withdrawal, options),
    retry: (by = {}, options) => send(retryUpdate, by, options),
    adopt: (adoption = {}, options) => send(adoptUpdate, adoption, options),
    readAuditNow: (by = {}, options) => send(readAuditNowUpdate, by, options),
  };
}

/** The SDK wraps a timeout of an Update in an error of its own; the call's own error is inside. */
const timeoutCause = (error: unknown): unknown =>
  error instanceof Error && !(error instanceof ServiceError) && error.cause !== undefined ? error.cause : error;
