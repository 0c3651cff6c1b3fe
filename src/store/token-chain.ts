/** The chain of tokens as a process uses it: opened on its store, kept up by the server, lent to the worker. */
import type { AccessTokens, TokenCredentials, WeChatAccount } from '../wechat/access-token.ts';
import { createWeChatClient, type WeChatClientOptions } from '../wechat/client.ts';
import { WeChatError } from '../wechat/errors.ts';
import type { PlatformEvent } from '../wechat/push/platform-events.ts';
import type { Accounts } from './accounts.ts';
import type { DurableStore } from './durable-store.ts';
import { createLeases } from './lease.ts';
import { createPlatformRecords, type PlatformRecords } from './platform-records.ts';
import { createPlatformTokens, type PlatformTokens } from './platform-tokens.ts';
import type { ServerBeside } from './server-beside.ts';

export interface TokenChainOptions {
  /** Asked each time: they may change while the process runs. */
  accounts: Accounts;
  store: DurableStore;
  wechat: Pick<WeChatClientOptions, 'baseUrl' | 'dispatcher' | 'onCall'>;
  /** What goes wrong, or changes, when nobody waits for it. No token, code or ticket. */
  onNews?: (news: { componentAppId?: string; problem?: string; authorized?: number; unauthorized?: number }) => void;
  now?: () => number;
}

/** An open chain. */
export interface TokenChain {
  tokens: PlatformTokens;
  /** Whether this platform's chain is kept here: it has a secret, and no token service. */
  covers(componentAppId: string): boolean;
  /** Keeps what a push says; a new authorization is exchanged right after, and not waited for. */
  take(event: Exclude<PlatformEvent, { type: 'other' }>): Promise<'stored' | 'old'>;
  /** Authorizations of which open cases have not been told yet. */
  changes: Pick<PlatformRecords, 'untold' | 'told'>;
  /** Once now, then every minute until `close`: waiting codes, late tickets, and every hour the list of authorizers. */
  startUpkeep(): void;
  /** Waits for what is under way. The store stays open: it belongs to whoever opened it. */
  close(): Promise<void>;
}

const upkeepEveryMs = 60_000;
const listEveryMs = 3_600_000;
/** Who an account is hardly changes; 3,000 of them are asked about within a few hours. */
const describedForMs = 7 * 24 * 3_600_000;
const describedAtOnce = 20;

/** The secret of a platform whose chain is kept here; `undefined`: a token service has it, or the platform is unknown. */
export function chainSecret(accounts: Accounts, componentAppId: string): string | undefined {
  const platform = accounts.platform(componentAppId);
  return platform?.tokenService === undefined ? platform?.secret : undefined;
}

/**
 * Opens the chain of every platform that has no token service. Seals anew what is sealed with an older key.
 * @throws SecretError
 */
export async function openTokenChain(options: TokenChainOptions): Promise<TokenChain> {
  const { accounts, onNews, now } = options;
  const { database, secrets } = options.store;
  const records = createPlatformRecords(database, secrets);
  await records.reseal();
  // The two ask each other: calls for the component token, tokens for the calls.
  const itself: AccessTokens = { get: (request) => tokens.get(request) };
  const wechat = createWeChatClient({ ...options.wechat, tokens: itself });
  const tokens = createPlatformTokens({
    records,
    leases: createLeases({ database }),
    api: (componentAppId) => wechat.platform(componentAppId),
    secretOf: (componentAppId) => chainSecret(accounts, componentAppId),
    ...(now === undefined ? {} : { now }),
  });

  const background = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;

  function inBackground(componentAppId: string, work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) =>
        onNews?.({ componentAppId, problem: error instanceof Error ? error.message : 'unknown' }),
      )
      .finally(() => background.delete(running));
    background.add(running);
  }

  /** A few at a time: nothing waits for it. */
  async function describeSome(componentAppId: string): Promise<void> {
    const time = (now ?? Date.now)();
    for (const appId of await records.undescribed(componentAppId, describedAtOnce, describedForMs, time)) {
      const info = await wechat
        .platform(componentAppId)
        .getAuthorizerInfo(appId)
        .catch((error: unknown) => {
          // That one account can't be described must not keep the others from it.
          if (error instanceof WeChatError && error.errcode !== undefined) return undefined;
          throw error;
        });
      await records.describe({ componentAppId, appId }, info, time);
    }
  }

  async function keepUp(componentAppId: string): Promise<void> {
    const problem = await tokens.watchTicket(componentAppId);
    if (problem !== undefined) onNews?.({ componentAppId, problem });
    await tokens.exchangeCodes(componentAppId);
    const changes = await tokens.syncAuthorizers(componentAppId, listEveryMs);
    await describeSome(componentAppId);
    if (changes === undefined || changes.authorized.length + changes.unauthorized.length === 0) return;
    onNews?.({
      componentAppId,
      authorized: changes.authorized.length,
      unauthorized: changes.unauthorized.length,
    });
  }

  return {
    tokens,
    changes: records,
    covers: (componentAppId) => chainSecret(accounts, componentAppId) !== undefined,
    async take(event) {
      const result = await tokens.take(event);
      const { componentAppId } = event;
      if (result === 'stored' && 'authorizationCode' in event) {
        inBackground(componentAppId, () => tokens.exchangeCodes(componentAppId));
      }
      return result;
    },
    startUpkeep() {
      const round = (): void => {
        for (const { componentAppId } of accounts.platforms)
          if (chainSecret(accounts, componentAppId) !== undefined)
            inBackground(componentAppId, () => keepUp(componentAppId));
      };
      timer ??= setInterval(round, upkeepEveryMs);
      round();
    },
    async close() {
      clearInterval(timer);
      await Promise.all(background);
      await wechat.close();
    },
  };
}

/**
 * How an account's tokens are had: with its own secret or token service, or, for a platform without one, from the chain
 * that this process has opened, or from the server beside it.
 */
export function credentialsWith(
  accounts: Accounts,
  keeper: { chain: TokenChain } | { beside: ServerBeside },
): (account: WeChatAccount) => TokenCredentials | undefined {
  return (account) => {
    const { appId, componentAppId = appId } = account;
    const isChained = chainSecret(accounts, componentAppId) !== undefined;
    const own = isChained ? undefined : accounts.credentialsOf(account);
    if (own !== undefined) return own;
    if ('chain' in keeper) return isChained ? { source: keeper.chain.tokens } : undefined;
    // Accounts that only the server's database holds are known there, and nowhere else.
    const address = keeper.beside.address();
    return address && { tokenService: { url: `${address.url}/token`, bearer: address.bearer } };
  };
}
