/** Whose categories are watched: shops that call for themselves, and accounts that authorised a platform, by their permission sets. */
import type { Platform } from '../contract/qualification.ts';
import type { WatchedAccount, WatchPageRequest } from '../contract/watch.ts';
import type { Accounts } from './accounts.ts';
import type { Queryable, Row } from './database.ts';

/** Permission sets of the category calls: what an account has granted says what it is. */
const setsOf: Record<Platform, readonly string[]> = { 'channels-shop': ['85', '129', '192'], 'mini-program': ['30'] };

/**
 * The accounts of a platform after an appid. An authorizer of which no permission set is known (its authorization code
 * was never exchanged here) is tried on both platforms, unless the watch has read it on one of them before.
 */
export async function watchedAccounts(
  database: Queryable,
  { shops }: Pick<Accounts, 'shops'>,
  { platform, after = '', limit, isSecondLook }: WatchPageRequest & { limit: number },
): Promise<WatchedAccount[]> {
  const found = new Map<string, WatchedAccount>();
  const rows = await database.query(
    `SELECT authorizer.app_id, component_app_id, permission_sets,
       (SELECT min(platform) FROM wxq_watched_account watched
        WHERE watched.app_id = authorizer.app_id AND read_at IS NOT NULL) AS read_as
     FROM wxq_authorizer authorizer WHERE is_authorized AND authorizer.app_id COLLATE "C" > $1
     ORDER BY authorizer.app_id, component_app_id`,
    [after],
  );
  const authorizationsOf = new Map<string, Row[]>();
  for (const row of rows) {
    const appId = String(row.app_id);
    authorizationsOf.set(appId, [...(authorizationsOf.get(appId) ?? []), row]);
  }
  for (const [appId, authorizations] of authorizationsOf) {
    const account = authorizerOf(appId, authorizations, platform);
    if (account !== undefined) found.set(appId, account);
  }
  // An own entry goes before an authorization of the same shop.
  if (platform === 'channels-shop')
    for (const { appId } of shops) if (inOrder(after, appId)) found.set(appId, { appId });
  if (isSecondLook) {
    const doubted = await database.query(
      `SELECT DISTINCT app_id FROM wxq_watched_category WHERE platform = $1 AND details::jsonb ->> 'doubtedSince' IS NOT NULL`,
      [platform],
    );
    const appIds = new Set(doubted.map((row) => String(row.app_id)));
    for (const appId of found.keys()) if (!appIds.has(appId)) found.delete(appId);
  }
  return [...found.values()].sort((a, b) => (inOrder(a.appId, b.appId) ? -1 : 1)).slice(0, limit);
}

/** By all third-party platforms that it authorised; those that are known to be granted the calls first. */
function authorizerOf(appId: string, authorizations: Row[], platform: Platform): WatchedAccount | undefined {
  const isGranted = (row: Row, of: Platform) => permissionSets(row).some((set) => setsOf[of].includes(set));
  const granted = authorizations.filter((row) => isGranted(row, platform));
  const unknown = authorizations.filter((row) => permissionSets(row).length === 0);
  const [via, ...otherVias] = [...granted, ...unknown].map((row) => ({ componentAppId: String(row.component_app_id) }));
  if (via === undefined) return undefined;
  const account = { appId, via, ...(otherVias.length === 0 ? {} : { otherVias }) };
  if (granted.length > 0) return account;
  // What it has granted to somebody else says what it is.
  if (authorizations.some((row) => isGranted(row, otherThan[platform]))) return undefined;
  const readAs = unknown[0]?.read_as;
  if (readAs === null) return { ...account, isGuess: true };
  return readAs === platform ? account : undefined;
}

const permissionSets = (row: Row): string[] =>
  typeof row.permission_sets === 'string' ? row.permission_sets.split(',').filter((set) => set !== '') : [];

const otherThan = { 'channels-shop': 'mini-program', 'mini-program': 'channels-shop' } as const;

/** By code units: the same order everywhere, whatever the locale. */
const inOrder = (a: string, b: string): boolean => a < b;
