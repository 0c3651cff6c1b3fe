/** A whole installation for one test: sandbox, worker, callback server and client on the shared Temporal server. Every history is replayed at the end. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection, type WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { test as base, expect, inject } from 'vitest';
import { type ActivityDependencies, createActivities } from '../src/activities/index.ts';
import type { WorkerProcess } from '../src/cli/local/worker-process.ts';
import { connect, type QualificationClient } from '../src/client/index.ts';
import { payloadCodecsOf } from '../src/codec/payload-codec.ts';
import type { ChannelsShopInput } from '../src/contract/channels-shop.ts';
import type { MiniProgramInput } from '../src/contract/mini-program.ts';
import type { CaseView, Status } from '../src/contract/qualification.ts';
import { createImagePreparation } from '../src/images/preparation.ts';
import { loadConfig } from '../src/runtime/config.ts';
import { createLogger } from '../src/runtime/logger.ts';
import { createSandbox, fixtures, type Sandbox } from '../src/sandbox/index.ts';
import { type RunningServer, startServer } from '../src/server.ts';
import { createLocalStores } from '../src/store/account-stores.ts';
import { parseAccounts } from '../src/store/accounts.ts';
import { createMaterialStore } from '../src/store/material.ts';
import { createServerBeside } from '../src/store/server-beside.ts';
import { credentialsWith } from '../src/store/token-chain.ts';
import type { WatchStore } from '../src/store/watch-records.ts';
import { createAccessTokens, createWeChatClient, type WeChatClient } from '../src/wechat/index.ts';
import { createQualificationWorker } from '../src/worker.ts';
import { fetchImage } from './images/source-failure.ts';
import { quietRuntime } from './quiet-runtime.ts';
import { recordIfAsked } from './recorded-histories.ts';
import { renamedAccounts, uniqueAppId, workerEnvironment } from './stage-accounts.ts';
import type { StageOptions } from './stage-options.ts';
import { createStageStore, type StageStore } from './stage-store.ts';
import { advance, stretchRetries } from './virtual-time.ts';

const images = resolve(import.meta.dirname, '../examples/images');
/** A real picture of the repository. */
export const image = (name: string): string => join(images, name);

export class Stage {
  readonly taskQueue = `test-${randomUUID()}`;
  readonly appId = uniqueAppId();
  readonly miniAppId = uniqueAppId();
  readonly platformShopAppId = uniqueAppId();
  readonly componentAppId = uniqueAppId();
  sandbox!: Sandbox;
  server: RunningServer | undefined;
  client!: QualificationClient;
  connection!: Connection;
  wechat!: WeChatClient;
  readonly stores = createLocalStores();
  watch: WatchStore | undefined;
  /** Of workers that are started from now on: `WXQ_MODE`. */
  mode: 'normal' | 'observe';
  readonly #options: StageOptions;
  readonly #codecKeys: string;
  #native!: NativeConnection;
  #store!: StageStore;
  #accounts!: ReturnType<typeof parseAccounts>;
  #address!: string;
  #isClosed = false;
  #processes: WorkerProcess[] = [];
  #workers: { worker: Worker; done: Promise<void> }[] = [];
  #replaces: Partial<ReturnType<typeof createActivities>> = {};
  dataDir = (): string => this.#store.folder;
  settings = (): Record<string, string> => this.#store.settings;
  /** Workflows that a test leaves open, with the reason. They are terminated, and replayed like all others. */
  readonly leftOpen = new Map<string, string>();
  readonly started = new Set<string>();

  constructor(options: StageOptions = {}) {
    this.#options = options;
    this.mode = options.mode ?? 'normal';
    this.#codecKeys = options.codecKeys ?? '';
  }

