/** One process of the topology: started until it is ready, ended by its own id, started again under the same address. */
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { launchOnLeash } from '../../src/runtime/dev-server.ts';
import { nextFreePort } from '../../src/runtime/ports.ts';

export interface PartOptions {
  name: string;
  program: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Its output is added to this file. */
  log: string;
  /** Whether it does its work; what it throws means: not yet. */
  isReady: () => Promise<boolean>;
  /** What it may take to stop in order, before it is killed. */
  stopWithinMs: number;
}

/** A process that can be killed and started again. */
export interface Part {
  readonly name: string;
  readonly pid: number | undefined;
  start(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit status, or the signal that ended it. */
  stop(): Promise<number | NodeJS.Signals | undefined>;
}

const readyWithinMs = 90_000;

export function createPart(options: PartOptions): Part {
  let child: ChildProcess | undefined;
  let ended: Promise<number | NodeJS.Signals> = Promise.resolve(0);

  const end = async (signal: NodeJS.Signals): Promise<number | NodeJS.Signals | undefined> => {
    const ending = child;
    if (ending === undefined) return undefined;
    ending.kill(signal);
    const timer = setTimeout(() => ending.kill('SIGKILL'), options.stopWithinMs);
    const how = await ended;
    clearTimeout(timer);
    return how;
  };

  const lastWords = async (): Promise<string> => (await readFile(options.log, 'utf8').catch(() => '')).slice(-4_000);

  return {
    name: options.name,
    get pid() {
      return child?.pid;
    },
    async start() {
      if (child !== undefined) throw new Error(`${options.name} runs already`);
      const started = launchOnLeash(options.program, options.args, options.env);
      const log = createWriteStream(options.log, { flags: 'a' });
      started.stdout?.pipe(log, { end: false });
      started.stderr?.pipe(log, { end: false });
      child = started;
      ended = new Promise((resolve) => {
        const done = (how: number | NodeJS.Signals): void => {
          child = undefined;
          log.end();
          resolve(how);
        };
        started.once('error', () => done(127));
        started.once('close', (status, signal) => done(signal ?? status ?? 0));
      });
      const deadline = performance.now() + readyWithinMs;
      while (!(await options.isReady().catch(() => false))) {
        if (child === undefined) throw new Error(`${options.name} ended while starting:\n${await lastWords()}`);
        if (performance.now() > deadline) {
          await end('SIGKILL');
          throw new Error(`${options.name} was not ready within ${readyWithinMs / 1000} s:\n${await lastWords()}`);
        }
        await pause(200);
      }
    },
    async kill() {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
  };
}

/**
 * Ports that nobody has now, all different. Below 32768: PostgreSQL keeps those of Temporal's members as signed 16 bits,
 * and the system gives no such port away for outgoing connections meanwhile.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  let wanted = randomInt(20_000, 31_000);
  while (ports.length < count) {
    const port = await nextFreePort(wanted);
    ports.push(port);
    wanted = port + 1;
  }
  return ports;
}
