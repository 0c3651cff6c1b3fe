/** Accounts in the database: the file bootstraps, a person changes them, running processes follow, and no secret lies open. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type AccountBook, type AccountBookOptions, openAccountBook } from '../../src/store/account-book.ts';
import { type AccountEntries, parseEntries } from '../../src/store/account-file.ts';
import { type AccountRecords, createAccountRecords } from '../../src/store/account-records.ts';
import { createApprovedCases, type KeptCase } from '../../src/store/approved-cases.ts';
import { type DurableStore, openDurableStore } from '../../src/store/durable-store.ts';
import { createPushLog } from '../../src/store/push-log.ts';
import { sealedHeads } from '../../src/store/resealing.ts';
import { type Postgres, startPostgres } from '../postgres.ts';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

const oldKey = Buffer.alloc(32, 1).toString('base64');
const newKey = Buffer.alloc(32, 2).toString('base64');
const aesKey = 'a'.repeat(43);

/** Entries as a file has them; `changes` go into the shop. */
function fileWith(changes: object = {}): AccountEntries {
  const callback = { token: 'push-token-1', encodingAesKey: [aesKey] };
  const shop = { appId: 'wxshop', secret: 'shop-secret-1', callback, name: 'first', principal: '上海某某' };
  const platform = { componentAppId: 'wxplatform', tokenService: { url: 'http://tokens.example', bearer: 'bearer-1' } };
  const file = { shops: [{ ...shop, ...changes }], platforms: [platform] };
  return parseEntries(JSON.stringify(file), {}, () => '');
}

async function openStore(databaseUrl: string, secretKey = oldKey): Promise<DurableStore> {
  const store = await openDurableStore({ databaseUrl, secretKey, dataDir: '.' });
  onTestFinished(() => store.close());
  return store;
}

async function openBook(options: AccountBookOptions): Promise<AccountBook> {
  const book = await openAccountBook({ refreshEveryMs: 3_600_000, ...options });
  onTestFinished(() => book.close());
  return book;
}

async function freshRecords(): Promise<{ store: DurableStore; records: AccountRecords; url: string }> {
  const url = await postgres.newDatabase();
  const store = await openStore(url);
  return { store, records: createAccountRecords(store), url };
}

const secretOf = (book: AccountBook): unknown => book.credentialsOf({ appId: 'wxshop' });

describe('the accounts file', () => {
  test('is taken in, whole, and is then not needed any more', async () => {
    const { store } = await freshRecords();
    const taken: string[] = [];
    await openBook({ store, fromFile: fileWith(), onTaken: (appIds) => taken.push(...appIds) });
    expect(taken).toEqual(['wxshop', 'wxplatform']);
    const book = await openBook({ store });
    expect(secretOf(book)).toEqual({ secret: 'shop-secret-1' });
    expect(book.shop('wxshop')).toMatchObject({
      name: 'first',
      principal: '上海某某',
      callback: { token: 'push-token-1', encodingAesKey: [aesKey] },
    });
    expect(book.platform('wxplatform')?.tokenService).toMatchObject({
      url: 'http://tokens.example',
      bearer: 'bearer-1',
    });
  });

  test('does not undo what a person has set or removed since, until its own entry changes', async () => {
    const { store, records } = await freshRecords();
    await records.takeIn(fileWith());
    await records.set(fileWith({ secret: 'set-by-a-person' }));
    expect(await records.takeIn(fileWith())).toEqual([]);
    expect(secretOf(await openBook({ store }))).toEqual({ secret: 'set-by-a-person' });
    expect(await records.remove('wxshop')).toBe(true);
    expect(await records.remove('wxshop')).toBe(false);
    expect(await records.takeIn(fileWith())).toEqual([]);
    expect((await openBook({ store })).shop('wxshop')).toBeUndefined();
    expect(await records.takeIn(fileWith({ secret: 'new-in-the-file' }))).toEqual(['wxshop']);
    expect(secretOf(await openBook({ store }))).toEqual({ secret: 'new-in-the-file' });
  });

  test('that lacks an entry leaves it in the database', async () => {
    const { store, records } = await freshRecords();
    await records.takeIn(fileWith());
    const book = await openBook({ store, fromFile: { shops: [], platforms: [] } });
    expect(book.shop('wxshop')).toBeDefined();
  });

  test('of many processes that start at once is written by one', async () => {
    const { url } = await freshRecords();
    const all = await Promise.all(Array.from({ length: 6 }, () => openStore(url)));
    const taken = await Promise.all(all.map((store) => createAccountRecords(store).takeIn(fileWith())));
    expect(taken.flat()).toHaveLength(2);
  });
});

