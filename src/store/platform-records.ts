/** What is kept about third-party platforms and the accounts that authorised them: tickets, codes and tokens, all sealed. */
import { createHash } from 'node:crypto';
import type { ListedAuthorizer } from '../wechat/platform/schema.ts';
import { type AuthorizerKey, type AuthorizerNotes, createAuthorizerNotes } from './authorizer-notes.ts';
import type { Database, Row } from './database.ts';
import type { SecretBox } from './secrets.ts';

/** One platform. Times are milliseconds since 1970; absent: never. */
export interface PlatformRecord {
  ticket?: string;
  ticketAt?: number;
  /** When WeChat was asked to push tickets again; absent once one has come. */
  ticketAskedAt?: number;
  accessToken?: string;
  accessTokenExpiresAt?: number;
  /** When the list of authorizers was last read to its end. */
  listedAt?: number;
}

/** One account that authorised a platform, or did so once. */
export interface AuthorizerRecord {
  isAuthorized: boolean;
  /** An authorization code that waits to be exchanged. */
  code?: string;
  codeExpiresAt?: number;
  refreshToken?: string;
  accessToken?: string;
  accessTokenExpiresAt?: number;
}

/** Who changed by reading the list. */
export interface ListChanges {
  authorized: string[];
  unauthorized: string[];
}

/** The rows. Every method is one statement or one transaction; none holds the database while something else is waited for. */
export interface PlatformRecords extends AuthorizerNotes {
  platform(componentAppId: string): Promise<PlatformRecord | undefined>;
  /** Keeps the newest ticket by WeChat's own time; false for an older one that was late or repeated. */
  saveTicket(componentAppId: string, ticket: string, createdSeconds: number, now: number): Promise<boolean>;
  saveComponentToken(componentAppId: string, token: string, now: number, expiresAt: number): Promise<void>;
  /** True when tickets may be asked for now; then it counts as asked. */
  mayAskForTicket(componentAppId: string, now: number, pauseMs: number): Promise<boolean>;
  authorizer(key: AuthorizerKey): Promise<AuthorizerRecord | undefined>;
  /** False for an event that is older than one seen before, or whose code has been used. */
  noteAuthorized(
    key: AuthorizerKey,
    event: { createdSeconds: number; code: string; codeExpiresAt: number },
  ): Promise<boolean>;
  /** Forgets the tokens. False for an event that is older than one seen before. */
  noteUnauthorized(key: AuthorizerKey, createdSeconds: number): Promise<boolean>;
  /** Both tokens in one statement: after it the access token may be used. `code`: the one that they were got for. */
  saveTokens(
    key: AuthorizerKey,
    tokens: { refreshToken: string; accessToken: string; expiresAt: number; permissionSets?: string[]; code?: string },
    now: number,
  ): Promise<void>;
  /** The code was refused, or is too old. */
  dropCode(key: AuthorizerKey, code: string): Promise<void>;
  /** Accounts whose code has not been exchanged yet. */
  pendingCodes(componentAppId: string): Promise<string[]>;
  /**
   * The list of authorizers as it was read from `startedAt` on. A refresh token that was saved since then is newer than
   * the list and stays; accounts that are not in a complete list have withdrawn their authorization.
   */
  saveList(
    componentAppId: string,
    list: { authorizers: ListedAuthorizer[]; isComplete: boolean; startedAt: number },
    now: number,
  ): Promise<ListChanges>;
  authorizers(componentAppId: string): Promise<{ appId: string; isAuthorized: boolean }[]>;
  /** Seals everything that is sealed with an older key with the first one; answers how many texts. */
  reseal(): Promise<number>;
}

/** Columns that are sealed, by table and key columns. */
const sealedColumns = [
  { table: 'wxq_platform', key: ['component_app_id'], columns: ['ticket', 'access_token'] },
  {
    table: 'wxq_authorizer',
    key: ['component_app_id', 'app_id'],
    columns: ['code', 'refresh_token', 'access_token'],
  },
] as const;

