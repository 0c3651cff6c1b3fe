/** The topology of docker-compose.yml without containers: PostgreSQL, Temporal on it, workers, servers, codec server, Prometheus, and the sandbox as WeChat. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSandbox, fixtureAccounts, type Sandbox, type SandboxAccounts } from '../../src/sandbox/index.ts';
import { startPostgres } from '../../test/postgres.ts';
import { createPart, freePorts, type Part } from './part.ts';
import { prometheusProgram, startPrometheus } from './prometheus.ts';
import { startTemporal } from './temporal.ts';

export interface TopologyOptions {
  env: NodeJS.ProcessEnv;
  say: (line: string) => void;
  workers?: number;
  servers?: number;
  /** Encrypted histories with a server that decrypts them, and Prometheus where there is one. Default: as there are workers. */
  withWatchers?: boolean;
  /** In place of the sandbox's fixtures, for given base addresses of the callback servers. */
  accounts?: (callbackUrl: string) => SandboxAccounts;
}

/** A process with a private address. */
export interface Member extends Part {
  /** `http://127.0.0.1:…`: of a worker where its metrics are, of a server the private port. */
  url: string;
}

/** Where each kind of process says that it is ready. */
const readyPaths = { worker: '/metrics', server: '/readyz', 'codec-server': '/healthz' } as const;

/** What runs, and the settings under which a client finds it. */
export interface Topology {
  temporalAddress: string;
  postgresAdminUrl: string;
  temporal: Part;
  temporalMetricsUrl: string;
  workers: Member[];
  servers: Member[];
  codecServer?: Member;
  /** Absent where the program is not installed. */
  prometheus?: Member;
  sandbox: Sandbox;
  /** Settings for `wxq`, a client, or one more worker. */
  env: NodeJS.ProcessEnv;
  /** Logs of every part. */
  folder: string;
  /** Ends everything by its process id, in order. */
  stop(): Promise<void>;
}

/** The built program. */
const program = join(
  import.meta.dirname,
  import.meta.url.endsWith('.ts') ? '../../dist/src/cli.js' : '../../src/cli.js',
);

/** What was started is ended when a later part fails. */
export async function startTopology(options: TopologyOptions): Promise<Topology> {
  const { env, say, workers: workerCount = 2, servers: serverCount = 2, accounts = fixtureAccounts } = options;
  const { withWatchers = workerCount > 0 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'wxq-topology-'));
  const endings: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const end of endings.splice(0))
      await end().catch((error: unknown) => say(`not ended in order: ${String(error)}`));
  };
  try {
    say('Starting PostgreSQL');
    const postgres = await startPostgres({ maxConnections: 200 });
    endings.unshift(() => postgres.stop());
    const temporal = await startTemporal({ env, folder, adminUrl: postgres.adminUrl, say });
    endings.unshift(() => temporal.part.stop());
    const sandbox = await createSandbox({ port: 0 });
    endings.unshift(() => sandbox.close());

    const [callbackPort = 0, ...ports] = await freePorts(3 + 2 * workerCount + 2 * serverCount);
    const take = (): number => ports.pop() ?? 0;
    const callbackUrl = `http://127.0.0.1:${callbackPort}`;
    sandbox.setAccounts(accounts(callbackUrl));
    const accountsFile = join(folder, 'accounts.json');
    await writeFile(accountsFile, JSON.stringify(sandbox.accountsFile()), { mode: 0o600 });
    const settings = {
      ...withoutOwnSettings(env),
      TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: 'default',
      WXQ_WECHAT_BASE_URL: sandbox.url,
      WXQ_ACCOUNTS_FILE: accountsFile,
      WXQ_DATABASE_URL: await postgres.newDatabase(),
      WXQ_SECRET_KEY: randomBytes(32).toString('base64'),
      WXQ_MATERIAL_STORE: join(folder, 'material'),
      WXQ_MATERIAL_FOLDERS: '/',
      WXQ_LOG_LEVEL: 'info',
      ...(withWatchers
        ? {
            WXQ_CODEC_KEYS: `topology:${randomBytes(32).toString('base64')}`,
            WXQ_CODEC_TOKEN: randomBytes(24).toString('hex'),
          }
        : {}),
    };
    await mkdir(settings.WXQ_MATERIAL_STORE);

    const member = async (
      kind: keyof typeof readyPaths,
      name: string,
      own: NodeJS.ProcessEnv,
      url: string,
      args: readonly string[] = [],
    ) => {
      // A folder each, as in containers: only PostgreSQL and the material store are shared.
      const part = createPart({
        name,
        program: process.execPath,
        args: [program, kind, ...args],
        env: { ...settings, ...own, WXQ_DATA_DIR: join(folder, name) },
        log: join(folder, `${name}.log`),
        isReady: async () => (await fetch(`${url}${readyPaths[kind]}`)).ok,
        stopWithinMs: 40_000,
      });
      await part.start();
      endings.unshift(() => part.stop());
      say(`${name}: ${url}, pid ${part.pid}`);
      return Object.defineProperty(part, 'url', { value: url, enumerable: true }) as Member;
    };
    const watch = async (
      { metricsUrl }: { metricsUrl: string },
      members: Pick<Topology, 'workers' | 'servers'>,
    ): Promise<Member | undefined> => {
      const found = await prometheusProgram(env);
      if (found === undefined) {
        say('Without Prometheus: there is no such program (apt-get install prometheus)');
        return undefined;
      }
      const hosts = (urls: string[]): string[] => urls.map((url) => new URL(url).host);
      const part = await startPrometheus({
        program: found,
        folder,
        port: take(),
        targets: {
          'wxq-worker': hosts(members.workers.map(({ url }) => url)),
          'wxq-server': hosts(members.servers.map(({ url }) => url)),
          temporal: hosts([metricsUrl]),
        },
      });
      endings.unshift(() => part.stop());
      say(`prometheus: ${part.url}, pid ${part.pid}`);
      return part;
    };
    const servers: Member[] = [];
    for (let number = 1; number <= serverCount; number += 1) {
      const privatePort = take();
      const own = {
        WXQ_CALLBACK_PORT: String(number === 1 ? callbackPort : take()),
        WXQ_CONSOLE_PORT: String(privatePort),
      };
      servers.push(await member('server', `server-${number}`, own, `http://127.0.0.1:${privatePort}`));
    }
    const workers: Member[] = [];
    for (let number = 1; number <= workerCount; number += 1) {
      const metricsPort = take();
      const own = { WXQ_WORKER_METRICS_PORT: String(metricsPort) };
      workers.push(await member('worker', `worker-${number}`, own, `http://127.0.0.1:${metricsPort}`));
    }
    const codecPort = String(take());
    const codecServer = withWatchers
      ? await member('codec-server', 'codec-server', {}, `http://127.0.0.1:${codecPort}`, ['--port', codecPort])
      : undefined;
    const prometheus = withWatchers ? await watch(temporal, { workers, servers }) : undefined;
    return {
      temporalAddress: temporal.address,
      postgresAdminUrl: postgres.adminUrl,
      temporal: temporal.part,
      temporalMetricsUrl: temporal.metricsUrl,
      workers,
      servers,
      ...(codecServer === undefined ? {} : { codecServer }),
      ...(prometheus === undefined ? {} : { prometheus }),
      sandbox,
      env: settings,
      folder,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A person's own settings must not lead the parts to a real WeChat or another Temporal. */
const withoutOwnSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(TEMPORAL|WXQ)_/.test(name)));
