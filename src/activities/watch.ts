/** The daily walk over accounts: what is in force is read, compared with what was, and what is found is told once. */
import { Context, log } from '@temporalio/activity';
import { TemporalFailure } from '@temporalio/common';
import { failureTypes } from '../contract/failures.ts';
import type { Platform } from '../contract/qualification.ts';
import type {
  KnownCategory,
  WatchedAccount,
  WatchPage,
  WatchPageRequest,
  WatchProblem,
  WatchRequest,
  WatchTally,
} from '../contract/watch.ts';
import { expiring, judge, type SeenCategory } from '../rules/in-force.ts';
import type { WatchStore } from '../store/watch-records.ts';
import { WeChatError } from '../wechat/errors.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { detailsOf, failure } from './failure.ts';
import { createPace } from './pace.ts';
import { keepApprovedCases } from './watch-cases.ts';
import { readSeenCategories, readShownPapers } from './watch-reading.ts';
import { tellFindings } from './watch-telling.ts';
import { kept, type Walk } from './watch-walk.ts';

/** WeChat is asked for people's cases at the same time: the walk takes what nobody misses. */
const callsPerSecond = 4;
/** These are read from our own Temporal. */
const casesPerSecond = 20;
const accountsPerPage = 50;
const heartbeatEveryMs = 5_000;

/** Heartbeat details: how far a page is, so that another worker goes on behind it. */
interface Progress extends WatchTally {
  doubted: number;
  after?: string;
}

export function createWatchActivities(deps: ActivityDependencies) {
  const pace = createPace(callsPerSecond);
  const ownPace = createPace(casesPerSecond);
  return {
    /** Keeps what cases were made from that ended approved since the last walk; answers how many. */
    async noteApprovedCases({ platform }: WatchRequest): Promise<number> {
      const store = storeOf(deps);
      const { cancellationSignal: signal } = Context.current();
      const timer = setInterval(() => Context.current().heartbeat(), heartbeatEveryMs);
      try {
        return await keepApprovedCases({ deps, store, pace: ownPace, signal }, platform);
      } finally {
        clearInterval(timer);
      }
    },

    /**
     * Reads the next accounts, one after another; at a second look only those with categories in doubt. One that cannot be read is noted as such and never stops the others.
     * Repeating it is harmless. @throws WeChatUnavailable when our own store does not answer
     */
    async readInForce(request: WatchPageRequest): Promise<WatchPage> {
      const store = storeOf(deps);
      const context = Context.current();
      const { cancellationSignal: signal } = context;
      const progress: Progress = { ...startOf(request), ...(context.info.heartbeatDetails as Progress | undefined) };
      const timer = setInterval(() => context.heartbeat({ ...progress }), heartbeatEveryMs);
      try {
        const { platform, isSecondLook } = request;
        const accounts = await kept(store.accounts({ ...request, limit: accountsPerPage }));
        const isBehind = ({ appId }: WatchedAccount) => progress.after !== undefined && appId <= progress.after;
        for (const account of accounts.filter((one) => !isBehind(one))) {
          const outcome = await readAccount({ deps, store, pace, signal }, request, account);
          progress.read += outcome.isRead ? 1 : 0;
          progress.failed += outcome.isFailed ? 1 : 0;
          progress.found += outcome.found;
          progress.doubted += outcome.doubted;
          progress.after = account.appId;
          context.heartbeat({ ...progress });
        }
        await tellFindings({ deps, store, pace, signal }, platform);
        const { read, failed, found, doubted } = progress;
        const last = accounts.at(-1);
        const isLast = last === undefined || accounts.length < accountsPerPage;
        if (isLast && !isSecondLook) await kept(store.noteLeavers({ platform, at: Date.now() }));
        return { read, failed, found, doubted, ...(isLast ? {} : { next: last.appId }) };
      } finally {
        clearInterval(timer);
      }
    },
  };
}

const startOf = ({ after }: WatchPageRequest): Progress => ({
  read: 0,
  failed: 0,
  found: 0,
  doubted: 0,
  ...(after === undefined ? {} : { after }),
});

