/** Everything that a sandbox remembers, as plain data: it is what a state file holds. Ids are decimal strings. */
import type { SandboxAccounts } from './accounts.ts';
import type { ChaosRule, PushChaos } from './chaos.ts';
import type { Drift } from './wire.ts';

export type Verdict = 'approved' | 'rejected' | 'cancelled';
export type AuditStatus = 'open' | Verdict;
export type SandboxPlatform = 'channels-shop' | 'mini-program';

/** When an audit is decided without a person. Seconds are the sandbox clock's. */
export type VerdictMoment =
  | 'by-hand'
  | 'at-once'
  | { afterReads: number }
  | { afterSeconds: number }
  /** As a person does: some time in between, and with `rejectOneIn` not always the same verdict. */
  | { betweenSeconds: [number, number] };

/** `PUT /sandbox/verdicts`: the later and the more specific rule wins; an audit keeps the rule of its submission. */
export interface VerdictRule {
  appId?: string;
  /** The leaf of a shop's category; `{first}-{second}` of a Mini Program's. */
  categoryId?: string;
  when: VerdictMoment;
  verdict?: Verdict;
  reason?: string;
  /** About one submission in n is rejected, with a reason of the kind that auditors write; the others get `verdict`. */
  rejectOneIn?: number;
  /** With `at-once`: the push is delivered (or 1.5 s have passed) before the submission is answered. */
  pushFirst?: boolean;
}

/** One form (shop) or one category setting (Mini Program) as WeChat holds it. Times are milliseconds of the sandbox clock. */
export interface AuditRecord {
  id: string;
  platform: SandboxPlatform;
  appId: string;
  categoryId: string;
  status: AuditStatus;
  reason: string;
  origin: 'api' | 'back-office';
  createdAt: number;
  updatedAt: number;
  decidedAt: number | null;
  /** How many images the last submission carried. */
  material: number;
  /** How often it was submitted; always 1 for a shop, where each submission is a form of its own. */
  submissions: number;
  plan?: { reads?: number; dueAt?: number; verdict: Verdict; reason: string };
  /** Shop only. */
  quaId: string;
  form?: SubmittedForm;
  /** Mini Program only: the passed qualification has run out (`is_expired`). */
  isExpired?: boolean;
  /** When the submitted papers run out; a passed category lapses then. */
  papersEndAt?: number;
}

/** What a shop submitted, as `audit_info` shows it again (with addresses in place of file ids). */
export interface SubmittedForm {
  isNewForm: boolean;
  lists: Record<string, string[]>;
  texts: Record<string, string>;
  brandIds: string[];
  groups: { groupId: string; licenseId: string; fileIds: string[]; fields: { key: string; value: string }[] }[];
}

export interface TokenRecord {
  appId: string;
  family: 'stable' | 'basic' | 'authorizer';
  issuedAt: number;
  expiresAt: number;
}

/** Never the bytes. */
export interface UploadRecord {
  id: string;
  appId: string;
  kind: 'qualification' | 'img' | 'media';
  sha256: string;
  bytes: number;
  filename: string;
  uploadedAt: number;
}

export interface PermissionRecord {
  appId: string;
  categoryId: string;
  isInForce: boolean;
  reason: string;
  effectiveTime: number;
  uneffectiveTime: number;
  quaId: string;
  auditId: string;
  /** Lapses by itself then. */
  lapsesAt?: number;
}

/** What is the matter with an account, in WeChat's eyes. */
export type Standing = 'good' | 'frozen' | 'banned' | 'secret-frozen' | 'closing' | 'closed';

/** Trouble of one account, a platform included; it lasts until it is taken away. */
export interface AccountTrouble {
  standing?: Standing;
  /** The caller's address that is not on the allow-list, and how it is refused. */
  refusedIp?: string;
  ipRefusalAs?: 'errcode' | 'http-403';
  /** Calls of one path in a minute (45011) and a day (45009) of the sandbox clock. */
  perMinute?: number;
  perDay?: number;
}

