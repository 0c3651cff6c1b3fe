/** What a process needs to speak for its accounts: who they are, and where the tokens of each are had. */
import type { TokenCredentials, WeChatAccount } from '../wechat/access-token.ts';
import { openAccountBook } from './account-book.ts';
import { type AccountEntries, loadEntries, noEntries } from './account-file.ts';
import { type Accounts, accountsOf } from './accounts.ts';
import { type DurableStore, type DurableStoreOptions, openDurableStore } from './durable-store.ts';
import { createServerBeside, type ServerBeside } from './server-beside.ts';
import { credentialsWith, openTokenChain, type TokenChain, type TokenChainOptions } from './token-chain.ts';

/** Accounts that may change while the process runs. */
export interface LiveAccounts extends Accounts {
  /** For an appid that is not known: has somebody added it just now? Bounded, and never throws. */
  lookAgain(): Promise<void>;
}

interface Keeper {
  accounts: LiveAccounts;
  /** For `createAccessTokens`; an account that is not known is looked for once more. */
  credentialsOf(account: WeChatAccount): Promise<TokenCredentials | undefined>;
  /** After everything that uses it. */
  close(): Promise<void>;
}

/** In a process that has opened the database: the server, and with PostgreSQL every process. */
export interface AccountKeeper extends Keeper {
  store: DurableStore;
  chain: TokenChain;
}

/** In a worker without PostgreSQL: its accounts file, and for everything else the server beside it. */
export interface AccountBorrower extends Keeper {
  beside: ServerBeside;
}

export interface AccountKeeperOptions extends Omit<DurableStoreOptions, 'onError'> {
  /** `WXQ_ACCOUNTS_FILE`: bootstraps the database. */
  accountsFile?: string | undefined;
  /** For the `env:NAME` secrets of the file. */
  env: Readonly<Record<string, string | undefined>>;
  wechat: TokenChainOptions['wechat'];
  /** What changes, or goes wrong, while nobody waits for it. No secret. */
  onNews?: (
    news: { problem?: string; taken?: readonly string[] } & Parameters<Required<TokenChainOptions>['onNews']>[0],
  ) => void;
  now?: () => number;
}

/**
 * Opens the database, takes the accounts file in, and opens the chain of tokens.
 * @throws AccountsError, DatabaseError, SecretError
 */
export async function openAccountKeeper(options: AccountKeeperOptions): Promise<AccountKeeper> {
  const { accountsFile, env, wechat, onNews, now } = options;
  const fromFile = accountsFile === undefined ? undefined : loadEntries(accountsFile, env);
  const store = await openDurableStore({
    ...options,
    onError: ({ name }) => onNews?.({ problem: `a connection to the database was lost (${name})` }),
  });
  try {
    const accounts = await openAccountBook({
      store,
      fromFile,
      onTaken: (taken) => onNews?.({ taken }),
      onProblem: (problem) => onNews?.({ problem }),
    });
    const chain = await openTokenChain({
      accounts,
      store,
      wechat,
      ...(onNews === undefined ? {} : { onNews }),
      ...(now === undefined ? {} : { now }),
    }).catch(async (error: unknown) => {
      await accounts.close();
      throw error;
    });
    return {
      accounts,
      store,
      chain,
      credentialsOf: lookingAgain(accounts, credentialsWith(accounts, { chain })),
      async close() {
        await accounts.close();
        await chain.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * Without a database of its own. Entries of the file are used as they are; every other account's tokens are asked of the
 * server, which may know it.
 * @throws AccountsError
 */
export function borrowAccounts(
  options: Pick<AccountKeeperOptions, 'accountsFile' | 'env' | 'dataDir' | 'secretKey'>,
): AccountBorrower {
  const { accountsFile, env, dataDir, secretKey } = options;
  const entries: AccountEntries = accountsFile === undefined ? noEntries : loadEntries(accountsFile, env);
  const accounts = { ...accountsOf(entries), lookAgain: () => Promise.resolve() };
  const beside = createServerBeside({ dataDir, secretKey });
  return {
    accounts,
    beside,
    credentialsOf: lookingAgain(accounts, credentialsWith(accounts, { beside })),
    close: () => Promise.resolve(),
  };
}

function lookingAgain(
  accounts: LiveAccounts,
  credentialsOf: (account: WeChatAccount) => TokenCredentials | undefined,
): Keeper['credentialsOf'] {
  return async (account) => {
    const known = credentialsOf(account);
    if (known !== undefined) return known;
    await accounts.lookAgain();
    return credentialsOf(account);
  };
}
