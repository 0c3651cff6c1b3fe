/** Child processes that are asked for something and answer; a child ends with its parent. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Request {
  id: number;
  command: string;
  argument?: unknown;
}

interface Answer {
  id: number;
  value?: unknown;
  problem?: string;
}

/** What a child says without being asked. */
interface Told {
  told: unknown;
}

const endCommand = 'end';

/** A child as its parent sees it. */
export interface Child {
  readonly pid: number | undefined;
  /** Rejects with the child's own error text, or when the child ends before it answers. */
  ask<Value>(command: string, argument?: unknown): Promise<Value>;
  /** Lets it end by itself, as a profiler wants; resolves when it is gone. */
  end(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface ChildOptions {
  args?: readonly string[];
  execArgv?: readonly string[];
  env?: NodeJS.ProcessEnv;
  onTold?: (told: unknown) => void;
}

/** Starts a file beside this one (`name` without extension) as a child; its errors go to our standard error. */
export function startChild(name: string, options: ChildOptions = {}): Child {
  const { args = [], execArgv = [], env = process.env, onTold } = options;
  const child = fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), [...args], {
    execArgv: [...execArgv],
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  child.on('message', (message: Answer | Told) => {
    if ('told' in message) {
      onTold?.(message.told);
      return;
    }
    const asked = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.problem === undefined) asked?.resolve(message.value as never);
    else asked?.reject(new Error(`${name}: ${message.problem}`));
  });
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (status, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`${name} ended (${signal ?? status})`));
      waiting.clear();
      resolve();
    });
  });
  const ask = <Value>(command: string, argument?: unknown): Promise<Value> =>
    new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      send(child, { id: lastId, command, argument }, reject);
    });
  return {
    pid: child.pid,
    ask,
    async end() {
      await ask(endCommand).catch(() => undefined);
      await gone;
    },
    kill: () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      return gone;
    },
  };
}

function send(child: ChildProcess, request: Request, onError: (error: Error) => void): void {
  child.send(request, (error) => {
    if (error !== null) onError(error);
  });
}

/** In the child: answers what the parent asks. */
export function answerParent(handlers: Record<string, (argument: never) => unknown>): void {
  process.once('disconnect', () => process.exit(0));
  process.on('message', ({ id, command, argument }: Request) => {
    void (async () => {
      const answer: Answer = { id };
      try {
        const handler = handlers[command];
        if (handler !== undefined) answer.value = await handler(argument as never);
        else if (command !== endCommand) throw new Error(`no command ${command}`);
      } catch (error) {
        answer.problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      }
      process.send?.(answer, () => {
        if (command === endCommand) process.exit(0);
      });
    })();
  });
}

/** In the child: says something to the parent. */
export function tellParent(told: unknown): void {
  process.send?.({ told });
}
