/** The one error of WeChat calls, named by what the caller must do next, and the pure factories that make it. */
import type { Bilingual, WeChatErrorKind } from './errcodes/row.ts';
import { adviceBug, adviceIp, adviceRetry, adviceWait, say } from './errcodes/row.ts';
import { errcodeRow } from './errcodes.ts';
import { redact } from './redact.ts';

/**
 * Where the request ended: `not-sent` never left this machine; `answered` was answered, so a refusal had no effect;
 * `unknown` may have had its effect: after a write, read WeChat's state before sending again.
 */
export type Delivery = 'not-sent' | 'answered' | 'unknown';

/** What an error is made of. `secrets` are hidden wherever they stand; of `cause` only name, code and message are kept. */
export interface WeChatErrorParts {
  kind: WeChatErrorKind;
  endpoint: string;
  delivery: Delivery;
  advice: Bilingual;
  /** One sentence for a person. */
  reason: string;
  errcode?: string;
  errmsg?: string;
  httpStatus?: number;
  retryAfterMs?: number;
  cause?: unknown;
  secrets?: readonly string[];
}

/** Any failure of a call to WeChat. Neither it nor its cause carries a token or a secret. */
export class WeChatError extends Error {
  override readonly name = 'WeChatError';
  /** What to do next. */
  readonly kind: WeChatErrorKind;
  /** The path of the call, without its query. */
  readonly endpoint: string;
  readonly delivery: Delivery;
  /** What a person presses or mends. */
  readonly advice: Bilingual;
  /** One sentence for a person. */
  readonly reason: string;
  readonly errcode?: string;
  readonly errmsg?: string;
  /** WeChat's id of the request, for its support and for `openapi/rid/get`. */
  readonly rid?: string;
  readonly httpStatus?: number;
  /** No sooner than after this time is another call of this account worth its while. */
  readonly retryAfterMs?: number;

  constructor(parts: WeChatErrorParts) {
    const clean = (text: string) => redact(text, parts.secrets);
    const endpoint = clean(parts.endpoint.split('?')[0] ?? '');
    const reason = clean(parts.reason);
    super(`${endpoint}: ${reason}`, parts.cause === undefined ? {} : { cause: causeOf(parts.cause, clean) });
    this.kind = parts.kind;
    this.endpoint = endpoint;
    this.delivery = parts.delivery;
    this.advice = parts.advice;
    this.reason = reason;
    if (parts.errcode !== undefined) this.errcode = clean(parts.errcode);
    if (parts.errmsg !== undefined) this.errmsg = clean(parts.errmsg);
    const rid = /\brid:\s*([\w-]+)/.exec(parts.errmsg ?? '')?.[1];
    if (rid !== undefined) this.rid = rid;
    if (parts.httpStatus !== undefined) this.httpStatus = parts.httpStatus;
    if (parts.retryAfterMs !== undefined) this.retryAfterMs = parts.retryAfterMs;
  }
}

/** A cause without the bytes, sockets and addresses that HTTP errors carry. */
function causeOf(cause: unknown, clean: (text: string) => string): { name: string; message: string; code?: string } {
  if (!(cause instanceof Error)) return { name: 'Error', message: clean(String(cause)) };
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return { name: cause.name, message: clean(cause.message), ...(code === undefined ? {} : { code }) };
}

/** A raw answer, after the HTTP exchange and before anything is believed. */
export interface RawAnswer {
  endpoint: string;
  httpStatus: number;
  /** The parsed body; `undefined` when it is not JSON. */
  json: unknown;
  text: string;
  secrets?: readonly string[];
}

/**
 * The error that an answer means, or `undefined` for a success (HTTP 2xx, JSON, errcode 0 or none).
 * An errcode may come as a number or as a string. A code in no table is `unknown-code` with WeChat's own text.
 */
export function errorFromAnswer(answer: RawAnswer): WeChatError | undefined {
  const { endpoint, httpStatus, json } = answer;
  const parts = { endpoint, httpStatus, ...(answer.secrets === undefined ? {} : { secrets: answer.secrets }) };
  const code = errcodeOf(json);
  if (httpStatus >= 500) {
    return new WeChatError({ ...parts, ...unanswered(`HTTP ${httpStatus}`), delivery: 'unknown' });
  }
  if (code !== undefined && code !== '0') return refusal(parts, code, errmsgOf(json));
  if (httpStatus >= 200 && httpStatus < 300) {
    if (isObject(json)) return undefined;
    return new WeChatError({ ...parts, ...unanswered('the answer is not JSON'), delivery: 'unknown' });
  }
  return new WeChatError({ ...parts, ...byStatus(httpStatus, answer.text) });
}

