#!/usr/bin/env node
/** The server process: WeChat's pushes on the public port, health and metrics on a private one. */
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { registerApi } from './api/api.ts';
import type { MaterialIntake } from './api/material.ts';
import { createKeptRules } from './checking/kept-rules.ts';
import { countOpenCases } from './client/case-counts.ts';
import { connect } from './client/index.ts';
import { createPayloadCodec } from './codec/payload-codec.ts';
import { createAccountNames } from './console/account-names.ts';
import { answerCategoryNames, categoryNamesPath, createCategoryNames } from './console/category-names.ts';
import { readNamesBy } from './console/category-paths.ts';
import { registerConsole } from './console/console.ts';
import { ImageRefused } from './images/inspect.ts';
import { createImagePreparation } from './images/preparation.ts';
import { createStateGauges } from './measuring/state-gauges.ts';
import { createCallMeter } from './measuring/wechat-calls.ts';
import { type Config, ConfigError, isLive, loadConfig, refuseArguments } from './runtime/config.ts';
import { createLogger, type Logger } from './runtime/logger.ts';
import { listenNear } from './runtime/ports.ts';
import { closeOnSignal, stopLimitMs } from './runtime/shutdown.ts';
import { temporalSettings } from './runtime/temporal-connection.ts';
import { type AccountChangeTellerOptions, startAccountChangeTeller } from './server/account-changes.ts';
import { createAccountSignals } from './server/account-signals.ts';
import { createCallbackServer, createEvents, createPrivateServer } from './server/app.ts';
import { createCaseSignals, quickRetries } from './server/case-signals.ts';
import type { PlatformAuthorizations } from './server/dependencies.ts';
import { createServerMetrics, type ServerMetrics } from './server/metrics.ts';
import { bugOf, placeOf } from './server/problem.ts';
import { redeliver } from './server/push-notes.ts';
import { accountDeskPath, answerDesk } from './store/account-desk.ts';
import { AccountsError } from './store/account-file.ts';
import { openAccountKeeper } from './store/account-keeper.ts';
import { logNews } from './store/account-news.ts';
import { createAccountRecords } from './store/account-records.ts';
import { createAccountStores } from './store/account-stores.ts';
import { createAuthorizerNotes } from './store/authorizer-notes.ts';
import { createCaseAssignments } from './store/case-assignments.ts';
import { DatabaseError } from './store/database.ts';
import { createImports } from './store/imports.ts';
import type { MaterialStore } from './store/material.ts';
import { openMaterialStore } from './store/material-place.ts';
import { createPushLog } from './store/push-log.ts';
import { SecretError } from './store/secrets.ts';
import { privateBearerOf, publishServer, targetPath } from './store/server-beside.ts';
import { countStored } from './store/stored-counts.ts';
import { readStoredFacts, storedFactsPath } from './store/stored-facts.ts';
import { accountStoresPath } from './store/stores-beside.ts';
import { answerAccountStores } from './store/stores-desk.ts';
import { answerWatchStore, watchStorePath } from './store/watch-desk.ts';
import { createWatchStore } from './store/watch-records.ts';
import { createAccessTokens, createWeChatClient } from './wechat/index.ts';
import { PushRejected } from './wechat/push/index.ts';
import { createDispatcher } from './wechat/transport.ts';

export interface StartServerOptions {
  /** For `TEMPORAL_*`, and for the `env:NAME` secrets of the accounts file. */
  env: NodeJS.ProcessEnv;
  logger: Logger;
  metrics?: ServerMetrics;
  /** What the private port shows besides; the metrics of this installation go here too. */
  registry?: Registry;
  /** Where the public port listens. Default: all interfaces. */
  callbackHost?: string;
  /** How soon, and how fast, open cases are told of an authorization. */
  accountChanges?: Pick<AccountChangeTellerOptions, 'everyMs' | 'pauseMs'>;
  /** Where the private port listens. Default: this machine only. */
  privateHost?: string;
}

export interface RunningServer {
  /** `http://…` of the public port, as reached from this machine. */
  callbackUrl: string;
  privateUrl: string;
  /** Takes no more pushes, answers those under way (5 s at most), then ends the connections. */
  close(): Promise<void>;
}

/**
 * Starts both ports; one that is taken is replaced by the next free one. It starts without Temporal too: until that
 * is reachable, `/readyz` and every push get 503, and WeChat pushes again.
 * @throws AccountsError when the file of `WXQ_ACCOUNTS_FILE` can't be used; DatabaseError, SecretError.
 */
