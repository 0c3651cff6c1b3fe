/** The database: tables come by themselves, once; PGlite belongs to one process; keys can be changed. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { DatabaseError, migrate, openDatabase } from '../../src/store/database.ts';
import { migrations } from '../../src/store/migrations.ts';
import { createServerBeside } from '../../src/store/server-beside.ts';
import { credentialsWith } from '../../src/store/token-chain.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import { newDataDir } from '../prepared-database.ts';
import { mini, secretKey, startChain } from './chain-stage.ts';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

async function newFolder(): Promise<string> {
  const folder = await newDataDir('wxq-database-');
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('migrations', () => {
  test('run once, whoever comes first, also when many begin at the same moment', async () => {
    const url = await postgres.newDatabase();
    const all = await Promise.all(Array.from({ length: 8 }, () => openDatabase({ url, dataDir: '.' })));
    const [first] = all;
    const rows = (await first?.query('SELECT number FROM wxq_migration ORDER BY number')) ?? [];
    expect(rows.map((row) => Number(row.number))).toEqual(migrations.map(({ number }) => number));
    await Promise.all(all.map((one) => one.close()));
  });

  test('have numbers that grow, each given once', () => {
    const numbers = migrations.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  });

  test('a step that fails leaves nothing behind, and the next start tries it again', async () => {
    const database = await openDatabase({ url: await postgres.newDatabase(), dataDir: '.' });
    const good = { number: 91, name: 'good', statements: ['CREATE TABLE half (a integer)'] };
    const bad = { number: 92, name: 'bad', statements: ['CREATE TABLE other (a integer)', 'NONSENSE'] };
    await expect(migrate(database, [good, bad])).rejects.toThrow(/NONSENSE/);
    const tables = await database.query(`SELECT 1 FROM pg_tables WHERE tablename IN ('half', 'other')`);
    expect(tables).toEqual([]);
    await migrate(database, [good]);
    await database.close();
  });

  test('a database that cannot be reached is said in a sentence without the password', async () => {
    const opening = openDatabase({ url: 'postgres://wxq:hunter2@127.0.0.1:1/none', dataDir: '.' });
    const error: unknown = await opening.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DatabaseError);
    expect(String(error)).toMatch(/WXQ_DATABASE_URL.*ECONNREFUSED/);
    expect(String(error)).not.toContain('hunter2');
  });
});

/** It compiles a whole PostgreSQL each time it starts. */
const pgliteTimeoutMs = 90_000;

describe('without PostgreSQL', { timeout: pgliteTimeoutMs }, () => {
  test('the chain works in PGlite, is there after a restart, and the folder is for one process', async () => {
    const dataDir = await newFolder();
    const stage = await startChain({ dataDir });
    onTestFinished(() => stage.close());
    const token = await stage.chain.tokens.get(mini);
    await expect(stage.another()).rejects.toThrow(/pid \d+.*WXQ_DATABASE_URL/);
    await stage.chain.close();
    const again = await stage.another();
    expect(again.database.kind).toBe('pglite');
    expect(await again.tokens.get(mini)).toBe(token);
    expect(stage.sandbox.requests('component/api_authorizer_token')).toHaveLength(1);
  });

  test('a key is made in the data folder, for its owner alone', async () => {
    const folder = await newFolder();
    const stage = await startChain({ dataDir: folder, secretKey: undefined });
    onTestFinished(() => stage.close());
    expect(Buffer.from(await readFile(join(folder, 'secret.key'), 'utf8'), 'base64')).toHaveLength(32);
    const { mode } = await (await import('node:fs/promises')).stat(join(folder, 'secret.key'));
    expect(mode & 0o077).toBe(0);
  });

  test('a worker gets no credentials before the server has said where tokens are had', async () => {
    const folder = await newFolder();
    const { createSandbox } = await import('../../src/sandbox/index.ts');
    const { parseAccounts } = await import('../../src/store/accounts.ts');
    const sandbox = await createSandbox({ port: 0 });
    const accounts = parseAccounts(JSON.stringify(sandbox.accountsFile('chain')), {}, () => '');
    await sandbox.close();
    const beside = createServerBeside({ dataDir: folder, secretKey });
    expect(credentialsWith(accounts, { beside })(mini)).toBeUndefined();
    await expect(beside.ask('/token', {})).rejects.toThrow(/no server has been started/);
  });
});

describe('a change of the key', () => {
  test('opens what the key before sealed, seals it anew, and then the older key can go', async () => {
    const databaseUrl = await postgres.newDatabase();
    const newKey = Buffer.alloc(32, 9).toString('base64');
    const stage = await startChain({ databaseUrl });
    onTestFinished(() => stage.close());
    const token = await stage.chain.tokens.get(mini);
    await expect((await stage.another({ secretKey: `${newKey},${secretKey}` })).tokens.get(mini)).resolves.toBe(token);
    await expect((await stage.another({ secretKey: newKey })).tokens.get(mini)).resolves.toBe(token);
  });

  test('that forgets the older key is refused at the start with a sentence, not at the first case', async () => {
    const stage = await startChain({ databaseUrl: await postgres.newDatabase() });
    onTestFinished(() => stage.close());
    await stage.chain.tokens.get(mini);
    const other = Buffer.alloc(32, 9).toString('base64');
    await expect(stage.another({ secretKey: other })).rejects.toThrow(/not in WXQ_SECRET_KEY/);
  });
});
