/** Checks of what must last: the database and its tables, the material store, and whether both fit the number of hosts. */
import { randomUUID } from 'node:crypto';
import { access, mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ObjectStorageError } from '../../object-storage/errors.ts';
import { lockHolder } from '../../runtime/lock-file.ts';
import { migrationState, pgliteFolder, pgliteLock } from '../../store/database.ts';
import { openMaterialStore } from '../../store/material-place.ts';
import { type Check, fail, NotToBeHad, type Outcome, ok, skipped, warn } from './finding.ts';
import type { Installation } from './installation.ts';
import { hostOf } from './pollers.ts';

export const storageChecks: readonly Check<Installation>[] = [
  { name: 'database', run: (one) => (one.config.databaseUrl === undefined ? pglite(one) : postgres(one)) },
  {
    name: 'material',
    run: (one) => (one.config.materialStore.startsWith('s3:') ? materialBucket(one) : materialFolder(one)),
  },
  { name: 'hosts', run: hosts },
];

const leastFreeBytes = 1024 ** 3;

async function postgres(installation: Installation): Promise<Outcome> {
  try {
    const database = await installation.database();
    const { missing, unknown } = await migrationState(database);
    if (missing.length > 0) {
      return fail(`the tables are behind: ${missing.map(({ number, name }) => `${number} (${name})`).join(', ')}`, {
        zh: '请启动(或重启)当前版本的 server 或 worker,它会自动建表;数据库用户需要建表权限。',
        en: 'Start a server or worker of this version: it brings them up to date. Its user must be allowed to create tables.',
      });
    }
    if (unknown.length > 0) {
      return warn(`the tables are newer than this program: ${unknown.join(', ')}`, {
        zh: '有更新版本的进程用过这个数据库:请把所有进程升级到同一版本。',
        en: 'A newer version has used this database: bring every process to that version.',
      });
    }
    return ok('PostgreSQL answers, its tables are up to date');
  } catch (error) {
    const cause = error instanceof NotToBeHad ? error.cause : error;
    return fail(`PostgreSQL: ${cause instanceof Error ? cause.message : String(cause)}`, {
      zh: '请确认 PostgreSQL 已启动、WXQ_DATABASE_URL 的主机、端口、库名、用户和密码正确,且防火墙放行。',
      en: 'Is PostgreSQL up, and are host, port, database, user and password of WXQ_DATABASE_URL right? Does a firewall stand between?',
    });
  }
}

async function pglite({ config }: Installation): Promise<Outcome> {
  const folder = pgliteFolder(config.dataDir);
  const pid = await lockHolder(pgliteLock(config.dataDir));
  if (pid !== undefined) return ok(`PGlite in ${folder}, open in the server with pid ${pid}`);
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  if (!isThere) return ok(`PGlite, not made yet: the first server makes ${folder}`);
  return warn(`PGlite in ${folder}, and no server has it open`, {
    zh: '请启动 server(wxq server):没有它,平台的票据和令牌无人保管,推送也收不到。',
    en: 'Start the server (wxq server): without it nobody keeps tickets and tokens, and no push is taken.',
  });
}

async function materialFolder({ config }: Installation): Promise<Outcome> {
  const { materialStore } = config;
  const folder = materialStore.startsWith('file:') ? fileURLToPath(materialStore) : resolve(materialStore);
  const place = await nearestFolder(folder);
  const trial = join(place, `.wxq-doctor-${randomUUID()}`);
  try {
    await mkdir(trial);
    await writeFile(join(trial, 'trial'), 'wxq doctor', { flag: 'wx' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return fail(`nothing can be written in ${place} (${code})`, {
      zh: `请让 worker 的用户可以写 ${folder}(WXQ_MATERIAL_STORE),并确认磁盘未满、未只读挂载。`,
      en: `Let the worker's user write in ${folder} (WXQ_MATERIAL_STORE); is the disk full, or mounted read-only?`,
    });
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const said = `folder ${folder}, ${Math.round(free / 1024 ** 2)} MiB free`;
  if (free >= leastFreeBytes) return ok(said);
  return warn(said, { zh: '磁盘空间不足 1 GiB,请扩容。', en: 'Less than 1 GiB is left: make room.' });
}

/** Puts the same few bytes at each look, so that a bucket holds one trial object, and fetches them again. */
async function materialBucket({ config }: Installation): Promise<Outcome> {
  const { materialStore: place, objectStorage } = config;
  try {
    if (objectStorage === undefined) throw new TypeError(`${place} needs a key for object storage`);
    const store = openMaterialStore({ place, objectStorage: { ...objectStorage, timeoutMs: 4_000 } });
    const { sha256 } = await store.put(Buffer.from('wxq doctor'));
    if ((await store.get(sha256)) === undefined) throw new TypeError(`${place} does not give back what was put there`);
    return ok(`${place} takes and gives`);
  } catch (error) {
    const advice = error instanceof ObjectStorageError ? error.advice : 'Check WXQ_MATERIAL_STORE and WXQ_S3_*.';
    return fail(error instanceof Error ? error.message : String(error), {
      zh: '请检查 WXQ_MATERIAL_STORE 的桶和前缀、WXQ_S3_* 的地址、区域、密钥及其读写权限。',
      en: `${advice.charAt(0).toUpperCase()}${advice.slice(1)}`,
    });
  }
}

/** The folder itself, or where it will be made. */
async function nearestFolder(folder: string): Promise<string> {
  for (let place = folder; ; place = dirname(place)) {
    const isThere = await access(place).then(
      () => true,
      () => false,
    );
    if (isThere || dirname(place) === place) return place;
  }
}

/** What holds on one host only, where workers run on several. */
async function hosts(installation: Installation): Promise<Outcome> {
  const names = new Set((await installation.pollers()).map(({ identity }) => hostOf(identity)));
  if (names.size === 0) return skipped('no worker is there to be counted');
  if (names.size === 1) return ok('one host: the data folder is enough');
  const { databaseUrl, materialStore } = installation.config;
  if (databaseUrl === undefined) {
    return fail(`workers run on ${names.size} hosts, and the database is the one in a data folder`, {
      zh: '多台主机请改用 PostgreSQL:所有进程设置同一个 WXQ_DATABASE_URL 和 WXQ_SECRET_KEY。',
      en: 'With more than one host use PostgreSQL: the same WXQ_DATABASE_URL and WXQ_SECRET_KEY for every process.',
    });
  }
  if (materialStore.startsWith('s3:')) return ok(`${names.size} hosts, with PostgreSQL and ${materialStore}`);
  return warn(`workers run on ${names.size} hosts, and the material store is a folder: ${materialStore}`, {
    zh: '请确认这个目录是所有主机共享的(例如 NFS),否则请改用共享的材料库。',
    en: 'Make sure that all hosts share this folder (NFS, say), or use a material store that they share.',
  });
}
