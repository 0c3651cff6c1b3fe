/** The log of received pushes, on PGlite and on a real PostgreSQL. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createPushLog, lastPush, type PushLog, type PushNote, tidy } from '../../src/store/push-log.ts';
import { createSecretBox } from '../../src/store/secrets.ts';
import { type Postgres, startPostgres } from '../postgres.ts';

const secrets = createSecretBox('ab'.repeat(32));
let folder: string;
let postgres: Postgres;
/** One of each for the whole file: a PGlite takes seconds to come up. */
const opened = new Map<string, Database>();
const logs: PushLog[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-pushes-'));
  postgres = await startPostgres();
  opened.set('pglite', await openDatabase({ dataDir: folder }));
  opened.set('postgresql', await openDatabase({ dataDir: folder, url: await postgres.newDatabase() }));
}, 120_000);

afterEach(async () => {
  for (const log of logs.splice(0)) await log.close();
});

afterAll(async () => {
  for (const database of opened.values()) await database.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

const kinds = ['pglite', 'postgresql'] as const;

/** The database of this kind, with nothing in it. */
async function open(kind: (typeof kinds)[number]): Promise<Database> {
  const database = opened.get(kind);
  if (database === undefined) throw new Error(`${kind} is not open`);
  for (const table of ['wxq_push', 'wxq_push_last']) await database.query(`TRUNCATE ${table}`);
  return database;
}

function logOf(database: Database, changes: Partial<Parameters<typeof createPushLog>[0]> = {}): PushLog {
  const log = createPushLog({ database, secrets, ...changes });
  logs.push(log);
  return log;
}

const note = (changes: Partial<PushNote> = {}): PushNote => ({
  at: 1_796_000_000_000,
  source: 'wechat',
  route: 'channels-shop',
  appId: 'wxa',
  event: 'product_category_audit',
  isOurs: true,
  result: 'delivered',
  workflowId: 'channels-shop/wxa/6033',
  text: '{"audit_id":9007199254741001,"reason":"证件模糊"}',
  ...changes,
});
const foreign = (changes: Partial<PushNote> = {}): PushNote => {
  const { text: _text, workflowId: _id, ...rest } = note({ event: 'order', isOurs: false, result: 'other_event' });
  return { ...rest, ...changes };
};

describe.each(kinds)('on %s', (kind) => {
  test('pushes come back newest first, filtered by account and page by page', async () => {
    const log = logOf(await open(kind));
    for (let at = 1; at <= 450; at += 1) log.note(foreign({ at, appId: at % 2 === 0 ? 'wxa' : 'wxb' }));
    log.note(note({ at: 451, componentAppId: 'wxc', route: 'platform', forwarded: 'accepted' }));
    await log.flush();
    const [newest, ...rest] = await log.list({ limit: 3 });
    const { text: _text, ...kept } = note({ at: 451, componentAppId: 'wxc', route: 'platform', forwarded: 'accepted' });
    expect(newest).toEqual({ ...kept, id: newest?.id, canDeliver: true });
    expect(rest.map(({ at, canDeliver }) => [at, canDeliver])).toEqual([
      [450, false],
      [449, false],
    ]);
    const page = await log.list({ appId: 'wxb', limit: 2, ...(newest === undefined ? {} : { before: newest.id }) });
    expect(page.map(({ at }) => at)).toEqual([449, 447]);
  });

  test('the text of an event is sealed in its row, opens by id, and opens nowhere else', async () => {
    const database = await open(kind);
    const log = logOf(database);
    log.note(note());
    log.note(foreign({ appId: 'wxb' }));
    await log.flush();
    const [theirs, ours] = await log.list();
    expect(JSON.stringify(await database.query('SELECT * FROM wxq_push'))).not.toMatch(/9007199254741001|证件模糊/);
    expect((await log.find(ours?.id ?? ''))?.text).toBe(note().text);
    expect(await log.find(theirs?.id ?? '')).toBeUndefined();
    for (const id of ['0', '999999', "1' OR '1'='1", '', '1e3', '99999999999999999999']) {
      expect(await log.find(id)).toBeUndefined();
    }
    await database.query("UPDATE wxq_push SET app_id = 'wxb' WHERE is_ours");
    await expect(log.find(ours?.id ?? '')).rejects.toThrow('was moved from another row');
  });

  test('the last push of an account is kept apart, and no older one takes its place', async () => {
    const database = await open(kind);
    const log = logOf(database);
    log.note(foreign({ at: 5, event: 'first' }));
    log.note(note({ at: 9, event: 'newest' }));
    await log.flush();
    log.note(foreign({ at: 7, event: 'late' }));
    log.note(note({ at: 8, appId: 'wxb', componentAppId: 'wxc', event: 'of an authorizer' }));
    await log.flush();
    await tidy(database, { keepMs: 0, keepRows: 0 }, Date.now());
    expect(await log.list()).toEqual([]);
    expect(await lastPush(database, 'wxa')).toEqual({ at: 9, event: 'newest', result: 'delivered' });
    expect(await lastPush(database, 'wxb')).toMatchObject({ at: 8, event: 'of an authorizer' });
    expect(await lastPush(database, 'wxz')).toBeUndefined();
  });

  test('what is too old and what is too much goes; many foreign pushes push out none of ours', async () => {
    const database = await open(kind);
    const log = logOf(database);
    log.note(note({ at: 10 }));
    for (let at = 20; at < 28; at += 1) log.note(note({ at }));
    for (let at = 30; at < 60; at += 1) log.note(foreign({ at }));
    await log.flush();
    await tidy(database, { keepMs: 90, keepRows: 8 }, 101);
    const left = await log.list({ limit: 500 });
    expect(left.filter(({ isOurs }) => isOurs).map(({ at }) => at)).toEqual([27, 26, 25, 24, 23, 22, 21, 20]);
    expect(left.filter(({ isOurs }) => !isOurs).map(({ at }) => at)).toEqual([59, 58]);
  });

  test('two that write the same accounts at once wait for nobody for ever', async () => {
    const database = await open(kind);
    const both = [logOf(database), logOf(database)];
    for (let at = 1; at <= 400; at += 1) for (const log of both) log.note(note({ at, appId: `wx${(at * 7) % 40}` }));
    await Promise.all(both.map((log) => log.flush()));
    const [counted] = await database.query('SELECT count(*) AS n FROM wxq_push');
    expect(Number(counted?.n)).toBe(800);
  });
});

test('a database that is away costs no push: notes wait in memory up to their bound, and are written when it is back', async () => {
  const database = await open('pglite');
  let isAway = true;
  const shaky: Database = {
    ...database,
    transaction: (work) => (isAway ? Promise.reject(new Error('SECRET')) : database.transaction(work)),
  };
  const problems: [string, number][] = [];
  const log = logOf(shaky, {
    limits: { waiting: 3, writeEveryMs: 20 },
    onProblem: (problem, dropped) => problems.push([problem, dropped]),
  });
  for (let at = 1; at <= 5; at += 1) log.note(note({ at }));
  await expect.poll(() => problems.some(([problem]) => problem === 'Error')).toBe(true);
  expect(problems.filter(([, dropped]) => dropped === 1)).toHaveLength(2);
  isAway = false;
  await expect.poll(async () => (await log.list()).map(({ at }) => at)).toEqual([3, 2, 1]);
  expect(JSON.stringify(problems)).not.toContain('SECRET');
});

test('at the end what waits is written, and a database that hangs holds up the end for two seconds at most', async () => {
  const database = await open('pglite');
  const log = createPushLog({ database, secrets });
  log.note(note());
  await log.close();
  expect(await lastPush(database, 'wxa')).toBeDefined();
  const hanging = createPushLog({ database: { ...database, transaction: () => new Promise(() => {}) }, secrets });
  hanging.note(note());
  const startedAt = performance.now();
  await hanging.close();
  expect(performance.now() - startedAt).toBeLessThan(5000);
});
