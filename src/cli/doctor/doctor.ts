/** The whole of `wxq doctor`: which checks are made, of what, and in what order their findings stand. */
import { createServerBeside } from '../../store/server-beside.ts';
import { readStoredFacts, type StoredFacts, storedFacts, storedFactsPath } from '../../store/stored-facts.ts';
import { UsageError } from '../exit-status.ts';
import {
  type AccountSubject,
  accountChecks,
  accountSubject,
  authorizerChecks,
  ownAccountChecks,
} from './account-checks.ts';
import { clockChecks } from './clock-checks.ts';
import { carryOut, inTurn, type Whose } from './examination.ts';
import { type Check, type Finding, NotToBeHad } from './finding.ts';
import type { Installation } from './installation.ts';
import { type PlatformSubject, platformChecks } from './platform-checks.ts';
import { serverChecks } from './server-checks.ts';
import { settingsChecks } from './settings-checks.ts';
import { storageChecks } from './storage-checks.ts';
import { temporalChecks } from './temporal-checks.ts';
import { createWeChatEdge, type WeChatEdge } from './wechat-edge.ts';

/** Which accounts. */
export interface Extent {
  /** This one only: a shop, a platform, or an account that authorised one. */
  appId?: string;
  /** Also every account that authorised a platform. */
  all?: boolean;
}

/** What is told while it runs. */
export interface Progress {
  /** A group has been looked at: its findings, complete. */
  found(findings: readonly Finding[]): void;
  /** So many of so many accounts are done. */
  accounts(done: number, of: number): void;
}

/** Accounts that are looked at at the same moment; WeChat's limits per minute are far beyond it. */
const accountsAtOnce = 5;

const installationChecks: readonly Check<Installation>[] = [
  ...settingsChecks,
  ...temporalChecks,
  ...storageChecks,
  ...serverChecks,
  ...clockChecks,
];

/**
 * Looks at everything; a check that fails stops no other.
 * @throws UsageError for an account that is not known.
 */
export async function examine(installation: Installation, extent: Extent, progress: Progress): Promise<Finding[]> {
  const findings: Finding[] = [];
  const tell = (found: readonly Finding[]): void => {
    findings.push(...found);
    progress.found(found);
  };
  const one = <Subject>(check: Check<Subject>, subject: Subject, whose?: Whose) =>
    carryOut(check, subject, installation.options.limitMs, whose);

  tell((await Promise.all(installationChecks.map((check) => one(check, installation)))).flat());
  const work = await accountsToLookAt(installation, extent);

  for (const subject of work.platforms) {
    const whose = { appId: subject.platform.componentAppId };
    tell((await Promise.all(platformChecks.map((check) => one(check, subject, whose)))).flat());
  }
  const accounts = [...work.accounts, ...(await authorizersToLookAt(installation, work, extent, tell))];
  let done = 0;
  const looked = await inTurn(accounts, accountsAtOnce, async (subject) => {
    const { appId, via } = subject;
    const checks = [...accountChecks, ...(via === undefined ? ownAccountChecks : authorizerChecks)];
    const whose = { appId, ...(via === undefined ? {} : { via }) };
    const found = (await Promise.all(checks.map((check) => one(check, subject, whose)))).flat();
    progress.found(found);
    done += 1;
    progress.accounts(done, accounts.length);
    return found;
  });
  // Told as they came, kept in the order of the accounts.
  findings.push(...looked.flat());
  return findings;
}

interface Work {
  edge: WeChatEdge;
  facts: () => Promise<StoredFacts>;
  platforms: PlatformSubject[];
  accounts: AccountSubject[];
}