interface Outcome {
  isRead: boolean;
  isFailed: boolean;
  found: number;
  doubted: number;
}

async function readAccount(
  walk: Walk,
  { platform, isSecondLook }: WatchPageRequest,
  account: WatchedAccount,
): Promise<Outcome> {
  const { deps, store, signal } = walk;
  const known = await kept(store.known({ platform, appId: account.appId }));
  const readAt = Date.now();
  try {
    const { account: read, seen } = await readThroughAny(walk, platform, account, known);
    const look = { now: new Date(readAt).toISOString(), isSecond: isSecondLook === true };
    const { categories, findings } = judge(known, seen, look);
    const cases = new Map(
      (await kept(store.casesOf({ platform, appId: account.appId }))).map((one) => [one.categoryId, one]),
    );
    const complete = (await readShownPapers(walk, platform, read, categories)).map((category) => ({
      ...category,
      ...cases.get(category.categoryId),
    }));
    const all = [...findings, ...expiring(complete, readAt)];
    const found = await kept(store.save({ platform, account: read, readAt, categories: complete, findings: all }));
    const doubted = complete.filter(({ doubtedSince }) => doubtedSince !== undefined).length;
    return { isRead: true, isFailed: false, found, doubted };
  } catch (error) {
    // The worker goes, or the walk was ended: nothing was learned about this account.
    signal.throwIfAborted();
    if (error instanceof TemporalFailure) throw error;
    if (account.isGuess && isOfAnotherKind(error)) return { isRead: false, isFailed: false, found: 0, doubted: 0 };
    if (!(error instanceof WeChatError)) deps.onBug?.(error);
    const problem = problemOf(error);
    log.warn('an account could not be watched', { platform, appId: account.appId, reason: problem.reason });
    await kept(store.failed({ platform, account, triedAt: readAt, problem }));
    return { isRead: false, isFailed: true, found: 0, doubted: 0 };
  }
}

/** Through the first of its third-party platforms that may read it. When none may: the refusal of the first one; of a guess, one that shows it wrong. */
async function readThroughAny(
  walk: Walk,
  platform: Platform,
  account: WatchedAccount,
  known: readonly KnownCategory[],
): Promise<{ account: WatchedAccount; seen: SeenCategory[] }> {
  const ways = [account, ...(account.otherVias ?? []).map((via) => ({ ...account, via }))];
  let refusal: unknown;
  for (const way of ways) {
    try {
      return { account: way, seen: await readSeenCategories(walk, platform, way, known) };
    } catch (error) {
      if (!isRefusedToThisOne(error)) throw error;
      // That another way has no token says nothing about whether the guess is right.
      const isAnswer = account.isGuess && isOfAnotherKind(error) && !isOfAnotherKind(refusal);
      if (refusal === undefined || isAnswer) refusal = error;
    }
  }
  throw refusal;
}

/** The authorization, the token or the permission of this one platform: another one's may be in order. */
const isRefusedToThisOne = (error: unknown): boolean =>
  error instanceof WeChatError && (error.kind === 'needs-person' || error.kind === 'refresh-token');

/** Not granted to the platform, or no call for this kind of account. */
const isOfAnotherKind = (error: unknown): boolean =>
  error instanceof WeChatError && (error.errcode === '48001' || error.errcode === '61007');

function problemOf(error: unknown): WatchProblem {
  if (!(error instanceof WeChatError))
    return {
      reason: `unexpected: ${error instanceof Error ? error.name : 'unknown'}`,
      advice: 'This is a bug: its details are in the log of the worker. (程序缺陷,详情见 worker 日志。)',
    };
  const { reason, advice, errcode } = detailsOf(error);
  return { reason, advice, ...(errcode === undefined ? {} : { errcode }) };
}

function storeOf({ watch }: ActivityDependencies): WatchStore {
  if (watch !== undefined) return watch;
  throw failure(failureTypes.needsPerson, {
    reason: 'this worker has no store to watch with',
    advice: 'Start it by `wxq worker`, with WXQ_DATABASE_URL or a server in the same data folder.',
  });
}
