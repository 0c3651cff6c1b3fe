/** Plays WeChat's auditor for a caller that runs on its own: the first application is rejected, the next one approved. */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Sandbox } from '../../src/sandbox/index.ts';

export interface Performance {
  /** The caller's exit status. */
  status: number | null;
  lines: string[];
  complaints: string;
}

/** Runs the caller to its end, and decides what it submits for this account. Kills it after `limitMs`. */
export async function perform(
  program: string,
  given: readonly string[],
  env: NodeJS.ProcessEnv,
  { sandbox, appId, limitMs = 120_000 }: { sandbox: Sandbox; appId: string; limitMs?: number },
): Promise<Performance> {
  const child = spawn(program, given, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
  let said = '';
  let complaints = '';
  child.stdout.on('data', (text) => (said += String(text)));
  child.stderr.on('data', (text) => (complaints += String(text)));
  let isOver = false;
  const end = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => {
    isOver = true;
  });
  end.catch(() => undefined);
  let decided = 0;
  while (!isOver) {
    for (const { id } of sandbox.audits({ appId, status: 'open' })) {
      if (decided === 0) sandbox.decide(id, 'rejected', '营业执照不清晰');
      else sandbox.decide(id, 'approved');
      decided += 1;
    }
    await pause(100);
  }
  return { status: await end, lines: said.trim().split('\n'), complaints };
}
