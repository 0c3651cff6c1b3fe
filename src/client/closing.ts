/** The end of a client: whatever is waited for then is let go of, and what is over is not held any longer. */
import { setMaxListeners } from 'node:events';

export interface Closing {
  readonly isClosed: boolean;
  /** Ends every wait, and every later one at once. */
  close(): void;
  /** Runs one wait with a signal of its own, aborted by `close` and by `also`. */
  during<Answer>(wait: (signal: AbortSignal) => Promise<Answer>, also?: AbortSignal): Promise<Answer>;
}

/**
 * One signal for all waits would not do: the SDK adds a listener for every call of a wait (a long poll is one every 20 s)
 * and never takes it away.
 */
export function createClosing(): Closing {
  const waits = new Set<AbortController>();
  let isClosed = false;
  return {
    get isClosed() {
      return isClosed;
    },
    close() {
      isClosed = true;
      for (const wait of waits) wait.abort();
    },
    async during(wait, also) {
      const own = new AbortController();
      setMaxListeners(0, own.signal);
      const abort = (): void => own.abort();
      if (isClosed || also?.aborted) own.abort();
      waits.add(own);
      also?.addEventListener('abort', abort);
      try {
        return await wait(own.signal);
      } finally {
        waits.delete(own);
        also?.removeEventListener('abort', abort);
      }
    },
  };
}
