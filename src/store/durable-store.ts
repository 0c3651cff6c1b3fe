/** What a process keeps for longer than it runs: the database and the box that seals the secrets in it. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, openDatabase } from './database.ts';
import { createSecretBox, type SecretBox } from './secrets.ts';
import { keyFile, readText } from './server-beside.ts';

export interface DurableStoreOptions {
  /** `WXQ_DATABASE_URL`; without it PGlite is opened in the data folder, by one process alone: the server. */
  databaseUrl?: string | undefined;
  /** `WXQ_SECRET_KEY`; without it a key is made in the data folder. */
  secretKey?: string | undefined;
  dataDir: string;
  /** Errors of idle connections, which nobody waits for. */
  onError?: (error: Error) => void;
}

/**
 * An open store. Every server has one; a worker has one with PostgreSQL, and reaches the server's otherwise
 * (`server-beside.ts`). Whoever opened it closes it, after everything that uses it.
 */
export interface DurableStore {
  readonly database: Database;
  readonly secrets: SecretBox;
  close(): Promise<void>;
}

/**
 * Opens the database, its tables up to date, and the keys.
 * @throws DatabaseError, SecretError
 */
export async function openDurableStore(options: DurableStoreOptions): Promise<DurableStore> {
  const { databaseUrl, secretKey, dataDir, onError } = options;
  const secrets = createSecretBox(secretKey ?? (await keyOfFolder(dataDir)));
  const database = await openDatabase({
    ...(databaseUrl === undefined ? {} : { url: databaseUrl }),
    dataDir,
    ...(onError === undefined ? {} : { onError }),
  });
  return { database, secrets, close: () => database.close() };
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
