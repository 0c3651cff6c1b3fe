/** What writes of Mini Program categories cost: measured by the reads around them, because no page says it of a change. */
import type { Database } from './database.ts';

export interface QuotaWrite {
  appId: string;
  caseId: string;
  operation: 'add' | 'modify';
  /** Adds left, read just before. */
  before: number;
}

export interface QuotaMeasurement extends QuotaWrite {
  after: number;
  /** ISO time of the read that showed it. */
  readAt: string;
}

export interface QuotaLedger {
  /** After WeChat took a write. */
  wrote(write: QuotaWrite): Promise<void>;
  /**
   * After any read of an account; `startedMsAgo` keeps a read that was under way during the write from counting.
   * @returns what this read has completed.
   */
  saw(read: { appId: string; left: number; startedMsAgo: number }): Promise<QuotaMeasurement[]>;
  /** The last completed measurement of a case. */
  lastOf(caseId: string): Promise<QuotaMeasurement | undefined>;
}

/** Kept for good: it is the only place where the price of a change stands. */
export function createQuotaLedger(database: Database): QuotaLedger {
  return {
    async wrote({ appId, caseId, operation, before }) {
      await database.query(
        `INSERT INTO wxq_quota_measurement (app_id, case_id, operation, quota_before) VALUES ($1, $2, $3, $4)`,
        [appId, caseId, operation, before],
      );
    },
    async saw({ appId, left, startedMsAgo }) {
      const rows = await database.query(
        `UPDATE wxq_quota_measurement SET quota_after = $2, read_at = clock_timestamp()
         WHERE app_id = $1 AND quota_after IS NULL AND written_at < clock_timestamp() - $3 * interval '1 millisecond'
         RETURNING *`,
        [appId, left, startedMsAgo],
      );
      return rows.map(measurementOf);
    },
    async lastOf(caseId) {
      const [row] = await database.query(
        `SELECT * FROM wxq_quota_measurement WHERE case_id = $1 AND quota_after IS NOT NULL
         ORDER BY written_at DESC LIMIT 1`,
        [caseId],
      );
      return row === undefined ? undefined : measurementOf(row);
    },
  };
}

const measurementOf = (row: Record<string, unknown>): QuotaMeasurement => ({
  appId: String(row.app_id),
  caseId: String(row.case_id),
  operation: row.operation === 'add' ? 'add' : 'modify',
  before: Number(row.quota_before),
  after: Number(row.quota_after),
  readAt: new Date(row.read_at as string | Date).toISOString(),
});

/** Measurements of one process, the last of each case; a restart forgets them. */
export function createLocalQuotaLedger(limit = 1_000): QuotaLedger {
  const open: (QuotaWrite & { at: number })[] = [];
  const last = new Map<string, QuotaMeasurement>();
  return {
    async wrote(write) {
      open.push({ ...write, at: performance.now() });
      if (open.length > limit) open.shift();
    },
    async saw({ appId, left, startedMsAgo }) {
      const startedAt = performance.now() - startedMsAgo;
      const readAt = new Date().toISOString();
      const done = open.filter((write) => write.appId === appId && write.at <= startedAt);
      return done.map(({ at: _at, ...write }) => {
        open.splice(
          open.findIndex((one) => one.caseId === write.caseId),
          1,
        );
        const measurement = { ...write, after: left, readAt };
        last.delete(write.caseId);
        last.set(write.caseId, measurement);
        for (const [oldest] of last) if (last.size > limit) last.delete(oldest);
        return measurement;
      });
    },
    lastOf: async (caseId) => last.get(caseId),
  };
}
