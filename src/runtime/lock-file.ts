/** A lock file that names the processes holding it; the lock of dead processes is taken over. */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** One process, told apart from a later one with the same pid by its start time (known on Linux only). */
interface Holder {
  pid: number;
  startedAt?: string;
}

/** A lock that this process holds. */
export interface LockFile {
  readonly path: string;
  /** Lets another process (a child) hold the lock as well: it then counts as held until both are gone. */
  share(pid: number): Promise<void>;
  /** Gives the lock up. Harmless when it is gone already. */
  release(): Promise<void>;
}

/** The lock is held by a living process. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
  /** Process id of the holder that was started last: for a database the server itself. */
  readonly pid: number;
  constructor(path: string, pid: number) {
    super(`${path} is held by the process with pid ${pid}`);
    this.pid = pid;
  }
}

/**
 * Takes the lock at `path`, creating its folder.
 * @throws LockHeldError when a living process holds it.
 */
export async function takeLock(path: string): Promise<LockFile> {
  await mkdir(dirname(path), { recursive: true });
  let holders: Holder[] = [await describeProcess(process.pid)];
  const draft = `${path}.${process.pid}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(holders));
  try {
    // A link appears at once with its content, so nobody ever reads a lock without a pid in it.
    for (let attempt = 0; !(await linked(draft, path)); attempt += 1) {
      const found = await readHolders(path);
      const alive = found === undefined ? undefined : await lastAlive(found);
      if (alive !== undefined || attempt >= 20) throw new LockHeldError(path, alive ?? found?.at(-1)?.pid ?? 0);
      if (found !== undefined) await removeStale(path);
      else await delay(10);
    }
  } finally {
    await rm(draft, { force: true });
  }
  return {
    path,
    async share(pid) {
      holders = [...holders, await describeProcess(pid)];
      const next = `${path}.${process.pid}.${randomUUID()}`;
      await writeFile(next, JSON.stringify(holders));
      await rename(next, path);
    },
    async release() {
      const found = await readHolders(path);
      if (found?.some((holder) => holder.pid === process.pid)) await rm(path, { force: true });
    },
  };
}

/**
 * Takes the lock at `path`, waiting up to `waitMs` for its holder; `onWait` is told once who holds it.
 * @throws LockHeldError when it is still held after that.
 */
export async function waitForLock(path: string, waitMs: number, onWait: (pid: number) => void): Promise<LockFile> {
  const deadline = performance.now() + waitMs;
  for (let told = false; ; told = true) {
    try {
      return await takeLock(path);
    } catch (error) {
      if (!(error instanceof LockHeldError) || performance.now() > deadline) throw error;
      if (!told) onWait(error.pid);
      await delay(200);
    }
  }
}

/** The living process that holds the lock at `path`; takes nothing and changes nothing. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const found = await readHolders(path);
  return found === undefined ? undefined : await lastAlive(found);
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Moves a stale lock away first: of two that find it, one wins, and a fresh lock moved by mistake is put back. */
async function removeStale(path: string): Promise<void> {
  const aside = `${path}.stale.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  const moved = await readHolders(aside);
  if (moved !== undefined && (await lastAlive(moved)) !== undefined) await linked(aside, path);
  await rm(aside, { force: true });
}

async function readHolders(path: string): Promise<Holder[] | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isHolder) : [];
  } catch {
    return []; // not written by us, or cut off by a full disk: nobody can be found alive in it
  }
}

async function lastAlive(holders: readonly Holder[]): Promise<number | undefined> {
  for (const holder of holders.toReversed()) {
    if (await isAlive(holder)) return holder.pid;
  }
  return undefined;
}

async function isAlive({ pid, startedAt }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!isCode(error, 'EPERM')) return false;
  }
  const now = await processState(pid);
  if (now === undefined) return true;
  return now.state !== 'Z' && (startedAt === undefined || startedAt === now.startedAt);
}

async function describeProcess(pid: number): Promise<Holder> {
  const now = await processState(pid);
  return now === undefined ? { pid } : { pid, startedAt: now.startedAt };
}

/** State and start time from /proc/{pid}/stat (proc(5), fields 3 and 22); undefined where there is no /proc. */
async function processState(pid: number): Promise<{ state: string; startedAt: string } | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startedAt] = [fields[0], fields[19]];
    return state === undefined || startedAt === undefined ? undefined : { state, startedAt };
  } catch {
    return undefined;
  }
}

function isHolder(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null && 'pid' in value && Number.isSafeInteger(value.pid);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
