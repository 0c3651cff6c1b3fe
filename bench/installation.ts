/** Everything that one part of the bench runs on: Temporal in memory, the stub of WeChat, both receivers, both workers. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { connect, type QualificationClient } from '../src/client/index.ts';
import { type DevServer, startDevServer } from '../src/runtime/dev-server.ts';
import { accountsFile, inputOf, type Kind, taskQueues, workflowIdOf } from './cases.ts';
import { type Child, startChild } from './child.ts';
import type { StubEvent, StubMode } from './wechat-stub.ts';

export interface InstallationOptions {
  /** Built bundles by worker. */
  bundles: { bare: string; product: string };
  /** What every bare upload sends. */
  barePath: string;
  /** Arguments for Node.js in the worker processes (`--cpu-prof`). */
  workerExecArgv: readonly string[];
  onStubEvent?: (event: StubEvent) => void;
}

export interface Installation {
  readonly temporal: DevServer;
  readonly client: QualificationClient;
  readonly stub: Child;
  readonly server: Child;
  readonly receiver: Child;
  /** Settings under which a process of the product runs on all this. */
  readonly env: NodeJS.ProcessEnv;
  /** The worker process of a kind, which takes work; started when it is first asked for. */
  worker(kind: Kind): Promise<Child>;
  /** SIGKILL; the next `worker()` is a new process. */
  killWorker(kind: Kind): Promise<void>;
  setStub(mode: Partial<StubMode>): Promise<void>;
  /** Starts a case; resolves when Temporal has it. */
  start(kind: Kind, number: number, images: readonly string[]): Promise<void>;
  /** Waits for a case's end. @throws Error when it ends otherwise than approved. */
  approved(kind: Kind, number: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the parts; a worker only takes work once it is told to. */
export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'wxq-bench-'));
  const { TEMPORAL_ADDRESS: _address, TEMPORAL_NAMESPACE: _namespace, ...ownEnv } = process.env;
  const temporal = await startDevServer({ env: ownEnv, persistence: { kind: 'memory' } });
  const children: Child[] = [];
  const child = (...args: Parameters<typeof startChild>): Child => {
    const started = startChild(...args);
    children.push(started);
    return started;
  };

  const accounts = join(folder, 'accounts.json');
  await writeFile(accounts, accountsFile());
  const stub = child('stub-process', { onTold: (told) => options.onStubEvent?.(told as StubEvent) });
  const env = {
    ...ownEnv,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
    WXQ_TASK_QUEUE: taskQueues.product,
    WXQ_WECHAT_BASE_URL: await stub.ask<string>('url'),
    WXQ_ACCOUNTS_FILE: accounts,
    WXQ_MATERIAL_STORE: join(folder, 'material'),
    WXQ_DATA_DIR: folder,
    WXQ_CALLBACK_PORT: '0',
    WXQ_CONSOLE_PORT: '0',
    WXQ_WORKER_METRICS_PORT: '0',
    WXQ_LOG_LEVEL: 'error',
    BENCH_IMAGE: options.barePath,
  };
  await mkdir(env.WXQ_MATERIAL_STORE);
  const receiver = child('plain-receiver-process', { env });
  const server = child('server-process', { env });
  await stub.ask('set', {
    receivers: { encryptedUrl: await server.ask<string>('url'), plainUrl: await receiver.ask<string>('url') },
  });
  const connection = await Connection.connect({ address: temporal.address });
  const client = await connect({ connection, taskQueue: taskQueues.product, env: {} });

  const workers = new Map<string, Child>();
  const program = (kind: Kind): 'bare' | 'product' => (kind === 'bare' ? 'bare' : 'product');
  const worker = async (kind: Kind): Promise<Child> => {
    const known = workers.get(program(kind));
    if (known !== undefined) return known;
    const started = child('worker-process', {
      args: [program(kind)],
      execArgv: ['--expose-gc', ...options.workerExecArgv],
      env,
    });
    workers.set(program(kind), started);
    await started.ask('start', options.bundles[program(kind)]);
    return started;
  };

  return {
    temporal,
    client,
    stub,
    server,
    receiver,
    env,
    worker,
    async killWorker(kind) {
      const killed = workers.get(program(kind));
      workers.delete(program(kind));
      await killed?.kill();
    },
    setStub: (mode) => stub.ask('set', mode),
    async start(kind, number, images) {
      if (kind !== 'bare') {
        const { existing } = await client.channelsShop.start(inputOf(number, images));
        if (existing) throw new Error(`case ${number} was there already`);
        return;
      }
      const workflowId = workflowIdOf('bare', number);
      await client.temporal.workflow.start('lifecycle', { workflowId, taskQueue: taskQueues.bare, args: [workflowId] });
    },
    async approved(kind, number) {
      const result: unknown = await client.temporal.workflow.getHandle(workflowIdOf(kind, number)).result();
      const { verdict, outcome } = result as { verdict?: string; outcome?: string };
      if ((verdict ?? outcome) !== 'approved') throw new Error(`case ${number} (${kind}) ended ${verdict ?? outcome}`);
    },
    async stop() {
      // A worker under a profiler writes its file when it ends by itself.
      if (options.workerExecArgv.length > 0) for (const each of workers.values()) await each.end();
      for (const each of children) await each.kill();
      await connection.close();
      await temporal.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