export function createPlatformRecords(database: Database, secrets: SecretBox): PlatformRecords {
  const seal = (text: string, column: string, ...key: string[]): string => secrets.seal(text, placeOf(column, key));
  const opened = <Name extends string>(row: Row, name: Name, column: string, key: string[]) => {
    const sealed = row[`${column}_sealed`];
    return typeof sealed === 'string' ? member(name, secrets.open(sealed, placeOf(column, key))) : {};
  };
  const changed = async (sql: string, parameters: (string | number | boolean | null)[]): Promise<boolean> =>
    (await database.query(`${sql} RETURNING component_app_id`, parameters)).length > 0;

  return {
    async platform(componentAppId) {
      const [row] = await database.query('SELECT * FROM wxq_platform WHERE component_app_id = $1', [componentAppId]);
      if (row === undefined) return undefined;
      return {
        ...opened(row, 'ticket', 'ticket', [componentAppId]),
        ...time(row, 'ticketAt', 'ticket_at'),
        ...time(row, 'ticketAskedAt', 'ticket_asked_at'),
        ...opened(row, 'accessToken', 'access_token', [componentAppId]),
        ...time(row, 'accessTokenExpiresAt', 'access_token_expires_at'),
        ...time(row, 'listedAt', 'listed_at'),
      };
    },
    saveTicket: (componentAppId, ticket, createdSeconds, now) =>
      changed(
        `INSERT INTO wxq_platform (component_app_id, ticket_sealed, ticket_created_seconds, ticket_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (component_app_id) DO UPDATE SET ticket_sealed = excluded.ticket_sealed,
           ticket_created_seconds = excluded.ticket_created_seconds, ticket_at = excluded.ticket_at, ticket_asked_at = NULL
         WHERE wxq_platform.ticket_created_seconds < excluded.ticket_created_seconds`,
        [componentAppId, seal(ticket, 'ticket', componentAppId), createdSeconds, now],
      ),
    async saveComponentToken(componentAppId, token, now, expiresAt) {
      await database.query(
        `UPDATE wxq_platform SET access_token_sealed = $2, access_token_at = $3, access_token_expires_at = $4 WHERE component_app_id = $1`,
        [componentAppId, seal(token, 'access_token', componentAppId), now, expiresAt],
      );
    },
    mayAskForTicket: (componentAppId, now, pauseMs) =>
      changed(
        `INSERT INTO wxq_platform (component_app_id, ticket_asked_at) VALUES ($1, $2)
         ON CONFLICT (component_app_id) DO UPDATE SET ticket_asked_at = excluded.ticket_asked_at
         WHERE wxq_platform.ticket_asked_at IS NULL OR wxq_platform.ticket_asked_at < $3`,
        [componentAppId, now, now - pauseMs],
      ),
    async authorizer({ componentAppId, appId }) {
      const [row] = await database.query('SELECT * FROM wxq_authorizer WHERE component_app_id = $1 AND app_id = $2', [
        componentAppId,
        appId,
      ]);
      if (row === undefined) return undefined;
      const key = [componentAppId, appId];
      return {
        isAuthorized: row.is_authorized === true,
        ...opened(row, 'code', 'code', key),
        ...time(row, 'codeExpiresAt', 'code_expires_at'),
        ...opened(row, 'refreshToken', 'refresh_token', key),
        ...opened(row, 'accessToken', 'access_token', key),
        ...time(row, 'accessTokenExpiresAt', 'access_token_expires_at'),
      };
    },
    noteAuthorized: ({ componentAppId, appId }, { createdSeconds, code, codeExpiresAt }) =>
      changed(
        `INSERT INTO wxq_authorizer (component_app_id, app_id, is_authorized, event_seconds, code_sealed, code_expires_at)
         VALUES ($1, $2, true, $3, $4, $5)
         ON CONFLICT (component_app_id, app_id) DO UPDATE SET is_authorized = true,
           event_seconds = excluded.event_seconds, code_sealed = excluded.code_sealed, code_expires_at = excluded.code_expires_at,
           told_authorized = NULL
         WHERE wxq_authorizer.event_seconds <= excluded.event_seconds AND wxq_authorizer.used_code_sha256 IS DISTINCT FROM $6`,
        [componentAppId, appId, createdSeconds, seal(code, 'code', componentAppId, appId), codeExpiresAt, sha256(code)],
      ),
    noteUnauthorized: ({ componentAppId, appId }, createdSeconds) =>
      changed(
        `INSERT INTO wxq_authorizer (component_app_id, app_id, is_authorized, event_seconds) VALUES ($1, $2, false, $3)
         ON CONFLICT (component_app_id, app_id) DO UPDATE SET is_authorized = false, event_seconds = excluded.event_seconds,
           code_sealed = NULL, refresh_token_sealed = NULL, access_token_sealed = NULL, told_authorized = NULL
         WHERE wxq_authorizer.event_seconds <= excluded.event_seconds`,
        [componentAppId, appId, createdSeconds],
      ),
    async saveTokens({ componentAppId, appId }, tokens, now) {
      const { refreshToken, accessToken, expiresAt, permissionSets, code } = tokens;
      await database.query(
        `UPDATE wxq_authorizer SET refresh_token_sealed = $3, refresh_token_at = $4, access_token_sealed = $5,
           access_token_expires_at = $6, permission_sets = COALESCE($7, permission_sets),
           used_code_sha256 = COALESCE($8, used_code_sha256),
           code_sealed = CASE WHEN $8::text IS NULL THEN code_sealed ELSE NULL END
         WHERE component_app_id = $1 AND app_id = $2`,
        [
          componentAppId,
          appId,
          seal(refreshToken, 'refresh_token', componentAppId, appId),
          now,
          seal(accessToken, 'access_token', componentAppId, appId),
          expiresAt,
          permissionSets?.join(',') ?? null,
          code === undefined ? null : sha256(code),
        ],
      );
    },
    async dropCode({ componentAppId, appId }, code) {
      await database.query(
        'UPDATE wxq_authorizer SET code_sealed = NULL, used_code_sha256 = $3 WHERE component_app_id = $1 AND app_id = $2',
        [componentAppId, appId, sha256(code)],
      );
    },
    async pendingCodes(componentAppId) {
      const rows = await database.query(
        'SELECT app_id FROM wxq_authorizer WHERE component_app_id = $1 AND code_sealed IS NOT NULL',
        [componentAppId],
      );
      return rows.map((row) => String(row.app_id));
    },
    saveList: (componentAppId, { authorizers, isComplete, startedAt }, now) =>
      database.transaction(async (tx) => {
        const before = await tx.query(
          'SELECT app_id, is_authorized FROM wxq_authorizer WHERE component_app_id = $1 FOR UPDATE',
          [componentAppId],
        );
        const wasAuthorized = new Map(before.map((row) => [String(row.app_id), row.is_authorized === true]));
        const listed = authorizers.map(({ authorizerAppId: appId, refreshToken }) => ({
          app_id: appId,
          sealed: refreshToken === undefined ? null : seal(refreshToken, 'refresh_token', componentAppId, appId),
        }));
        const seconds = Math.floor(startedAt / 1000);
        const on = await tx.query(
          `INSERT INTO wxq_authorizer AS a (component_app_id, app_id, is_authorized, refresh_token_sealed, refresh_token_at)
           SELECT $1, app_id, true, sealed, $3::bigint FROM jsonb_to_recordset($2::jsonb) AS listed (app_id text, sealed text)
           ON CONFLICT (component_app_id, app_id) DO UPDATE SET is_authorized = true,
             refresh_token_sealed = CASE WHEN COALESCE(a.refresh_token_at, 0) < $3::bigint OR a.refresh_token_sealed IS NULL
               THEN COALESCE(excluded.refresh_token_sealed, a.refresh_token_sealed) ELSE a.refresh_token_sealed END,
             refresh_token_at = GREATEST(a.refresh_token_at, excluded.refresh_token_at)
           WHERE a.is_authorized OR a.event_seconds < $4::bigint
           RETURNING app_id`,
          [componentAppId, JSON.stringify(listed), startedAt, seconds],
        );
        const off = isComplete
          ? await tx.query(
              `UPDATE wxq_authorizer SET is_authorized = false, code_sealed = NULL, refresh_token_sealed = NULL, access_token_sealed = NULL
               WHERE component_app_id = $1 AND is_authorized AND event_seconds < $3::bigint AND COALESCE(refresh_token_at, 0) < $4::bigint
                 AND app_id NOT IN (SELECT app_id FROM jsonb_to_recordset($2::jsonb) AS listed (app_id text))
               RETURNING app_id`,
              [componentAppId, JSON.stringify(listed.map(({ app_id }) => ({ app_id }))), seconds, startedAt],
            )
          : [];
        await tx.query(
          `INSERT INTO wxq_platform (component_app_id, listed_at) VALUES ($1, $2)
           ON CONFLICT (component_app_id) DO UPDATE SET listed_at = excluded.listed_at`,
          [componentAppId, now],
        );
        return {
          authorized: on.map((row) => String(row.app_id)).filter((appId) => wasAuthorized.get(appId) !== true),
          unauthorized: off.map((row) => String(row.app_id)),
        };
      }),
    async authorizers(componentAppId) {
      const rows = await database.query(
        'SELECT app_id, is_authorized FROM wxq_authorizer WHERE component_app_id = $1 ORDER BY app_id',
        [componentAppId],
      );
      return rows.map((row) => ({ appId: String(row.app_id), isAuthorized: row.is_authorized === true }));
    },
    ...createAuthorizerNotes(database),
    async reseal() {
      let count = 0;
      for (const { table, key, columns } of sealedColumns) {
        for (const column of columns) {
          const rows = await database.query(
            `SELECT ${key.join(', ')}, ${column}_sealed FROM ${table} WHERE ${column}_sealed IS NOT NULL`,
          );
          for (const row of rows) {
            const sealed = String(row[`${column}_sealed`]);
            if (secrets.isCurrent(sealed)) continue;
            const keys = key.map((name) => String(row[name]));
            const anew = seal(secrets.open(sealed, placeOf(column, keys)), column, ...keys);
            // Only where nobody has saved another one meanwhile.
            const where = key.map((name, index) => `${name} = $${index + 3}`).join(' AND ');
            await database.query(`UPDATE ${table} SET ${column}_sealed = $1 WHERE ${column}_sealed = $2 AND ${where}`, [
              anew,
              sealed,
              ...keys,
            ]);
            count += 1;
          }
        }
      }
      return count;
    },
  };
}

function placeOf(column: string, key: readonly string[]): string {
  return `${column} of ${key.join('/')}`;
}

function member<Name extends string, Value>(name: Name, value: Value): { [name in Name]?: Value } {
  return { [name]: value } as { [name in Name]?: Value };
}

function time<Name extends string>(row: Row, name: Name, column: string): { [name in Name]?: number } {
  const value = row[column];
  return value === null || value === undefined ? {} : member(name, Number(value));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
