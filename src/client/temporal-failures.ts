/** Reads what Temporal's SDK throws, and says which of our errors it is. */
import {
  isGrpcServiceError,
  ServiceError,
  type WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { CancelledFailure, NamespaceNotFoundError, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { searchAttributeTypes } from '../contract/search-attributes.ts';
import {
  CaseCancelledError,
  CaseFailedError,
  type Ending,
  QualificationError,
  SearchAttributesMissingError,
  TemporalUnreachableError,
} from './errors.ts';

/** gRPC's own numbers (https://grpc.io/docs/guides/status-codes/); its package is no dependency of ours. */
export const grpcCode = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  failedPrecondition: 9,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The status code of the call that failed, wherever the SDK has wrapped it; `undefined` when no call failed. */
export function codeOf(error: unknown): number | undefined {
  return grpcErrorOf(error)?.code;
}

function grpcErrorOf(error: unknown): { code: number; details: string } | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (isGrpcServiceError(cause)) return cause;
  return undefined;
}

/**
 * The answer did not come in time. In about one call of twenty the server ends the stream a moment before our own clock
 * does, which gRPC's client reports as "Call cancelled"; a caller's own abort reads "Cancelled on client".
 */
export function isTimeout(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  const failed = grpcErrorOf(error);
  return failed !== undefined && isLate(failed.code, failed.details);
}

const isLate = (code: number, details: string): boolean =>
  code === grpcCode.deadlineExceeded || (code === grpcCode.cancelled && details === 'Call cancelled');

/** Where a client is connected to, for messages. */
export interface Place {
  address: string;
  namespace: string;
}

/** A call that needs no worker failed: says so in our words, or gives the error back as it is. */
export function asOurs(error: unknown, place: Place): unknown {
  if (error instanceof QualificationError || error instanceof WorkflowNotFoundError) return error;
  if (error instanceof NamespaceNotFoundError)
    return new TemporalUnreachableError(place.address, `it has no namespace ${place.namespace}`, { cause: error });
  const failed = grpcErrorOf(error);
  if (failed === undefined) return error;
  const why = unreachableReason(failed.code, failed.details);
  return why === undefined ? error : new TemporalUnreachableError(place.address, why, { cause: error });
}

function unreachableReason(code: number, details: string): string | undefined {
  if (isLate(code, details)) return 'it did not answer in time';
  if (code === grpcCode.unavailable) return `there is no connection (${details})`;
  if (code === grpcCode.permissionDenied || code === grpcCode.unauthenticated)
    return `it refused this client (${details})`;
  return undefined;
}

/** The server's words for a search attribute that the namespace does not know, at a start and in a query. */
export function isSearchAttributeMissing(error: unknown): boolean {
  if (!(error instanceof ServiceError) && !isGrpcServiceError(error)) return false;
  const failed = grpcErrorOf(error);
  return failed?.code === grpcCode.invalidArgument && /search attribute/i.test(failed.details);
}

/** Names those of ours that are not among `known`; all of them when that could not be found out. */
export function searchAttributesMissing(
  known: readonly string[] | undefined,
  place: Place,
  cause: unknown,
): SearchAttributesMissingError {
  const missing = Object.entries(searchAttributeTypes).filter(([name]) => known === undefined || !known.includes(name));
  const named = missing.length > 0 ? Object.fromEntries(missing) : searchAttributeTypes;
  return new SearchAttributesMissingError(named, place.namespace, place.address, { cause });
}

/** How a workflow that gave no result has ended. */
export function endingOf(error: WorkflowFailedError): Ending {
  if (error.cause instanceof CancelledFailure) return 'cancelled';
  if (error.cause instanceof TerminatedFailure) return 'terminated';
  if (error.cause instanceof TimeoutFailure) return 'timed_out';
  return 'failed';
}

/** What `result()` throws for a workflow that gave no result. */
export function failedCase(workflowId: string, error: WorkflowFailedError): CaseFailedError | CaseCancelledError {
  const ending = endingOf(error);
  if (ending === 'cancelled' || ending === 'terminated')
    return new CaseCancelledError(workflowId, ending, { cause: error });
  return new CaseFailedError(workflowId, error.cause?.message ?? error.message, { cause: error });
}
