/** The worker as a child process that can be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the child sends once it takes work. */
export const workerIsPolling = 'worker is polling';

const readyWithinMs = 60_000;

export interface WorkerProcessOptions {
  env: NodeJS.ProcessEnv;
  /** Where the child's log goes: a file descriptor, or this process's standard error. */
  log: number | 'inherit';
  /** How long an orderly end may take before it is killed, ms. */
  stopWithinMs: number;
  /** Told when the child ends without having been asked to, with its exit status or signal. */
  onDeath?: (how: string) => void;
}

export interface WorkerProcess {
  /** Of the child that runs now. */
  readonly pid: number | undefined;
  /** Starts the child and resolves when it takes work. Does nothing while one runs. Throws when it ends before, or after 60 s. */
  start(): Promise<void>;
  /** SIGKILL, as when a machine dies. Resolves with the pid when it is gone. */
  kill(): Promise<number>;
  /** An orderly end for good: what is under way is finished, and nothing is started any more. */
  stop(): Promise<void>;
}

/** Nothing is started yet. */
export function createWorkerProcess(options: WorkerProcessOptions): WorkerProcess {
  let child: ChildProcess | undefined;
  let isWanted = false;
  let isStopped = false;

  function launch(): ChildProcess {
    const entry = fileURLToPath(new URL(`./worker-entry${extname(import.meta.url)}`, import.meta.url));
    // A group of its own, so that Ctrl-C reaches only us and we end things in order.
    const started = spawn(process.execPath, [...ownArguments(), entry], {
      env: options.env,
      detached: process.platform !== 'win32',
      stdio: ['ignore', options.log, options.log, 'ipc'],
    });
    started.once('exit', (status, signal) => {
      if (child !== started) return;
      child = undefined;
      if (isWanted) options.onDeath?.(signal ?? `exit status ${status}`);
    });
    started.once('error', () => {
      // It could not be started at all: no exit will follow.
      if (child === started && started.pid === undefined) child = undefined;
    });
    return started;
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    isWanted = false;
    const ending = child;
    if (ending === undefined) return;
    const gone = new Promise<void>((resolve) => ending.once('exit', () => resolve()));
    ending.kill(signal);
    const timer = setTimeout(() => ending.kill('SIGKILL'), options.stopWithinMs);
    await gone;
    clearTimeout(timer);
  }

  return {
    get pid() {
      return child?.pid;
    },
    async start() {
      if (isStopped) throw new Error('The worker has been stopped.');
      if (child !== undefined) return;
      const starting = launch();
      child = starting;
      try {
        await polling(starting);
        isWanted = true;
      } catch (error) {
        await end('SIGKILL');
        throw error;
      }
    },
    async kill() {
      const pid = child?.pid ?? 0;
      await end('SIGKILL');
      return pid;
    },
    stop() {
      isStopped = true;
      return end('SIGTERM');
    },
  };
}

function polling(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`The worker did not take work within ${readyWithinMs / 1000} s.`)),
      readyWithinMs,
    );
    const settle = (done: () => void): void => {
      clearTimeout(timer);
      done();
    };
    child.once('message', () => settle(resolve));
    child.once('error', (error) => settle(() => reject(error)));
    child.once('exit', (status, signal) =>
      settle(() => reject(new Error(`The worker ended while starting: ${signal ?? `exit status ${status}`}.`))),
    );
  });
}

/** Loaders (tsx) are needed by the child too; a debugger's port is taken. */
const ownArguments = (): string[] => process.execArgv.filter((argument) => !argument.startsWith('--inspect'));
