/** A look at something outside that is made at most once in a while, however often and by however many it is asked for. */

/** What was seen last, and when. */
export interface Seen<T> {
  value: T;
  /** Milliseconds since 1970. */
  at: number;
}

export interface KeptLook<T> {
  /** What was seen last, after a new look if it is time for one. `undefined`: nothing lately. Never throws. */
  latest(): Promise<Seen<T> | undefined>;
}

export interface KeptLookOptions {
  /** No new look within this time after the last one began, also when that failed. Default 30 s. */
  everyMs?: number;
  /** Who asks waits no longer than this for a look; it goes on, and the next one gets what it saw. Default 2 s. */
  waitMs?: number;
  /** What was seen is shown for so long while looks fail, and then no more: a wrong number is worse than none. Default 5 min. */
  keptMs?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** One look at a time, shared by all who ask meanwhile. `look` bounds its own time. */
export function keptLook<T>(look: () => Promise<T>, options: KeptLookOptions = {}): KeptLook<T> {
  const { everyMs = 30_000, waitMs = 2_000, keptMs = 300_000, now = Date.now } = options;
  let seen: Seen<T> | undefined;
  let begunAt = Number.NEGATIVE_INFINITY;
  let running: Promise<void> | undefined;

  function begin(): Promise<void> {
    begunAt = now();
    return look()
      .then((value) => {
        seen = { value, at: now() };
      })
      .catch(() => undefined)
      .finally(() => {
        running = undefined;
      });
  }

  return {
    async latest() {
      if (running === undefined && now() - begunAt >= everyMs) running = begin();
      if (running !== undefined) await atMost(waitMs, running);
      return seen !== undefined && now() - seen.at < keptMs ? seen : undefined;
    },
  };
}

async function atMost(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
