/** A WeChat client for commands that only read: with the accounts of the file and of the database, closed again afterwards. */
import { type Config, ConfigError, loadConfig } from '../../runtime/config.ts';
import { AccountsError } from '../../store/account-file.ts';
import { type Accounts, loadAccounts } from '../../store/accounts.ts';
import { connectDatabase, type Database } from '../../store/database.ts';
import { createServerBeside } from '../../store/server-beside.ts';
import { createDispatcher } from '../../wechat/transport.ts';
import { aimedAsServer } from '../aim.ts';
import type { CliContext } from '../context.ts';
import { NotToBeHad } from '../doctor/finding.ts';
import { readKnownAccounts } from '../doctor/known-accounts.ts';
import { createWeChatEdge } from '../doctor/wechat-edge.ts';
import type { Output } from '../output.ts';
import { announceWeChat } from '../world.ts';
import { type CategoryRules, createKeptRules, createLiveRules } from './category-rules.ts';
import { createRulesCache } from './rules-cache.ts';

const databaseTimeoutMs = 5_000;

/**
 * Runs `work` with the rules: WeChat's own, or with `offline` those that were kept, for which no accounts are needed.
 * @throws ConfigError where there can be no accounts, NotToBeHad where the server that has them is away, AccountsError; what `work` throws.
 */
export async function withCategoryRules<Result>(
  {
    context,
    out,
    offline,
  }: { context: Pick<CliContext, 'env' | 'stderr'>; out: Pick<Output, 'warn'>; offline: boolean },
  work: (rules: CategoryRules, accounts: Accounts | undefined) => Promise<Result>,
): Promise<Result> {
  const own = loadConfig(context.env);
  const cache = createRulesCache(own.dataDir);
  if (offline) return await work(createKeptRules(cache), readableAccounts(own, context.env));
  const { config, from } = await aimedAsServer(own, context.env);
  if (from === 'unknown')
    throw new NotToBeHad(
      `the server of the data folder ${config.dataDir}, whose accounts and WeChat are meant, does not answer: start it (wxq dev, wxq server), or set WXQ_ACCOUNTS_FILE`,
    );
  if (!canKnowAccounts(config))
    throw new ConfigError([
      `WXQ_ACCOUNTS_FILE or WXQ_DATABASE_URL must be set, or a server have been started with the data folder ${config.dataDir}: without the accounts no call to WeChat can be made. Or let a worker check: wxq lint --remote`,
    ]);
  announceWeChat(context, config);
  const dispatcher = createDispatcher();
  let opened: Promise<Database> | undefined;
  const database = (): Promise<Database> => (opened ??= openDatabase(config));
  try {
    const known = await readKnownAccounts(config, context.env, database);
    if (known.problem !== undefined) throw known.problem;
    const { wechat } = createWeChatEdge({ config, dispatcher, database }, known.accounts, { mayRenew: true });
    try {
      return await work(createLiveRules(wechat, cache, Date.now), known.accounts);
    } catch (error) {
      // Perhaps that is why.
      if (known.unread !== undefined) out.warn(`the accounts of the database could not be read: ${known.unread}`);
      throw error;
    }
  } finally {
    await opened?.then((one) => one.close()).catch(() => undefined);
    await dispatcher.close();
  }
}

const canKnowAccounts = (config: Config): boolean =>
  config.accountsFile !== undefined ||
  config.databaseUrl !== undefined ||
  createServerBeside(config).address() !== undefined;

async function openDatabase({ databaseUrl: url, dataDir }: Config): Promise<Database> {
  if (url === undefined) throw new NotToBeHad('the database is the one in the data folder, open in the server alone');
  return await connectDatabase({ url, dataDir, connectTimeoutMs: databaseTimeoutMs });
}

/** Where nobody is asked, secrets that are not there (in CI, say) are no reason to stop. */
function readableAccounts({ accountsFile: file }: Config, env: NodeJS.ProcessEnv): Accounts | undefined {
  if (file === undefined) return undefined;
  try {
    return loadAccounts(file, env);
  } catch (error) {
    if (error instanceof AccountsError) return undefined;
    throw error;
  }
}
