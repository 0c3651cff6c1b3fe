/** Failure types that cross from activities to workflows, named by what has to happen next. */

export const failureTypes = {
  /** No verdict yet: read again later (BENIGN). */
  stillInReview: 'StillInReview',
  /** The permission is not in force: read again later (BENIGN). */
  notInForce: 'NotInForce',
  /** WeChat, or our way to it, did not answer a call that changes nothing: try again. */
  unavailable: 'WeChatUnavailable',
  /** Asked too often: try again, slowly. */
  rateLimited: 'RateLimited',
  /** The submission never left this machine: it may be sent again. */
  submitNotSent: 'SubmitNotSent',
  /** Another submission of the same account goes first; nothing was sent (BENIGN). */
  waitsItsTurn: 'WaitsItsTurn',
  /** Sending (again) would spend quota that nobody asked to spend: only a person's retry sends it. */
  quotaSpent: 'QuotaSpent',
  /** The submission was sent and its answer is lost: read before anything else. */
  submitOutcomeUnknown: 'SubmitOutcomeUnknown',
  /** WeChat holds a submission for this category already. */
  alreadyLanded: 'AlreadyLanded',
  /** The category is in another state than expected; the details say which. */
  categoryMoved: 'CategoryMoved',
  /** An uploaded image is no longer accepted: upload again, once. */
  uploadStale: 'UploadStale',
  /** Only other data can mend it. */
  materialRefused: 'MaterialRefused',
  /** Only a person or time can mend it. */
  needsPerson: 'NeedsPerson',
  /** A code or an answer that nobody knows: one more try, then a person. */
  unknownAnswer: 'UnknownAnswer',
  /** The input of a workflow is not a case. */
  badInput: 'BadInput',
  /** A receiver of notifications did not take one: try again. */
  notDelivered: 'NotDelivered',
  /** A receiver wants no more (410), or is no longer in the settings. */
  receiverGone: 'ReceiverGone',
  /** An Update was refused: wrong state, empty or malformed. */
  updateRefused: 'UpdateRefused',
} as const;

export type FailureType = (typeof failureTypes)[keyof typeof failureTypes];

/** What every such failure carries as its first detail. Never a token, a secret or image bytes. */
export interface FailureDetails {
  /** One sentence for a person. */
  reason: string;
  /** What to do about it. */
  advice: string;
  errcode?: string;
  errmsg?: string;
  rid?: string;
  endpoint?: string;
  /** Audit ids (or, for a Mini Program, the state) that WeChat showed before the write; see rule L4. */
  baseline?: Baseline;
  /** An open audit that is not ours. */
  openAuditId?: string;
  /** How many submissions of the same account go first. */
  ahead?: number;
  /** What was seen before a write of a Mini Program category. */
  quota?: QuotaSeen;
  /** The worker knows somebody to tell about this case. */
  notify?: true;
}

/** `getcategory`'s numbers about additions, as far as WeChat gave them. */
export interface QuotaSeen {
  /** Adds left in this period. */
  quota?: number;
  /** Adds allowed in this period. */
  limit?: number;
  categoryLimit?: number;
}

/** What WeChat showed for a category before we wrote: it tells later which audit is ours. */
export type Baseline = { auditIds: string[] } | { state: MiniProgramCategoryState; reason?: string };

/** A Mini Program category as `getcategory` shows it; `unknown` is a status nobody documented. */
export type MiniProgramCategoryState = 'absent' | 'in_review' | 'rejected' | 'approved' | 'expired' | 'unknown';
