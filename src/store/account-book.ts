/** The accounts of a running process: read from the database, and read again when they change there. */

import { type AccountEntries, noEntries } from './account-file.ts';
import { createAccountRecords } from './account-records.ts';
import { type Accounts, accountsOf } from './accounts.ts';
import type { DurableStore } from './durable-store.ts';
import { resealKept } from './resealing.ts';

/** Always the newest accounts: every look-up is answered from what was read last. */
export interface AccountBook extends Accounts {
  /**
   * For an appid that is not known: looks into the database whether somebody has added it just now. Bounded, whoever asks
   * how often: at most one look in two seconds. Never throws.
   */
  lookAgain(): Promise<void>;
  close(): Promise<void>;
}

export interface AccountBookOptions {
  store: DurableStore;
  /** Of the accounts file, if there is one: what is new or changed in it is taken in. */
  fromFile?: AccountEntries | undefined;
  onTaken?: (appIds: readonly string[]) => void;
  onProblem?: (problem: string) => void;
  refreshEveryMs?: number;
}

const refreshEveryMs = 15_000;
const lookAtMostEveryMs = 2_000;

/**
 * Seals anew what is sealed with an older key, takes the file in, reads all, and keeps it up to date until `close`.
 * @throws SecretError; what the database throws.
 */
export async function openAccountBook(options: AccountBookOptions): Promise<AccountBook> {
  const { store, fromFile, onTaken, onProblem } = options;
  const records = createAccountRecords(store);
  await records.reseal();
  const { unreadable } = await resealKept(store);
  if (unreadable > 0) {
    onProblem?.(
      `${unreadable} pushes and inputs of approved cases were sealed with a key that is not in WXQ_SECRET_KEY: put it last there, with a comma before it, and start again`,
    );
  }
  if (fromFile !== undefined) {
    const taken = await records.takeIn(fromFile);
    if (taken.length > 0) onTaken?.(taken);
  }
  let revision = -1;
  let current: Accounts = accountsOf(noEntries);
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  async function readIfChanged(): Promise<void> {
    if ((await records.revision()) === revision) return;
    const found = await records.read();
    revision = found.revision;
    current = accountsOf(found.entries);
  }

  /** Callers that come meanwhile share the look. */
  function look(): Promise<void> {
    lookedAt = performance.now();
    looking ??= readIfChanged()
      .catch((error: unknown) => {
        // What was read last is still true of most accounts. A driver's message may quote a value; its code does not.
        const code = error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'unknown';
        onProblem?.(`the accounts could not be read again (${code})`);
      })
      .finally(() => {
        looking = undefined;
      });
    return looking;
  }

  await readIfChanged();
  const timer = setInterval(() => void look(), options.refreshEveryMs ?? refreshEveryMs);
  timer.unref();
  return {
    get shops() {
      return current.shops;
    },
    get platforms() {
      return current.platforms;
    },
    shop: (appId) => current.shop(appId),
    platform: (componentAppId) => current.platform(componentAppId),
    credentialsOf: (account) => current.credentialsOf(account),
    lookAgain: () => looking ?? (performance.now() - lookedAt < lookAtMostEveryMs ? Promise.resolve() : look()),
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}
