/** The third-party platform's own chain of tokens: ticket -> component token -> authorizer tokens, one refresh at a time. */
import { type AccessTokens, asNotSent, type WeChatAccount } from '../wechat/access-token.ts';
import { unlessAborted } from '../wechat/deadline.ts';
import { adviceAuthorise, adviceCredentials, adviceRetry, say } from '../wechat/errcodes/row.ts';
import { tokenError, WeChatError } from '../wechat/errors.ts';
import type { PlatformApi } from '../wechat/platform/api.ts';
import type { ListedAuthorizer } from '../wechat/platform/schema.ts';
import type { PlatformEvent } from '../wechat/push/platform-events.ts';
import type { AuthorizerKey } from './authorizer-notes.ts';
import { type Lease, LeaseBusyError, type Leases } from './lease.ts';
import type { AuthorizerRecord, ListChanges, PlatformRecords } from './platform-records.ts';
import { SecretError } from './secrets.ts';

/**
 * Gives the token of an authorised account (`{appId, componentAppId}`), and a platform's own (`{appId: componentAppId}`).
 * Whatever is renewed is renewed by one process at a time, and saved before it is used.
 */
export interface PlatformTokens extends AccessTokens {
  /** Whether this platform's chain is ours to keep. */
  covers(componentAppId: string): boolean;
  /** Keeps what a push says: `old` for one that a newer one has overtaken, or that was here before. Throws when it can't be kept. */
  take(event: Exclude<PlatformEvent, { type: 'other' }>): Promise<'stored' | 'old'>;
  /**
   * Reads the list of authorizers, which is the truth about who is authorised, and keeps it. `undefined`: somebody has done
   * so within `maxAgeMs`.
   */
  syncAuthorizers(componentAppId: string, maxAgeMs: number): Promise<ListChanges | undefined>;
  /** Asks WeChat for tickets where none has come for an hour; says so, or `undefined` when nothing is wrong. */
  watchTicket(componentAppId: string): Promise<string | undefined>;
  /** Exchanges the authorization codes that wait. Throws the first error after having tried them all. */
  exchangeCodes(componentAppId: string): Promise<void>;
}

export interface PlatformTokensOptions {
  records: PlatformRecords;
  leases: Leases;
  /** The calls of a platform; they ask these tokens here for the component token. */
  api: (componentAppId: string) => PlatformApi;
  /** The platform's AppSecret; `undefined`: its chain is not ours. */
  secretOf: (componentAppId: string) => string | undefined;
  /** Milliseconds since 1970. */
  now?: () => number;
}

const ticketLifeMs = 12 * 3_600_000;
const askForTicketEveryMs = 10 * 60_000;
const ticketLateMs = 3_600_000;
/** The list is read for a lost refresh token at most this often; all who lost theirs share it. */
const listAtMostEveryMs = 60_000;
/** Both tokens live for 2 h and are renewed 10 minutes before their end, as WeChat's pages advise. */
const longestMarginMs = 600_000;
const callTimeoutMs = 8_000;
const adviceTicket = say(
  '微信尚未推送有效的 component_verify_ticket(每 10 分钟一次):请确认第三方平台的「授权事件接收URL」指向 /callback/platform/{componentAppId};收到后会自动恢复。',
  'WeChat has pushed no valid component_verify_ticket (it does so every 10 minutes): check that the platform’s authorization event URL is /callback/platform/{componentAppId}. It goes on by itself once one arrives.',
);
/** The authorization code was used, has run out, or is none. */
const spentCodes = new Set(['61009', '61010', '40029', '40163']);
/** The refresh token is no longer good, or the account is said not to be authorised: the list knows. */
const lostCodes = new Set(['61023', '61003']);

/** `lost`: no refresh token, or one that WeChat refuses. */
type Renewal = { token: string } | { lost: WeChatError | undefined };

