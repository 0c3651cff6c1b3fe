/** Where a test's installation keeps what must last: a database of its own on the shared PostgreSQL, or PGlite in its folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Accounts } from '../src/store/accounts.ts';
import { type Database, openDatabase } from '../src/store/database.ts';
import { createSecretBox } from '../src/store/secrets.ts';
import { createWatchStore, type WatchStore } from '../src/store/watch-records.ts';
import { newDatabaseAt } from './postgres.ts';
import { newDataDir } from './prepared-database.ts';

const secretKey = Buffer.alloc(32, 6).toString('base64');

export interface StageStore {
  folder: string;
  /** `WXQ_DATA_DIR`, and `WXQ_DATABASE_URL` with its key unless it is PGlite. */
  settings: Record<string, string>;
  /** On PostgreSQL, where strangers are given: shops besides the accounts'. */
  watchStore(accounts: Accounts, strangers: readonly string[] | undefined): Promise<WatchStore | undefined>;
  remove(): Promise<void>;
}

export async function createStageStore(kind: 'postgresql' | 'pglite'): Promise<StageStore> {
  if (kind === 'pglite') {
    const folder = await newDataDir('wxq-stage-');
    const remove = () => rm(folder, { recursive: true, force: true });
    return { folder, settings: { WXQ_DATA_DIR: folder }, watchStore: async () => undefined, remove };
  }
  const folder = await mkdtemp(join(tmpdir(), 'wxq-stage-'));
  const database = await newDatabaseAt(inject('postgresAdminUrl'));
  const opened: Database[] = [];
  return {
    folder,
    settings: {
      WXQ_DATA_DIR: folder,
      WXQ_DATABASE_URL: database.url,
      WXQ_SECRET_KEY: secretKey,
    },
    async watchStore({ shops }, strangers) {
      if (strangers === undefined) return undefined;
      const own = await openDatabase({ url: database.url, dataDir: folder });
      opened.push(own);
      const unknown = strangers.map((appId) => ({ appId, credentials: { secret: 'unknown' } }));
      const secrets = createSecretBox(secretKey);
      return createWatchStore({ database: own, secrets }, { shops: [...shops, ...unknown] });
    },
    async remove() {
      await Promise.all(opened.map((own) => own.close()));
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
