/** What every command is given from outside: streams, settings, a way to Temporal and to the sandbox. */
import type { ConnectOptions, QualificationClient } from '../client/index.ts';

/** A stream that takes text. */
export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
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
  connect(options: ConnectOptions): Promise<QualificationClient>;
  fetch: typeof globalThis.fetch;
  sleep(ms: number): Promise<unknown>;
}
