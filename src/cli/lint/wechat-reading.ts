/** A WeChat client for commands that only read: the settings' accounts, closed again afterwards. */
import { ConfigError, loadConfig } from '../../runtime/config.ts';
import { AccountsError } from '../../store/account-file.ts';
import { type Accounts, loadAccounts } from '../../store/accounts.ts';
import { createAccessTokens, createWeChatClient } from '../../wechat/index.ts';
import { createDispatcher } from '../../wechat/transport.ts';
import type { CliContext } from '../context.ts';
import { type CategoryRules, createKeptRules, createLiveRules } from './category-rules.ts';
import { createRulesCache } from './rules-cache.ts';

/**
 * Runs `work` with the rules: WeChat's own, or with `offline` those that were kept, for which no accounts are needed.
 * @throws ConfigError without `WXQ_ACCOUNTS_FILE`, AccountsError; what `work` throws.
 */
export async function withCategoryRules<Result>(
  context: Pick<CliContext, 'env'>,
  offline: boolean,
  work: (rules: CategoryRules, accounts: Accounts | undefined) => Promise<Result>,
): Promise<Result> {
  const config = loadConfig(context.env);
  const cache = createRulesCache(config.dataDir);
  const { accountsFile, wechatBaseUrl: baseUrl } = config;
  if (accountsFile === undefined && !offline)
    throw new ConfigError(['WXQ_ACCOUNTS_FILE must be set: without the accounts no call to WeChat can be made']);
  if (accountsFile === undefined) return await work(createKeptRules(cache), undefined);
  const accounts = offline ? readableAccounts(accountsFile, context.env) : loadAccounts(accountsFile, context.env);
  if (offline || accounts === undefined) return await work(createKeptRules(cache), accounts);
  const dispatcher = createDispatcher();
  try {
    const tokens = createAccessTokens({
      baseUrl,
      credentialsOf: (account) => accounts.credentialsOf(account),
      dispatcher,
    });
    const wechat = createWeChatClient({ baseUrl, tokens, dispatcher });
    return await work(createLiveRules(wechat, cache, Date.now), accounts);
  } finally {
    await dispatcher.close();
  }
}

/** Where nobody is asked, secrets that are not there (in CI, say) are no reason to stop. */
function readableAccounts(file: string, env: NodeJS.ProcessEnv): Accounts | undefined {
  try {
    return loadAccounts(file, env);
  } catch (error) {
    if (error instanceof AccountsError) return undefined;
    throw error;
  }
}
