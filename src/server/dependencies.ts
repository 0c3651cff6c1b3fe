/** What the callback server needs from the rest of the application, as narrow as it uses it. */
import type { AuditReport } from '../contract/qualification.ts';
import type { PlatformEvent } from '../wechat/push/index.ts';

/** The Token and the keys of one push address; several while they are being changed, newest first. */
export interface CallbackSettings {
  token: string;
  olderTokens?: readonly string[] | undefined;
  encodingAesKey: readonly string[];
}

/** The other receiver of an account's pushes; `$APPID$` in its address is filled in as WeChat does. */
export interface ForwardSettings {
  url: string;
  timeoutMs?: number | undefined;
}

/** What an account's entry says about its pushes. Without `callback` there is no such address here. */
export interface PushSettings {
  callback?: CallbackSettings | undefined;
  forward?: ForwardSettings | undefined;
}

/** The accounts that pushes come for. */
export interface CallbackAccounts {
  /** Whether an account that is not known has been added just now. Bounded, however often it is asked; never throws. */
  lookAgain?(): Promise<void>;
  shop(appId: string): PushSettings | undefined;
  platform(componentAppId: string): PushSettings | undefined;
}

/** In whose name WeChat is asked; `componentAppId` when the push came through a third-party platform. */
export interface CallbackAccount {
  appId: string;
  componentAppId?: string;
}

/** The two reads by which a push is checked (`src/wechat`). They throw when WeChat refuses or does not answer. */
export interface AuditReader {
  channelsShop(account: CallbackAccount): {
    getBizCatFlowDetail(auditId: string, options?: ReadOptions): Promise<ShopAuditReading>;
    /** Whether an approved category can be used. */
    categoryPrecheck?(catId: string, options?: ReadOptions): Promise<{ allPass: boolean; failReasons: string[] }>;
  };
  miniProgram(account: CallbackAccount): {
    getCategory(options?: ReadOptions): Promise<{ categories: MiniProgramCategoryReading[] }>;
  };
}

export interface ReadOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface ShopAuditReading {
  auditId: string;
  catId: string;
  status: string;
  auditReason?: string | undefined;
}

export interface MiniProgramCategoryReading {
  first: string;
  second: string;
  auditStatus: string;
  auditReason?: string | undefined;
  isExpired: boolean;
}

/** Hands a report to the case with this workflow id. Throws when it can't be delivered now. */
export interface CaseSignals {
  report(workflowId: string, report: AuditReport): Promise<'delivered' | 'no-such-case'>;
  /**
   * The open case that follows this shop audit, if an index knows it. The index may lag behind, so what it finds is only
   * ever given a hint; absent, or `undefined`: not found. Throws when it can't be asked.
   */
  findByAudit?(appId: string, auditId: string): Promise<string | undefined>;
}

/** Keeps what WeChat tells a third-party platform about itself. */
export interface PlatformAuthorizations {
  /** Whether this platform's tickets and tokens are kept here, and not by a token service. */
  covers(componentAppId: string): boolean;
  /** Durable when it resolves; `old`: known already, or overtaken. Throws when it can't be kept now. */
  take(event: Exclude<PlatformEvent, { type: 'other' }>): Promise<'stored' | 'old'>;
}

/** One thing that must work for the server to be of use; `check` throws when it does not. */
export interface ReadinessCheck {
  name: string;
  check(): Promise<void>;
}

/** Where log lines go; pino and fastify's logger fit. */
export interface ServerLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Limits of the callback server. Times in milliseconds. */
export interface CallbackLimits {
  /** A larger body is refused with 413. */
  maxBodyBytes: number;
  /** One read-back. */
  readBackMs: number;
  /** From an authentic push to its answer. WeChat waits 5 s, for some events 3 s. */
  answerMs: number;
  /** For the other receiver of an account's pushes, where its entry says nothing. */
  forwardMs: number;
  /** A whole request, headers and body, must have arrived by then. */
  requestMs: number;
  /** The headers alone. */
  headersMs: number;
  /** An idle connection is kept this long. */
  keepAliveMs: number;
  /** A push whose timestamp is older than this is refused; WeChat repeats one for less than four hours. */
  pushAgeMs: number;
  /** More refusals of one address within a minute are answered 429. */
  refusalsPerMinute: number;
  /** At shutdown, connections that are still open after this are cut. */
  drainMs: number;
}

export const defaultCallbackLimits: CallbackLimits = {
  maxBodyBytes: 64 * 1024,
  readBackMs: 2000,
  answerMs: 2800,
  forwardMs: 4000,
  requestMs: 5000,
  headersMs: 4000,
  keepAliveMs: 60_000,
  pushAgeMs: 24 * 3_600_000,
  refusalsPerMinute: 60,
  drainMs: 5000,
};
