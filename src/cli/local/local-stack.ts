/** Everything on this machine, for `wxq demo` and `wxq dev`: Temporal, the sandbox, the callback server and a worker. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { connect } from '../../client/index.ts';
import { loadConfig } from '../../runtime/config.ts';
import { type DevServer, startDevServer } from '../../runtime/dev-server.ts';
import type { Logger } from '../../runtime/logger.ts';
import { createSandbox, type Sandbox, type SandboxAccounts } from '../../sandbox/index.ts';
import { type RunningServer, startServer } from '../../server.ts';
import { createWorkerProcess, type WorkerProcess } from './worker-process.ts';

export interface LocalStackOptions {
  /** Settings; those that would lead away from the sandbox are not passed on. */
  env: NodeJS.ProcessEnv;
  /** Absolute. Temporal's database, the accounts file and the pinned images go here. */
  dataDir: string;
  taskQueue: string;
  /** Further settings of `env` that reach the parts: those that would lead away from the sandbox otherwise don't. */
  passesOn?: readonly string[];
  /** In place of the sandbox's fixtures. */
  accounts?: SandboxAccounts;
  /** Keeps the sandbox's state over a restart. */
  sandboxStateFile?: string;
  /** The callback server's log. */
  logger: Logger;
  workerLog: number | 'inherit';
  workerStopWithinMs: number;
  onWorkerDeath?: (how: string) => void;
  onProgress: (line: string) => void;
  /** Aborted: nothing more is started. */
  signal: AbortSignal;
}

/** What runs, and where it is reached. */
export interface LocalStack {
  temporal: DevServer;
  /** Base address of the Web UI. For a server of TEMPORAL_ADDRESS it is a guess: port + 1000, as its dev server has it. */
  uiUrl: string;
  sandbox: Sandbox;
  server: RunningServer;
  worker: WorkerProcess;
  /** The settings under which a client and a worker find all this. */
  env: NodeJS.ProcessEnv;
  ports: Ports;
  /** Ends all that was started here, in order. Never throws: what went wrong is told to `onProgress`. */
  stop(): Promise<void>;
}

export interface Ports {
  temporal: number;
  ui: number;
  sandbox: number;
  callback: number;
  console: number;
}

/**
 * Starts the parts one after the other; a port that is taken is replaced by the next free one. What was started is
 * ended when a later part fails. Throws what the parts throw: DevServerError, TemporalNotFoundError, ConfigError, …;
 * the client's TemporalUnreachableError for a server of TEMPORAL_ADDRESS.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const { dataDir, onProgress, signal } = options;
  const config = loadConfig(options.env);
  const endings: { name: string; end: () => Promise<unknown> }[] = [];
  const started = <Part>(name: string, part: Part, end: () => Promise<unknown>): Part => {
    endings.unshift({ name, end });
    signal.throwIfAborted();
    return part;
  };
  const stop = async (): Promise<void> => {
    for (const { name, end } of endings.splice(0)) {
      await end().catch((error: unknown) => onProgress(`${name} did not end in order: ${String(error)}`));
    }
  };

  try {
    await mkdir(dataDir, { recursive: true });
    const temporal = await startDevServer({
      env: options.env,
      persistence: { kind: 'file', path: join(dataDir, 'temporal.db') },
      ui: true,
      port: 7233,
      uiPort: 8233,
      onProgress,
    });
    started('Temporal', temporal, () => temporal.stop());
    const uiUrl = temporal.uiUrl ?? guessedUiUrl(temporal.address);
    onProgress(
      temporal.pid === undefined
        ? `Temporal: the server of TEMPORAL_ADDRESS, ${temporal.address} (Web UI presumably ${uiUrl})`
        : `Temporal: ${temporal.address}, pid ${temporal.pid}, Web UI ${uiUrl}`,
    );

    const sandbox = await createSandbox({
      ...(options.accounts === undefined ? {} : { accounts: options.accounts }),
      ...(options.sandboxStateFile === undefined ? {} : { stateFile: options.sandboxStateFile }),
    });
    started('The sandbox', sandbox, () => sandbox.close());
    onProgress(`WeChat sandbox: ${sandbox.url}`);

    const accountsFile = join(dataDir, 'accounts.json');
    await writeFile(accountsFile, JSON.stringify(sandbox.accountsFile(), undefined, 2), { mode: 0o600 });
    const env = stackSettings(options, temporal, { uiUrl, sandbox, accountsFile });
    // Somebody else's server may not be there; said once and clearly, before the worker says it with a stack.
    if (temporal.pid === undefined) await (await connect({ env })).close();
    const server = await startServer(
      { ...loadConfig(env), callbackPort: config.callbackPort, consolePort: config.consolePort },
      { env, logger: options.logger, callbackHost: '127.0.0.1' },
    );
    started('The callback server', server, () => server.close());
    sendPushesTo(sandbox, server.callbackUrl);
    onProgress(`Callback server: ${server.callbackUrl}; console, health and metrics ${server.privateUrl}`);

    const worker = createWorkerProcess({
      env,
      log: options.workerLog,
      stopWithinMs: options.workerStopWithinMs,
      ...(options.onWorkerDeath === undefined ? {} : { onDeath: options.onWorkerDeath }),
    });
    await worker.start();
    // Before the sandbox and Temporal, so that what is under way gets its answer; after the pushes have stopped.
    endings.splice(1, 0, { name: 'The worker', end: () => worker.stop() });
    signal.throwIfAborted();
    onProgress(`Worker: pid ${worker.pid}`);

    const ports = {
      temporal: portOf(`http://${temporal.address}`),
      ui: portOf(uiUrl),
      sandbox: sandbox.port,
      callback: portOf(server.callbackUrl),
      console: portOf(server.privateUrl),
    };
    return { temporal, uiUrl, sandbox, server, worker, env, ports, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Settings of ours that mean the same for the sandbox. */
