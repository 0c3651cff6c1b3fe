/** What a reader of the documents has on the desk: a folder like a checkout, `wxq dev` in one terminal, a shell in another. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { connect, type QualificationClient } from '../../src/client/index.ts';
import type { Status } from '../../src/contract/qualification.ts';
import { defaultCacheDir, findTemporal } from '../../src/runtime/dev-server.ts';
import { nextFreePort } from '../../src/runtime/ports.ts';
import { fixtures } from '../../src/sandbox/index.ts';
import { root } from '../docs/pages.ts';

/** What `wxq dev --json` says. */
interface Urls {
  temporal: string;
  ui: string;
  sandbox: string;
  callback: string;
  console: string;
}

const usualPorts: Readonly<Record<string, keyof Urls>> = {
  7233: 'temporal',
  8233: 'ui',
  8090: 'sandbox',
  8080: 'callback',
  8081: 'console',
};

export interface Ran {
  status: number | null;
  /** Both streams, as a terminal shows them. */
  output: string;
}

/** Long enough for a machine that does other things besides. */
const commandTimeoutMs = 60_000;
const startTimeoutMs = 120_000;
export const shopCase = `channels-shop/${fixtures.shop.appId}/6201`;

export class DocumentedStage {
  readonly folder: string;
  readonly urls: Urls;
  readonly client: QualificationClient;
  readonly #temporal: Client;
  readonly #dev: ChildProcess;
  readonly #resident: ChildProcess;
  readonly #environment: NodeJS.ProcessEnv;
  /** Ports that a page names for programs of its own -> free ones. */
  readonly #ownPorts: Readonly<Record<string, number>>;
  readonly #files: readonly string[];
  #background: ChildProcess[] = [];

  private constructor(parts: {
    folder: string;
    urls: Urls;
    client: QualificationClient;
    temporal: Client;
    dev: ChildProcess;
    resident: ChildProcess;
    environment: NodeJS.ProcessEnv;
    ownPorts: Readonly<Record<string, number>>;
    files: readonly string[];
  }) {
    this.folder = parts.folder;
    this.urls = parts.urls;
    this.client = parts.client;
    this.#temporal = parts.temporal;
    this.#dev = parts.dev;
    this.#resident = parts.resident;
    this.#environment = parts.environment;
    this.#ownPorts = parts.ownPorts;
    this.#files = parts.files;
  }

  /** The program must have been built. `extra` are settings of the reader's own. */
  static async open(extra: NodeJS.ProcessEnv): Promise<DocumentedStage> {
    const folder = await mkdtemp(join(tmpdir(), 'wxq-docs-'));
    for (const name of ['examples', 'docs', 'docker', 'package.json', '.env.example', 'docker-compose.yml'])
      await cp(join(root, name), join(folder, name), { recursive: true });
    for (const name of ['dist', 'node_modules', 'src']) await symlink(join(root, name), join(folder, name));
    const environment = await readersEnvironment(folder, extra);
    const settings = { WXQ_CALLBACK_PORT: '0', WXQ_CONSOLE_PORT: '0', WXQ_WORKER_METRICS_PORT: '0' };
    const [{ dev, urls }, resident] = await Promise.all([
      startDev(folder, { ...environment, ...settings }),
      startResident(folder, environment),
    ]);
    const portOf = (url: string): string => new URL(url).port;
    Object.assign(environment, {
      TEMPORAL_ADDRESS: urls.temporal,
      WXQ_CALLBACK_PORT: portOf(urls.callback),
      WXQ_CONSOLE_PORT: portOf(urls.console),
    });
    const accounts = join(folder, 'examples/accounts.sandbox.json');
    await writeFile(accounts, (await readFile(accounts, 'utf8')).replaceAll('http://127.0.0.1:8090', urls.sandbox));
    const client = await connect({ env: environment });
    const temporal = new Client({ connection: await Connection.connect({ address: urls.temporal }) });
    const more = {
      ownPorts: { 8086: await nextFreePort(0), 8099: await nextFreePort(0) },
      files: await readdir(folder),
    };
    return new DocumentedStage({ folder, urls, client, temporal, dev, resident, environment, ...more });
  }