export function createPlatformTokens(options: PlatformTokensOptions): PlatformTokens {
  const { records, leases, api, secretOf, now = Date.now } = options;
  const flights = new Map<string, Promise<string>>();

  /** Callers of one process that want the same share one flight. */
  function fly(name: string, start: () => Promise<string>): Promise<string> {
    const flying = flights.get(name);
    if (flying !== undefined) return flying;
    const flight = start().finally(() => flights.delete(name));
    flights.set(name, flight);
    return flight;
  }

  function isFresh(expiresAt: number | undefined): boolean {
    return expiresAt !== undefined && now() < expiresAt;
  }

  async function componentToken(componentAppId: string, rejectedToken?: string): Promise<string> {
    const look = async (): Promise<string | undefined> => {
      const platform = await records.platform(componentAppId);
      const token = platform?.accessToken;
      return token !== rejectedToken && isFresh(platform?.accessTokenExpiresAt) ? token : undefined;
    };
    return await leases.run(`component/${componentAppId}`, look, async (lease) => {
      const secret = secretOf(componentAppId);
      if (secret === undefined) throw refused(`no secret for the platform ${componentAppId}`, adviceCredentials);
      const platform = await records.platform(componentAppId);
      const { ticket, ticketAt = 0 } = platform ?? {};
      if (ticket === undefined || now() - ticketAt > ticketLifeMs) {
        const asked = await askForTicket(componentAppId, secret);
        const state = ticket === undefined ? 'has come yet' : `for ${Math.floor((now() - ticketAt) / 3_600_000)} hours`;
        throw refused(`no component_verify_ticket ${state} for the platform ${componentAppId}${asked}`, adviceTicket);
      }
      begin(lease);
      try {
        const answer = await api(componentAppId).getComponentToken({ secret, ticket }, { timeoutMs: callTimeoutMs });
        await records.saveComponentToken(
          componentAppId,
          answer.accessToken,
          now(),
          freshUntil(answer.expiresInSeconds),
        );
        return answer.accessToken;
      } catch (error) {
        const code = error instanceof WeChatError ? error.errcode : undefined;
        if (!(error instanceof WeChatError) || (code !== '61005' && code !== '61006')) throw error;
        const asked = await askForTicket(componentAppId, secret);
        const { endpoint, errcode = '', errmsg = '' } = error;
        const reason = `WeChat no longer takes the component_verify_ticket of the platform ${componentAppId}${asked}`;
        throw tokenError({ kind: 'needs-person', endpoint, advice: adviceTicket, reason, errcode, errmsg });
      }
    });
  }

  /** Asks WeChat to push tickets again, not more often than it pushes them. Says what came of it. */
  async function askForTicket(componentAppId: string, secret: string): Promise<string> {
    if (!(await records.mayAskForTicket(componentAppId, now(), askForTicketEveryMs))) return '';
    try {
      await api(componentAppId).startPushTicket(secret, { timeoutMs: callTimeoutMs });
      return '; WeChat was asked to push again';
    } catch (error) {
      return error instanceof WeChatError ? `; asking WeChat to push again failed: ${error.reason}` : '';
    }
  }

  function freshUntil(expiresInSeconds: number): number {
    const lifeMs = expiresInSeconds * 1000;
    return now() + lifeMs - Math.min(longestMarginMs, lifeMs / 10);
  }

  async function authorizerToken(key: AuthorizerKey, rejectedToken?: string): Promise<string> {
    const look = async (): Promise<Renewal | undefined> => {
      const record = await records.authorizer(key);
      const token = record?.accessToken;
      const isGood = record?.isAuthorized === true && isFresh(record.accessTokenExpiresAt);
      return token !== undefined && token !== rejectedToken && isGood ? { token } : undefined;
    };
    const renewed = async (): Promise<Renewal> => {
      const found = await look();
      if (found !== undefined) return found;
      // Before the lease, which would otherwise have to last for two calls.
      await componentToken(key.componentAppId);
      return await leases.run(leaseOf(key), look, (lease) => renew(key, lease));
    };
    const first = await renewed();
    if ('token' in first) return first.token;
    await recover(key);
    const second = await renewed();
    if ('token' in second) return second.token;
    throw second.lost ?? refused(`${key.appId} has no refresh token, also in the list`, adviceAuthorise);
  }

  async function renew(key: AuthorizerKey, lease: Lease): Promise<Renewal> {
    const record = await records.authorizer(key);
    const exchanged = record?.code === undefined ? undefined : await exchange(key, record, record.code, lease);
    if (exchanged !== undefined) return exchanged;
    const refreshToken = record?.refreshToken;
    if (record?.isAuthorized !== true || refreshToken === undefined) return { lost: undefined };
    begin(lease);
    try {
      const answer = await api(key.componentAppId).getAuthorizerToken(
        { authorizerAppId: key.appId, refreshToken },
        { timeoutMs: callTimeoutMs },
      );
      await records.saveTokens(key, { ...answer, expiresAt: freshUntil(answer.expiresInSeconds) }, now());
      return { token: answer.accessToken };
    } catch (error) {
      if (error instanceof WeChatError && lostCodes.has(error.errcode ?? '')) return { lost: error };
      throw error;
    }
  }

  /** `undefined`: the code is of no use any more. */
  async function exchange(
    key: AuthorizerKey,
    record: AuthorizerRecord,
    code: string,
    lease: Lease,
  ): Promise<Renewal | undefined> {
    if (record.codeExpiresAt !== undefined && record.codeExpiresAt <= now()) {
      await records.dropCode(key, code);
      return undefined;
    }
    begin(lease);
    try {
      const answer = await api(key.componentAppId).queryAuth(code, { timeoutMs: callTimeoutMs });
      if (answer.authorizerAppId !== key.appId) {
        await records.dropCode(key, code);
        return undefined;
      }
      await records.saveTokens(key, { ...answer, expiresAt: freshUntil(answer.expiresInSeconds), code }, now());
      return { token: answer.accessToken };
    } catch (error) {
      if (!(error instanceof WeChatError) || !spentCodes.has(error.errcode ?? '')) throw error;
      await records.dropCode(key, code);
      return undefined;
    }
  }

  /** Finds a lost refresh token in the list of authorizers. Throws when the account is not in it, or has none there. */
  async function recover(key: AuthorizerKey): Promise<void> {
    const { componentAppId, appId } = key;
    await syncAuthorizers(componentAppId, listAtMostEveryMs);
    const record = await records.authorizer(key);
    if (record?.isAuthorized !== true) {
      throw refused(
        `${appId} has not authorised the platform ${componentAppId}: WeChat's list lacks it`,
        adviceAuthorise,
      );
    }
    if (record.refreshToken === undefined && record.code === undefined) {
      throw refused(
        `WeChat lists ${appId} without a refresh token: its authorization was never completed`,
        adviceAuthorise,
      );
    }
  }

  async function syncAuthorizers(componentAppId: string, maxAgeMs: number): Promise<ListChanges | undefined> {
    await componentToken(componentAppId);
    const since = now() - maxAgeMs;
    const { changes } = await leases.run<{ changes?: ListChanges }>(
      `authorizers/${componentAppId}`,
      async () => (((await records.platform(componentAppId))?.listedAt ?? 0) > since ? {} : undefined),
      async () => ({ changes: await readList(componentAppId) }),
    );
    return changes;
  }

  async function readList(componentAppId: string): Promise<ListChanges> {
    const startedAt = now();
    const found = new Map<string, ListedAuthorizer>();
    let total = 0;
    for (let offset = 0; ; ) {
      const page = await api(componentAppId).getAuthorizerList({ offset }, { timeoutMs: callTimeoutMs });
      for (const one of page.authorizers) found.set(one.authorizerAppId, one);
      total = page.totalCount;
      offset += page.authorizers.length;
      if (page.authorizers.length === 0 || offset >= total) break;
    }
    // Somebody who leaves while the pages are read moves the others up: who was skipped has not left.
    const list = { authorizers: [...found.values()], isComplete: found.size >= total, startedAt };
    return await records.saveList(componentAppId, list, now());
  }

  return {
    covers: (componentAppId) => secretOf(componentAppId) !== undefined,
    syncAuthorizers,
    async watchTicket(componentAppId) {
      const secret = secretOf(componentAppId);
      const { ticketAt } = (await records.platform(componentAppId)) ?? {};
      if (secret === undefined || (ticketAt !== undefined && now() - ticketAt < ticketLateMs)) return undefined;
      const since = ticketAt === undefined ? 'yet' : `since ${new Date(ticketAt).toISOString()}`;
      return `no component_verify_ticket ${since}${await askForTicket(componentAppId, secret)}`;
    },
    async get({ appId, componentAppId, rejectedToken, signal }) {
      const name = `${componentAppId ?? ''}/${appId}/${rejectedToken ?? ''}`;
      const start = (): Promise<string> =>
        componentAppId === undefined
          ? componentToken(appId, rejectedToken)
          : authorizerToken({ componentAppId, appId }, rejectedToken);
      try {
        return await unlessAborted(signal, fly(name, start));
      } catch (error) {
        throw asTokenError(error, { appId, ...(componentAppId === undefined ? {} : { componentAppId }) });
      }
    },
    async take(event) {
      const { componentAppId, createTime } = event;
      if (event.type === 'component_verify_ticket') {
        const before = await records.platform(componentAppId);
        const isNew = await records.saveTicket(componentAppId, event.ticket, createTime, now());
        // It was asked for because none came: every case of the platform may stand still.
        if (isNew && before?.ticketAskedAt !== undefined) await records.tellAllAgain(componentAppId);
        return stored(isNew);
      }
      const key = { componentAppId, appId: event.appId };
      if (event.type === 'unauthorized') return stored(await records.noteUnauthorized(key, createTime));
      const { authorizationCode: code, codeExpiresAt } = event;
      return stored(
        await records.noteAuthorized(key, {
          createdSeconds: createTime,
          code,
          // An hour is what WeChat's samples show; a code that is refused before then is dropped.
          codeExpiresAt: codeExpiresAt === undefined ? now() + 3_600_000 : codeExpiresAt * 1000,
        }),
      );
    },
    async exchangeCodes(componentAppId) {
      const failures: unknown[] = [];
      for (const appId of await records.pendingCodes(componentAppId)) {
        const key = { componentAppId, appId };
        try {
          await componentToken(componentAppId);
          const isDone = async (): Promise<Renewal | undefined> =>
            (await records.authorizer(key))?.code === undefined ? { lost: undefined } : undefined;
          await leases.run(leaseOf(key), isDone, (lease) => renew(key, lease));
        } catch (error) {
          failures.push(asTokenError(error, key));
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}

const stored = (isNew: boolean): 'stored' | 'old' => (isNew ? 'stored' : 'old');

const leaseOf = ({ componentAppId, appId }: AuthorizerKey): string => `authorizer/${componentAppId}/${appId}`;

/** A process that slept between the lease and the call (a frozen container) must not make the call: somebody else may. */
function begin(lease: Lease): void {
  if (!lease.isSafe()) throw new LeaseBusyError('too much time has passed since the lease was got');
}

function refused(reason: string, advice: WeChatError['advice']): WeChatError {
  return tokenError({ kind: 'needs-person', endpoint: 'access token', advice, reason });
}

/** Whatever went wrong, the call that needed the token was not sent. Nothing of a driver's error is kept but its code. */
function asTokenError(error: unknown, { appId }: WeChatAccount): WeChatError {
  if (error instanceof WeChatError) return asNotSent(error);
  const parts = { endpoint: 'access token', advice: adviceRetry } as const;
  if (error instanceof LeaseBusyError) {
    return tokenError({ ...parts, kind: 'retry-now', reason: `another process is renewing the token of ${appId}` });
  }
  if (error instanceof SecretError) return refused(error.message, adviceCredentials);
  if (error instanceof DOMException) return tokenError({ ...parts, kind: 'retry-now', reason: error.message });
  const code = error instanceof Error ? ('code' in error ? String(error.code) : error.name) : 'unknown';
  return tokenError({ ...parts, kind: 'retry-now', reason: `the database of the tokens does not answer (${code})` });
}
