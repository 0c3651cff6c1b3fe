/** The durable store: one SQL for PostgreSQL (`WXQ_DATABASE_URL`) and for PGlite in the data folder. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool, type PoolClient } from 'pg';
import { LockHeldError, takeLock } from '../runtime/lock-file.ts';
import { type Migration, migrations } from './migrations.ts';

/** A row by column name. A bigint comes as number, text or bigint, by database: read it with `Number`. */
export type Row = Record<string, unknown>;

/** Runs SQL with `$1`, `$2` …; one statement a call. */
export interface Queryable {
  query(sql: string, parameters?: readonly (string | number | boolean | null)[]): Promise<Row[]>;
}

/** An open database whose tables are there. What the driver throws never holds a parameter's value. */
export interface Database extends Queryable {
  kind: 'postgresql' | 'pglite';
  /** All of `work` or nothing. Use only `tx` within it: PGlite has one connection, and waits for itself otherwise. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://…`; without it PGlite is opened in `dataDir`. */
  url?: string;
  dataDir: string;
  /** Errors of idle connections, which nobody waits for. */
  onError?: (error: Error) => void;
  /** Of PostgreSQL. Default: 5 s. */
  connectTimeoutMs?: number;
}

/** The database can't be opened; the sentence says what to do, and holds no password. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

/** Any number that other programs are unlikely to lock: the letters `wxq`. */
const migrationLock = 0x777871;
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 10_000;

/**
 * Opens the database and brings its tables up to date. Any number of processes may do so at once on PostgreSQL; one
 * PGlite folder is for one process (a second one loses rows without an error), which a lock file sees to.
 * @throws DatabaseError when it can't be reached, or another process holds the folder.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const database = await connectDatabase(options);
  try {
    await migrate(database);
    return database;
  } catch (error) {
    await database.close();
    throw new DatabaseError(`the tables can't be brought up to date: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * Opens the database as it is, for who only looks: no table is made, and `database.close()` has to be called all the same.
 * @throws DatabaseError as `openDatabase`.
 */
export async function connectDatabase(options: DatabaseOptions): Promise<Database> {
  return await (options.url === undefined ? openPglite(options.dataDir) : openPostgres(options.url, options));
}

/** The steps that a database lacks, and the numbers of those that only a newer version of this program knows. Changes nothing. */
export async function migrationState(
  database: Queryable,
  steps: readonly Migration[] = migrations,
): Promise<{ missing: Migration[]; unknown: number[] }> {
  const [found] = await database.query("SELECT to_regclass('wxq_migration') IS NOT NULL AS is_there");
  const rows = found?.is_there === true ? await database.query('SELECT number FROM wxq_migration ORDER BY number') : [];
  const applied = rows.map((row) => Number(row.number));
  return {
    missing: steps.filter(({ number }) => !applied.includes(number)),
    unknown: applied.filter((number) => !steps.some((step) => step.number === number)),
  };
}

/** Applies what is missing, in one transaction under a lock, so that of many processes one does it. */
export async function migrate(database: Database, steps: readonly Migration[] = migrations): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    await tx.query(
      'CREATE TABLE IF NOT EXISTS wxq_migration (number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const rows = await tx.query('SELECT number FROM wxq_migration');
    const applied = new Set(rows.map((row) => Number(row.number)));
    for (const { number, name, statements } of steps) {
      if (applied.has(number)) continue;
      for (const statement of statements) await tx.query(statement);
      await tx.query('INSERT INTO wxq_migration (number, name) VALUES ($1, $2)', [number, name]);
    }
  });
}

async function openPostgres(url: string, options: DatabaseOptions): Promise<Database> {
  const { onError, connectTimeoutMs: connectionTimeoutMillis = connectTimeoutMs } = options;
  const pool = new Pool({
    connectionString: url,
    application_name: 'wechat-qualification',
    max: 10,
    connectionTimeoutMillis,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // Without a listener, a database that restarts would end this process.
  pool.on('error', (error) => onError?.(error));
  const query = async (client: Pool | PoolClient, sql: string, parameters: readonly unknown[] = []): Promise<Row[]> =>
    (await client.query<Row>(sql, [...parameters])).rows;
  try {
    await query(pool, 'SELECT 1');
  } catch (error) {
    await pool.end();
    throw new DatabaseError(`WXQ_DATABASE_URL: the database does not answer: ${messageOf(error)}`, { cause: error });
  }
  return {
    kind: 'postgresql',
    query: (sql, parameters) => query(pool, sql, parameters),
    async transaction(work) {
      const client = await pool.connect();
      let broken: Error | undefined;
      // A checked-out connection that dies says so here, and to whoever waits for its query.
      const onClientError = (error: Error): void => {
        broken = error;
      };
      client.on('error', onClientError);
      try {
        await client.query('BEGIN');
        const result = await work({ query: (sql, parameters) => query(client, sql, parameters) });
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch((failure: Error) => {
          broken = failure;
        });
        throw error;
      } finally {
        client.off('error', onClientError);
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

/** `join(dataDir, 'database')` and, beside it, the lock of the process that has it open. */
export const pgliteFolder = (dataDir: string): string => join(dataDir, 'database');
export const pgliteLock = (dataDir: string): string => `${pgliteFolder(dataDir)}.lock`;

async function openPglite(dataDir: string): Promise<Database> {
  const folder = pgliteFolder(dataDir);
  await mkdir(dataDir, { recursive: true });
  let lock: Awaited<ReturnType<typeof takeLock>>;
  try {
    lock = await takeLock(pgliteLock(dataDir));
  } catch (error) {
    if (!(error instanceof LockHeldError)) throw error;
    throw new DatabaseError(
      `The database in ${folder} is open in the process with pid ${error.pid}: end that one, or set WXQ_DATABASE_URL to a PostgreSQL that both can use.`,
      { cause: error },
    );
  }
  try {
    // Loaded only where it is used: it brings a whole PostgreSQL.
    const { PGlite } = await import('@electric-sql/pglite');
    const db = await PGlite.create(folder);
    return {
      kind: 'pglite',
      query: async (sql, parameters = []) => (await db.query<Row>(sql, [...parameters])).rows,
      transaction: (work) =>
        db.transaction((tx) =>
          work({ query: async (sql, parameters = []) => (await tx.query<Row>(sql, [...parameters])).rows }),
        ),
      async close() {
        await db.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw new DatabaseError(`The database in ${folder} can't be opened: ${messageOf(error)}`, { cause: error });
  }
}

/** pg reports a host with several addresses as one error around several, whose own message is empty. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
