/** What the database says about platforms and the accounts that authorised them, without a secret: for who looks after them. */
import type { Queryable } from './database.ts';

/** Times are milliseconds since 1970; absent: never. Plain data, so that it can be sent. */
export interface StoredFacts {
  platforms: {
    componentAppId: string;
    ticketAt?: number;
    /** When the list of authorizers was last read to its end. */
    listedAt?: number;
  }[];
  authorizers: {
    componentAppId: string;
    appId: string;
    isAuthorized: boolean;
    /** As WeChat said when the authorization code was exchanged; absent where it never was by this program. */
    permissionSets?: string[];
  }[];
}

/** Reads them; two statements, whatever the number of accounts. */
export async function readStoredFacts(database: Queryable): Promise<StoredFacts> {
  const platforms = await database.query(
    'SELECT component_app_id, ticket_at, listed_at FROM wxq_platform ORDER BY component_app_id',
  );
  const authorizers = await database.query(
    'SELECT component_app_id, app_id, is_authorized, permission_sets FROM wxq_authorizer ORDER BY component_app_id, app_id',
  );
  return {
    platforms: platforms.map((row) => ({
      componentAppId: String(row.component_app_id),
      ...(row.ticket_at === null ? {} : { ticketAt: Number(row.ticket_at) }),
      ...(row.listed_at === null ? {} : { listedAt: Number(row.listed_at) }),
    })),
    authorizers: authorizers.map((row) => ({
      componentAppId: String(row.component_app_id),
      appId: String(row.app_id),
      isAuthorized: row.is_authorized === true,
      ...(typeof row.permission_sets === 'string'
        ? { permissionSets: row.permission_sets.split(',').filter((set) => set !== '') }
        : {}),
    })),
  };
}
