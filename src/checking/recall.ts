/** Remembers what was read, for a while: many who ask at once make one call, and what is too old is forgotten. */

/** Something that was read, and when: milliseconds since 1970. */
export interface Kept<Value> {
  value: Value;
  readAt: number;
}

export interface Recall<Value> {
  /**
   * What was read for `key` at most `maxAgeMs` ago, else what `read` gives now. Whoever asks while somebody reads waits
   * for that reading. Rejects as `read` does; a failure is told again for `failureKeepMs` unless `anew` is set.
   */
  get(key: string, read: () => Promise<Value>, o?: { maxAgeMs?: number; anew?: boolean }): Promise<Kept<Value>>;
}

export interface RecallOptions {
  keepMs: number;
  failureKeepMs: number;
  now: () => number;
  /** More than so many are not kept: the oldest goes. */
  maxKept: number;
}

/** Holds its own memory; two of them may live in one process. */
export function createRecall<Value>({ keepMs, failureKeepMs, now, maxKept }: RecallOptions): Recall<Value> {
  const kept = new Map<string, Kept<Value>>();
  const failed = new Map<string, { error: unknown; at: number }>();
  const flights = new Map<string, Promise<Kept<Value>>>();

  const forget = (): void => {
    for (const [key, { readAt }] of kept) if (now() - readAt > keepMs) kept.delete(key);
    for (const [key, { at }] of failed) if (now() - at > failureKeepMs) failed.delete(key);
    for (const key of kept.keys()) {
      if (kept.size <= maxKept) break;
      kept.delete(key);
    }
  };
  const fly = async (key: string, read: () => Promise<Value>): Promise<Kept<Value>> => {
    try {
      const fresh = { value: await read(), readAt: now() };
      failed.delete(key);
      // Deleted first, so that the oldest is always the first.
      kept.delete(key);
      kept.set(key, fresh);
      return fresh;
    } catch (error) {
      failed.set(key, { error, at: now() });
      throw error;
    } finally {
      flights.delete(key);
      forget();
    }
  };
  return {
    async get(key, read, { maxAgeMs = keepMs, anew = false } = {}) {
      const known = kept.get(key);
      if (known !== undefined && now() - known.readAt <= Math.min(maxAgeMs, keepMs)) return known;
      const flight = flights.get(key);
      if (flight !== undefined) return flight;
      const failure = failed.get(key);
      if (!anew && failure !== undefined && now() - failure.at <= failureKeepMs) throw failure.error;
      const started = fly(key, read);
      flights.set(key, started);
      return started;
    },
  };
}
