/** What the database says about the whole installation, in numbers: for the gauges of a server. */
import type { Queryable } from './database.ts';

export interface StoredCounts {
  waitingForTurn: number;
  heldAccounts: number;
  oldestTicketAgeSeconds?: number;
  fewestQuotaLeft?: number;
}

/** Four small questions; all of them by the database's one clock, but for tickets, whose times are WeChat's and ours. */
export async function countStored(database: Queryable, now = Date.now()): Promise<StoredCounts> {
  const first = async (sql: string): Promise<unknown> => (await database.query(sql))[0]?.n;
  const ticketAt = await first('SELECT min(ticket_at) AS n FROM wxq_platform WHERE ticket_at IS NOT NULL');
  // The quota of a month begins anew in China: what was measured before says nothing.
  const left = await first(
    `SELECT min(quota_after) AS n FROM (
       SELECT DISTINCT ON (app_id) quota_after FROM wxq_quota_measurement
       WHERE quota_after IS NOT NULL AND read_at >= date_trunc('month', clock_timestamp(), 'Asia/Shanghai')
       ORDER BY app_id, read_at DESC) AS last`,
  );
  return {
    waitingForTurn: Number(
      await first(
        `SELECT count(*) AS n FROM wxq_submission_turn
         WHERE waits_until > clock_timestamp() AND coalesce(held_until < clock_timestamp(), true)`,
      ),
    ),
    heldAccounts: Number(await first('SELECT count(*) AS n FROM wxq_rate_hold WHERE held_until > clock_timestamp()')),
    ...(ticketAt == null ? {} : { oldestTicketAgeSeconds: Math.max(0, (now - Number(ticketAt)) / 1000) }),
    ...(left == null ? {} : { fewestQuotaLeft: Number(left) }),
  };
}
