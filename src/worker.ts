#!/usr/bin/env node
/** The worker process: runs the workflows and the activities that call WeChat. */
import { existsSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { extname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { asyncLocalStorage as activityContext } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { FailureInterceptor } from './activities/failure-interceptor.ts';
import { type ActivityDependencies, createActivities } from './activities/index.ts';
import { ensureWatchSchedules } from './client/index.ts';
import { createPayloadCodec } from './codec/payload-codec.ts';
import { createImagePreparation } from './images/preparation.ts';
import { createImageFetcher } from './images/source.ts';
import { sdkMetrics } from './measuring/sdk-metrics.ts';
import { createCallMeter, measuredHolds } from './measuring/wechat-calls.ts';
import { createNotifyDispatcher } from './notify/delivery.ts';
import { targetsOf } from './notify/targets.ts';
import { createObjectStorage } from './object-storage/object-storage.ts';
import { type Config, ConfigError, isLive, loadConfig, refuseArguments } from './runtime/config.ts';
import { createLogger, type Logger } from './runtime/logger.ts';
import { listenNear } from './runtime/ports.ts';
import { closeOnSignal } from './runtime/shutdown.ts';
import { installTelemetry } from './runtime/telemetry.ts';
import { connectNative, TemporalUnreachableError, temporalSettings } from './runtime/temporal-connection.ts';
import type { ReadinessCheck } from './server/dependencies.ts';
import { createHealthServer } from './server/health.ts';
import { AccountsError } from './store/account-file.ts';
import { borrowAccounts, openAccountKeeper } from './store/account-keeper.ts';
import { logNews } from './store/account-news.ts';
import { createAccountStores } from './store/account-stores.ts';
import { DatabaseError } from './store/database.ts';
import { openMaterialStore } from './store/material-place.ts';
import { SecretError } from './store/secrets.ts';
import { createStoresBeside } from './store/stores-beside.ts';
import { watchStoreBeside } from './store/watch-desk.ts';
import { createWatchStore } from './store/watch-records.ts';
import { createAccessTokens, createWeChatClient } from './wechat/index.ts';
import { createDispatcher } from './wechat/transport.ts';

/** Everything that a worker's behaviour depends on is said here, not left to defaults. Why: docs/performance.md. */
export const workerTuning = {
  // Waiting cases need no memory: beyond this many they are replayed when something happens (15 instead of 8 ms of CPU).
  maxCachedWorkflows: 500,
  // A second thread takes the 99th percentile of callback -> decided from 630 to 378 ms, for 55 MB.
  workflowThreadPoolSize: 2,
  reuseV8Context: true,
  maxConcurrentWorkflowTaskExecutions: 40,
  maxConcurrentWorkflowTaskPolls: 10,
  // Wide: uploads wait for WeChat, not for us. Image decoding has its own gate of about the number of cores.
  maxConcurrentActivityTaskExecutions: 200,
  maxConcurrentActivityTaskPolls: 10,
  stickyQueueScheduleToStartTimeout: '5s',
  // A submission under way gets its answer (write 10 s + read 4 s + the way back) before the worker goes.
  shutdownGraceTime: '25s',
  shutdownForceTime: '35s',
} as const satisfies Partial<WorkerOptions>;

/** Puts what failures say where the codec encrypts it. */
export const failureConverterPath = fileURLToPath(
  new URL(`./codec/failure-converter${extname(import.meta.url)}`, import.meta.url),
);

/** What differs between a worker in production and one in a test. */
export interface QualificationWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  dependencies: ActivityDependencies;
  /** A built bundle; without it the workflows are bundled from source at the start. */
  workflowBundlePath?: string;
  /** Encrypts histories; failures too, if a given bundle was made with {@link failureConverterPath}. */
  payloadCodec?: PayloadCodec;
  /** Who it is for Temporal: in its Web UI, on every event, and in the list of pollers. */
  identity?: string;
  /** Instead of {@link workerTuning}'s values. */
  tuning?: Partial<WorkerOptions>;
}

/** A worker with our workflows, activities and explicit limits. `run()` it. */
export function createQualificationWorker(options: QualificationWorkerOptions): Promise<Worker> {
  const { connection, namespace, taskQueue, dependencies, workflowBundlePath, payloadCodec, tuning } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    ...(options.identity === undefined ? {} : { identity: options.identity }),
    ...(workflowBundlePath === undefined
      ? { workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)) }
      : { workflowBundle: { codePath: workflowBundlePath } }),
    ...(payloadCodec === undefined ? {} : { dataConverter: { payloadCodecs: [payloadCodec], failureConverterPath } }),
    activities: createActivities(dependencies),
    interceptors: { activity: [() => ({ inbound: new FailureInterceptor() })] },
    ...workerTuning,
    ...tuning,
  });
}

