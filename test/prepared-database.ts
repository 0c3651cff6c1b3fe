/** An empty PGlite folder, made once and copied: making one takes seconds, and every server without PostgreSQL has its own. */
import { cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

const cache = resolve(import.meta.dirname, '../node_modules/.cache/wechat-qualification');
const { version } = createRequire(import.meta.url)('../node_modules/@electric-sql/pglite/package.json') as {
  version: string;
};

/** Puts an empty database where a server with this data folder looks for it. */
async function prepareDatabase(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await cp(await template(), join(dataDir, 'database'), { recursive: true });
}

/** A data folder in the system's temporary one, with an empty database. Whoever asked for it removes it. */
export async function newDataDir(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  await prepareDatabase(folder);
  return folder;
}

/** The folder to copy. Several test processes may make it at once: one's is kept. */
async function template(): Promise<string> {
  const folder = join(cache, `pglite-${version}`);
  if (await isThere(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(join(cache, 'draft-'));
  const database = await PGlite.create(join(draft, 'database'));
  await database.close();
  await rename(join(draft, 'database'), folder).catch(async (error: unknown) => {
    if (!(await isThere(folder))) throw error;
  });
  await rm(draft, { recursive: true, force: true });
  return folder;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
