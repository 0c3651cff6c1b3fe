/** One call to WeChat: token, one request, one try; a token that WeChat refuses is renewed and the call repeated once. */
import type { Dispatcher } from 'undici';
import type { z } from 'zod';
import type { AccessTokens, WeChatAccount } from './access-token.ts';
import { type CallHolds, holdAfter, refuseWhileHeld } from './call-holds.ts';
import { type CallReport, reportTo } from './call-report.ts';
import { unlessAborted, withDeadline } from './deadline.ts';
import { type EndpointName, endpoints } from './endpoints.ts';
import {
  errcodeOf,
  errorFromAnswer,
  errorFromTransport,
  malformedAnswer,
  unsendableInput,
  WeChatError,
} from './errors.ts';
import { parseJson, stringifyJson } from './json.ts';
import { multipartMedia, type UploadFile } from './multipart.ts';
import { exchange, type HttpRequest, TransportFailure } from './transport.ts';

export type { CallReport } from './call-report.ts';

/** How a single call is limited. */
export interface CallOptions {
  /** Gives up; after a write the outcome is then unknown. */
  signal?: AbortSignal;
  /** For the whole call, token included: 10,000 by default, 45,000 for uploads. */
  timeoutMs?: number;
}

/** A call as an endpoint's function describes it. */
export interface Call<T extends z.ZodType> {
  endpoint: EndpointName;
  /** Reads the answer; unknown fields are ignored. */
  answer: T;
  /** Builds the body when it is time; a `RangeError` in it (an id that is none) means that nothing is sent. */
  json?: () => unknown;
  file?: UploadFile;
  query?: Record<string, string>;
  /** Another method than the endpoint's. */
  method?: 'GET' | 'POST';
  /** Media uploads succeed without an errcode; everywhere else a missing one makes an answer unreadable. */
  isErrcodeOptional?: true;
  /** The call that a token is got with: it is made without one. */
  isTokenless?: true;
  /** What no error may show, besides the token. */
  secrets?: readonly string[];
  options?: CallOptions | undefined;
}

/** Makes calls for one account. Throws only `WeChatError`. */
export type Send = <T extends z.ZodType>(call: Call<T>) => Promise<z.output<T>>;

export interface SendOptions {
  baseUrl: string;
  tokens: AccessTokens;
  dispatcher: Dispatcher;
  onCall?: (report: CallReport) => void;
  /** Holds back an account that asked too often. Default: nobody is held back. */
  holds?: CallHolds;
}

const defaultTimeoutMs = 10_000;
const uploadTimeoutMs = 45_000;

/** Binds an account to a connection. */
export function createSend(options: SendOptions, account: WeChatAccount): Send {
  const { baseUrl, tokens, dispatcher, onCall, holds } = options;

  async function send<T extends z.ZodType>(call: Call<T>): Promise<z.output<T>> {
    const body = bodyOf(call);
    const timeoutMs = call.options?.timeoutMs ?? (call.file === undefined ? defaultTimeoutMs : uploadTimeoutMs);
    return await withDeadline(timeoutMs, call.options?.signal, async (signal) => {
      if (call.isTokenless) return await once(call, body, undefined, signal);
      await passHold(call.endpoint, signal);
      const token = await tokenFor(signal);
      try {
        return await once(call, body, token, signal);
      } catch (error) {
        if (!(error instanceof WeChatError) || error.kind !== 'refresh-token') throw error;
        // The refusal was definite, so the repetition cannot double anything.
        const renewed = await tokenFor(signal, token);
        return await once(call, body, renewed, signal);
      }
    });
  }

  /** Nothing is sent while the account is held back; a caller that gives up meanwhile is told so. */
  async function passHold(endpoint: EndpointName, signal: AbortSignal): Promise<void> {
    if (holds === undefined) return;
    const { path } = endpoints[endpoint];
    try {
      await unlessAborted(signal, refuseWhileHeld(holds, account.appId, path));
    } catch (cause) {
      if (cause instanceof WeChatError) throw cause;
      throw errorFromTransport({ endpoint: path, isSent: false, cause });
    }
  }

  /** `tokens` may be anybody's: it may ignore the signal and throw anything, and still nothing was sent. */
  async function tokenFor(signal: AbortSignal, rejectedToken?: string): Promise<string> {
    const wanted = { ...account, signal, ...(rejectedToken === undefined ? {} : { rejectedToken }) };
    try {
      return await unlessAborted(signal, tokens.get(wanted));
    } catch (cause) {
      if (cause instanceof WeChatError) throw cause;
      throw errorFromTransport({ endpoint: 'access token', isSent: false, cause });
    }
  }

  async function once<T extends z.ZodType>(
    call: Call<T>,
    body: Pick<HttpRequest, 'headers' | 'body'>,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<z.output<T>> {
    const { method, path } = endpoints[call.endpoint];
    const secrets = [...(token === undefined ? [] : [token]), ...(call.secrets ?? [])];
    const query = new URLSearchParams({ ...(token === undefined ? {} : { access_token: token }), ...call.query });
    const url = `${baseUrl.replace(/\/+$/, '')}${path}${query.size === 0 ? '' : `?${query}`}`;
    const startedAt = performance.now();
    const report = (outcome: CallReport['outcome'], errcode?: string) => {
      const durationMs = performance.now() - startedAt;
      const { appId } = account;
      reportTo(onCall, { endpoint: path, appId, durationMs, outcome, ...(errcode === undefined ? {} : { errcode }) });
    };
    try {
      const { status, text } = await exchange(dispatcher, { ...body, method: call.method ?? method, url }, signal);
      const json = jsonOf(text);
      const answer = { endpoint: path, httpStatus: status, json, text, secrets };
      const error = errorFromAnswer(answer);
      if (error !== undefined) throw error;
      const errcode = errcodeOf(json);
      if (errcode === undefined && !call.isErrcodeOptional) throw malformedAnswer(answer, 'errcode is missing');
      const read = call.answer.safeParse(json);
      if (!read.success) throw malformedAnswer(answer, fieldsOf(read.error));
      report('ok', errcode);
      return read.data;
    } catch (cause) {
      const error = asWeChatError(cause, path, secrets);
      report(error.kind === 'unanswered' ? 'unanswered' : 'refused', error.errcode);
      if (!call.isTokenless) await holdAfter(holds, account.appId, error);
      throw error;
    }
  }

  return send;
}

function bodyOf(call: Call<z.ZodType>): Pick<HttpRequest, 'headers' | 'body'> {
  if (call.file !== undefined) return multipartMedia(call.file);
  if (call.json === undefined) return {};
  try {
    return { headers: { 'content-type': 'application/json' }, body: Buffer.from(stringifyJson(call.json())) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw unsendableInput(endpoints[call.endpoint].path, error.message);
  }
}

function asWeChatError(cause: unknown, endpoint: string, secrets: readonly string[]): WeChatError {
  if (cause instanceof WeChatError) return cause;
  const isSent = cause instanceof TransportFailure ? cause.isSent : true;
  const inner = cause instanceof TransportFailure ? cause.cause : cause;
  return errorFromTransport({ endpoint, isSent, cause: inner, secrets });
}

function fieldsOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || '(whole)'} ${issue.message}`).join('; ');
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
