/** Access tokens: fetched once per account, kept until shortly before their end, renewed when WeChat rejects one. */
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { type CallReport, reportTo } from './call-report.ts';
import { unlessAborted, withDeadline } from './deadline.ts';
import { adviceCredentials, adviceRetry, adviceTokenService } from './errcodes/row.ts';
import { errorFromAnswer, errorFromTransport, tokenError, WeChatError } from './errors.ts';
import { parseJson, stringifyJson } from './json.ts';
import { createDispatcher, exchange, type HttpRequest, TransportFailure } from './transport.ts';

/** In whose name a call is made: a shop or Mini Program, and the third-party platform that calls for it, if one does. */
export interface WeChatAccount {
  appId: string;
  componentAppId?: string;
}

/** Gives access tokens. Errors are `WeChatError` with delivery `not-sent`: the call that needed the token did not happen. */
export interface AccessTokens {
  /** `rejectedToken`: the token that WeChat just refused; it is not given out again unless it is the only one to be had. */
  get(request: WeChatAccount & { rejectedToken?: string; signal?: AbortSignal }): Promise<string>;
}

/** Where an account's tokens come from: its own secret, or a service that holds the platform's tokens. */
export type TokenCredentials =
  | { secret: string }
  | { tokenService: { url: string; bearer?: string } }
  /** A source that keeps its own tokens, such as the chain of a third-party platform; asked each time. */
  | { source: AccessTokens };

export interface AccessTokensOptions {
  /** `https://api.weixin.qq.com`, or a sandbox. */
  baseUrl: string;
  /** Asked for every token: an account may be added, changed or removed meanwhile. */
  credentialsOf: (account: WeChatAccount) => TokenCredentials | undefined | Promise<TokenCredentials | undefined>;
  dispatcher?: Dispatcher;
  /** Called after each request for a token, as by the client after each call; what it throws is ignored. */
  onCall?: (report: CallReport) => void;
  /** Milliseconds since 1970. */
  now?: () => number;
}

interface Fetched {
  token: string;
  expiresInSeconds: number;
}

const stableToken = '/cgi-bin/stable_token';
const fetchTimeoutMs = 10_000;
/** WeChat allows a forced refresh 20 times a day and not within 30 s of the last. */
const forceIntervalMs = 30_000;
/** WeChat renews a stable token 5 minutes before its end; both work in between. */
const longestMarginMs = 300_000;

const stableAnswer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });
const serviceAnswer = z.object({ accessToken: z.string().min(1), expiresInSeconds: z.coerce.number().positive() });

