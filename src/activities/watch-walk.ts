/** What every step of the daily walk is given, and how it asks our own store. */
import { log } from '@temporalio/activity';
import { failureTypes } from '../contract/failures.ts';
import type { WatchStore } from '../store/watch-records.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { failure } from './failure.ts';
import type { Pace } from './pace.ts';
import { fromStore } from './store-wait.ts';

export interface Walk {
  deps: ActivityDependencies;
  store: WatchStore;
  pace: Pace;
  signal: AbortSignal;
}

/** @throws WeChatUnavailable when the store is away: no account's fault, and no other account would fare better */
export async function kept<T>(answer: Promise<T>): Promise<T> {
  try {
    return await fromStore(answer);
  } catch (error) {
    log.warn('the store of the watch does not answer', { problem: error instanceof Error ? error.name : 'unknown' });
    throw failure(failureTypes.unavailable, {
      reason: 'unreachable: the store of the watch does not answer',
      advice:
        'Check the database (WXQ_DATABASE_URL), or the server beside this worker; the walk goes on by itself. (请检查数据库或同机的 server 进程,恢复后会自动继续。)',
    });
  }
}
