/** The chain of tokens as a process uses it: opened where a platform needs it, kept up by the server, lent to the worker. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccessTokens, TokenCredentials, WeChatAccount } from '../wechat/access-token.ts';
import { createWeChatClient, type WeChatClientOptions } from '../wechat/client.ts';
import type { PlatformEvent } from '../wechat/push/platform-events.ts';
import type { Accounts } from './accounts.ts';
import { type Database, openDatabase } from './database.ts';
import { createLeases } from './lease.ts';
import { createPlatformRecords } from './platform-records.ts';
import { createPlatformTokens, type PlatformTokens } from './platform-tokens.ts';
import { createSecretBox } from './secrets.ts';

export interface TokenChainOptions {
  accounts: Accounts;
  wechat: Pick<WeChatClientOptions, 'baseUrl' | 'dispatcher'>;
  databaseUrl?: string | undefined;
  secretKey?: string | undefined;
  dataDir: string;
  /** What goes wrong, or changes, when nobody waits for it. No token, code or ticket. */
  onNews?: (news: { componentAppId?: string; problem?: string; authorized?: number; unauthorized?: number }) => void;
  now?: () => number;
}

/** An open chain. */
export interface TokenChain {
  tokens: PlatformTokens;
  database: Database;
  /** Of the endpoint by which a worker beside this process gets tokens. */
  bearer: string;
  covers(componentAppId: string): boolean;
  /** Keeps what a push says; a new authorization is exchanged right after, and not waited for. */
  take(event: Exclude<PlatformEvent, { type: 'other' }>): Promise<'stored' | 'old'>;
  /** Once now, then every minute until `close`: waiting codes, late tickets, and every hour the list of authorizers. */
  startUpkeep(): void;
  /** Says to the workers of this data folder where tokens are had. Does nothing with PostgreSQL: they have it themselves. */
  publish(url: string): Promise<void>;
  close(): Promise<void>;
}

const upkeepEveryMs = 60_000;
const listEveryMs = 3_600_000;
const keyFile = 'secret.key';
const addressFile = 'token-service.url';
const bearerPurpose = 'token service of the server';

/** Platforms whose chain is kept here: those with a secret and without a token service. */
export function chainedPlatforms(accounts: Accounts): Map<string, string> {
  return new Map(
    accounts.platforms.flatMap(({ componentAppId, secret, tokenService }) =>
      secret === undefined || tokenService !== undefined ? [] : [[componentAppId, secret] as const],
    ),
  );
}

/**
 * Opens the database and the chain; `undefined` when no platform needs it. Seals anew what is sealed with an older key.
 * @throws DatabaseError, SecretError
 */
export async function openTokenChain(options: TokenChainOptions): Promise<TokenChain | undefined> {
  const { accounts, databaseUrl, dataDir, onNews, now } = options;
  const platforms = chainedPlatforms(accounts);
  if (platforms.size === 0) return undefined;
  const secrets = createSecretBox(options.secretKey ?? (await keyOfFolder(dataDir)));
  const database = await openDatabase({
    ...(databaseUrl === undefined ? {} : { url: databaseUrl }),
    dataDir,
    onError: (error) => onNews?.({ problem: `the database: ${error.name}` }),
  });
  const records = createPlatformRecords(database, secrets);
  // The two ask each other: calls for the component token, tokens for the calls.
  const itself: AccessTokens = { get: (request) => tokens.get(request) };
  const wechat = createWeChatClient({ ...options.wechat, tokens: itself });
  const tokens = createPlatformTokens({
    records,
    leases: createLeases({ database }),
    api: (componentAppId) => wechat.platform(componentAppId),
    secretOf: (componentAppId) => platforms.get(componentAppId),
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

  async function keepUp(componentAppId: string): Promise<void> {
    const problem = await tokens.watchTicket(componentAppId);
    if (problem !== undefined) onNews?.({ componentAppId, problem });
    await tokens.exchangeCodes(componentAppId);
    const changes = await tokens.syncAuthorizers(componentAppId, listEveryMs);
    if (changes === undefined || changes.authorized.length + changes.unauthorized.length === 0) return;
    onNews?.({
      componentAppId,
      authorized: changes.authorized.length,
      unauthorized: changes.unauthorized.length,
    });
  }

  try {
    await records.reseal();
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    tokens,
    database,
    bearer: secrets.derive(bearerPurpose),
    covers: (componentAppId) => platforms.has(componentAppId),
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
        for (const componentAppId of platforms.keys()) inBackground(componentAppId, () => keepUp(componentAppId));
      };
      timer ??= setInterval(round, upkeepEveryMs);
      round();
    },
    async publish(url) {
      if (database.kind !== 'pglite') return;
      const path = join(dataDir, addressFile);
      await writeFile(`${path}.next`, url);
      await rename(`${path}.next`, path);
    },
    async close() {
      clearInterval(timer);
      await Promise.all(background);
      await wechat.close();
      await database.close();
    },
  };
}

/**
 * How an account's tokens are had in a process that has opened the chain, or (`chain` undefined) in a worker without
 * PostgreSQL, which gets those of a chained platform from the server that shares its data folder.
 */
export function credentialsWith(
  { accounts, dataDir, secretKey }: Pick<TokenChainOptions, 'accounts' | 'dataDir' | 'secretKey'>,
  chain: TokenChain | undefined,
): (account: WeChatAccount) => TokenCredentials | undefined {
  const platforms = chainedPlatforms(accounts);
  return (account) => {
    const { appId, componentAppId = appId } = account;
    if (!platforms.has(componentAppId)) return accounts.credentialsOf(account);
    if (chain !== undefined) return { source: chain.tokens };
    // The server writes both when it starts, which may be after the worker, and again elsewhere.
    const url = readText(join(dataDir, addressFile));
    const key = secretKey ?? readText(join(dataDir, keyFile));
    if (url === undefined || key === undefined) return undefined;
    return { tokenService: { url, bearer: createSecretBox(key).derive(bearerPurpose) } };
  };
}

/** A key of the data folder's own, made when there is none: of two processes that make one, one's is kept. */
async function keyOfFolder(dataDir: string): Promise<string> {
  const path = join(dataDir, keyFile);
  const known = readText(path);
  if (known !== undefined) return known;
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, randomBytes(32).toString('base64'), { mode: 0o600 });
  try {
    await link(draft, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readText(path) ?? '';
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