  async close(): Promise<void> {
    this.endBackground();
    await this.client.close();
    await this.#temporal.connection.close();
    await Promise.all([ended(this.#dev, 'SIGTERM'), ended(this.#resident, 'SIGTERM')]);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A page begins: variables that the one before has exported are gone, and files that it has written. */
  async newTerminal(): Promise<void> {
    this.endBackground();
    for (const name of await readdir(this.folder))
      if (!this.#files.includes(name)) await rm(join(this.folder, name), { recursive: true });
  }

  /** What a person types, with the ports of this installation in place of the usual ones; `export` lasts. */
  async type(text: string): Promise<Ran> {
    const child = this.#start(text);
    let output = '';
    const hear = (part: string): void => {
      output += part;
    };
    child.stdout?.setEncoding('utf8').on('data', hear);
    child.stderr?.setEncoding('utf8').on('data', hear);
    const timer = setTimeout(() => killGroup(child, 'SIGKILL'), commandTimeoutMs);
    const status = await new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    clearTimeout(timer);
    return { status, output };
  }

  /** The same for a process that goes on; resolves with what it printed once `ready` is in it. */
  async typeInBackground(text: string, ready: RegExp): Promise<Ran> {
    const child = this.#start(text);
    this.#background.push(child);
    return await printed(child, ready, commandTimeoutMs);
  }

  endBackground(): void {
    for (const child of this.#background.splice(0)) killGroup(child, 'SIGTERM');
  }

  /** Everything as on the first day: no case is open, the sandbox holds its fixtures. */
  async fresh(): Promise<void> {
    // A list is a moment behind; these are started last.
    const open = new Set([shopCase, shopCase.replace('6201', '6202'), miniCase]);
    for await (const row of this.client.list()) if (row.closedAt === undefined) open.add(row.workflowId);
    const { workflow } = this.#temporal;
    for (const id of open)
      await workflow
        .getHandle(id)
        .terminate('a new page')
        .catch((error: unknown) => {
          if (!(error instanceof Error && error.name === 'WorkflowNotFoundError')) throw error;
        });
    await this.sandbox('POST', 'reset', {});
    const { status, output } = await this.type('npx wxq accounts set examples/accounts.sandbox.json');
    if (status !== 0) throw new Error(output);
    const { callback } = this.urls;
    const { appId } = fixtures.shop;
    const { componentAppId } = fixtures.platform;
    await this.sandbox('PUT', 'accounts', {
      shops: [{ appId, callback: { url: `${callback}/callback/channels-shop/${appId}` } }],
      platforms: [{ componentAppId, callback: { url: `${callback}/callback/platform/${componentAppId}/$APPID$` } }],
    });
  }

  async copy(from: string, to: string): Promise<void> {
    await cp(join(this.folder, from), join(this.folder, to));
  }

  async remove(file: string): Promise<void> {
    await rm(join(this.folder, file), { force: true });
  }

  /** One call of the sandbox's control API. */
  async sandbox(method: string, path: string, body: object): Promise<void> {
    const answer = await fetch(`${this.urls.sandbox}/sandbox/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  }

  /** Starts a case as `wxq submit` does. */
  async start(example: 'channels-shop' | 'mini-program'): Promise<void> {
    const file = join(this.folder, 'examples', `${example}.json`);
    const { platform: _, ...input } = JSON.parse(await readFile(file, 'utf8'));
    const cases = example === 'channels-shop' ? this.client.channelsShop : this.client.miniProgram;
    await cases.start(input, { relativeTo: dirname(file) });
  }

  async isCalled(status: Status, workflowId = shopCase): Promise<void> {
    const until = Date.now() + commandTimeoutMs;
    const handle = this.client.get(workflowId);
    for (;;) {
      const view = await handle.view();
      if (view.status === status) return;
      if (Date.now() > until) throw new Error(`${workflowId} is ${view.status}, not ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The newest open audit gets its verdict. */
  async decide(verdict: 'approved' | 'rejected' | 'cancelled', reason?: string): Promise<void> {
    const answer = await fetch(`${this.urls.sandbox}/sandbox/audits?status=open`);
    const { audits } = (await answer.json()) as { audits: { id: string }[] };
    const id = audits.at(-1)?.id;
    if (id === undefined) throw new Error('no audit is open');
    await this.sandbox('POST', `audits/${encodeURIComponent(id)}/verdict`, {
      verdict,
      ...(reason === undefined ? {} : { reason }),
    });
  }

  #start(text: string): ChildProcess {
    const exported = join(this.folder, '.exported');
    // What `export` has set is kept for the next command, as in one terminal.
    const script = `set -o pipefail; [ ! -f '${exported}' ] || . '${exported}'\n${this.#here(text)}\nstatus=$?\nexport -p > '${exported}'\nexit $status\n`;
    return spawn('bash', ['-c', script], {
      cwd: this.folder,
      env: this.#environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  #here(text: string): string {
    const moved = text
      .replaceAll('https://wxq.example.com', this.urls.callback)
      // Those of `wxq` itself stay unset: what `dev` keeps is not in PostgreSQL.
      .replace(/^((?:psql|pg_dump) "\$)WXQ_/, '$1DOCUMENTED_')
      .replaceAll(/\b(?:8086|8099)\b/g, (port) => String(this.#ownPorts[port]))
      .replaceAll(/\b(?:127\.0\.0\.1|localhost):(\d+)\b/g, (address, port: string) => {
        const name = usualPorts[port];
        return name === undefined ? address : this.urls[name].replace(/^https?:\/\//, '');
      });
    const elsewhere = ` --sandbox ${this.urls.sandbox}`;
    return moved.replaceAll(/^npx wxq trigger (?!.*--sandbox).*$/gm, `$&${elsewhere}`);
  }
}

export const miniCase = `mini-program/${fixtures.miniProgram.appId}/8-39`;

/** No settings but those of a reader; `temporal` and `wxq` as they are found after `npm ci`. */
async function readersEnvironment(folder: string, extra: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(TEMPORAL|WXQ|AWS|NODE_OPTIONS|VITEST)/.test(name) || /_CLI_PATH$|_CACHE_DIR$/.test(name),
  );
  const environment: NodeJS.ProcessEnv = { ...Object.fromEntries(kept), ...extra };
  const programs = join(folder, '.programs');
  await mkdir(programs);
  const found = await findTemporal({ env: environment, cacheDir: defaultCacheDir(process.env), onProgress: () => {} });
  if (!('path' in found)) throw new Error('there is no temporal program');
  await symlink(found.path, join(programs, 'temporal'));
  await writeFile(join(programs, 'npx'), npxOf(join(folder, '.wxq-socket')), { mode: 0o755 });
  environment.PATH = `${programs}:${process.env.PATH}`;
  return environment;
}

/** What goes on for long is a process of its own; any other command of `wxq` is passed to the one that is loaded already. */
const npxOf = (socket: string): string => `#!/bin/sh
name=$1
shift
case "$name $1" in
  "wxq worker" | "wxq server" | "wxq dev" | "wxq demo" | "wxq sandbox" | "wxq codec-server" | "wxq watch")
    exec node '${root}/dist/src/cli.js' "$@" ;;
  wxq*) exec node '${join(root, 'test/e2e/resident-call.mjs')}' '${socket}' "$@" ;;
esac
exec '${root}/node_modules/.bin/'"$name" "$@"
`;

async function startResident(folder: string, environment: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const program = [join(root, 'test/e2e/resident-wxq.ts'), join(root, 'dist/src'), join(folder, '.wxq-socket')];
  const resident = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...program], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  await printed(resident, /^ready$/m, startTimeoutMs);
  return resident;
}

async function startDev(folder: string, environment: NodeJS.ProcessEnv): Promise<{ dev: ChildProcess; urls: Urls }> {
  const dev = spawn(process.execPath, [join(root, 'dist/src/cli.js'), 'dev', '--json'], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { output } = await printed(dev, /^\{.*"dataDir".*\}$/m, startTimeoutMs);
  const [json = ''] = /^\{.*"dataDir".*\}$/m.exec(output) ?? [];
  return { dev, urls: JSON.parse(json) as Urls };
}

function printed(child: ChildProcess, ready: RegExp, withinMs: number): Promise<Ran> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string): void => {
      killGroup(child, 'SIGKILL');
      reject(new Error(`${why}:\n${output}`));
    };
    const timer = setTimeout(() => fail(`not ready (${ready}) after ${withinMs / 1000} s`), withinMs);
    const hear = (part: string): void => {
      output += part;
      if (!ready.test(output)) return;
      clearTimeout(timer);
      resolve({ status: 0, output });
    };
    child.stdout?.setEncoding('utf8').on('data', hear);
    child.stderr?.setEncoding('utf8').on('data', hear);
    child.once('close', (code) => {
      clearTimeout(timer);
      fail(`it ended with ${code}`);
    });
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  // To the process alone: it ends its own children, in order.
  child.kill(signal);
  const timer = setTimeout(() => killGroup(child, 'SIGKILL'), 50_000);
  await gone;
  clearTimeout(timer);
}

/** `npm test` has built it; this is for a run of one file alone. */
export async function buildIfMissing(): Promise<void> {
  if (!existsSync(join(root, 'dist/src/cli.js')))
    await promisify(execFile)('npm', ['run', '-s', 'build'], { cwd: root });
}
