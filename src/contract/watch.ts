/** What is watched between cases: categories in force, what is found about them, and what crosses to and from the daily walk. */
import type { Account } from './activities.ts';
import { defaultTaskQueue } from './messages.ts';
import type { Platform } from './qualification.ts';

/** Both, in the order in which they are walked. */
export const watchedPlatforms = ['channels-shop', 'mini-program'] as const satisfies Platform[];

/**
 * The Temporal Schedule of a platform, `watch/{platform}`: one for each installation. Another task queue than the usual
 * one is another installation. Each of its runs is a workflow `{schedule id}-{time}`.
 */
export const watchScheduleId = (platform: Platform, taskQueue: string): string =>
  taskQueue === defaultTaskQueue ? `watch/${platform}` : `watch/${taskQueue}/${platform}`;

/**
 * `expired`: a Mini Program's category that has passed and is marked `is_expired`. A category that WeChat shows in any
 * other way is `lapsed` once it has been in force.
 */
export type Standing = 'in_force' | 'lapsed' | 'expired';

/** A paper and its last valid day, `YYYY-MM-DD` (China time). One that is valid for good, or of which nothing is known, is not among them. */
export interface PaperEnd {
  /** As a path of a resubmission: `licenses/{groupId}/{licenseId}`, `certificates/{key}`. */
  path: string;
  validUntil: string;
}

/** One category of an account, as the watch remembers it. */
export interface KnownCategory {
  categoryId: string;
  standing: Standing;
  /** When the watch first saw this standing, ISO 8601. */
  since: string;
  reason?: string;
  /** It is taken to be in force still, but since this time (ISO 8601) WeChat no longer shows it so. */
  doubtedSince?: string;
  /** By its own words: a Mini Program's answer carries names. */
  name?: string;
  /** Which grant of a shop is in force: another one has other papers. */
  grant?: string;
  /** Papers with the validity that WeChat's own answer shows; absent: not read for this grant yet. */
  shown?: PaperEnd[];
  /** Papers of the last approved case, by its input. */
  given?: PaperEnd[];
  /** The last approved case. */
  workflowId?: string;
  externalId?: string;
}

/** A category has lapsed when two readings this far apart do not show it in force: WeChat may be confused for some minutes. */
export const lapseBelievedAfterMs = 15 * 60_000;

/** Thresholds of `license.expiring`, in days. */
export const expiryThresholds = [90, 30, 7] as const;

/** Something that somebody should know. `occasion` makes it one of its kind: the same one is not found twice. */
export type WatchFinding = { categoryId: string; occasion: string; workflowId?: string; externalId?: string } & (
  | { kind: 'lapsed'; standing: 'lapsed' | 'expired'; reason?: string }
  | { kind: 'expiring'; path: string; validUntil: string; daysLeft: number }
);

/** Why an account could not be read; nothing is concluded about its categories then. */
export interface WatchProblem {
  reason: string;
  advice: string;
  errcode?: string;
}

/** Argument of the workflow `inForceWatch`. */
export interface WatchRequest {
  platform: Platform;
}

/** Which accounts an activity reads: those after this appid, by order of their text. */
export interface WatchPageRequest extends WatchRequest {
  after?: string;
  /** Reads accounts with categories in doubt once more, and decides about these; enough time has passed. */
  isSecondLook?: true;
}

/** What became of some accounts. */
export interface WatchTally {
  /** Accounts that were read. */
  read: number;
  /** Accounts that could not be: see `wxq inforce`. */
  failed: number;
  /** What was found anew. */
  found: number;
}

export interface WatchPage extends WatchTally {
  /** Categories that are in doubt now. Absent in answers of versions that had no doubts. */
  doubted?: number;
  /** The last appid of this page; absent when it was the last page. */
  next?: string;
}

/** Result of the workflow `inForceWatch`. */
export interface WatchSummary extends WatchTally {
  platform: Platform;
  /** The walk ended before its last account, and why. The next one begins at the first again. */
  stopped?: string;
  /** Cases that were approved lately could not be looked at, and why. They are by the next walk. */
  casesUnread?: string;
}

/** An account that is to be watched. */
export interface WatchedAccount extends Account {
  /** Further third-party platforms that it authorised, for when the one in `via` may not read it. */
  otherVias?: { componentAppId: string }[];
  /** Nobody knows whether it belongs to this platform: a refusal says that it does not. */
  isGuess?: true;
}

/** The workflow that tells a finding. */
export const watchNotificationId = (findingId: string): string => `notify/watch/${findingId}`;
