/** Tells open cases that their account has withdrawn its authorization of a platform, or given it: in the background, again until it is done. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountChanged } from '../contract/messages.ts';
import type { ServerLogger } from './dependencies.ts';

/** An authorization whose cases have not been told yet. */
export interface AccountChange {
  componentAppId: string;
  appId: string;
  isAuthorized: boolean;
  /** Which change this is: a later one is another. */
  mark: string;
}

/** Which changes are still to be told; it outlives this process. */
export interface AccountChanges {
  untold(limit: number): Promise<AccountChange[]>;
  /** Does nothing for a change that a later one has overtaken. */
  told(change: AccountChange): Promise<void>;
}

/** Where the cases are. Both throw when Temporal does not answer. */
export interface AccountCases {
  openCasesOf(appId: string): Promise<string[]>;
  tell(workflowId: string, change: AccountChanged): Promise<void>;
}

export interface AccountChangeTeller {
  /** Something has changed: look now. */
  poke(): void;
  close(): Promise<void>;
}

export interface AccountChangeTellerOptions {
  changes: AccountChanges;
  cases: AccountCases;
  logger: ServerLogger;
  /** Between two looks; after failures up to a minute. */
  everyMs?: number;
  /** Between two signals: a platform that loses a thousand accounts at once must not flood Temporal. */
  pauseMs?: number;
}

const batch = 50;
const longestPauseMs = 60_000;

/** Starts looking. Several servers may: a case that is told twice is told once. */
export function startAccountChangeTeller(options: AccountChangeTellerOptions): AccountChangeTeller {
  const { changes, cases, logger, everyMs = 5_000, pauseMs = 20 } = options;
  const end = new AbortController();
  let wake = new AbortController();

  async function tell(change: AccountChange): Promise<void> {
    const { appId, componentAppId, isAuthorized } = change;
    const workflowIds = await cases.openCasesOf(appId);
    for (const workflowId of workflowIds) {
      await cases.tell(workflowId, { authorized: isAuthorized, componentAppId });
      await sleep(pauseMs);
      if (end.signal.aborted) return;
    }
    await changes.told(change);
    if (workflowIds.length > 0)
      logger.info({ appId, componentAppId, isAuthorized, cases: workflowIds.length }, 'cases told of an authorization');
  }

  /** True when there is more to tell at once. */
  async function look(): Promise<boolean> {
    const found = await changes.untold(batch);
    for (const change of found) {
      if (end.signal.aborted) return false;
      await tell(change);
    }
    return found.length === batch;
  }

  const running = (async () => {
    let failures = 0;
    while (!end.signal.aborted) {
      let isMore = false;
      try {
        isMore = await look();
        failures = 0;
      } catch (error) {
        failures += 1;
        const code = error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'unknown';
        logger.warn({ problem: code, failures }, 'cases could not be told of an authorization; they will be');
      }
      if (isMore) continue;
      const waitMs = Math.min(longestPauseMs, everyMs * 2 ** Math.min(failures, 10));
      await sleep(waitMs, undefined, { signal: AbortSignal.any([end.signal, wake.signal]) }).catch(() => undefined);
      wake = new AbortController();
    }
  })();

  return {
    poke: () => wake.abort(),
    async close() {
      end.abort();
      await running;
    },
  };
}
