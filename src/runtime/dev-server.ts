/** Starts an embedded Temporal dev server as a child process, or uses the one that TEMPORAL_ADDRESS names. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve as resolvePath } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { searchAttributeTypes } from '../contract/search-attributes.ts';
import { type LockFile, LockHeldError, takeLock } from './lock-file.ts';
import { nextFreePort } from './ports.ts';
import { type FindTemporalOptions, findTemporal } from './temporal-program.ts';

export { defaultCacheDir, findTemporal, TemporalNotFoundError } from './temporal-program.ts';

const host = '127.0.0.1';
const readyWithinMs = 60_000;
const killAfterMs = 5_000;
/** Another program may take a port between our look and the server's start. */
const startAttempts = 4;

export interface DevServerOptions extends FindTemporalOptions {
  /** Memory is for tests; a file lets a restart resume every case. */
  persistence: { kind: 'memory' } | { kind: 'file'; path: string };
  /** Serve the Web UI too. Default: no. */
  ui?: boolean | undefined;
  /** gRPC port wanted; the next free one if it is taken. Default: any. */
  port?: number | undefined;
  /** Web UI port wanted; the next free one if it is taken. Default: the gRPC port + 1000, or the next free one. */
  uiPort?: number | undefined;
  /** Further arguments for `temporal server start-dev`. */
  extraArgs?: readonly string[] | undefined;
}

/** A Temporal server that answers. */
export interface DevServer {
  /** host:port of the gRPC frontend. */
  readonly address: string;
  readonly uiUrl?: string;
  readonly namespace: string;
  /** In words, how the server was found. */
  readonly source: string;
  /** Of the server process; absent for a server of TEMPORAL_ADDRESS. */
  readonly pid?: number;
  /** Settles when the server process is gone, with what it said last; absent for a server of TEMPORAL_ADDRESS. */
  readonly exited?: Promise<string>;
  /** Ends the server process and resolves when it is gone. A server of TEMPORAL_ADDRESS is left alone. */
  stop(): Promise<void>;
}

/** The server could not be started or died while starting; the message ends with its last output. */
export class DevServerError extends Error {
  override readonly name = 'DevServerError';
}

