/** What a command says: results on standard output, as text or as one line of JSON each; everything else on standard error. */
import { InvalidCaseError, QualificationError } from '../client/index.ts';
import type { CliContext } from './context.ts';
import { cut } from './text/width.ts';

/** How one command speaks. */
export interface Output {
  readonly json: boolean;
  /** A result: `value` with --json, else `text`. */
  result(value: unknown, text: string): void;
  /** Progress, for people. */
  note(text: string): void;
  warn(text: string): void;
  /** What is being done now, on a terminal alone; the next line of any kind takes its place. */
  progress(text: string): void;
  /** Why the command ends: a sentence and advice on standard error, and with --json an object on standard output. */
  failure(error: unknown): void;
}

/** Output to the context's streams. */
export function createOutput({ stdout, stderr }: Pick<CliContext, 'stdout' | 'stderr'>, json: boolean): Output {
  let isLineOpen = false;
  const clear = (): void => {
    if (isLineOpen) stderr.write(clearLine);
    isLineOpen = false;
  };
  const line = (text: string): void => {
    clear();
    stderr.write(`${text}\n`);
  };
  const result = (value: unknown, text: string): void => {
    clear();
    stdout.write(`${json ? JSON.stringify(value) : text}\n`);
  };
  return {
    json,
    result,
    note: line,
    warn: (text) => line(`wxq: ${text}`),
    progress: (text) => {
      if (stderr.isTTY !== true) return;
      stderr.write(`${clearLine}${cut(text, (stderr.columns ?? 80) - 1)}`);
      isLineOpen = true;
    },
    failure: (error) => {
      line(failureText(error));
      if (json) result({ error: failureObject(error) }, '');
    },
  };
}

const clearLine = '\r\x1b[2K';

function failureText(error: unknown): string {
  if (error instanceof InvalidCaseError) {
    const findings = error.findings.map(({ message, zh }) => `  ${message}${zh === undefined ? '' : `\n    ${zh}`}`);
    return [
      `wxq: the input is not a case: ${counted(findings.length, 'finding')}.`,
      ...findings,
      `  ${error.advice}`,
    ].join('\n');
  }
  if (error instanceof QualificationError) return `wxq: ${error.message}\n  ${error.advice}`;
  const advice = adviceOf(error);
  return `wxq: ${messageOf(error)}${advice === undefined ? '' : `\n  ${advice}`}`;
}

/** Errors of other parts of the program, by name: their message says what is wrong, this what to do next. */
const advices: Record<string, string> = {
  ConfigError: 'Set it, or take it away; every setting stands in .env.example. `wxq doctor` looks at all of them.',
  AccountsError:
    'Correct the file (the one that was named, else that of WXQ_ACCOUNTS_FILE); examples/accounts.sandbox.json is one.',
  CodecKeysError: 'Set WXQ_CODEC_KEYS as the worker has it: id1:base64key,id2:base64key.',
  SecretError:
    'Set WXQ_SECRET_KEY as it was when the database was written; several keys with commas between, the new one first.',
  DatabaseError: 'Mend that (with PostgreSQL: is it running, is WXQ_DATABASE_URL right?); `wxq doctor` says more.',
  StateFileError: 'Name another file by --state-file, or remove this one: the sandbox then begins anew.',
  NotToBeHad: '`wxq doctor` says what to mend.',
};

/** Without an entry nobody foresaw it. An error that names its own way out keeps it. */
function adviceOf(error: unknown): string | undefined {
  if (error instanceof Error && 'advice' in error) {
    const { advice } = error;
    if (typeof advice === 'string') return advice;
    if (typeof advice === 'object' && advice !== null && 'en' in advice) return String(advice.en);
  }
  const known = error instanceof Error ? advices[error.name] : undefined;
  if (known !== undefined) return known;
  const isNamed =
    error instanceof Error && !['Error', 'TypeError', 'RangeError', 'ReferenceError'].includes(error.name);
  return isNamed
    ? undefined
    : 'That was not foreseen. `wxq doctor` may find the reason; if not, please report it with this text.';
}

/** Name, message and what the error carries besides; never its cause, which may hold anything. */
function failureObject(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: 'Error', message: messageOf(error) };
  const carried = error instanceof QualificationError ? { ...error } : {};
  const advice = adviceOf(error);
  return { ...(advice === undefined ? {} : { advice }), ...carried, name: error.name, message: error.message };
}

/** `1 finding`, `2 findings` */
export const counted = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
