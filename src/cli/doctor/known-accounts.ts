/** Which accounts there are: those of the database, and those of the accounts file that no process has taken in yet. */
import { z } from 'zod';
import type { Config } from '../../runtime/config.ts';
import { accountDeskPath } from '../../store/account-desk.ts';
import { type AccountEntries, AccountsError, loadEntries, noEntries } from '../../store/account-file.ts';
import { createAccountRecords } from '../../store/account-records.ts';
import { type Accounts, accountsOf } from '../../store/accounts.ts';
import type { Database } from '../../store/database.ts';
import { createSecretBox } from '../../store/secrets.ts';
import { createServerBeside } from '../../store/server-beside.ts';

export interface KnownAccounts {
  readonly accounts: Accounts;
  /** Their Token and secret are in the server's PGlite alone; access tokens are had from that server. */
  readonly heldByServer: ReadonlySet<string>;
  /** The accounts file can't be used. */
  readonly problem?: AccountsError;
  /** Why the database's accounts are not among them. */
  readonly unread?: string;
}

const listed = z.object({
  accounts: z.array(
    z.object({
      kind: z.string(),
      appId: z.string(),
      credentials: z.string().optional(),
      principal: z.string().optional(),
    }),
  ),
});

/** Never throws: what can't be read is told. */
export async function readKnownAccounts(
  config: Config,
  env: NodeJS.ProcessEnv,
  database: () => Promise<Database>,
): Promise<KnownAccounts> {
  const { entries, problem } = fileEntries(config, env);
  const told = problem === undefined ? {} : { problem };
  // Once only: what is made of an entry conceals its secrets in place.
  let own: Accounts | undefined;
  const ofFile = (): Accounts => {
    own ??= accountsOf(entries);
    return own;
  };
  try {
    const found = await (config.databaseUrl === undefined
      ? withThoseOfServer(config, ofFile())
      : withThoseOfDatabase(config, entries, await database()));
    return { ...found, ...told };
  } catch (error) {
    const unread = error instanceof Error ? error.message : 'the database can not be read';
    return { accounts: ofFile(), heldByServer: new Set(), unread, ...told };
  }
}

function fileEntries(
  { accountsFile }: Config,
  env: NodeJS.ProcessEnv,
): { entries: AccountEntries; problem?: AccountsError } {
  try {
    return { entries: accountsFile === undefined ? noEntries : loadEntries(accountsFile, env) };
  } catch (error) {
    if (error instanceof AccountsError) return { entries: noEntries, problem: error };
    throw error;
  }
}

/** What the database has wins: a process has taken the file in, and it may have been changed there since. */
async function withThoseOfDatabase(
  { secretKey = '' }: Config,
  file: AccountEntries,
  database: Database,
): Promise<KnownAccounts> {
  const store = { database, secrets: createSecretBox(secretKey), close: () => Promise.resolve() };
  const { entries } = await createAccountRecords(store).read();
  const shops = new Set(entries.shops.map(({ appId }) => appId));
  const platforms = new Set(entries.platforms.map(({ componentAppId }) => componentAppId));
  return {
    accounts: accountsOf({
      shops: [...entries.shops, ...file.shops.filter(({ appId }) => !shops.has(appId))],
      platforms: [
        ...entries.platforms,
        ...file.platforms.filter(({ componentAppId }) => !platforms.has(componentAppId)),
      ],
    }),
    heldByServer: new Set(),
  };
}

async function withThoseOfServer({ dataDir, secretKey }: Config, own: Accounts): Promise<KnownAccounts> {
  const beside = createServerBeside({ dataDir, secretKey });
  const { json } = await beside.ask(accountDeskPath, { action: 'list' });
  const held = listed
    .parse(json)
    .accounts.filter(({ kind, appId }) =>
      kind === 'shop' ? own.shop(appId) === undefined : kind === 'platform' && own.platform(appId) === undefined,
    );
  const tokenService = { url: `${beside.address()?.url ?? ''}/token` };
  const shops = [
    ...own.shops,
    ...held.flatMap(({ kind, appId, principal }) =>
      kind === 'shop'
        ? [{ appId, credentials: { tokenService }, ...(principal === undefined ? {} : { principal }) }]
        : [],
    ),
  ];
  const platforms = [
    ...own.platforms,
    ...held.flatMap(({ kind, appId: componentAppId, credentials }) =>
      kind === 'platform'
        ? [{ componentAppId, ...(credentials === 'secret' ? { secret: 'held by the server' } : { tokenService }) }]
        : [],
    ),
  ];
  return {
    accounts: {
      ...own,
      shops,
      platforms,
      shop: (wanted) => shops.find(({ appId }) => appId === wanted),
      // How to speak for a platform of the server's stays unknown here: that server is asked for its tokens.
      platform: own.platform,
    },
    heldByServer: new Set(held.map(({ appId }) => appId)),
  };
}
