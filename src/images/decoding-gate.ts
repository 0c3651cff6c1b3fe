/** A semaphore around image decoding, so that memory stays bounded however many uploads run side by side (rule L3). */
import { availableParallelism } from 'node:os';

/** Runs `work` as soon as fewer than the limit are running, first come first served. Rejects with the signal's reason if it is aborted while waiting. */
export type DecodingGate = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/**
 * Makes a gate that lets `limit` pieces of work run at once (default: as many as there are processor cores).
 * Work must not enter the same gate again from inside: it would wait for itself.
 */
export function createDecodingGate(limit: number = availableParallelism()): DecodingGate {
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError(`a decoding gate needs a limit of 1 or more, not ${limit}`);
  let running = 0;
  const waiting: (() => void)[] = [];

  const enter = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      if (running < limit) {
        running += 1;
        resolve();
        return;
      }
      const admit = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        waiting.splice(waiting.indexOf(admit), 1);
        reject(signal?.reason);
      };
      waiting.push(admit);
      signal?.addEventListener('abort', giveUp, { once: true });
    });

  return async (work, signal) => {
    signal?.throwIfAborted();
    await enter(signal);
    try {
      return await work();
    } finally {
      // The place is handed on without being freed, so that nobody who comes later slips in before those who wait.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
