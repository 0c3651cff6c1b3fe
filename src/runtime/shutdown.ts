/** Ends a process in order: on a signal, on an error that nobody caught, or when asked. */
import closeWithGrace from 'close-with-grace';
import type { Logger } from './logger.ts';

/** What each process may take to stop in order, below its `stop_grace_period` in docker-compose.yml and above what it waits for itself. */
export const stopLimitMs = { worker: 38_000, server: 15_000, 'codec-server': 10_000 } as const;

export interface ShutdownOptions {
  logger: Logger;
  /** Ends everything, in order. Rejecting makes the exit status 1. */
  close: () => Promise<void>;
  /** The process is ended with status 1 when `close` takes longer. Default: that of the worker. */
  limitMs?: number;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** npm passes a Ctrl-C on that the terminal has sent already: what follows so soon is the same one. */
const sameSignalMs = 1_000;

/**
 * Starts to listen. The first signal calls `close` and exits (0, or 1 when it failed); a second one more than a second
 * later exits at once with 1. `close()` does the same by hand; `forget()` stops listening.
 */
export function closeOnSignal({ logger, close, limitMs = stopLimitMs.worker }: ShutdownOptions): {
  close: () => void;
  forget: () => void;
} {
  let firstAt: number | undefined;
  const grace = closeWithGrace(
    {
      delay: limitMs,
      logger: { error: (problem: unknown) => logger.error({ err: problem }, 'while stopping') },
      // Signals are ours (see sameSignalMs); a process that has nothing left to do ends by itself.
      skip: [...signals, 'beforeExit'],
      onTimeout: () => logger.error(`not stopped within ${limitMs / 1000} s; ending anyway`),
    },
    async ({ err }) => {
      if (err !== undefined) logger.fatal({ err }, 'an error that nobody caught: stopping');
      await close();
    },
  );
  const begin = (why: string): void => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      logger.info(`${why}: stopping`);
      grace.close();
    } else if (performance.now() - firstAt > sameSignalMs) {
      logger.error(`${why} again: ending at once`);
      process.exit(1);
    }
  };
  for (const signal of signals) process.on(signal, begin);
  return {
    close: () => begin('asked to'),
    forget: () => {
      for (const signal of signals) process.removeListener(signal, begin);
      grace.uninstall();
    },
  };
}
