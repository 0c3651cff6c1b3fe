/** What a case is, in the words that every part of the application shares. Types only. */
import type { CheckFinding } from './check.ts';

/** A picture of the material: a path, a `file:` or an `https:` address; `sha256` (lower-case hex) pins its bytes. 图片来源。 */
export type Image = string | { source: string; sha256?: string };

/** Who holds a licence and how long it is valid. 证照的主体与有效期。 */
export interface Paper {
  holder?: { name: string; creditCode?: string };
  /** Last valid day as `YYYY-MM-DD` (China time), or `permanent` (长期有效). */
  validUntil?: string;
}

/** What every case has, whatever the platform. Ids are decimal strings: they are uint64 at WeChat. */
export interface CaseInput {
  /** The shop's or the Mini Program's appid. 店铺或小程序的 appid。 */
  appId: string;
  /** Set when a third-party platform calls on the account's behalf. 由第三方平台代调用。 */
  via?: { componentAppId: string };
  /** The caller's own number for this case; it is shown, never interpreted. */
  externalId?: string;
  /** Who asked for it; it is shown, never interpreted. */
  requestedBy?: string;
  /** `new` (default); `renew` although it is in force (Channels Shop only); `adopt` follows an audit that is already open. */
  intent?: 'new' | 'renew' | { adopt: { auditId?: string } };
  /**
   * Durations such as `30 days`: time to correct a rejected case (default: none), when a review counts as overdue (3 or
   * 7 days), and how long before the end of `correction` a reminder is sent, where somebody is told (docs/webhooks.md).
   */
  deadlines?: { correction?: string; overdue?: string; reminder?: string };
  /** `true`: the case is not compared with the category's rules before it is submitted. 提交前不做规则检查。 */
  skipCheck?: boolean;
  /** 5 (most urgent) to 1; default 3. Submissions of one appid go one after another, the most urgent first. 优先级,5 最急。 */
  priority?: CasePriority;
}

/** How urgent a case is among those of the same account: 5 goes first. */
export type CasePriority = 1 | 2 | 3 | 4 | 5;

/** Every status of a case, in the order of its life. */
export const statuses = [
  'preparing',
  'submitting',
  'in_review',
  'needs_material',
  'blocked',
  'approved',
  'withdrawn',
  'expired',
] as const;

/**
 * preparing: images are fetched and uploaded; submitting: the one write is under way; in_review: WeChat decides;
 * needs_material: a person must correct the material; blocked: a person or time must mend the account; the rest are ends.
 */
export type Status = (typeof statuses)[number];

/** The ends of a case: results, never failures. */
export type Outcome = 'approved' | 'withdrawn' | 'expired';

/** WeChat's decision on one submission. */
export type Verdict = 'approved' | 'rejected' | 'cancelled';

/** One submission, or one refusal before it was accepted. Times are ISO 8601 (UTC). */
export interface Attempt {
  number: number;
  auditId?: string;
  submittedAt?: string;
  /** `approved`, `rejected`, `cancelled`, or `refused` when nothing came to an audit. */
  verdict?: string;
  reason?: string;
  decidedAt?: string;
  /** `audit`: WeChat's auditor decided; `refused`: it was turned down at submission, or before. */
  source?: 'audit' | 'refused';
  foundBy?: 'push' | 'read';
}

/** What an answer to an Update says: the message was taken, and where the case stands now. */
export interface Accepted {
  attempt: number;
  status: Status;
  pending?: Pending;
}

/** Something a person asked for that is being carried out. */
export type Pending = 'withdraw' | 'retry' | 'adopt';

/** The Updates that a person can send. */
export type Action = 'resubmit' | 'withdraw' | 'retry' | 'adopt' | 'readAuditNow';

/** During which step a case was blocked. `material`: while it waited for corrected material. */
export type BlockedDuring = 'preflight' | 'upload' | 'submit' | 'read' | 'material';

/** Why a case cannot go on by itself, and what leads out. */
export interface Blocked {
  during: BlockedDuring;
  /** Starts with a stable word: `foreign_audit`, `unauthorized`, `unreachable`, `observe`, or WeChat's own message. */
  reason: string;
  errcode?: string;
  advice: string;
  /** Sending again may spend quota: nothing is sent until a person's `retry`. It still ends when it is found in force. */
  onlyByRetry?: true;
}

