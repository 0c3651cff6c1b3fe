/** The price of a write is measured by the reads around it, in one process and in PostgreSQL. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createLocalQuotaLedger, createQuotaLedger, type QuotaLedger } from '../../src/store/quota.ts';
import { type Postgres, startPostgres } from '../postgres.ts';

let postgres: Postgres;
const opened: Database[] = [];
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(async () => {
  await Promise.all(opened.map((database) => database.close()));
  await postgres.stop();
});

const subjects: Record<string, () => Promise<QuotaLedger>> = {
  'in one process': async () => createLocalQuotaLedger(),
  async 'in PostgreSQL'() {
    const database = await openDatabase({ url: await postgres.newDatabase(), dataDir: '.' });
    opened.push(database);
    return createQuotaLedger(database);
  },
};

describe.each(Object.entries(subjects))('measurements %s', (_name, open) => {
  test('the first read after a write completes it, once, and only that of its account', async () => {
    const ledger = await open();
    await ledger.wrote({ appId: 'wx1', caseId: 'one', operation: 'modify', before: 4 });
    await sleep(5);
    expect(await ledger.saw({ appId: 'wx2', left: 1, startedMsAgo: 0 })).toEqual([]);
    expect(await ledger.lastOf('one')).toBeUndefined();
    const [done] = await ledger.saw({ appId: 'wx1', left: 4, startedMsAgo: 0 });
    expect(done).toMatchObject({ appId: 'wx1', caseId: 'one', operation: 'modify', before: 4, after: 4 });
    expect(Date.parse(done?.readAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
    expect(await ledger.saw({ appId: 'wx1', left: 3, startedMsAgo: 0 })).toEqual([]);
    expect(await ledger.lastOf('one')).toMatchObject({ after: 4 });
  });

  test('a read that was under way during the write says nothing of it', async () => {
    const ledger = await open();
    await ledger.wrote({ appId: 'wx1', caseId: 'one', operation: 'add', before: 5 });
    expect(await ledger.saw({ appId: 'wx1', left: 5, startedMsAgo: 60_000 })).toEqual([]);
    await sleep(5);
    expect(await ledger.saw({ appId: 'wx1', left: 4, startedMsAgo: 0 })).toMatchObject([{ before: 5, after: 4 }]);
  });

  test('of several writes of a case the last one counts', async () => {
    const ledger = await open();
    for (const before of [5, 4]) {
      await ledger.wrote({ appId: 'wx1', caseId: 'one', operation: 'add', before });
      await sleep(5);
      await ledger.saw({ appId: 'wx1', left: before - 1, startedMsAgo: 0 });
    }
    expect(await ledger.lastOf('one')).toMatchObject({ before: 4, after: 3 });
  });
});