/** The SDK's own bounds end at ten minutes; verdicts take days. */
const buckets = {
  wxq_case_time_to_verdict_seconds: [60, 600, ...[1, 6, 24, 48, 72, 120, 168, 336].map((hours) => hours * 3_600)],
};

export interface RunningWorker {
  /** `http://…` of the private port: `/healthz`, `/readyz`, `/metrics`. */
  privateUrl: string;
  /** Takes no more work, finishes or hands back what is under way (35 s at most), then ends the connections. */
  close(): Promise<void>;
  /** Resolves when the worker has stopped; rejects when it died. */
  done: Promise<void>;
}

/**
 * Starts a worker in this process; the SDK allows one such call per process.
 * @throws AccountsError, TemporalUnreachableError, DatabaseError, SecretError.
 */
export async function startWorker(
  config: Config,
  { env, logger }: { env: NodeJS.ProcessEnv; logger: Logger },
): Promise<RunningWorker> {
  // Served on the private port together with our own.
  const { metricsUrl = '' } = await installTelemetry({ logger, metrics: { port: 0, host: '127.0.0.1' }, buckets });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const onCall = createCallMeter(registry);
  const temporal = temporalSettings(env);
  const dispatcher = createDispatcher();
  const { accountsFile, databaseUrl, secretKey, dataDir } = config;
  const places = { accountsFile, env, secretKey, dataDir };
  // PGlite is the server's alone: without PostgreSQL what the database holds is had from the server of the data folder.
  const keeper =
    databaseUrl === undefined
      ? borrowAccounts(places)
      : await openAccountKeeper({
          ...places,
          databaseUrl,
          wechat: { baseUrl: config.wechatBaseUrl, dispatcher, onCall },
          onNews: (news) => logNews(logger, news),
        });
  const connection = await connectNative(temporal).catch(async (error: unknown) => {
    await keeper.close();
    throw error;
  });
  const tokens = createAccessTokens({
    baseUrl: config.wechatBaseUrl,
    credentialsOf: keeper.credentialsOf,
    dispatcher,
    onCall,
  });
  const stores = 'beside' in keeper ? createStoresBeside(keeper.beside) : createAccountStores(keeper.store.database);
  const { codecKeys, consoleUrl, objectStorage, robots, webhooks } = config;
  const notifyDispatcher = createNotifyDispatcher();
  const targets = targetsOf([
    ...webhooks.urls.map((url) => ({ kind: 'webhook' as const, url, secrets: webhooks.secrets })),
    ...robots,
  ]);
  const payloadCodec = codecKeys === undefined ? undefined : createPayloadCodec(codecKeys);
  const payloadCodecs = payloadCodec === undefined ? [] : [payloadCodec];
  const bundleName = codecKeys === undefined ? 'workflow-bundle.js' : 'workflow-bundle-private.js';
  const builtBundle = fileURLToPath(new URL(`../${bundleName}`, import.meta.url));
  const worker = await createQualificationWorker({
    connection,
    namespace: temporal.namespace,
    taskQueue: config.taskQueue,
    // Whoever sends something to a case is told by this which WeChat it will reach.
    identity: `${process.pid}@${hostname()} (${isLive(config) ? 'live' : 'sandbox'})`,
    dependencies: {
      wechat: createWeChatClient({
        baseUrl: config.wechatBaseUrl,
        tokens,
        dispatcher,
        onCall,
        holds: measuredHolds(stores.holds, registry),
      }),
      images: createImagePreparation(),
      fetchImage: createImageFetcher(
        { ...config.materialSources, exceptFolders: ownFolders(config) },
        objectStorage === undefined
          ? {}
          : {
              objects: { ...objectStorage, storage: createObjectStorage(objectStorage), except: config.materialStore },
            },
      ),
      materialStore: openMaterialStore({
        place: config.materialStore,
        ...(objectStorage === undefined ? {} : { objectStorage }),
        onDamaged: (problem) => logger.error({ err: problem }, 'a stored image is damaged'),
      }),
      ...stores,
      watch: 'beside' in keeper ? watchStoreBeside(keeper.beside) : createWatchStore(keeper.store, keeper.accounts),
      mode: config.mode,
      principalOf: ({ appId }) => keeper.accounts.shop(appId)?.principal,
      notify: { targets, dispatcher: notifyDispatcher, ...(consoleUrl === undefined ? {} : { consoleUrl }) },
      onBug: (error) => logger.error({ err: error }, 'a check against the category rules failed'),
    },
    ...(payloadCodec === undefined ? {} : { payloadCodec }),
    ...(existsSync(builtBundle) ? { workflowBundlePath: builtBundle } : {}),
  }).catch(async (error: unknown) => {
    await connection.close().catch(() => undefined);
    await keeper.close();
    const isNoNamespace = error instanceof Error && /^Namespace \S+ was not found/.test(error.message);
    throw isNoNamespace ? new TemporalUnreachableError(temporal.address, error) : error;
  });
  const ending = new AbortController();
  const scheduled = keepWatchScheduled({
    client: new Client({ connection, namespace: temporal.namespace, dataConverter: { payloadCodecs } }),
    config,
    logger,
    signal: ending.signal,
  });
  const readiness: ReadinessCheck[] = [
    { name: 'temporal', check: () => answersWithin(connection, 1_000) },
    'beside' in keeper
      ? { name: 'server', check: () => keeper.beside.reach() }
      : { name: 'database', check: async () => void (await keeper.store.database.query('SELECT 1')) },
  ];
  const privatePort = createHealthServer({
    registries: [registry, sdkMetrics(metricsUrl)],
    readiness,
    isStopping: () => worker.getState() !== 'RUNNING',
    logger,
  });
  const privateUrl = await listenNear(privatePort, config.workerMetricsPort, config.privateHost);
  const done = worker.run().finally(async () => {
    ending.abort();
    await scheduled;
    await connection.close().catch(() => undefined);
    await keeper.close();
    await dispatcher.close();
    await notifyDispatcher.close();
    await privatePort.close();
    logger.info('worker has stopped');
  });
  // Whoever waits for `done` hears of it; nobody has to.
  done.catch(() => undefined);
  logger.info(
    {
      temporal: temporal.address,
      namespace: temporal.namespace,
      taskQueue: config.taskQueue,
      mode: config.mode,
      tells: [...targets.keys()],
      encrypted: codecKeys?.map(({ id }) => id) ?? false,
      privateUrl,
    },
    'worker is polling',
  );
  return {
    privateUrl,
    done,
    async close() {
      if (worker.getState() === 'RUNNING') {
        const { numInFlightActivities: activities, numInFlightWorkflowActivations: workflowTasks } = worker.getStatus();
        logger.info(
          { underWay: { activities, workflowTasks } },
          'worker takes no more work, and ends what is under way',
        );
        worker.shutdown();
      }
      await done;
    },
  };
}

