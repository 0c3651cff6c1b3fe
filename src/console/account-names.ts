/** What people call an account: its name as the settings, a platform's authorization or the shop itself give it. */

export interface AccountNames {
  /** `undefined`: it has none, or it is not known yet. */
  nameOf(appId: string): string | undefined;
  /** Begins to find out what is missing, in the background, one account after another. */
  lookFor(appIds: Iterable<string>): void;
  /** For tests: what was begun is done. */
  settled(): Promise<void>;
}

const keptForMs = 6 * 3_600_000;
const askedAgainAfterMs = 10 * 60_000;
const maxWaiting = 200;

/** @param read rejects, or gives `undefined`, when nobody says it. */
export function createAccountNames(
  read: (appId: string) => Promise<string | undefined>,
  now: () => number = Date.now,
): AccountNames {
  const known = new Map<string, string>();
  const askAgainAt = new Map<string, number>();
  const waiting = new Set<string>();
  let reading: Promise<void> | undefined;

  async function readAll(): Promise<void> {
    for (const appId of waiting) {
      waiting.delete(appId);
      // An account that can't be asked shows its appid; its cases say why.
      const name = await read(appId).catch(() => undefined);
      if (name !== undefined && name.trim() !== '') known.set(appId, name.trim());
      askAgainAt.set(appId, now() + (name === undefined ? askedAgainAfterMs : keptForMs));
    }
  }

  return {
    nameOf: (appId) => known.get(appId),
    lookFor(appIds) {
      for (const appId of appIds)
        if (waiting.size < maxWaiting && (askAgainAt.get(appId) ?? 0) <= now()) waiting.add(appId);
      if (waiting.size > 0)
        reading ??= readAll().finally(() => {
          reading = undefined;
        });
    },
    settled: async () => reading,
  };
}