describe('a running process', () => {
  test('has a change at its next look, and keeps what it knows while the database is away', async () => {
    const { store, records } = await freshRecords();
    const problems: string[] = [];
    const book = await openBook({ store, refreshEveryMs: 50, onProblem: (problem) => problems.push(problem) });
    expect(book.shops).toEqual([]);
    await records.set(fileWith());
    await expect.poll(() => book.shop('wxshop')).toBeDefined();
    await store.database.query('ALTER TABLE wxq_account_revision RENAME TO away');
    await expect.poll(() => problems[0]).toMatch(/could not be read again \(42P01\)/);
    expect(book.shop('wxshop')).toBeDefined();
    await store.database.query('ALTER TABLE away RENAME TO wxq_account_revision');
    await records.remove('wxshop');
    await expect.poll(() => book.shop('wxshop')).toBeUndefined();
  });

  test('looks at once for an appid that it does not know, but not for every guess', async () => {
    const { store, records } = await freshRecords();
    const book = await openBook({ store });
    await records.set(fileWith());
    await book.lookAgain();
    expect(book.shop('wxshop')).toBeDefined();
    let looks = 0;
    const { query } = store.database;
    store.database.query = (sql, parameters) => {
      looks += 1;
      return query(sql, parameters);
    };
    await Promise.all(Array.from({ length: 200 }, () => book.lookAgain()));
    expect(looks).toBe(0);
  });
});

describe('what is kept', () => {
  test('shows no secret, neither in the tables nor in the list', async () => {
    const { store, records } = await freshRecords();
    await records.takeIn(fileWith());
    const text = JSON.stringify(
      [await store.database.query('SELECT * FROM wxq_account'), await records.list()],
      (_, value) => (typeof value === 'bigint' ? String(value) : value),
    );
    expect(text).toContain('wxshop');
    for (const secret of ['shop-secret-1', 'push-token-1', aesKey, 'bearer-1']) expect(text).not.toContain(secret);
  });

  test('lists authorizers of platforms beside the accounts', async () => {
    const { store, records } = await freshRecords();
    await records.takeIn(fileWith());
    await store.database.query(
      `INSERT INTO wxq_authorizer (component_app_id, app_id, is_authorized, permission_sets, gh_id) VALUES ('wxplatform', 'wxmini', true, '30,49', 'gh_1')`,
    );
    expect(await records.list()).toMatchObject([
      { kind: 'shop', appId: 'wxshop', credentials: 'secret', hasCallback: true },
      { kind: 'platform', appId: 'wxplatform', credentials: 'token service', hasCallback: false },
      {
        kind: 'authorizer',
        appId: 'wxmini',
        componentAppId: 'wxplatform',
        isAuthorized: true,
        permissionSets: ['30', '49'],
        ghId: 'gh_1',
      },
    ]);
  });

  test('is sealed anew with a new key, and the file is not taken for a changed one', async () => {
    const { url, records } = await freshRecords();
    await records.takeIn(fileWith());
    await records.set(fileWith({ secret: 'set-by-a-person' }));
    const both = await openStore(url, `${newKey},${oldKey}`);
    const taken: string[] = [];
    const options = { fromFile: fileWith(), onTaken: (appIds: readonly string[]) => taken.push(...appIds) };
    await openBook({ store: both, ...options });
    const book = await openBook({ store: await openStore(url, newKey), ...options });
    expect(secretOf(book)).toEqual({ secret: 'set-by-a-person' });
    expect(taken).toEqual([]);
    await expect(openBook({ store: await openStore(url, oldKey) })).rejects.toThrow(/not in WXQ_SECRET_KEY/);
  });

  test('what approved cases were made from and what was pushed outlive the old key', async () => {
    const { store, url } = await freshRecords();
    const place = { platform: 'channels-shop', appId: 'wxshop', categoryId: '6201' } as const;
    const input = { appId: 'wxshop', category: { leaf: '6201' }, material: { form: 'none' } } as unknown;
    const kept = {
      ...place,
      workflowId: 'channels-shop/wxshop/6201',
      closedAt: '2026-11-01T00:00:00.000Z',
      papers: [],
    };
    await createApprovedCases(store).keepCase({ ...kept, input: input as KeptCase['input'] });
    const pushed = { at: 1_796_000_000_000, source: 'wechat', route: 'channels-shop', appId: 'wxshop' } as const;
    const push = { ...pushed, event: 'product_category_audit', isOurs: true, result: 'delivered' };
    const log = createPushLog(store);
    // More than one statement's worth.
    for (let index = 0; index < 450; index += 1) log.note({ ...push, text: `event ${index}` });
    await log.close();
    await openBook({ store: await openStore(url, `${newKey},${oldKey}`) });

    const renewed = await openStore(url, newKey);
    expect((await createApprovedCases(renewed).caseOf(place))?.input).toEqual(input);
    const later = createPushLog(renewed);
    onTestFinished(() => later.close());
    expect([(await later.find('1'))?.text, (await later.find('450'))?.text]).toEqual(['event 0', 'event 449']);
    expect(await sealedHeads(renewed.database)).toHaveProperty('size', 1);
  });

  test('a push whose key is gone keeps no process from starting, and is told', async () => {
    const { store, url } = await freshRecords();
    const log = createPushLog(store);
    const pushed = { at: 1, source: 'wechat', route: 'channels-shop', appId: 'wxshop' } as const;
    log.note({ ...pushed, event: 'product_category_audit', isOurs: true, result: 'delivered', text: 'event' });
    await log.close();
    const told: string[] = [];
    await openBook({ store: await openStore(url, newKey), onProblem: (problem) => told.push(problem) });
    expect(told).toEqual([expect.stringMatching(/^1 .*not in WXQ_SECRET_KEY/)]);
  });
});