const scheduleAgainMs = 60_000;

/** The worker works without its schedules, and tries until it has made them. */
async function keepWatchScheduled({
  client,
  config: { taskQueue, watchHour: hour },
  logger,
  signal,
}: {
  client: Client;
  config: Config;
  logger: Logger;
  signal: AbortSignal;
}): Promise<void> {
  while (!signal.aborted) {
    try {
      await ensureWatchSchedules(client, { taskQueue, hour });
      return;
    } catch (error) {
      logger.warn({ err: error }, 'the schedules of the watch could not be made; trying again in a minute');
      await pause(scheduleAgainMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}

/** Throws when Temporal does not. */
async function answersWithin(connection: NativeConnection, limitMs: number): Promise<void> {
  await connection.withDeadline(Date.now() + limitMs, () => connection.workflowService.getSystemInfo({}));
}

/** What a line is about that is written while an activity runs, by whomever. */
function caseOfActivity(): { workflowId?: string; activityType?: string } {
  const info = activityContext.getStore()?.info;
  const workflowId = info?.workflowExecution?.workflowId;
  return info === undefined || workflowId === undefined ? {} : { workflowId, activityType: info.activityType };
}

/** What a case may never name as an image: tokens' database, and pinned images of other accounts. */
function ownFolders({ dataDir, materialStore }: Config): string[] {
  if (materialStore.startsWith('s3:')) return [dataDir];
  return [dataDir, materialStore.startsWith('file:') ? fileURLToPath(materialStore) : materialStore];
}

/** As a process of its own: log on standard error, an orderly end on SIGTERM or Ctrl-C. */
export async function runWorker(config: Config, env: NodeJS.ProcessEnv = process.env): Promise<RunningWorker> {
  const logger = await createLogger({ level: config.logLevel, name: 'worker', context: caseOfActivity });
  const worker = await startWorker(config, { env, logger });
  const shutdown = closeOnSignal({ logger, close: worker.close });
  worker.done.catch((error: unknown) => {
    logger.fatal({ err: error }, 'the worker died');
    process.exitCode = 1;
    shutdown.close();
  });
  return worker;
}

function isProgram(): boolean {
  const program = process.argv[1];
  return program !== undefined && realpathSync(program) === fileURLToPath(import.meta.url);
}

if (isProgram()) {
  try {
    refuseArguments('worker', process.argv.slice(2));
    await runWorker(loadConfig(process.env));
  } catch (error) {
    const isUsage = error instanceof ConfigError || error instanceof AccountsError || error instanceof SecretError;
    const isKnown = isUsage || error instanceof TemporalUnreachableError || error instanceof DatabaseError;
    process.stderr.write(`${isKnown ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    // Whatever is open by then: who could not start must end, or nobody starts it again.
    process.exit(isUsage ? 2 : isKnown ? 3 : 1);
  }
}
