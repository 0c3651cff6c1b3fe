/** Runs one call under a time limit. */

/** The call did not end in time; it may have had its effect all the same. */
export class TimeLimitReached extends Error {
  override readonly name = 'TimeLimitReached';
}

/**
 * Waits for `call` at most `limitMs`, then throws `TimeLimitReached`. The call gets a signal that is aborted at that
 * moment; the wait ends even if the call ignores it, since WeChat does not wait for us either.
 */
export async function within<T>(limitMs: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => {
        const error = new TimeLimitReached(`no answer within ${limitMs} ms`);
        reject(error);
        controller.abort(error);
      },
      Math.max(0, limitMs),
    );
  });
  try {
    return await Promise.race([call(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
