/** Runs a program to its end and keeps what it says. */
import { spawn } from 'node:child_process';

export interface Ended {
  status: number | null;
  /** Of both streams, as it came. */
  output: string;
}

/** Rejects when the program can't be started. */
export function runToEnd(program: string, given: readonly string[], folder?: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, given, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        output += String(text);
      });
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output }));
  });
}
