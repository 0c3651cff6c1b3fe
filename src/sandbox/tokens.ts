/** Access tokens: `stable_token`, the older `token`, and those of authorised accounts. Life is the sandbox clock's. */
import type { KnownAccount } from './accounts.ts';
import { findAccount } from './accounts.ts';
import type { Answer, Call, Operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { createReader, parseWeChatBody, wrongType } from './shape.ts';
import type { TokenRecord } from './state.ts';
import { secretCallChecked } from './troubles.ts';
import { opaqueId, type World } from './world.ts';

const lifeMs = 7_200_000;
const renewedEarlyMs = 300_000;
const forgottenAfterMs = 86_400_000;
const forcedPerDay = 20;
const forcedApartMs = 30_000;

/** The account that a token belongs to. 41001 missing, 40001 unknown, 42001 expired. */
export function accountOfToken(world: World, token: string | null): KnownAccount {
  if (token === null || token === '') throw new Refusal(41001, 'access_token missing');
  const record = Object.hasOwn(world.state.tokens, token) ? world.state.tokens[token] : undefined;
  if (record === undefined) {
    throw new Refusal(40001, 'invalid credential, access_token is invalid or not latest');
  }
  if (record.expiresAt <= world.now()) throw new Refusal(42001, 'access_token expired');
  const account = findAccount(world.state.accounts, record.appId);
  if (account === undefined) throw new Refusal(40001, 'invalid credential, the account is gone');
  return account;
}

/** The account of a token if it can be told at all; for the record of requests and the filters of chaos rules. */
export function appIdOfToken(world: World, token: string | null): string | null {
  if (token === null || !Object.hasOwn(world.state.tokens, token)) return null;
  return world.state.tokens[token]?.appId ?? null;
}

/**
 * A token for a program that is trusted by construction: the control API, or a platform's token service. The current
 * one, or a new one if `rejectedToken` is the current one.
 */
export function tokenFor(world: World, account: KnownAccount, rejectedToken?: string): [string, TokenRecord] {
  const family = account.secret === null ? 'authorizer' : 'stable';
  const current = currentToken(world, account.appId, family);
  if (current !== undefined && current[0] !== rejectedToken) return current;
  return issue(world, account.appId, family);
}

/** A new token of an authorised account; those before it end within five minutes. */
export function authorizerTokenAnew(world: World, appId: string): { token: string; expiresInSeconds: number } {
  endWithin(world, appId, 'authorizer', renewedEarlyMs);
  const [token, record] = issue(world, appId, 'authorizer');
  return { token, expiresInSeconds: secondsLeft(world, record) };
}

/** Seconds that a token still has. */
export function secondsLeft(world: World, record: TokenRecord): number {
  return Math.max(0, Math.round((record.expiresAt - world.now()) / 1000));
}

export const tokenOperations: Operation[] = [
  {
    paths: ['/cgi-bin/stable_token'],
    methods: ['POST'],
    caller: 'anyone',
    isBare: true,
    run(call) {
      const reader = createReader(wrongType, 'either');
      const body = reader.members(parseWeChatBody(call.body), 'body', [
        'grant_type',
        'appid',
        'secret',
        'force_refresh',
      ]);
      const isForced = body.force_refresh === undefined ? false : reader.truth(body.force_refresh, 'force_refresh');
      const account = credentialsChecked(call.world, body.grant_type, body.appid, body.secret);
      return tokenAnswer(call.world, stableToken(call.world, account.appId, isForced));
    },
  },
  {
    paths: ['/cgi-bin/token'],
    methods: ['GET'],
    caller: 'anyone',
    isBare: true,
    run(call: Call) {
      const asked = (name: string): string | undefined => call.query.get(name) ?? undefined;
      const account = credentialsChecked(call.world, asked('grant_type'), asked('appid'), asked('secret'));
      // Fetching again invalidates the previous token; both work for about five minutes.
      endWithin(call.world, account.appId, 'basic', renewedEarlyMs);
      return tokenAnswer(call.world, issue(call.world, account.appId, 'basic'));
    },
  },
];

function stableToken(world: World, appId: string, isForced: boolean): [string, TokenRecord] {
  if (isForced) {
    const forced = (world.state.forcedRefreshes[appId] ?? []).filter((at) => world.now() - at < 86_400_000);
    const last = forced.at(-1);
    if (last !== undefined && world.now() - last < forcedApartMs) {
      throw new Refusal(45011, 'api minute-quota reach limit, force_refresh needs 30 seconds in between');
    }
    if (forced.length >= forcedPerDay) throw new Refusal(45009, 'reach max api daily quota limit of force_refresh');
    world.state.forcedRefreshes[appId] = [...forced, world.now()];
    endWithin(world, appId, 'stable', 0);
    return issue(world, appId, 'stable');
  }
  const current = currentToken(world, appId, 'stable');
  return current !== undefined && current[1].expiresAt - world.now() > renewedEarlyMs
    ? current
    : issue(world, appId, 'stable');
}

function credentialsChecked(world: World, grantType: unknown, appId: unknown, secret: unknown): KnownAccount {
  if (grantType !== 'client_credential') throw new Refusal(40002, 'invalid grant_type');
  if (appId === undefined || appId === '') throw new Refusal(41002, 'appid missing');
  if (secret === undefined || secret === '') throw new Refusal(41004, 'appsecret missing');
  if (typeof appId !== 'string' || typeof secret !== 'string') throw wrongType('appid and secret must be strings');
  const account = findAccount(world.state.accounts, appId);
  if (account === undefined) throw new Refusal(40013, 'invalid appid');
  if (account.secret !== secret) throw new Refusal(40125, 'invalid appsecret');
  secretCallChecked(world, account.appId);
  return account;
}

function currentToken(world: World, appId: string, family: TokenRecord['family']): [string, TokenRecord] | undefined {
  return Object.entries(world.state.tokens)
    .filter(([, record]) => record.appId === appId && record.family === family && record.expiresAt > world.now())
    .sort(([, a], [, b]) => a.expiresAt - b.expiresAt)
    .at(-1);
}

function issue(world: World, appId: string, family: TokenRecord['family']): [string, TokenRecord] {
  const now = world.now();
  for (const [token, record] of Object.entries(world.state.tokens)) {
    // Long enough that an expired token is told apart from one that never was.
    if (record.expiresAt < now - forgottenAfterMs) delete world.state.tokens[token];
  }
  // A token of the same millisecond must not be mistaken for the older one.
  const last = currentToken(world, appId, family)?.[1].expiresAt ?? 0;
  const record: TokenRecord = { appId, family, issuedAt: now, expiresAt: Math.max(now + lifeMs, last + 1) };
  const token = opaqueId('80_', 96);
  world.state.tokens[token] = record;
  world.changed();
  return [token, record];
}

function endWithin(world: World, appId: string, family: TokenRecord['family'], ms: number): void {
  for (const record of Object.values(world.state.tokens)) {
    if (record.appId !== appId || record.family !== family) continue;
    record.expiresAt = Math.min(record.expiresAt, world.now() + ms);
  }
}

function tokenAnswer(world: World, [token, record]: [string, TokenRecord]): Answer {
  return { access_token: token, expires_in: secondsLeft(world, record) };
}