function refusal(
  parts: { endpoint: string; httpStatus: number; secrets?: readonly string[] },
  errcode: string,
  errmsg: string,
): WeChatError {
  const known = errcodeRow(errcode, parts.endpoint);
  // A busy system may have done its work before it said so: alone among the codes, -1 refuses nothing.
  const delivery = errcode === '-1' ? 'unknown' : 'answered';
  if (known !== undefined) {
    const reason = `${errcode} ${known.meaning.zh} (${known.meaning.en})`;
    return new WeChatError({ ...parts, kind: known.kind, advice: known.advice, reason, delivery, errcode, errmsg });
  }
  const reason = `${errcode} is a code that no page describes: ${shortened(errmsg)}`;
  return new WeChatError({ ...parts, kind: 'unknown-code', advice: adviceUnknown, reason, delivery, errcode, errmsg });
}

/** An HTTP status of somebody before WeChat's application (gateway, proxy, wrong address), without a JSON errcode. */
function byStatus(status: number, text: string): Pick<WeChatErrorParts, 'kind' | 'advice' | 'reason' | 'delivery'> {
  const said = shortened(text);
  if (status === 403) {
    const reason = 'HTTP 403 without an errcode: most likely the caller IP is not on the allow-list';
    return { kind: 'needs-person', advice: adviceIp, reason, delivery: 'answered' };
  }
  if (status === 429) return { kind: 'retry-slowly', advice: adviceWait, reason: 'HTTP 429', delivery: 'answered' };
  if (status === 404 || status === 405 || status === 413) {
    return { kind: 'bug', advice: adviceBug, reason: `HTTP ${status}: ${said}`, delivery: 'answered' };
  }
  return { kind: 'unknown-code', advice: adviceUnknown, reason: `HTTP ${status}: ${said}`, delivery: 'unknown' };
}

/** An answer with errcode 0 that lacks what its page promises: the effect happened, but its result cannot be read. */
export function malformedAnswer(
  answer: Pick<RawAnswer, 'endpoint' | 'httpStatus' | 'secrets'>,
  fields: string,
): WeChatError {
  const { endpoint, httpStatus, secrets } = answer;
  const reason = `the answer is not as documented: ${fields}`;
  const parts = { endpoint, httpStatus, ...unanswered(reason), delivery: 'unknown' as const };
  return new WeChatError({ ...parts, ...(secrets === undefined ? {} : { secrets }) });
}

/** No answer: refused, reset, timed out or cancelled. `isSent` false: not a byte of the request left this machine. */
export function errorFromTransport(failure: {
  endpoint: string;
  isSent: boolean;
  cause: unknown;
  secrets?: readonly string[];
}): WeChatError {
  const { endpoint, isSent, cause, secrets } = failure;
  const said = cause instanceof Error ? cause.message : String(cause);
  const where = isSent ? 'no answer after sending' : 'could not be sent';
  const parts = { endpoint, ...unanswered(`${where}: ${shortened(said)}`), cause };
  return new WeChatError({
    ...parts,
    delivery: isSent ? 'unknown' : 'not-sent',
    ...(secrets === undefined ? {} : { secrets }),
  });
}

/** The input cannot be written as WeChat wants it; nothing was sent. */
export function unsendableInput(endpoint: string, problem: string): WeChatError {
  const advice = say(
    '提交内容无法发送:请改正后点「重新提交」(resubmit)。',
    'This cannot be sent: correct it, then press resubmit.',
  );
  return new WeChatError({ kind: 'mend-data', endpoint, delivery: 'not-sent', advice, reason: problem });
}

/** No token could be got; the call that needed it was not sent. */
export function tokenError(parts: Omit<WeChatErrorParts, 'delivery'>): WeChatError {
  return new WeChatError({ ...parts, delivery: 'not-sent' });
}

/** The errcode of a body as text, whatever its wire type; `undefined` when there is none. */
export function errcodeOf(json: unknown): string | undefined {
  if (!isObject(json) || !('errcode' in json)) return undefined;
  const { errcode } = json;
  return typeof errcode === 'number' || typeof errcode === 'string' ? String(errcode).trim() : undefined;
}

function errmsgOf(json: unknown): string {
  return isObject(json) && 'errmsg' in json && typeof json.errmsg === 'string' ? json.errmsg : '';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unanswered(reason: string): Pick<WeChatErrorParts, 'kind' | 'advice' | 'reason'> {
  return { kind: 'unanswered', advice: adviceRetry, reason };
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

const adviceUnknown = say(
  '微信返回了未知的结果:请查看错误文字,处理后点「重试」(retry);可凭 rid 向微信客服查询。',
  'WeChat answered something that no page describes: read its text, mend it and press retry; the rid helps WeChat support.',
);
