/** Problem details (RFC 9457): every kind that the API answers with, and which of them an error of the client is. */
import {
  CaseCancelledError,
  CaseClosedError,
  CaseFailedError,
  CaseNotFoundError,
  CheckFailedError,
  ClientClosedError,
  type Finding,
  InvalidCaseError,
  NotificationNotFoundError,
  NoWorkerError,
  PageTokenError,
  QualificationError,
  type QualificationResult,
  RulesUnavailableError,
  SearchAttributesMissingError,
  TemporalUnreachableError,
  UpdateRefusedError,
} from '../client/index.ts';

/** Each kind by the last part of its `type`. */
export const problemKinds = {
  'bad-request': [400, 'The request cannot be read'],
  'unknown-page': [400, 'The page token is not one of this list'],
  'no-token': [401, 'A bearer token is needed'],
  'role-too-low': [403, 'This token may not do that'],
  'api-without-tokens': [403, 'The API is closed: it has no tokens'],
  'no-such-resource': [404, 'There is nothing at this address'],
  'wrong-method': [405, 'This address does not take this method'],
  'no-such-case': [404, 'There is no such case'],
  'no-such-notification': [404, 'There is no such notification'],
  'case-running': [409, 'A case for this account and category is running with another input'],
  'case-refused': [409, 'The case does not take this now'],
  'case-closed': [409, 'The case is closed'],
  'rules-refused': [409, "WeChat does not tell the category's rules for this account"],
  'key-in-use': [409, 'A request with this Idempotency-Key is still under way'],
  'no-result': [410, 'The case ended without a result'],
  'no-length': [411, 'The body does not say how large it is'],
  'too-large': [413, 'The body is too large'],
  'media-type': [415, 'This content type is not taken here'],
  'invalid-input': [422, 'The input has errors'],
  'invalid-image': [422, 'This image cannot be sent to WeChat'],
  'key-reused': [422, 'This Idempotency-Key belongs to another request'],
  'too-many-requests': [429, 'This token asks too often'],
  bug: [500, 'Something unexpected happened'],
  'no-worker': [503, 'No worker answers'],
  'temporal-away': [503, 'Temporal cannot be used'],
  'rules-unavailable': [503, "The category's rules could not be read"],
  'check-failed': [503, 'The check did not come to an end'],
  'not-set-up': [503, 'Temporal is not set up for cases'],
  'store-away': [503, 'The store of this server cannot be used'],
  stopping: [503, 'This server is stopping'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemKind = keyof typeof problemKinds;

/** The body of an answer with `application/problem+json`. */
export interface Problem {
  /** Stable; programs decide by it. */
  type: string;
  title: string;
  status: number;
  detail: string;
  /** What leads out of it. */
  advice?: string;
  findings?: Finding[];
  workflowId?: string;
  /** What a closed case has ended with. */
  result?: QualificationResult;
  /** How a case ended that came to no result. */
  ending?: string;
  /** WeChat's own code, where one is the reason. */
  errcode?: string;
}

/** A problem that this API finds by itself. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly kind: ProblemKind;
  readonly members: Partial<Problem>;

  constructor(kind: ProblemKind, detail: string, members: Partial<Problem> = {}) {
    super(detail);
    this.kind = kind;
    this.members = members;
  }
}

/** `urn:problem-type:wechat-qualification:case-closed` */
export const problemType = (kind: ProblemKind): string => `urn:problem-type:wechat-qualification:${kind}`;

/** The one table from errors to problems; the first row that fits. Anything else is a bug. */
const rows: readonly (readonly [new (...given: never[]) => Error, ProblemKind])[] = [
  [InvalidCaseError, 'invalid-input'],
  [UpdateRefusedError, 'case-refused'],
  [CaseClosedError, 'case-closed'],
  [CaseNotFoundError, 'no-such-case'],
  [NotificationNotFoundError, 'no-such-notification'],
  [CaseFailedError, 'no-result'],
  [CaseCancelledError, 'no-result'],
  [PageTokenError, 'unknown-page'],
  [NoWorkerError, 'no-worker'],
  [TemporalUnreachableError, 'temporal-away'],
  [SearchAttributesMissingError, 'not-set-up'],
  [RulesUnavailableError, 'rules-unavailable'],
  [CheckFailedError, 'check-failed'],
  [ClientClosedError, 'stopping'],
];

/** What to answer for an error; `undefined` when it is none that is known, which means a bug. */
export function problemOfError(error: unknown): Problem | undefined {
  if (error instanceof ApiProblem) return problem(error.kind, error.message, error.members);
  const kind = kindOf(error);
  if (kind === undefined || !(error instanceof QualificationError)) return undefined;
  return problem(kind, error.message, { advice: error.advice, ...membersOf(error) });
}

function kindOf(error: unknown): ProblemKind | undefined {
  if (error instanceof RulesUnavailableError && error.isRefused) return 'rules-refused';
  return rows.find(([errorClass]) => error instanceof errorClass)?.[1];
}

function membersOf(error: QualificationError): Partial<Problem> {
  return {
    ...(error instanceof InvalidCaseError ? { findings: error.findings } : {}),
    ...('workflowId' in error && typeof error.workflowId === 'string' ? { workflowId: error.workflowId } : {}),
    ...(error instanceof CaseClosedError && error.result !== undefined ? { result: error.result } : {}),
    ...(error instanceof CaseClosedError && error.ending !== undefined ? { ending: error.ending } : {}),
    ...(error instanceof CaseCancelledError ? { ending: error.ending } : {}),
    ...(error instanceof RulesUnavailableError && error.errcode !== undefined ? { errcode: error.errcode } : {}),
    ...(error instanceof CaseFailedError ? { ending: 'failed' } : {}),
  };
}

/** A problem of one kind. */
export function problem(kind: ProblemKind, detail: string, members: Partial<Problem> = {}): Problem {
  const [status, title] = problemKinds[kind];
  return { type: problemType(kind), title, status, detail, ...members };
}

/** Seconds after which trying again makes sense, where the kind alone says it; for the header `Retry-After`. */
export function retryAfter({ status, type }: Problem): number | undefined {
  if (type === problemType('key-in-use')) return 2;
  return status === 503 ? 5 : undefined;
}
