/** The numbers that gauges take from the database, in PostgreSQL and in PGlite. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createRateHolds } from '../../src/store/holds.ts';
import { createQuotaLedger } from '../../src/store/quota.ts';
import { countStored } from '../../src/store/stored-counts.ts';
import { createSubmissionTurns } from '../../src/store/turns.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import { newDataDir } from '../prepared-database.ts';

let postgres: Postgres;
let folder: string;
beforeAll(async () => {
  postgres = await startPostgres();
  folder = await newDataDir('wxq-counts-');
}, 60_000);
afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true });
});

const databases: Record<string, () => Promise<Database>> = {
  PostgreSQL: async () => openDatabase({ url: await postgres.newDatabase(), dataDir: folder }),
  PGlite: () => openDatabase({ dataDir: folder }),
};

test.each(Object.entries(databases))('in %s', { timeout: 60_000 }, async (_kind, open) => {
  const database = await open();
  try {
    expect(await countStored(database)).toEqual({ waitingForTurn: 0, heldAccounts: 0 });

    const turns = createSubmissionTurns(database);
    for (const caseId of ['first', 'second', 'third']) await turns.take({ appId: 'wx1', caseId, priority: 3 });
    const holds = createRateHolds(database);
    await holds.hold({ appId: 'wx1', errcode: '45009', forMs: 3_600_000 });
    await holds.hold({ appId: 'wx2', errcode: '45011', forMs: -1 });
    const quota = createQuotaLedger(database);
    for (const [appId, before, after] of [
      ['wx1', 5, 4],
      ['wx1', 4, 3],
      ['wx2', 9, 9],
    ] as const) {
      await quota.wrote({ appId, caseId: `${appId} ${before}`, operation: 'add', before });
      await expect.poll(() => quota.saw({ appId, left: after, startedMsAgo: 0 })).toHaveLength(1);
    }
    const now = Date.now();
    for (const [platform, ticketAt] of [
      ['wxa', now - 60_000],
      ['wxb', now - 7_200_000],
      ['wxc', null],
    ] as const)
      await database.query('INSERT INTO wxq_platform (component_app_id, ticket_at) VALUES ($1, $2)', [
        platform,
        ticketAt,
      ]);
    expect(await countStored(database, now)).toEqual({
      waitingForTurn: 2,
      heldAccounts: 1,
      oldestTicketAgeSeconds: 7_200,
      fewestQuotaLeft: 3,
    });

    // What was measured last month says nothing about this one.
    await database.query("UPDATE wxq_quota_measurement SET read_at = clock_timestamp() - interval '40 days'");
    expect(await countStored(database, now)).not.toHaveProperty('fewestQuotaLeft');
  } finally {
    await database.close();
  }
});