async function accountsToLookAt(installation: Installation, { appId }: Extent): Promise<Work> {
  const { accounts, heldByServer } = await installation.accounts();
  const isAsked = (id: string): boolean => appId === undefined || appId === id;
  const edge = createWeChatEdge(installation, accounts);
  let read: Promise<StoredFacts> | undefined;
  const facts = (): Promise<StoredFacts> => (read ??= factsOf(installation));
  return {
    edge,
    facts,
    platforms: accounts.platforms
      .filter(({ componentAppId }) => isAsked(componentAppId))
      .map((platform) => {
        const isHeld = heldByServer.has(platform.componentAppId);
        return { installation, edge, platform, facts, isHeld };
      }),
    accounts: accounts.shops
      .filter((shop) => isAsked(shop.appId))
      .map((shop) =>
        accountSubject(installation, edge, {
          appId: shop.appId,
          callback: shop.callback,
          facts,
          isHeld: heldByServer.has(shop.appId),
        }),
      ),
  };
}

/** Out of PostgreSQL, or of the server that has PGlite open. */
async function factsOf(installation: Installation): Promise<StoredFacts> {
  const { databaseUrl, dataDir, secretKey } = installation.config;
  if (databaseUrl === undefined) {
    try {
      const { json } = await createServerBeside({ dataDir, secretKey }).ask(storedFactsPath, {});
      return storedFacts.parse(json);
    } catch (error) {
      throw new NotToBeHad(`the server of ${dataDir}, which has the database open, does not answer`, { cause: error });
    }
  }
  const database = await installation.database();
  try {
    return await readStoredFacts(database);
  } catch (error) {
    throw new NotToBeHad('the tables of the database are not up to date', { cause: error });
  }
}

/** With `--all` those of every platform; with an appid that is none of the file's own, that one. */
async function authorizersToLookAt(
  installation: Installation,
  { edge, facts, platforms, accounts }: Work,
  { appId, all }: Extent,
  tell: (findings: readonly Finding[]) => void,
): Promise<AccountSubject[]> {
  const isOther = appId !== undefined && platforms.length + accounts.length === 0;
  if (!all && !isOther) return [];
  const known = (await installation.accounts()).accounts.platforms;
  const found: AccountSubject[] = [];
  for (const { componentAppId } of known) {
    const subjects = (listed: readonly { appId: string; permissionSets?: string[] }[]): AccountSubject[] =>
      listed
        .filter((one) => appId === undefined || one.appId === appId)
        .map((one) => accountSubject(installation, edge, { ...one, via: componentAppId, facts }));
    try {
      found.push(...subjects(await listOf(componentAppId, edge, facts)));
    } catch {
      const check: Check<undefined> = {
        name: 'authorizers',
        run: async () => {
          throw new NotToBeHad('the list of its authorizers can neither be read in the database nor from WeChat');
        },
      };
      tell(await carryOut(check, undefined, installation.options.limitMs, { appId: componentAppId }));
      if (isOther) found.push(...subjects([{ appId }]));
    }
  }
  if (isOther && found.length === 0) {
    throw new UsageError(
      `${appId} is neither in the accounts nor has it authorised one of the platforms.`,
      'Without an appid all accounts are looked at; see `wxq doctor --help`.',
    );
  }
  return found;
}

/** From the database, or else from WeChat. */
async function listOf(
  componentAppId: string,
  { wechat }: WeChatEdge,
  facts: () => Promise<StoredFacts>,
): Promise<{ appId: string; permissionSets?: string[] }[]> {
  const stored = await facts().catch(() => undefined);
  if (stored?.platforms.some((one) => one.componentAppId === componentAppId && one.listedAt !== undefined)) {
    return stored.authorizers
      .filter((one) => one.componentAppId === componentAppId && one.isAuthorized)
      .map(({ appId, permissionSets }) => ({ appId, ...(permissionSets === undefined ? {} : { permissionSets }) }));
  }
  const appIds: string[] = [];
  for (let offset = 0; ; ) {
    const page = await wechat.platform(componentAppId).getAuthorizerList({ offset });
    appIds.push(...page.authorizers.map(({ authorizerAppId }) => authorizerAppId));
    offset += page.authorizers.length;
    if (page.authorizers.length === 0 || offset >= page.totalCount) return appIds.map((appId) => ({ appId }));
  }
}
