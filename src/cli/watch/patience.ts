/** Going on while Temporal is away: said once, tried again more and more slowly, said when it is back. */
import { NoWorkerError, TemporalUnreachableError } from '../../client/index.ts';
import type { CliContext } from '../context.ts';
import type { Output } from '../output.ts';

const longestPauseMs = 30_000;

/**
 * Looks again and again until `look` gives a value, or `signal` is aborted (`undefined`). Temporal that can't be reached,
 * and workers that do not answer, are waited for; every other error ends it.
 */
export async function untilFound<Value>(
  look: () => Promise<Value | undefined>,
  { everyMs, signal, sleep, out }: { everyMs: number; signal: AbortSignal; sleep: CliContext['sleep']; out: Output },
): Promise<Value | undefined> {
  let failures = 0;
  let told: string | undefined;
  while (!signal.aborted) {
    let isBack = true;
    try {
      const found = await look();
      if (told !== undefined) out.warn('answers again');
      told = undefined;
      if (found !== undefined) return found;
    } catch (error) {
      // Whatever was under way when the person ended it.
      if (signal.aborted) return undefined;
      if (!(error instanceof TemporalUnreachableError || error instanceof NoWorkerError)) throw error;
      isBack = false;
      if (told !== error.name) out.warn(`${error.message} It is tried again until Ctrl-C.`);
      told = error.name;
    }
    failures = isBack ? 0 : failures + 1;
    await sleep(Math.min(everyMs * 2 ** Math.min(failures, 10), Math.max(everyMs, longestPauseMs)), signal);
  }
  return undefined;
}