  async open(): Promise<void> {
    const address = this.#options.temporalAddress ?? inject('temporalAddress');
    this.#address = address;
    this.#store = await createStageStore(this.#options.platformTokens === 'chain' ? 'pglite' : 'postgresql');
    quietRuntime();
    [this.#native, this.connection] = await Promise.all([
      NativeConnection.connect({ address }),
      Connection.connect({ address }),
    ]);
    this.sandbox = await createSandbox({ port: 0, accounts: renamedAccounts(null, this) });
    const accountsFile = join(this.#store.folder, 'accounts.json');
    const accountsJson = this.sandbox.accountsFile(this.#options.platformTokens);
    await writeFile(accountsFile, JSON.stringify(accountsJson));
    this.#accounts = parseAccounts(JSON.stringify(accountsJson), {}, () => '');
    if (this.#options.pushes !== false) {
      const config = loadConfig({
        WXQ_WECHAT_BASE_URL: this.sandbox.url,
        WXQ_ACCOUNTS_FILE: accountsFile,
        ...this.#store.settings,
        WXQ_CALLBACK_PORT: '0',
        WXQ_CONSOLE_PORT: '0',
        WXQ_TASK_QUEUE: this.taskQueue,
        WXQ_CODEC_KEYS: this.#codecKeys,
      });
      this.server = await startServer(config, {
        env: { TEMPORAL_ADDRESS: address },
        logger: await createLogger({ level: 'silent', name: 'server' }),
        callbackHost: '127.0.0.1',
      });
      const { shops, platforms } = renamedAccounts(this.server.callbackUrl, this);
      const eventsUrl = `${this.server.callbackUrl}/callback/platform/${this.componentAppId}`;
      const events = this.#options.platformTokens === 'chain' ? { eventsUrl } : {};
      this.sandbox.setAccounts({ shops, platforms: platforms.map((platform) => ({ ...platform, ...events })) });
    }
    this.watch = await this.#store.watchStore(this.#accounts, this.#options.watch?.strangers);
    const tokens = createAccessTokens({
      baseUrl: this.sandbox.url,
      credentialsOf: credentialsWith(this.#accounts, { beside: createServerBeside({ dataDir: this.#store.folder }) }),
    });
    this.wechat = createWeChatClient({
      baseUrl: this.sandbox.url,
      tokens,
      ...(this.#options.holds ? { holds: this.stores.holds } : {}),
    });
    this.client = await connect({
      connection: this.connection,
      taskQueue: this.taskQueue,
      env: { WXQ_CODEC_KEYS: this.#codecKeys },
    });
  }

  /** Puts test doubles in the place of activities; only for what a real WeChat cannot be made to do. */
  replaceActivities(replaces: Partial<ReturnType<typeof createActivities>>): void {
    this.#replaces = replaces;
  }

  get dependencies(): ActivityDependencies {
    return {
      wechat: this.wechat,
      images: createImagePreparation(),
      fetchImage,
      materialStore: createMaterialStore({ folder: join(this.#store.folder, 'material') }),
      ...this.stores,
      ...(this.watch === undefined ? {} : { watch: this.watch }),
      mode: this.mode,
      ...(this.#options.notify === undefined ? {} : { notify: this.#options.notify }),
    };
  }

  async startWorker(tuning: Partial<WorkerOptions> = {}): Promise<Worker> {
    const worker = await createQualificationWorker({
      connection: this.#native,
      namespace: 'default',
      taskQueue: this.taskQueue,
      dependencies: this.dependencies,
      workflowBundlePath: inject('workflowBundlePath'),
      tuning: {
        shutdownGraceTime: '1s',
        shutdownForceTime: '5s',
        ...this.#options.tuning,
        ...tuning,
        activities: { ...createActivities(this.dependencies), ...this.#replaces },
      },
    });
    const done = worker.run();
    done.catch(() => undefined);
    this.#workers.push({ worker, done });
    return worker;
  }

  /** A worker in a process of its own, from the built code, that can be killed. */
  async workerProcess(): Promise<WorkerProcess> {
    const built = new URL('../dist/src/cli/local/worker-process.js', import.meta.url).href;
    const { createWorkerProcess } = (await import(built)) as typeof import('../src/cli/local/worker-process.ts');
    const worker = createWorkerProcess({
      env: workerEnvironment({
        temporalAddress: this.#address,
        taskQueue: this.taskQueue,
        wechatUrl: this.sandbox.url,
        folder: this.#store.folder,
        codecKeys: this.#codecKeys,
      }),
      log: 'inherit',
      stopWithinMs: 10_000,
    });
    this.#processes.push(worker);
    return worker;
  }

  async stopWorkers(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((worker) => worker.stop()));
    for (const { worker } of this.#workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.all(this.#workers.map(({ done }) => done));
    this.#workers = [];
  }

  /** A Channels Shop case in the new form, to be decided by hand unless another category is given. */
  shopInput(change: Partial<ChannelsShopInput> = {}, fixture = fixtures.categories.byHand[0]): ChannelsShopInput {
    if (fixture === undefined) throw new Error('the sandbox has no such category');
    return {
      appId: this.appId,
      category: { catsV2: fixture.catsV2 },
      material: {
        form: 'licenses',
        licenses: fixture.groups.map(({ groupId, licences: [licence] }) => ({
          groupId,
          licenseId: licence?.licenseId ?? '0',
          images: [image('business-licence.png')],
        })),
      },
      ...change,
    };
  }

  miniInput(
    change: Partial<MiniProgramInput> = {},
    fixture = fixtures.miniProgramCategories.byHand[0],
  ): MiniProgramInput {
    if (fixture === undefined) throw new Error('the sandbox has no such category');
    return {
      appId: this.miniAppId,
      via: { componentAppId: this.componentAppId },
      first: fixture.first,
      second: fixture.second,
      certificates: (fixture.alternatives[0] ?? []).map((key) => ({
        key,
        images: [image('mini-program-certificate-page-1.jpg')],
      })),
      ...change,
    };
  }

  async startShop(input: ChannelsShopInput) {
    const { handle } = await this.client.channelsShop.start(input);
    this.started.add(handle.workflowId);
    return handle;
  }

  async startMini(input: MiniProgramInput) {
    const { handle } = await this.client.miniProgram.start(input);
    this.started.add(handle.workflowId);
    return handle;
  }

  /** Waits until a case's view is as wanted, and gives it. */
  async until(
    workflowId: string,
    wanted: Status | ((view: CaseView) => boolean),
    withinMs = 20_000,
  ): Promise<CaseView> {
    const fits = typeof wanted === 'string' ? (view: CaseView) => view.status === wanted : wanted;
    const deadline = performance.now() + withinMs;
    for (;;) {
      const view = await this.client.get(workflowId).view();
      if (fits(view)) return view;
      if (performance.now() > deadline)
        throw new Error(`still not as wanted after ${withinMs} ms: ${JSON.stringify(view, null, 1)}`);
      await pause(60);
    }
  }

  /** The one open audit of a shop category at WeChat. */
  openAudit(appId = this.appId): { id: string; categoryId: string } {
    const [audit] = this.sandbox.audits({ appId, status: 'open' });
    if (audit === undefined) throw new Error('nothing is in review');
    return audit;
  }

  workflow = (workflowId: string): WorkflowHandle => this.client.temporal.workflow.getHandle(workflowId);

  /** See `virtual-time.ts`. */
  advance = (workflowId: string, seconds: number): Promise<void> => advance(this.connection, workflowId, seconds);

  /** See `virtual-time.ts`. */
  stretchRetries = (workflowId: string, type: string, seconds: number): Promise<void> =>
    stretchRetries(this.connection, workflowId, type, seconds);

  /** The events of the last run, by type name without the prefix. */
  async eventsOf(workflowId: string): Promise<{ type: string; event: temporal.api.history.v1.IHistoryEvent }[]> {
    const { events } = await this.workflow(workflowId).fetchHistory();
    return (events ?? []).map((event) => ({
      type: temporal.api.enums.v1.EventType[event.eventType ?? 0] ?? '',
      event,
    }));
  }

  /** The activities that were scheduled, in order. */
  async activitiesOf(workflowId: string): Promise<string[]> {
    const events = await this.eventsOf(workflowId);
    return events.flatMap(({ event }) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
  }

  /** Ends everything; replays every history, also of cases that a test left open. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      for (const workflowId of this.started) await this.#end(workflowId);
      await this.stopWorkers();
      for (const workflowId of this.started) await this.#replay(workflowId);
    } finally {
      await this.stopWorkers();
      await this.server?.close();
      await this.sandbox?.close();
      await this.wechat?.close();
      await this.connection?.close();
      await this.#native?.close().catch(() => undefined);
      await this.#store?.remove();
    }
  }

  async #end(workflowId: string): Promise<void> {
    if ((await this.workflow(workflowId).describe()).status.name !== 'RUNNING') return;
    await this.workflow(workflowId).terminate(this.leftOpen.get(workflowId) ?? 'end of the test');
    if (!this.leftOpen.has(workflowId)) throw new Error(`${workflowId} was left open without a reason`);
  }

  async #replay(workflowId: string): Promise<void> {
    const history = await this.workflow(workflowId).fetchHistory();
    await recordIfAsked(this.#options.title, history);
    const workflowBundle = { codePath: inject('workflowBundlePath') };
    const payloadCodecs = payloadCodecsOf(this.#codecKeys);
    await Worker.runReplayHistory({ workflowBundle, dataConverter: { payloadCodecs } }, history, workflowId);
  }
}

/** `stage` with a worker running; `stageOf` for tests that need something else. */
export const test = base.extend<{ stage: Stage; stageOf: (options: StageOptions) => Promise<Stage> }>({
  stage: async ({ task }, use) => {
    const stage = new Stage({ title: task.name });
    await stage.open();
    await stage.startWorker();
    await use(stage);
    await stage.close();
  },
  stageOf: async ({ task }, use) => {
    const stages: Stage[] = [];
    await use(async (options) => {
      const stage = new Stage({ title: task.name, ...options });
      stages.push(stage);
      await stage.open();
      return stage;
    });
    for (const stage of stages) await stage.close();
  },
});

export { expect };
