/** Starts under an Idempotency-Key, on a real PostgreSQL: one case and one answer, whatever comes at once or breaks in between. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createCaseOperations } from '../../src/api/case-operations.ts';
import { createStarts, type StartRecords } from '../../src/api/starts.ts';
import type { QualificationClient, Started, StartOptions } from '../../src/client/index.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import { began, caseId, shopCase } from './api-stage.ts';

let postgres: Postgres;
let database: Database;
let begun: (StartOptions | undefined)[];
let play: () => Promise<Started>;

beforeAll(async () => {
  postgres = await startPostgres();
  const url = await postgres.newDatabase();
  database = await openDatabase({ url, dataDir: '/unused' });
}, 60_000);
afterAll(async () => {
  await database.close();
  await postgres.stop();
});
beforeEach(async () => {
  await database.query('DELETE FROM wxq_api_start');
  begun = [];
  play = async () => began();
});

const client = {
  channelsShop: {
    start: async (_input: unknown, options?: StartOptions) => {
      begun.push(options);
      return await play();
    },
  },
} as unknown as QualificationClient;

/** As one of several servers on the same database. */
const server = (changes: { records?: StartRecords; claimMs?: number; waitMs?: number; queryMs?: number } = {}) =>
  createStarts({ operations: createCaseOperations(client), records: database, ...changes });

const asked = { by: 'backend', key: 'order-1' };
const answer = { workflowId: caseId, existing: false, sameInput: true };

test('the same key and body give the same answer, and start nothing a second time', async () => {
  expect(await server().start(shopCase, asked)).toEqual(answer);
  play = async () => ({ ...began(), existing: true, sameInput: true });
  expect(await server().start(shopCase, asked)).toEqual(answer);
  const reordered = Object.fromEntries(Object.entries(shopCase).reverse());
  expect(await server().start(reordered, asked)).toEqual(answer);
  expect(begun).toEqual([{ requestedBy: 'backend', startKey: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
});

test('two at once, on two servers, make one start; both get its answer', async () => {
  let finish: (started: Started) => void = () => {};
  play = () => new Promise((resolve) => (finish = resolve));
  const both = [server(), server(), server()].map((one) => one.start(shopCase, asked));
  await expect.poll(() => begun.length).toBe(1);
  finish(began());
  expect(await Promise.all(both)).toEqual([answer, answer, answer]);
  expect(begun).toHaveLength(1);
});

test('the same key with another body is refused, of another token or without a key it is another request', async () => {
  await server().start(shopCase, asked);
  const other = { ...shopCase, externalId: 'another' };
  await expect(server().start(other, asked)).rejects.toMatchObject({ kind: 'key-reused' });
  await server().start(other, { ...asked, by: 'someone' });
  await server().start(other, { by: 'backend' });
  expect(begun.map((options) => options?.requestedBy)).toEqual(['backend', 'someone', 'backend']);
  expect(begun[2]).not.toHaveProperty('startKey');
});

test('a start that failed leaves the key free, for whoever waits and for later', async () => {
  let fail: (error: Error) => void = () => {};
  play = () => new Promise((_, reject) => (fail = reject));
  const first = server().start(shopCase, asked);
  await expect.poll(() => begun.length).toBe(1);
  const second = server().start(shopCase, asked);
  play = async () => began();
  fail(new Error('Temporal is away'));
  await expect(first).rejects.toThrow('Temporal is away');
  expect(await second).toEqual(answer);
  expect(await server().start(shopCase, asked)).toEqual(answer);
  expect(begun).toHaveLength(2);
});

test('what a server that died has claimed is taken over in time, with the same key for the case', async () => {
  play = () => new Promise(() => {});
  void server({ claimMs: 300 }).start(shopCase, asked);
  await expect.poll(() => begun.length).toBe(1);
  play = async () => began();
  expect(await server().start(shopCase, asked)).toEqual(answer);
  expect(begun[1]?.startKey).toBe(begun[0]?.startKey);
});

test('who waits too long for the first answer is told so', async () => {
  play = () => new Promise(() => {});
  void server().start(shopCase, asked);
  await expect.poll(() => begun.length).toBe(1);
  await expect(server({ waitMs: 150 }).start(shopCase, asked)).rejects.toMatchObject({ kind: 'key-in-use' });
  expect(begun).toHaveLength(1);
});

test('after a day the key is forgotten', async () => {
  await server().start(shopCase, asked);
  await database.query("UPDATE wxq_api_start SET created_at = created_at - interval '25 hours'");
  await server().start({ ...shopCase, externalId: 'another' }, asked);
  expect(begun).toHaveLength(2);
});

test('without the database nothing is started under a key; when only the answer is not kept, the caller gets it', async () => {
  const away = { query: () => Promise.reject(new Error('password SECRET')) };
  const refused = server({ records: away }).start(shopCase, asked);
  await expect(refused).rejects.toMatchObject({ kind: 'store-away', message: expect.not.stringContaining('SECRET') });
  const silent = server({ records: { query: () => new Promise(() => {}) }, queryMs: 50 }).start(shopCase, asked);
  await expect(silent).rejects.toMatchObject({ kind: 'store-away', message: expect.stringContaining('NoAnswer') });
  expect(begun).toEqual([]);
  const half: StartRecords = {
    query: (sql, parameters) => (sql.startsWith('UPDATE') ? away.query() : database.query(sql, parameters)),
  };
  expect(await server({ records: half }).start(shopCase, asked)).toEqual(answer);
});
