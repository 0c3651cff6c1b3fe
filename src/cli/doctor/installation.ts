/** The installation that is looked at: its settings, and what several checks need, opened once and closed at the end. */
import { type Config, ConfigError, loadConfig } from '../../runtime/config.ts';
import { connectClient, type TemporalSettings, temporalSettings } from '../../runtime/temporal-connection.ts';
import { connectDatabase, type Database } from '../../store/database.ts';
import { createDispatcher } from '../../wechat/transport.ts';
import { type Aim, aimedAsServer } from '../aim.ts';
import type { CliContext } from '../context.ts';
import { NotToBeHad } from './finding.ts';
import { type KnownAccounts, readKnownAccounts } from './known-accounts.ts';
import { type Poller, pollersOf } from './pollers.ts';

/** What a person may say on the command line. */
export interface DoctorOptions {
  /** Base address of the public port as WeChat reaches it. */
  callbackUrl?: string;
  /** Base address of the server's private port. */
  privateUrl?: string;
  /** For each check. */
  limitMs: number;
}

type OpenTemporal = Awaited<ReturnType<typeof connectClient>>;

export interface Installation {
  readonly env: NodeJS.ProcessEnv;
  /** What could be read of the settings; a setting that can't be used is as if it were not set. */
  readonly config: Config;
  /** Who says which WeChat it is. */
  readonly aimFrom: Aim['from'];
  readonly configProblems: readonly string[];
  readonly options: DoctorOptions;
  readonly fetch: typeof globalThis.fetch;
  readonly dispatcher: ReturnType<typeof createDispatcher>;
  now(): number;
  readonly temporalSettings: TemporalSettings;
  /** Each is opened at most once. @throws NotToBeHad for all but the check that is about it. */
  temporal(): Promise<OpenTemporal>;
  /** As the server says, of both kinds of task. @throws NotToBeHad */
  pollers(): Promise<Poller[]>;
  /** PostgreSQL, as it is: no table is made. @throws NotToBeHad, also where PGlite is used: that is the server's alone. */
  database(): Promise<Database>;
  /** Read at most once; never throws. */
  accounts(): Promise<KnownAccounts>;
  close(): Promise<void>;
}

/** A little less than a check's time, so that a check can still say why. */
const shareOfLimit = 0.8;

/** Opens nothing yet; asks the server of the data folder where the settings do not say which WeChat is meant. @throws what `temporalSettings` throws for a configuration file that can't be read. */
export async function createInstallation(
  { env, fetch }: Pick<CliContext, 'env' | 'fetch'>,
  options: DoctorOptions,
  now: () => number = Date.now,
): Promise<Installation> {
  const { config: own, problems: configProblems } = usableConfig(env);
  const { config, from: aimFrom } = await aimedAsServer(own, env);
  const settings = temporalSettings(env);
  const dispatcher = createDispatcher();
  const opened: (() => Promise<unknown>)[] = [];

  const temporal = once(async () => {
    try {
      const open = await connectClient(settings, options.limitMs * shareOfLimit);
      opened.push(() => open.connection.close());
      return open;
    } catch (error) {
      throw new NotToBeHad(`Temporal can't be reached at ${settings.address}`, { cause: error });
    }
  });
  const database = once(async () => {
    const { databaseUrl: url, dataDir } = config;
    if (url === undefined) throw new NotToBeHad('the database is the one in the data folder, open in the server alone');
    try {
      const open = await connectDatabase({ url, dataDir, connectTimeoutMs: options.limitMs * shareOfLimit });
      opened.push(() => open.close());
      return open;
    } catch (error) {
      throw new NotToBeHad('the database does not answer', { cause: error });
    }
  });
  return {
    env,
    config,
    aimFrom,
    configProblems,
    accounts: once(() => readKnownAccounts(config, env, database)),
    options,
    fetch,
    dispatcher,
    now,
    temporalSettings: settings,
    temporal,
    pollers: once(async () => pollersOf(await temporal(), settings.namespace, config.taskQueue)),
    database,
    async close() {
      await Promise.allSettled(opened.map((close) => close()));
      await dispatcher.destroy();
    },
  };
}

function usableConfig(env: NodeJS.ProcessEnv): { config: Config; problems: readonly string[] } {
  try {
    return { config: loadConfig(env), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const names = error.problems.map((problem) => problem.split(' ', 1)[0] ?? '');
    const rest = Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
    // The database can be looked at without the key that opens the secrets in it.
    if (names.includes('WXQ_SECRET_KEY')) rest.WXQ_SECRET_KEY = 'not set';
    const further = usableConfig(rest);
    return { config: further.config, problems: [...error.problems, ...further.problems] };
  }
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    // Whoever asks hears of it; before that nobody has to.
    made.catch(() => undefined);
    return made;
  };
}
