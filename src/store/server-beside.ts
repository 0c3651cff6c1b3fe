/** How a worker without PostgreSQL reaches the server that shares its data folder, and holds the database: small calls on its private port. */
import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DurableStore } from './durable-store.ts';
import { createSecretBox, type SecretBox } from './secrets.ts';

/** Where the server is, and what it wants to be shown. */
export interface ServerAddress {
  /** Base address of the private port, without a slash at its end. */
  url: string;
  bearer: string;
}

/** Asks the server of this data folder. The server's side of a call is `registerPrivateCall` in `src/server`. */
export interface ServerBeside {
  /** Read anew each time: the server may start after the worker, and again on another port. `undefined`: never started. */
  address(): ServerAddress | undefined;
  /**
   * `POST path` with `body` as JSON. Answers what the server said, whatever its status.
   * @throws ServerAwayError when there is no server, or it does not answer in time.
   */
  ask(path: string, body: object, limits?: { timeoutMs?: number }): Promise<{ status: number; json: unknown }>;
  /** Whether there is one that serves. @throws ServerAwayError when not. */
  reach(): Promise<void>;
}

/** The server does not answer; it may all the same have done what was asked. */
export class ServerAwayError extends Error {
  override readonly name = 'ServerAwayError';
}

/** The server's private call that says which WeChat it speaks to: `{wechatBaseUrl}`. */
export const targetPath = '/target';

/** In the data folder: the key that secrets are sealed with, where `WXQ_SECRET_KEY` is not set. */
export const keyFile = 'secret.key';
const addressFile = 'server.url';
const askTimeoutMs = 5_000;

/** What callers of the private port show: the same in every process that has this key. */
export const privateBearerOf = (secrets: Pick<SecretBox, 'derive'>): string =>
  secrets.derive('token service of the server');

/** `secretKey`: `WXQ_SECRET_KEY`, the server's; without it the key of the data folder. */
export function createServerBeside({
  dataDir,
  secretKey,
}: {
  dataDir: string;
  secretKey?: string | undefined;
}): ServerBeside {
  const address = (): ServerAddress | undefined => {
    const url = readText(join(dataDir, addressFile));
    const key = secretKey ?? readText(join(dataDir, keyFile));
    if (url === undefined || key === undefined) return undefined;
    return { url, bearer: privateBearerOf(createSecretBox(key)) };
  };
  return {
    address,
    async reach() {
      const found = address();
      if (found === undefined) throw new ServerAwayError(`no server has been started in ${dataDir}`);
      const answer = await fetch(`${found.url}/healthz`, { signal: AbortSignal.timeout(askTimeoutMs) }).catch(
        () => undefined,
      );
      if (answer?.ok !== true) throw new ServerAwayError(`the server at ${found.url} does not answer`);
    },
    async ask(path, body, { timeoutMs = askTimeoutMs } = {}) {
      const found = address();
      if (found === undefined) throw new ServerAwayError(`no server has been started in ${dataDir}`);
      try {
        const answer = await fetch(`${found.url}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${found.bearer}` },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(timeoutMs),
        });
        const text = await answer.text();
        return { status: answer.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
      } catch (error) {
        throw new ServerAwayError(`the server at ${found.url} does not answer`, { cause: error });
      }
    },
  };
}

/** Says to the workers of this data folder where the server is. Does nothing with PostgreSQL: they open it themselves. */
export async function publishServer(store: DurableStore, dataDir: string, url: string): Promise<void> {
  if (store.database.kind !== 'pglite') return;
  const path = join(dataDir, addressFile);
  await mkdir(dataDir, { recursive: true });
  await writeFile(`${path}.next`, url);
  await rename(`${path}.next`, path);
}

/** The text of a small file; `undefined` when it is not there, or empty. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
