/** What every command is given from outside: streams, settings, a way to Temporal and to the sandbox. */
import type { ConnectOptions, QualificationClient } from '../client/index.ts';
import type { Interruption } from './local/interruption.ts';

/** A stream that takes text. */
export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
  /** Of a terminal: its size in characters. */
  columns?: number | undefined;
  rows?: number | undefined;
}

/** The outside of one run of the program; two runs can live in one process. */
export interface CliContext {
  env: NodeJS.ProcessEnv;
  /** Relative file names start here. */
  cwd: string;
  stdout: Sink;
  stderr: Sink;
  /** Everything on standard input, for `submit -`. */
  readStdin(): Promise<string>;
  /** Asks a person on the terminal; absent where there is none. */
  confirm?: (question: string) => Promise<boolean>;
  /** Has a person type something on the terminal; absent where there is none. */
  ask?: (question: string) => Promise<string>;
  connect(options: ConnectOptions): Promise<QualificationClient>;
  fetch: typeof globalThis.fetch;
  /** Also ends, without an error, when `signal` is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<unknown>;
  /** Ctrl-C and its kin from now on, for a command that ends in order; default: those of this process. */
  interruption?: () => Interruption;
}