/** A brand of a shop. The valid list shows those in force and those about to expire. */
export interface BrandRecord {
  brandId: string;
  chName: string;
  enName: string;
  state: 'in-review' | 'rejected' | 'in-force' | 'about-to-expire' | 'expired' | 'withdrawn';
  /** In force until then, and about to expire for the last thirty days of it. */
  expiresAt?: number;
}

export interface PushRecord {
  id: string;
  appId: string;
  event: string;
  auditId: string;
  /** Set for a push to a platform's authorization address; `appId` is then the platform's, `auditId` empty. */
  toPlatform?: true;
  /** The plain event; sealed anew at each try. */
  message: string;
  dueAt: number;
  status: 'pending' | 'delivered' | 'given-up' | 'lost';
  isForged: boolean;
  /** `answer`: the beginning of what came back. */
  tries: { at: number; httpStatus: number | null; error: string | null; answer?: string }[];
}

/** One platform's tickets and tokens. Times are milliseconds of the sandbox clock. */
export interface PlatformChain {
  tickets: { ticket: string; issuedAt: number }[];
  isPushing: boolean;
  /** `null`: the first one is due at once. */
  nextTicketAt: number | null;
  tokens: Record<string, { expiresAt: number }>;
  /** `validUntil: null` is the one that counts. */
  refreshTokens: Record<string, { appId: string; validUntil: number | null }>;
  codes: Record<string, { appId: string; expiresAt: number; isUsed: boolean }>;
  /** Authorizers of the accounts that have withdrawn their authorization. */
  unauthorized: string[];
  /** Authorised again, but the code was not exchanged: the list shows them without a refresh token. */
  neverExchanged: string[];
  authorizedAt: Record<string, number>;
}

export interface RequestRecord {
  operation: string;
  method: string;
  path: string;
  appId: string | null;
  at: string;
  errcode: number | null;
  /** HTTP status; 0 where the connection was cut. */
  status: number;
}

export interface SandboxState {
  version: 1;
  clockOffsetMs: number;
  accounts: SandboxAccounts;
  tokens: Record<string, TokenRecord>;
  forcedRefreshes: Record<string, number[]>;
  uploads: Record<string, UploadRecord>;
  audits: Record<string, AuditRecord>;
  permissions: Record<string, PermissionRecord>;
  brandRatings: Record<string, number>;
  quotas: Record<string, { month: string; used: number }>;
  pushes: PushRecord[];
  /** By component appid; begun when first looked at. */
  platformChains?: Record<string, PlatformChain>;
  /** By appid; absent in the file of an older sandbox, like the four after it. */
  troubles?: Record<string, AccountTrouble>;
  /** By shop; a shop that is not named has the fixtures' brands. */
  brands?: Record<string, BrandRecord[]>;
  /** By `{appid} {path}`. */
  callCounts?: Record<string, { minute: number; inMinute: number; day: string; inDay: number }>;
  quotaClears?: Record<string, { month: string; used: number }>;
  verdictRules: VerdictRule[];
  chaos: { rules: ChaosRule[]; push: PushChaos };
  drift: Drift;
  nextAuditId: string;
  nextQuaId: string;
  nextPushId: number;
}

/** A state without a past. Audit ids begin beyond 2^53 and are odd, so that a bare `JSON.parse` breaks every one of them. */
export function freshState(accounts: SandboxAccounts, drift: Drift): SandboxState {
  return {
    version: 1,
    clockOffsetMs: 0,
    accounts: structuredClone(accounts),
    tokens: {},
    forcedRefreshes: {},
    uploads: {},
    audits: {},
    permissions: {},
    brandRatings: {},
    quotas: {},
    pushes: [],
    verdictRules: [],
    chaos: { rules: [], push: {} },
    drift: { ...drift },
    nextAuditId: '9007199254741001',
    nextQuaId: '1111610',
    nextPushId: 1,
  };
}
