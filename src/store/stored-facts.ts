/** What the database says about platforms and the accounts that authorised them, without a secret: for who looks after them. */
import { z } from 'zod';
import type { Queryable } from './database.ts';

/** On the server's private port: the facts, for a program beside it that cannot open the database itself. */
export const storedFactsPath = '/stored-facts';

export const storedFacts = z.object({
  platforms: z.array(
    z.object({
      componentAppId: z.string(),
      ticketAt: z.number().optional(),
      /** When the list of authorizers was last read to its end. */
      listedAt: z.number().optional(),
    }),
  ),
  authorizers: z.array(
    z.object({
      componentAppId: z.string(),
      appId: z.string(),
      isAuthorized: z.boolean(),
      /** As WeChat said when the authorization code was exchanged; absent where it never was by this program. */
      permissionSets: z.array(z.string()).optional(),
    }),
  ),
  /** The last authentic push of each account that ever had one. */
  lastPushes: z.array(z.object({ appId: z.string(), at: z.number(), event: z.string(), result: z.string() })),
});

/** Times are milliseconds since 1970; absent: never. Plain data, so that it can be sent. */
export type StoredFacts = z.output<typeof storedFacts>;

/** Reads them; three statements, whatever the number of accounts. */
export async function readStoredFacts(database: Queryable): Promise<StoredFacts> {
  const platforms = await database.query(
    'SELECT component_app_id, ticket_at, listed_at FROM wxq_platform ORDER BY component_app_id',
  );
  const authorizers = await database.query(
    'SELECT component_app_id, app_id, is_authorized, permission_sets FROM wxq_authorizer ORDER BY component_app_id, app_id',
  );
  const pushes = await database.query(
    'SELECT DISTINCT ON (app_id) app_id, at, event, result FROM wxq_push_last ORDER BY app_id, at DESC',
  );
  return {
    lastPushes: pushes.map((row) => ({
      appId: String(row.app_id),
      at: Number(row.at),
      event: String(row.event),
      result: String(row.result),
    })),
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