const passedOn = [
  'WXQ_WORKER_METRICS_PORT',
  'WXQ_PRIVATE_HOST',
  'WXQ_API_TOKENS',
  'WXQ_API_REQUESTS_PER_MINUTE',
  'WXQ_EVENTS_TOKEN',
  'WXQ_CONSOLE_USERS',
  'WXQ_CONSOLE_USER_HEADER',
  'WXQ_LOG_LEVEL',
];

/**
 * The settings of the parts: the sandbox is the only WeChat they know. Those of a person's own Temporal are left out
 * unless TEMPORAL_ADDRESS names the server; the configuration file is put out of reach by a name that does not exist.
 */
function stackSettings(
  options: LocalStackOptions,
  temporal: DevServer,
  { uiUrl, sandbox, accountsFile }: { uiUrl: string; sandbox: Sandbox; accountsFile: string },
): NodeJS.ProcessEnv {
  const isForeign = temporal.pid === undefined;
  const passed = Object.entries(options.env).filter(
    ([name]) =>
      (isForeign || !name.startsWith('TEMPORAL_')) &&
      (!name.startsWith('WXQ_') || passedOn.includes(name) || options.passesOn?.includes(name)),
  );
  return {
    ...Object.fromEntries(passed),
    ...(isForeign ? {} : { TEMPORAL_CONFIG_FILE: join(options.dataDir, 'no-temporal.toml') }),
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    WXQ_TASK_QUEUE: options.taskQueue,
    WXQ_WECHAT_BASE_URL: sandbox.url,
    WXQ_ACCOUNTS_FILE: accountsFile,
    WXQ_DATA_DIR: options.dataDir,
    WXQ_TEMPORAL_UI_URL: uiUrl,
    // A person tries things out here, with images from anywhere and from servers of their own.
    WXQ_MATERIAL_FOLDERS: options.env.WXQ_MATERIAL_FOLDERS || parse(process.cwd()).root,
    WXQ_MATERIAL_PRIVATE_HOSTS: options.env.WXQ_MATERIAL_PRIVATE_HOSTS || 'localhost,127.0.0.1,::1',
  };
}

/** WeChat's back office, where the callback addresses are entered. They may have changed since a state file was written. */
function sendPushesTo(sandbox: Sandbox, callbackUrl: string): void {
  const { shops, platforms } = sandbox.accountsFile();
  sandbox.setAccounts({
    shops: shops.map(({ appId }) => ({ appId, callback: { url: `${callbackUrl}/callback/channels-shop/${appId}` } })),
    platforms: platforms.map(({ componentAppId }) => ({
      componentAppId,
      callback: { url: `${callbackUrl}/callback/platform/${componentAppId}/$APPID$` },
    })),
  });
}

function guessedUiUrl(address: string): string {
  const { hostname, port } = new URL(`http://${address}`);
  return `http://${hostname}:${Number(port || 7233) + 1000}`;
}

const portOf = (url: string): number => Number(new URL(url).port);