/**
 * Finds Temporal ({@link findTemporal}), starts it and waits until it serves with all search attributes of the contract.
 * The server dies with this process, even on SIGKILL (a shell beside it waits on a pipe that only this process holds);
 * on Windows it is then left running. It is in a process group of its own, so that Ctrl-C reaches only us and the
 * worker can finish first.
 * @throws TemporalNotFoundError, or DevServerError when the file is in use by another server or the process dies.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const namespace = options.env.TEMPORAL_NAMESPACE || 'default';
  const found = await findTemporal(options);
  if ('address' in found) {
    return { address: found.address, namespace, source: found.source, stop: async () => {} };
  }
  const lock = options.persistence.kind === 'file' ? await lockDatabase(options.persistence.path) : undefined;
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await startOnce(found.path, found.source, namespace, options, lock);
      } catch (error) {
        const isPortRace = error instanceof DevServerError && /address already in use/i.test(error.message);
        if (!isPortRace || attempt >= startAttempts) throw error;
      }
    }
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

async function lockDatabase(path: string): Promise<LockFile> {
  await mkdir(dirname(resolvePath(path)), { recursive: true });
  try {
    return await takeLock(`${resolvePath(path)}.lock`);
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    throw new DevServerError(
      `The Temporal database ${path} is in use by the process with pid ${error.pid}: stop that one first, or name another data folder (WXQ_DATA_DIR).`,
    );
  }
}

async function startOnce(
  program: string,
  source: string,
  namespace: string,
  options: DevServerOptions,
  lock: LockFile | undefined,
): Promise<DevServer> {
  const port = await nextFreePort(options.port ?? 0, host);
  const uiPort = options.ui ? await nextFreePort(options.uiPort ?? Math.min(port + 1000, 65_000), host) : undefined;
  options.onProgress?.(`Starting Temporal (${source}) on ${host}:${port}`);
  const child = launchOnLeash(program, serverArguments(options, namespace, port, uiPort), options.env);
  const output = keepLastLines(child);
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`));
    // 'close' rather than 'exit': its last words have been read by then.
    child.once('close', (status, signal) => resolve(`${signal ?? `exit status ${status}`}. ${output()}`));
  });
  const { pid } = child;
  let isGone = false;
  const gone = exited.then(async () => {
    isGone = true;
    await lock?.release();
  });
  const stop = async (): Promise<void> => {
    if (!isGone && pid !== undefined) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      await gone;
      clearTimeout(timer);
    }
    await gone;
  };
  try {
    if (pid !== undefined) await lock?.share(pid);
    const early = exited.then((how) => {
      throw new DevServerError(`The Temporal server ${program} ended while starting: ${how}`);
    });
    await Promise.race([early, untilReady(`${host}:${port}`, namespace, () => isGone, output)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address: `${host}:${port}`,
    ...(uiPort === undefined ? {} : { uiUrl: `http://${host}:${uiPort}` }),
    namespace,
    source,
    ...(pid === undefined ? {} : { pid }),
    exited,
    stop,
  };
}

function serverArguments(
  options: DevServerOptions,
  namespace: string,
  port: number,
  uiPort: number | undefined,
): string[] {
  const args = ['server', 'start-dev', '--ip', host, '--port', String(port), '--log-level', 'error'];
  if (namespace !== 'default') args.push('--namespace', namespace);
  if (uiPort === undefined) args.push('--headless');
  else args.push('--ui-port', String(uiPort), '--ui-disable-news-fetch');
  for (const [name, type] of Object.entries(searchAttributeTypes)) args.push('--search-attribute', `${name}=${type}`);
  // Lets a test advance the clock of one workflow on the real server.
  args.push('--dynamic-config-value', 'frontend.WorkflowTimeSkippingEnabled=true');
  // Without it each step of a lone workflow waits up to 50 ms for the transfer queue.
  args.push('--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000');
  // Without it the cases of an account that has hundreds go before the three of another one.
  args.push('--dynamic-config-value', 'matching.enableFairness=true');
  if (options.persistence.kind === 'file') {
    args.push('--db-filename', resolvePath(options.persistence.path));
    args.push('--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal');
  }
  return [...args, ...(options.extraArgs ?? [])];
}

/**
 * A shell that becomes the server (so the pid is the server's) after it has left a watcher behind: the watcher ends
 * the server when descriptor 3 closes without a word, which happens when this process dies in whatever way.
 */
const posixLauncher = `( exec </dev/null >/dev/null 2>&1
  if read -r word <&3; then exit 0; fi
  kill -TERM "$$"
  for second in 1 2 3 4 5; do sleep 1; kill -0 "$$" || exit 0; done
  kill -KILL "$$" ) &
exec "$0" "$@" 3<&-`;

/** Starts a program, its output on pipes, that ends when this process is gone, however it went. */
export function launchOnLeash(program: string, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  if (process.platform === 'win32') return spawn(program, [...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const child = spawn('/bin/sh', ['-c', posixLauncher, program, ...args], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const leash = child.stdio[3] as Duplex | undefined;
  leash?.on('error', () => {}); // the watcher may be gone before our farewell
  child.once('exit', () => leash?.end('gone\n'));
  return child;
}

function keepLastLines(child: ChildProcess): () => string {
  let kept = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      kept = (kept + text).slice(-4_000);
    });
  }
  return () => (kept.trim() === '' ? 'It said nothing.' : `Its last output:\n${kept.trim()}`);
}

async function untilReady(
  address: string,
  namespace: string,
  isGone: () => boolean,
  output: () => string,
): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while (!isGone()) {
    let why: unknown;
    try {
      const connection = await Connection.connect({ address, tls: false, connectTimeout: 1_000 });
      try {
        const known = await connection.operatorService.listSearchAttributes({ namespace });
        const missing = Object.keys(searchAttributeTypes).filter((name) => !(name in known.customAttributes));
        if (missing.length === 0) return;
        why = `search attributes are missing: ${missing.join(', ')}`;
      } finally {
        await connection.close();
      }
    } catch (error) {
      why = error;
    }
    if (performance.now() > deadline) {
      const seconds = readyWithinMs / 1000;
      throw new DevServerError(
        `The Temporal server at ${address} did not serve within ${seconds} s (${why}). ${output()}`,
      );
    }
    await delay(50);
  }
}
