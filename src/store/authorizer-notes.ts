/** What is noted about authorizers besides their tokens: who they are, and whether their open cases know how they stand. */
import type { Database } from './database.ts';

/** Which account, of which platform. */
export interface AuthorizerKey {
  componentAppId: string;
  appId: string;
}

/** Every method is one statement. */
export interface AuthorizerNotes {
  /** Authorised accounts of which it is not known, or not for `maxAgeMs`, who they are; those never asked about first. */
  undescribed(componentAppId: string, limit: number, maxAgeMs: number, now: number): Promise<string[]>;
  /** `info` absent: WeChat would not say; then it is not asked again before its time either. */
  describe(
    key: AuthorizerKey,
    info: { name?: string; ghId?: string; principal?: string; permissionSets: string[] } | undefined,
    now: number,
  ): Promise<void>;
  /** The name of an account that authorised some platform, where WeChat has said it. */
  nameOf(appId: string): Promise<string | undefined>;
  /** Authorizations that were given or withdrawn since the open cases of the account were last told. */
  untold(limit: number): Promise<(AuthorizerKey & { isAuthorized: boolean; mark: string })[]>;
  /** The open cases of all authorised accounts are to be told once more: what kept them all from going on is mended. */
  tellAllAgain(componentAppId: string): Promise<void>;
  /** Does nothing when there has been another change since. */
  told(change: AuthorizerKey & { isAuthorized: boolean; mark: string }): Promise<void>;
}

export function createAuthorizerNotes(database: Database): AuthorizerNotes {
  return {
    async undescribed(componentAppId, limit, maxAgeMs, now) {
      const rows = await database.query(
        `SELECT app_id FROM wxq_authorizer WHERE component_app_id = $1 AND is_authorized AND COALESCE(described_at, 0) < $3::bigint
         ORDER BY COALESCE(described_at, 0), app_id LIMIT $2`,
        [componentAppId, limit, now - maxAgeMs],
      );
      return rows.map((row) => String(row.app_id));
    },
    async describe({ componentAppId, appId }, info, now) {
      await database.query(
        `UPDATE wxq_authorizer SET described_at = $3, name = COALESCE($4, name), gh_id = COALESCE($5, gh_id),
           principal = COALESCE($6, principal), permission_sets = COALESCE($7, permission_sets)
         WHERE component_app_id = $1 AND app_id = $2`,
        [
          componentAppId,
          appId,
          now,
          info?.name ?? null,
          info?.ghId ?? null,
          info?.principal ?? null,
          info?.permissionSets.join(',') ?? null,
        ],
      );
    },
    async nameOf(appId) {
      const [row] = await database.query(
        'SELECT name FROM wxq_authorizer WHERE app_id = $1 AND name IS NOT NULL ORDER BY described_at DESC LIMIT 1',
        [appId],
      );
      return row === undefined ? undefined : String(row.name);
    },
    async untold(limit) {
      const rows = await database.query(
        `SELECT component_app_id, app_id, is_authorized, event_seconds FROM wxq_authorizer
         WHERE told_authorized IS DISTINCT FROM is_authorized ORDER BY component_app_id, app_id LIMIT $1`,
        [limit],
      );
      return rows.map((row) => ({
        componentAppId: String(row.component_app_id),
        appId: String(row.app_id),
        isAuthorized: row.is_authorized === true,
        mark: String(row.event_seconds),
      }));
    },
    async tellAllAgain(componentAppId) {
      await database.query(
        'UPDATE wxq_authorizer SET told_authorized = NULL WHERE component_app_id = $1 AND is_authorized',
        [componentAppId],
      );
    },
    async told({ componentAppId, appId, isAuthorized, mark }) {
      await database.query(
        `UPDATE wxq_authorizer SET told_authorized = is_authorized
         WHERE component_app_id = $1 AND app_id = $2 AND is_authorized = $3 AND event_seconds = $4::bigint`,
        [componentAppId, appId, isAuthorized, mark],
      );
    },
  };
}
