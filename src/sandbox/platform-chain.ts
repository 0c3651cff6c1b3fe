/** What WeChat's side remembers about a third-party platform: its tickets, its tokens, and who has authorised it. */
import type { PlatformAccount } from './accounts.ts';
import type { PlatformChain } from './state.ts';
import { opaqueId, type World } from './world.ts';

/** A ticket every ten minutes; each is good for twelve hours. */
export const ticketEveryMs = 600_000;
export const ticketLifeMs = 12 * 3_600_000;
/** "1 hour", by the samples of `AuthorizationCodeExpiredTime`. */
export const codeLifeMs = 3_600_000;
/** An official reply: after a change the refresh token before works for some five minutes more. */
const overlapMs = 300_000;

export function findPlatform(world: World, componentAppId: unknown): PlatformAccount | undefined {
  return world.state.accounts.platforms.find((platform) => platform.componentAppId === componentAppId);
}

/** A state file of an older sandbox has no chains: they begin here. */
export function chainOf(world: World, componentAppId: string): PlatformChain {
  world.state.platformChains ??= {};
  const chains = world.state.platformChains;
  const known = Object.hasOwn(chains, componentAppId) ? chains[componentAppId] : undefined;
  if (known !== undefined) return known;
  const chain: PlatformChain = {
    tickets: [],
    isPushing: true,
    nextTicketAt: null,
    tokens: {},
    refreshTokens: {},
    codes: {},
    unauthorized: [],
    neverExchanged: [],
    authorizedAt: {},
  };
  chains[componentAppId] = chain;
  return chain;
}

/** The accounts that have authorised the platform, and still do. */
export function authorizedAccounts(world: World, platform: PlatformAccount): PlatformAccount['authorizers'] {
  const { unauthorized } = chainOf(world, platform.componentAppId);
  return platform.authorizers.filter(({ appId }) => !unauthorized.includes(appId));
}

export function newTicket(world: World, componentAppId: string): string {
  const chain = chainOf(world, componentAppId);
  const ticket = opaqueId('ticket@@@', 48);
  const now = world.now();
  chain.tickets = [
    ...chain.tickets.filter(({ issuedAt }) => now - issuedAt < 2 * ticketLifeMs),
    { ticket, issuedAt: now },
  ];
  chain.nextTicketAt = now + ticketEveryMs;
  return ticket;
}

/** The refresh token that counts now; those before it end within five minutes. */
export function currentRefreshToken(chain: PlatformChain, appId: string): string {
  const current = Object.entries(chain.refreshTokens).find(
    ([, record]) => record.appId === appId && record.validUntil === null,
  );
  return current?.[0] ?? anewRefreshToken(chain, appId, 0);
}

/** Every use gives another one: a program that keeps the old one is found out after five minutes. */
export function anewRefreshToken(chain: PlatformChain, appId: string, now: number): string {
  for (const record of Object.values(chain.refreshTokens)) {
    if (record.appId === appId && record.validUntil === null) record.validUntil = now + overlapMs;
  }
  const token = opaqueId('refreshtoken@@@', 32);
  chain.refreshTokens[token] = { appId, validUntil: null };
  return token;
}

/**
 * The person gives the platform an authorization code by confirming in WeChat. `isAgain`: an account that is authorised
 * already authorises anew, which changes the refresh token; the one before is good for five minutes more.
 */
export function authorize(
  world: World,
  componentAppId: string,
  appId: string,
  { isAgain, isFirst }: { isAgain: boolean; isFirst: boolean },
): { code: string; expiresAt: number } {
  const chain = chainOf(world, componentAppId);
  const code = opaqueId('queryauthcode@@@', 32);
  const expiresAt = world.now() + codeLifeMs;
  chain.codes[code] = { appId, expiresAt, isUsed: false };
  if (chain.unauthorized.includes(appId) || isFirst) {
    chain.neverExchanged = [...chain.neverExchanged.filter((one) => one !== appId), appId];
  } else if (isAgain) anewRefreshToken(chain, appId, world.now());
  chain.unauthorized = chain.unauthorized.filter((one) => one !== appId);
  chain.authorizedAt[appId] = world.now();
  return { code, expiresAt };
}

/** The person withdraws it in WeChat: every token of the account is dead at once. */
export function unauthorize(world: World, componentAppId: string, appId: string): void {
  const chain = chainOf(world, componentAppId);
  chain.unauthorized = [...chain.unauthorized.filter((one) => one !== appId), appId];
  chain.neverExchanged = chain.neverExchanged.filter((one) => one !== appId);
  for (const [token, record] of Object.entries(chain.refreshTokens)) {
    if (record.appId === appId) delete chain.refreshTokens[token];
  }
  for (const [token, record] of Object.entries(world.state.tokens)) {
    if (record.appId === appId && record.family === 'authorizer') delete world.state.tokens[token];
  }
}
