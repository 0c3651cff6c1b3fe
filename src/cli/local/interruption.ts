/** Ctrl-C and its kin as an AbortSignal, so that a command can end what it started in order. */

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes on a Ctrl-C that the terminal has sent already: what follows so soon is the same one. */
const sameSignalMs = 1_000;

export interface Interruption {
  /** Aborted at the first signal. */
  signal: AbortSignal;
  /** Signals do what they did before. */
  forget(): void;
}

/** Listens from now on. A second signal, more than a second after the first, ends the process at once. */
export function onInterrupt(): Interruption {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const hear = (): void => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      controller.abort(new Error('interrupted'));
    } else if (performance.now() - firstAt > sameSignalMs) process.exit(1);
  };
  for (const signal of signals) process.on(signal, hear);
  return {
    signal: controller.signal,
    forget: () => {
      for (const signal of signals) process.removeListener(signal, hear);
    },
  };
}