/** Creates the token cache of one process; tokens never leave it but as return values. */
export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { credentialsOf, now = Date.now, dispatcher = createDispatcher() } = options;
  const cache = new Map<string, { token: string; freshUntil: number }>();
  const flights = new Map<string, Promise<string>>();
  const forcedAt = new Map<string, number>();

  /** Fetches and keeps a token; callers that come meanwhile share the flight. */
  function fly(key: string, account: WeChatAccount, rejectedToken: string | undefined): Promise<string> {
    const flying = flights.get(key);
    if (flying !== undefined) return flying;
    const flight = fetchToken(key, account, rejectedToken)
      .then(({ token, expiresInSeconds }) => {
        const lifeMs = expiresInSeconds * 1000;
        cache.set(key, { token, freshUntil: now() + lifeMs - Math.min(longestMarginMs, lifeMs / 10) });
        return token;
      })
      .finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  }

  async function fetchToken(key: string, account: WeChatAccount, rejectedToken: string | undefined): Promise<Fetched> {
    const credentials = await credentialsOf(account);
    if (credentials === undefined) throw noCredentials(account);
    if ('source' in credentials) throw noCredentials(account);
    if ('tokenService' in credentials) return await askService(credentials.tokenService, account, rejectedToken);
    const fetched = await askWeChat(account.appId, credentials.secret, false);
    // Ask normally first: another process may have refreshed already, and forcing again would kill its token.
    const isForceAllowed = now() - (forcedAt.get(key) ?? Number.NEGATIVE_INFINITY) >= forceIntervalMs;
    if (fetched.token !== rejectedToken || !isForceAllowed) return fetched;
    forcedAt.set(key, now());
    return await askWeChat(account.appId, credentials.secret, true);
  }

  /** https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken */
  async function askWeChat(appId: string, secret: string, isForced: boolean): Promise<Fetched> {
    const body = {
      grant_type: 'client_credential',
      appid: appId,
      secret,
      ...(isForced ? { force_refresh: true } : {}),
    };
    const url = `${options.baseUrl.replace(/\/+$/, '')}${stableToken}`;
    const answer = await post({ appId, url, body, headers: {}, endpoint: stableToken, secrets: [secret] });
    const error = errorFromAnswer({ endpoint: stableToken, ...answer, secrets: [secret] });
    if (error !== undefined) throw asNotSent(error);
    const read = stableAnswer.safeParse(answer.json);
    if (read.success) return { token: read.data.access_token, expiresInSeconds: read.data.expires_in };
    const reason = 'the token answer has no access_token';
    throw tokenError({ kind: 'unanswered', endpoint: stableToken, advice: adviceRetry, reason });
  }

  async function askService(
    service: { url: string; bearer?: string },
    { appId, componentAppId }: WeChatAccount,
    rejectedToken: string | undefined,
  ): Promise<Fetched> {
    const secrets = [service.bearer, rejectedToken].filter((secret) => secret !== undefined);
    const endpoint = 'token service';
    const headers: Record<string, string> = service.bearer ? { authorization: `Bearer ${service.bearer}` } : {};
    const answer = await post({
      ...service,
      appId,
      body: { appId, componentAppId, rejectedToken },
      headers,
      endpoint,
      secrets,
    });
    const status = answer.httpStatus;
    const parts = {
      endpoint,
      httpStatus: status,
      advice: serviceRefusal.safeParse(answer.json).data?.advice ?? adviceTokenService,
      secrets,
    };
    if (status >= 500) {
      throw tokenError({
        ...parts,
        kind: 'retry-now',
        reason: `the token service answers HTTP ${status} for ${appId}${saidBy(answer.json)}`,
      });
    }
    if (status < 200 || status >= 300) {
      throw tokenError({
        ...parts,
        kind: 'needs-person',
        reason: `the token service refuses ${appId}: HTTP ${status}${saidBy(answer.json)}`,
      });
    }
    const read = serviceAnswer.safeParse(answer.json);
    if (read.success) return { token: read.data.accessToken, expiresInSeconds: read.data.expiresInSeconds };
    const reason = `the token service answers without accessToken and expiresInSeconds for ${appId}`;
    throw tokenError({ ...parts, kind: 'needs-person', reason });
  }

  async function post(call: {
    appId: string;
    url: string;
    body: unknown;
    headers: Record<string, string>;
    endpoint: string;
    secrets: string[];
  }): Promise<{ httpStatus: number; text: string; json: unknown }> {
    const request: HttpRequest = {
      method: 'POST',
      url: call.url,
      headers: { 'content-type': 'application/json', ...call.headers },
      body: Buffer.from(stringifyJson(call.body)),
    };
    const { endpoint, appId, secrets } = call;
    const startedAt = performance.now();
    const report = (outcome: CallReport['outcome'], errcode?: string): void => {
      const durationMs = performance.now() - startedAt;
      reportTo(options.onCall, { endpoint, appId, durationMs, outcome, ...(errcode === undefined ? {} : { errcode }) });
    };
    try {
      const { status, text } = await withDeadline(fetchTimeoutMs, undefined, (signal) =>
        exchange(dispatcher, request, signal),
      );
      const answer = { httpStatus: status, text, json: jsonOf(text) };
      const error = errorFromAnswer({ endpoint, ...answer });
      report(error === undefined ? 'ok' : error.delivery === 'answered' ? 'refused' : 'unanswered', error?.errcode);
      return answer;
    } catch (failure) {
      report('unanswered');
      if (!(failure instanceof TransportFailure)) throw failure;
      const error = errorFromTransport({ endpoint, isSent: failure.isSent, cause: failure.cause, secrets });
      throw asNotSent(error, endpoint === stableToken ? 'unanswered' : 'retry-now');
    }
  }

  return {
    async get({ rejectedToken, signal, ...account }) {
      const credentials = await credentialsOf(account);
      if (credentials === undefined) throw noCredentials(account);
      if ('source' in credentials) {
        return await credentials.source.get({
          ...account,
          ...(rejectedToken === undefined ? {} : { rejectedToken }),
          ...(signal === undefined ? {} : { signal }),
        });
      }
      const key = `${account.componentAppId ?? ''}/${account.appId}`;
      const cached = cache.get(key);
      if (cached !== undefined) {
        if (cached.token !== rejectedToken && now() < cached.freshUntil) return cached.token;
        cache.delete(key);
      }
      try {
        const isJoining = flights.has(key);
        const token = await unlessAborted(signal, fly(key, account, rejectedToken));
        // A flight that had started before the rejection may bring the rejected token once more.
        if (!isJoining || token !== rejectedToken) return token;
        cache.delete(key);
        return await unlessAborted(signal, fly(key, account, rejectedToken));
      } catch (error) {
        if (error instanceof WeChatError) throw error;
        throw errorFromTransport({ endpoint: 'access token', isSent: false, cause: error });
      }
    },
  };
}

/** Whatever happened to the token call, the call that needed the token was not sent. */
export function asNotSent(error: WeChatError, kind = error.kind): WeChatError {
  const { endpoint, advice, reason, errcode, errmsg, httpStatus, cause } = error;
  return tokenError({
    kind,
    endpoint,
    advice,
    reason,
    ...(errcode === undefined ? {} : { errcode }),
    ...(errmsg === undefined ? {} : { errmsg }),
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function noCredentials({ appId, componentAppId }: WeChatAccount): WeChatError {
  const via = componentAppId === undefined ? '' : ` called by ${componentAppId}`;
  const reason = `no credentials for appid ${appId}${via}`;
  return tokenError({ kind: 'needs-person', endpoint: 'access token', advice: adviceCredentials, reason });
}

/** A service may say why, and what to press: `{reason, advice: {zh, en}}`. */
const serviceRefusal = z.object({
  reason: z.string().max(500).optional(),
  advice: z.object({ zh: z.string().max(500), en: z.string().max(500) }).optional(),
});

function saidBy(json: unknown): string {
  const reason = serviceRefusal.safeParse(json).data?.reason;
  return reason === undefined ? '' : `: ${reason}`;
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}
