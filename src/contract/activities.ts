/** What goes into activities and comes out of them: references and ids, never bytes, never a token. */
import type { BusinessPlatform, ChannelsShopInput, ShopCategory } from './channels-shop.ts';
import type { CheckFinding } from './check.ts';
import type { MiniProgramCategoryState, QuotaSeen } from './failures.ts';
import type { MiniProgramInput } from './mini-program.ts';
import type { CasePriority, Precheck, Verdict } from './qualification.ts';

/** In whose name a call is made. */
export interface Account {
  appId: string;
  via?: { componentAppId: string };
}

/** `slow`: the case is blocked and the server retries; the first try of a slow write only waits. */
export type Pace = 'fast' | 'slow';

/** One image to send; several images (Mini Program) are put together into one. */
export interface UploadRequest {
  account: Account;
  images: { path: string; source: string; sha256?: string }[];
  /** What was sent at this place before: the same bytes are not sent again. */
  previous?: { sha256: string[]; ref: string };
  /** What this case has uploaded elsewhere and can still use: the same bytes are not sent twice. */
  sent?: { sha256: string[]; ref: string }[];
  /** Which round of uploads of the case this is: within one, the same bytes are one upload. */
  round?: string;
  /** Who holds the paper, by name and credit code, as the input says. */
  holders?: string[];
}

export interface UploadedImage {
  /** `file_id` or `media_id`. */
  ref: string;
  /** In the order of the request. */
  images: { sha256: string; bytes: number; note?: string }[];
  /** The bytes were the same as before; nothing was sent. */
  unchanged?: true;
}

export interface ReadPermissionRequest {
  account: Account;
  leaf: string;
  /** Also list the leaf's audits (preflight). */
  audits?: true;
  /** Also look up the leaf's path in the category tree (preflight). */
  path?: true;
  /** Also compare this input with the category's rules, if it would be submitted. */
  check?: ChannelsShopInput;
  /** Fail with NotInForce until it is in force (and, for a renewal, other than it was). */
  until?: { inForceOtherThan?: PermissionMark };
}

/** What distinguishes one grant from the next. */
export interface PermissionMark {
  qualificationId: string;
  effectiveTime: string;
}

export interface CategoryPermission {
  inForce: boolean;
  mark?: PermissionMark;
  ineffectiveReason?: string;
  /** The leaf's audits, newest first by WeChat's own clock. */
  audits?: AuditReading[];
  /** The leaf's path in the new tree, root first. */
  catsV2?: string[];
  /** What the rules say about the input that was to be checked. */
  findings?: CheckFinding[];
  /** The worker knows somebody to tell about this case. */
  notify?: true;
}

/** What is sent to `category/add`, with file ids instead of images. */
export interface AddCategoryRequest {
  account: Account;
  leaf: string;
  category: Exclude<ShopCategory, { leaf: string }>;
  brandIds?: string[];
  licenses?: { groupId: string; licenseId: string; fileIds: string[]; fields: { key: string; value: string }[] }[];
  certificate?: string[];
  accessMaterial: Record<string, string[]>;
  jingyingpingtai?: BusinessPlatform;
  zhanghaomingcheng?: string;
  /** Audits of this leaf that are known not to be this submission's. */
  knownAuditIds: string[];
  /** What was there before a submission of this attempt whose answer was lost. */
  baseline?: string[];
  pace: Pace;
  priority?: CasePriority;
}

export interface AddCategoryResult {
  auditId: string;
  /** All audit ids that are not this submission's. */
  baseline: string[];
}

/** One audit, as a read showed it. `verdict` is absent while it is open or its status is not known. */
export interface AuditReading {
  auditId: string;
  rawStatus: string;
  verdict?: Verdict;
  reason?: string;
  /** Of one that is approved, where WeChat told. */
  precheck?: Precheck;
}

export interface FindAuditRequest {
  account: Account;
  leaf: string;
  baseline: string[];
}

export interface ReadAuditRequest {
  account: Account;
  /** The category that the audit must be of. */
  leaf: string;
  auditId: string;
}

export interface CancelAuditRequest {
  account: Account;
  auditId: string;
}

/** A Mini Program's category, as `getcategory` showed it. */
export interface CategorySetting extends QuotaSeen {
  state: MiniProgramCategoryState;
  rawStatus?: string;
  reason?: string;
  /** What the rules say about the input that was to be checked. */
  findings?: CheckFinding[];
  /** The worker knows somebody to tell about this case. */
  notify?: true;
  /** What the first read after the last write of this case showed, whoever made it. */
  measured?: { after: number; readAt: string };
}

export interface ReadSettingRequest {
  account: Account;
  first: string;
  second: string;
  /** Fail (BENIGN, retried) until there is a verdict, until it is in force, or while it is in review or unknown. */
  until?: 'verdict' | 'in-force' | 'settled';
  /** Also compare this input with the category's rules, if it would be submitted. */
  check?: MiniProgramInput;
}

export interface WriteCategoryRequest {
  account: Account;
  first: string;
  second: string;
  certificates: { key: string; mediaId: string; validUntil?: string }[];
  /** The state before a submission of this attempt whose answer was lost. */
  before?: { state: MiniProgramCategoryState; reason?: string };
  pace: Pace;
  priority?: CasePriority;
  /** When a person last asked for this submission: another month's quota is not spent on it. */
  askedAtMs?: number;
}

/** The state that the write changed. */
export interface WriteCategoryResult {
  before: { state: MiniProgramCategoryState; reason?: string };
  quota?: QuotaSeen;
}

/** An account that a person wants WeChat to be asked for again, although it said "too often". */
export interface LiftHoldRequest {
  account: Account;
}

/** A case that wants to submit for an account. */
export interface TurnRequest {
  account: Account;
  priority?: CasePriority;
}
