/** The exit status of `wxq`, and the errors that the program itself makes. */
import {
  CaseClosedError,
  CodecSettingsError,
  NoWorkerError,
  QualificationError,
  RulesUnavailableError,
  SearchAttributesMissingError,
  TemporalSettingsError,
  TemporalUnreachableError,
} from '../client/index.ts';

/** What a shell script can tell apart. */
export const exitStatus = {
  done: 0,
  /** Findings, a refusal, or a case that did not end well. */
  findings: 1,
  /** The command line, a file or a setting is wrong; nothing was asked of anybody. */
  usage: 2,
  /** Temporal, a worker, WeChat or the sandbox cannot be reached or used. */
  unreachable: 3,
  /** The case is closed. */
  closed: 4,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** The command line or a file it names is wrong. */
export class UsageError extends QualificationError {
  constructor(message: string, advice = 'See `wxq help`.', options?: ErrorOptions) {
    super(message, advice, options);
  }
}

/** Nobody answers at the sandbox's address. */
export class SandboxUnreachableError extends QualificationError {
  constructor(url: string, options?: ErrorOptions) {
    super(
      `The sandbox at ${url} does not answer.`,
      'Start it (`npm run dev` or `wxq sandbox`), or name it with --sandbox URL.',
      options,
    );
  }
}

/** Nobody answers at the private port of the server, or not as it does. */
export class ServerUnreachableError extends QualificationError {
  constructor(url: string, options?: ErrorOptions) {
    super(
      `The server at ${url} does not answer.`,
      'Start it (`wxq server`), or name its private port with --server URL.',
      options,
    );
  }
}

/** The sandbox did not do what was asked. */
export class SandboxRefusedError extends QualificationError {
  readonly status: number;

  constructor(what: string, status: number, why: string) {
    super(`The sandbox refused ${what} (HTTP ${status}): ${why}`, 'See what it holds: GET /sandbox/audits.');
    this.status = status;
  }
}

/** A history cannot be replayed with the present workflow code. */
export class ReplayFailedError extends QualificationError {
  readonly failed: { workflowId: string; error: string }[];

  constructor(failed: { workflowId: string; error: string }[], of: number) {
    super(
      `${failed.length} of ${of} histories do not replay: ${failed.map((one) => one.workflowId).join(', ')}.`,
      'Guard the change in src/workflows with `patched()`, or take it back; open cases with such a history would get stuck.',
    );
    this.failed = failed;
  }
}

/** Settings and files are named by other parts of the program in errors of their own. */
const usageNames = new Set(['ConfigError', 'AccountsError', 'CodecKeysError', 'SecretError', 'StateFileError']);
/** A worker's own TemporalUnreachableError is another class than the client's. */
const unreachableNames = new Set([
  'TemporalNotFoundError',
  'TemporalUnreachableError',
  'DevServerError',
  'DatabaseError',
  'NotToBeHad',
]);

/** The status for an error that ended a command. */
export function statusOf(error: unknown): ExitStatus {
  if (error instanceof UsageError || error instanceof TemporalSettingsError || error instanceof CodecSettingsError)
    return exitStatus.usage;
  if (error instanceof CaseClosedError) return exitStatus.closed;
  const unreachable = [
    NoWorkerError,
    TemporalUnreachableError,
    SearchAttributesMissingError,
    SandboxUnreachableError,
    ServerUnreachableError,
    RulesUnavailableError,
  ].some((kind) => error instanceof kind);
  if (unreachable) return exitStatus.unreachable;
  if (error instanceof Error && usageNames.has(error.name)) return exitStatus.usage;
  if (error instanceof Error && unreachableNames.has(error.name)) return exitStatus.unreachable;
  return exitStatus.findings;
}
