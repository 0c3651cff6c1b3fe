/** Runs another program to its end, within a time limit, and keeps what it said. */
import { spawn } from 'node:child_process';

/** How a program ended: `status` is null when it was killed. */
export interface ProgramEnd {
  status: number | null;
  stdout: string;
  stderr: string;
  timedOut: boolean;
}

/** Longest output kept of each stream, in characters; the end of it is what explains a failure. */
const keptCharacters = 16_000;

/**
 * Runs `program` and waits for its end; after `timeoutMs` it is killed. `isStalled` is asked twice a second and may
 * end it earlier.
 * @throws Error when it can't be started (its `code` is ENOENT when there is no such program).
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { env, timeoutMs, isStalled }: { env: NodeJS.ProcessEnv; timeoutMs: number; isStalled?: () => boolean },
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const end: ProgramEnd = { status: null, stdout: '', stderr: '', timedOut: false };
    const kill = (): void => {
      end.timedOut = true;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(kill, timeoutMs);
    const watch = setInterval(() => {
      if (isStalled?.()) kill();
    }, 500);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      end.stdout = (end.stdout + text).slice(-keptCharacters);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      end.stderr = (end.stderr + text).slice(-keptCharacters);
    });
    const settle = (): void => {
      clearTimeout(timer);
      clearInterval(watch);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (status) => {
      settle();
      resolve({ ...end, status });
    });
  });
}

/** The last line that says something, for an error message. */
export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