export async function startServer(config: Config, options: StartServerOptions): Promise<RunningServer> {
  const { env, logger, metrics = createServerMetrics(), registry = new Registry() } = options;
  const temporal = temporalSettings(env);
  const dispatcher = createDispatcher();
  const { accountsFile, databaseUrl, secretKey, dataDir } = config;
  const onCall = createCallMeter(registry);
  const keeper = await openAccountKeeper({
    accountsFile,
    env,
    databaseUrl,
    secretKey,
    dataDir,
    wechat: { baseUrl: config.wechatBaseUrl, dispatcher, onCall },
    onNews: (news) => logNews(logger, news),
  });
  const { accounts, store, chain } = keeper;
  const connection = Connection.lazy({ ...temporal.connectionOptions, ...quickRetries() });
  const payloadCodecs = config.codecKeys === undefined ? [] : [createPayloadCodec(config.codecKeys)];
  const temporalClient = new Client({ connection, namespace: temporal.namespace, dataConverter: { payloadCodecs } });
  const cases = createCaseSignals(temporalClient);
  const tokens = createAccessTokens({
    baseUrl: config.wechatBaseUrl,
    credentialsOf: keeper.credentialsOf,
    dispatcher,
    onCall,
  });
  const wechat = createWeChatClient({ baseUrl: config.wechatBaseUrl, tokens, dispatcher, onCall });
  const stopping = new AbortController();
  createStateGauges({
    registry,
    countCases: () => cases.limited(countWithinMs, () => countOpenCases(temporalClient), stopping.signal),
    countStored: () => countStored(store.database),
  });
  const readiness = [
    cases.readiness,
    { name: 'database', check: async () => void (await store.database.query('SELECT 1')) },
  ];
  const isStopping = (): boolean => stopping.signal.aborted;
  const pushes = createPushLog({
    ...store,
    onProblem: (problem, dropped) => {
      if (dropped > 0) metrics.noteDropped(dropped);
      logger.warn({ problem, dropped }, 'the log of pushes could not be written');
    },
  });
  const teller = startAccountChangeTeller({
    changes: chain.changes,
    cases: createAccountSignals(temporalClient),
    logger,
    ...options.accountChanges,
  });
  const authorizations: PlatformAuthorizations = {
    covers: chain.covers,
    async take(event) {
      const result = await chain.take(event);
      teller.poke();
      return result;
    },
  };
  const events = createEvents({ wechat, cases, authorizations, logger, metrics });
  const callbackApp = createCallbackServer({
    accounts,
    wechat,
    cases,
    events,
    pushes,
    trustedProxies: config.trustedProxies,
    logger,
    metrics,
    readiness,
    isStopping,
  });
  const bearer = privateBearerOf(store.secrets);
  const rules = createKeptRules(wechat);
  const names = createCategoryNames(
    readNamesBy({
      shopTrees: async (account) => (await rules.shopTrees(account)).value,
      miniProgramCategories: async (account) => (await rules.miniProgramCategories(account)).value,
      platformsOf: (appId) =>
        accounts.shop(appId) === undefined ? accounts.platforms.map(({ componentAppId }) => componentAppId) : [],
    }),
  );
  const privateApp = createPrivateServer({
    logger,
    metrics,
    registries: [registry],
    readiness,
    isStopping,
    limits: privateLimits,
    tokens: { tokens, bearer },
    events: { accounts, events, pushes, bearer: config.eventsToken },
    pushes: { pushes, events, bearer },
    calls: [
      { path: accountDeskPath, call: (body) => answerDesk(createAccountRecords(store), body) },
      { path: storedFactsPath, call: async () => ({ body: await readStoredFacts(store.database) }) },
      { path: watchStorePath, call: (body) => answerWatchStore(createWatchStore(store, accounts), body) },
      { path: accountStoresPath, call: (body) => answerAccountStores(createAccountStores(store.database), body) },
      { path: targetPath, call: async () => ({ body: { wechatBaseUrl: config.wechatBaseUrl } }) },
      { path: categoryNamesPath, call: (body) => answerCategoryNames(names, body) },
    ],
  });

  const onBug = (error: unknown, where: FastifyRequest | string | undefined): void => {
    metrics.bug();
    logger.error({ ...placeOf(where), problem: bugOf(error) }, 'unexpected error in a request');
  };
  const client = await connect({
    connection,
    address: temporal.address,
    namespace: temporal.namespace,
    taskQueue: config.taskQueue,
    env,
    dataConverter: { payloadCodecs },
    // With the 2 s of looking whether Temporal is there at all, a caller of the API waits about 10 s at most.
    updateTimeoutMs: 8_000,
    // Said to the caller, as a 409.
    onWarning: () => undefined,
  });
  const privateHost = options.privateHost ?? config.privateHost;
  const material = openMaterialStore({
    place: config.materialStore,
    ...(config.objectStorage === undefined ? {} : { objectStorage: config.objectStorage }),
  });
  registerApi(privateApp, {
    client,
    access: { tokens: config.apiTokens, host: privateHost, requestsPerMinute: config.apiRequestsPerMinute },
    records: store.database,
    material: materialIntake(material),
    onBug,
    onClosed: (reason) => logger.warn({}, reason),
  });
  registerConsole(privateApp, {
    client,
    material,
    names,
    accountNames: createAccountNames(
      async (appId) =>
        accounts.shop(appId)?.name ??
        (await createAuthorizerNotes(store.database).nameOf(appId)) ??
        (accounts.shop(appId) === undefined
          ? undefined
          : (await wechat.channelsShop({ appId }).getShopInfo()).nickname),
    ),
    assignments: createCaseAssignments(store.database),
    imports: createImports(store.database, store.secrets),
    pushes: {
      list: (filter) => pushes.list(filter),
      deliverAgain: (id) =>
        redeliver({ pushes, events }, id).catch((error: unknown) => {
          // Kept by another version of this program, which could read it.
          if (error instanceof PushRejected) return { result: 'malformed' };
          throw error;
        }),
    },
    rules: {
      accounts: () => accounts,
      shopTrees: async (account) => (await rules.shopTrees(account)).value,
      shop: async (account, leaf) => (await rules.shop(account, leaf, { withBrands: true })).rules,
      miniProgramCategories: async (account) => (await rules.miniProgramCategories(account)).value,
    },
    signIn: { ...config.console, trustedProxies: config.trustedProxies, host: privateHost, secret: bearer },
    isSandbox: !isLive(config),
    temporalUiUrl: config.console.temporalUiUrl,
    onBug,
    onClosed: (reason) => logger.warn({}, reason),
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= closeInOrder());
  const closeInOrder = async (): Promise<void> => {
    stopping.abort();
    await callbackApp.close();
    await privateApp.close();
    await pushes.close();
    await teller.close();
    await chain.close();
    await cases.settled();
    await client.close();
    await connection.close();
    await wechat.close();
    await dispatcher.close();
    await keeper.close();
  };
  try {
    const callbackUrl = await listenNear(callbackApp, config.callbackPort, options.callbackHost ?? '0.0.0.0');
    const privateUrl = await listenNear(privateApp, config.consolePort, privateHost);
    await publishServer(store, dataDir, privateUrl);
    chain.startUpkeep();
    const { shops, platforms } = accounts;
    const fields = { callbackUrl, privateUrl, temporal: temporal.address, namespace: temporal.namespace };
    logger.info({ ...fields, shops: shops.length, platforms: platforms.length }, 'server is listening');
    if (shops.length + platforms.length === 0)
      logger.warn(
        {},
        'there are no accounts, so every push is refused: set WXQ_ACCOUNTS_FILE, or use wxq accounts set',
      );
    return { callbackUrl, privateUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Counting is not urgent, and must not hold up the end of the process either. */
const countWithinMs = 5_000;

/** Uploads to the API: looked at as a worker would, and put where it looks for them. */
function materialIntake(store: MaterialStore): MaterialIntake {
  const images = createImagePreparation();
  return {
    put: (bytes) => store.put(bytes),
    look: (bytes) =>
      images.inspect(bytes).catch((error: unknown) => {
        if (error instanceof ImageRefused) return { refused: { reason: error.reason, advice: error.advice } };
        throw error;
      }),
  };
}

/**
 * The private port takes images too, many at once and over slow lines, from callers that are trusted; and what a walk
 * found of one account. Headers that come slowly are cut off as on the public one.
 */
const privateLimits = { requestMs: 15 * 60_000, maxBodyBytes: 8 * 1024 * 1024 };

/** As a process of its own: log on standard error, process metrics, and an orderly end on SIGTERM or Ctrl-C. */
export async function runServer(config: Config, env: NodeJS.ProcessEnv = process.env): Promise<RunningServer> {
  const logger = await createLogger({ level: config.logLevel, name: 'server' });
  // Not shown on the public port: they are nobody's business.
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const server = await startServer(config, { env, logger, registry });
  closeOnSignal({ logger, close: server.close, limitMs: stopLimitMs.server });
  return server;
}

/** Whether this file is the program, and not a part of another one. */
function isProgram(): boolean {
  const program = process.argv[1];
  return program !== undefined && existsSync(program) && realpathSync(program) === fileURLToPath(import.meta.url);
}

if (isProgram()) {
  try {
    refuseArguments('server', process.argv.slice(2));
    await runServer(loadConfig(process.env));
  } catch (error) {
    const isUsage = error instanceof ConfigError || error instanceof AccountsError || error instanceof SecretError;
    const isKnown = isUsage || error instanceof DatabaseError;
    process.stderr.write(`${isKnown ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    // Whatever is open by then: who could not start must end, or nobody starts it again.
    process.exit(isUsage ? 2 : isKnown ? 3 : 1);
  }
}
