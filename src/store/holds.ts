/** Accounts that WeChat has refused as asking too often: held back for a while, by every process alike. */
import type { CallHold, CallHolds } from '../wechat/call-holds.ts';
import type { Database } from './database.ts';

/** Shared by every process that uses the database, by its one clock. */
export function createRateHolds(database: Database): CallHolds {
  return {
    async heldFor(appId) {
      const [row] = await database.query(
        `SELECT errcode, extract(epoch FROM held_until - clock_timestamp()) * 1000 AS left_ms
         FROM wxq_rate_hold WHERE app_id = $1 AND held_until > clock_timestamp()`,
        [appId],
      );
      return row === undefined ? undefined : { errcode: String(row.errcode), leftMs: Math.ceil(Number(row.left_ms)) };
    },
    async hold({ appId, errcode, forMs }) {
      await database.query(
        `INSERT INTO wxq_rate_hold (app_id, errcode, held_until)
         VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
         ON CONFLICT (app_id) DO UPDATE SET errcode = excluded.errcode, held_until = excluded.held_until
         WHERE wxq_rate_hold.held_until < excluded.held_until`,
        [appId, errcode, forMs],
      );
    },
    async lift(appId) {
      await database.query('DELETE FROM wxq_rate_hold WHERE app_id = $1', [appId]);
    },
  };
}

/** For one process alone. */
export function createLocalHolds(now: () => number = () => performance.now()): CallHolds {
  const holds = new Map<string, { errcode: string; until: number }>();
  return {
    async heldFor(appId): Promise<CallHold | undefined> {
      const held = holds.get(appId);
      if (held === undefined) return undefined;
      if (held.until > now()) return { errcode: held.errcode, leftMs: held.until - now() };
      holds.delete(appId);
      return undefined;
    },
    async hold({ appId, errcode, forMs }) {
      const until = now() + forMs;
      if (until > (holds.get(appId)?.until ?? 0)) holds.set(appId, { errcode, until });
    },
    async lift(appId) {
      holds.delete(appId);
    },
  };
}
