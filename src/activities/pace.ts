/** A bounded rate for work that nobody waits for: one of them for a process. */
import { setTimeout as pause } from 'node:timers/promises';

/** Resolves when the next call may go out; rejects with the signal's reason when that is aborted first. */
export type Pace = (signal: AbortSignal) => Promise<void>;

export function createPace(perSecond: number): Pace {
  let next = 0;
  return async (signal) => {
    signal.throwIfAborted();
    const now = performance.now();
    const at = Math.max(now, next);
    next = at + 1000 / perSecond;
    if (at > now) await pause(at - now, undefined, { signal });
  };
}