/** One write of a Mini Program category and what `getcategory` showed around it. Whether a change costs quota is not documented. */
export interface QuotaView {
  /** Number of the attempt. */
  attempt: number;
  operation: 'add' | 'modify';
  /** Adds allowed in this period. */
  limit?: number;
  /** How many categories the account may have. */
  categoryLimit?: number;
  /** Adds left in this period, read just before the write. */
  before?: number;
  /** The same, by the first read after it that the case knows of, and when that was. */
  after?: number;
  readAt?: string;
}

/** One picture as the case knows it; never its bytes. `note` says what was changed before it was sent. */
export interface MaterialView {
  path: string;
  sha256?: string;
  bytes?: number;
  uploadedAt?: string;
  note?: string;
}

/** The answer of the query `caseView`. */
export interface CaseView {
  workflowId: string;
  platform: Platform;
  appId: string;
  categoryId: string;
  status: Status;
  overdue: boolean;
  /** When the status was reached. */
  since: string;
  attempts: Attempt[];
  material: MaterialView[];
  waitingFor: 'upload' | 'answer' | 'audit' | 'material' | 'unblocking' | 'nothing';
  canDo: Action[];
  pending?: Pending;
  blocked?: Blocked;
  /** What the last check against the category's rules said (see `docs/lint.md`); absent: nothing, or it was not checked. 提交前检查结果。 */
  findings?: CheckFinding[];
  /** Other submissions of this account go first: since when the case waits, and how many were before it then. */
  turn?: { since: string; ahead: number };
  /** Mini Program: the quota around every write, oldest first. */
  quota?: QuotaView[];
  /** Malformed or unknown messages that were ignored; 0 is healthy. */
  ignoredMessages: number;
  /** Channels Shop, approved: whether the category can be used. 能否发布商品。 */
  precheck?: Precheck;
}

/**
 * After an approval: whether the shop may publish in the category now (`categoryprecheck`: deposit, freight insurance,
 * shop state). Absent where WeChat could not be asked: it is not known then.
 */
export interface Precheck {
  allPass: boolean;
  /** WeChat's own texts. */
  failReasons: string[];
}

/** What a case ends with. `by: 'other'`: the category came into force without our submission. */
export interface QualificationResult {
  outcome: Outcome;
  attempts: Attempt[];
  auditId?: string;
  reason?: string;
  by?: 'us' | 'other';
  alreadyInForce?: boolean;
  /** Channels Shop, approved: whether the category can be used. 能否发布商品。 */
  precheck?: Precheck;
}

/** The two platforms, as they stand in workflow ids and search attributes. */
export type Platform = 'channels-shop' | 'mini-program';

/** What a callback or a read-back said about an audit: a fact that was read, or only a hint to read at once. */
export type AuditReport =
  | {
      kind: 'read';
      auditId?: string;
      verdict: Verdict;
      rawStatus: string;
      reason?: string;
      readAt: string;
      precheck?: Precheck;
    }
  | { kind: 'hint'; auditId?: string };

/** Corrected material. Paths: see `material-path.ts`; `remove` is applied before `set`. `force` sends it all the same: unchanged, outdated, or against the category's rules. */
export interface Resubmission {
  set?: Record<string, Image | string | string[]>;
  remove?: string[];
  note?: string;
  by?: string;
  force?: boolean;
  /** `since` of the view that the sender decided by: refused when the case has reached another status meanwhile. */
  seenSince?: string;
}

/** Argument of `withdraw`. `force` also cancels an open audit that is not ours (when blocked by `foreign_audit`). */
export interface Withdrawal {
  by?: string;
  note?: string;
  force?: boolean;
  /** `since` of the view that the sender decided by: refused when the case has reached another status meanwhile. */
  seenSince?: string;
}

/** Argument of `retry` and `readAuditNow`. */
export interface By {
  by?: string;
  /** `since` of the view that the sender decided by: refused when the case has reached another status meanwhile. */
  seenSince?: string;
}

/** Argument of `adopt`: follow the open audit that is not ours. */
export interface Adoption {
  auditId?: string;
  by?: string;
  /** `since` of the view that the sender decided by: refused when the case has reached another status meanwhile. */
  seenSince?: string;
}
