/** What the watch remembers: categories and their standing, accounts that could not be read, findings and whether they were told. */
import { randomUUID } from 'node:crypto';
import type { Platform } from '../contract/qualification.ts';
import type {
  KnownCategory,
  Standing,
  WatchedAccount,
  WatchFinding,
  WatchPageRequest,
  WatchProblem,
} from '../contract/watch.ts';
import type { Accounts } from './accounts.ts';
import { type ApprovedCases, caseFactsIn, createApprovedCases } from './approved-cases.ts';
import type { Queryable, Row } from './database.ts';
import type { DurableStore } from './durable-store.ts';
import { watchedAccounts } from './watched-accounts.ts';

/** What one account's reading came to. `readAt` in ms since 1970. */
export interface AccountReading {
  platform: Platform;
  account: WatchedAccount;
  readAt: number;
  categories: readonly KnownCategory[];
  findings: readonly WatchFinding[];
}

/** A finding as it is kept. */
export type StoredFinding = WatchFinding & {
  id: string;
  platform: Platform;
  appId: string;
  foundAt: string;
  /** `nobody`: there was nobody to tell when it was found. Absent: not told yet. */
  told?: 'told' | 'nobody';
  toldAt?: string;
};

/** An account as the watch last saw it. Times are ISO 8601. */
export interface WatchedAccountRow {
  platform: Platform;
  appId: string;
  componentAppId?: string;
  triedAt: string;
  /** The last time that it could be read. */
  readAt?: string;
  problem?: WatchProblem;
  /** It is none of our accounts any more: the end of the walk that no longer found it. */
  leftAt?: string;
}

export interface WatchStore extends ApprovedCases {
  /** Accounts of a platform after an appid, in the order of their appids; for a second look those with categories in doubt. */
  accounts(wanted: WatchPageRequest & { limit: number }): Promise<WatchedAccount[]>;
  /** What was known of an account's categories when it was read last. */
  known(of: { platform: Platform; appId: string }): Promise<KnownCategory[]>;
  /** Keeps a reading and what was found, all of it or nothing; answers how much was found that was not known before. */
  save(reading: AccountReading): Promise<number>;
  /** An account could not be read. What is known of its categories stays. */
  failed(of: { platform: Platform; account: WatchedAccount; triedAt: number; problem: WatchProblem }): Promise<void>;
  /** A walk has come to its end: accounts that it would not have read any more have left, until one of them is tried again. */
  noteLeavers(of: { platform: Platform; at: number }): Promise<void>;
  /** Findings that nobody has been told of yet, oldest first. */
  untold(of: { platform: Platform; limit: number }): Promise<StoredFinding[]>;
  told(finding: { id: string; how: 'told' | 'nobody' }): Promise<void>;
  /** Everything that the watch knows, for people. */
  overview(of: { platform?: Platform; appId?: string }): Promise<WatchOverview>;
}

/** What the watch knows. The newest findings first. */
export interface WatchOverview {
  accounts: WatchedAccountRow[];
  categories: (KnownCategory & { platform: Platform; appId: string })[];
  findings: StoredFinding[];
}

/** In the process that has the database. */
export function createWatchStore(
  store: Pick<DurableStore, 'database' | 'secrets'>,
  accounts: Pick<Accounts, 'shops'>,
): WatchStore {
  const { database } = store;
  return {
    ...createApprovedCases(store),
    accounts: (wanted) => watchedAccounts(database, accounts, wanted),
    async known({ platform, appId }) {
      const rows = await database.query(
        `${categoriesWithCases} WHERE category.platform = $1 AND category.app_id = $2 ORDER BY category.category_id`,
        [platform, appId],
      );
      return rows.map(categoryOf);
    },
    save: (reading) => database.transaction((tx) => save(tx, reading)),
    async failed({ platform, account, triedAt, problem }) {
      await noteAccount(database, { platform, account, triedAt, problem });
    },
    async noteLeavers({ platform, at }) {
      const ours = await watchedAccounts(database, accounts, { platform, limit: Number.POSITIVE_INFINITY });
      await database.query(
        `UPDATE wxq_watched_account SET left_at = $2
         WHERE platform = $1 AND left_at IS NULL AND app_id NOT IN (SELECT jsonb_array_elements_text($3::jsonb))`,
        [platform, at, JSON.stringify(ours.map(({ appId }) => appId))],
      );
    },
    async untold({ platform, limit }) {
      const rows = await database.query(
        'SELECT * FROM wxq_watch_finding WHERE platform = $1 AND told IS NULL ORDER BY found_at, id LIMIT $2',
        [platform, limit],
      );
      return rows.map(findingOf);
    },
    overview: (of) => overview(database, of),
    async told({ id, how }) {
      await database.query('UPDATE wxq_watch_finding SET told = $2, told_at = $3 WHERE id = $1 AND told IS NULL', [
        id,
        how,
        Date.now(),
      ]);
    },
  };
}

const newestFindings = 500;

async function overview(on: Queryable, { platform, appId }: { platform?: Platform; appId?: string }) {
  const wanted = [platform ?? null, appId ?? null];
  const where = (table: string) =>
    `WHERE ($1::text IS NULL OR ${table}.platform = $1) AND ($2::text IS NULL OR ${table}.app_id = $2)`;
  const accounts = await on.query(
    `SELECT * FROM wxq_watched_account account ${where('account')} ORDER BY platform, app_id`,
    wanted,
  );
  const categories = await on.query(
    `${categoriesWithCases} ${where('category')} ORDER BY platform, app_id, category_id`,
    wanted,
  );
  const findings = await on.query(
    `SELECT * FROM wxq_watch_finding finding ${where('finding')} ORDER BY found_at DESC, id LIMIT ${newestFindings}`,
    wanted,
  );
  return {
    accounts: accounts.map(accountOf),
    categories: categories.map((row) => ({ ...categoryOf(row), ...placeOf(row) })),
    findings: findings.map(findingOf),
  };
}

const placeOf = (row: Row) => ({ platform: String(row.platform) as Platform, appId: String(row.app_id) });

const accountOf = (row: Row): WatchedAccountRow => ({
  ...placeOf(row),
  ...(row.component_app_id === null ? {} : { componentAppId: String(row.component_app_id) }),
  triedAt: timeOf(row.tried_at),
  ...(row.read_at === null ? {} : { readAt: timeOf(row.read_at) }),
  ...(row.problem === null ? {} : { problem: JSON.parse(String(row.problem)) as WatchProblem }),
  ...(row.left_at === null ? {} : { leftAt: timeOf(row.left_at) }),
});

/** Categories, each with what its last approved case says. */
const categoriesWithCases = `SELECT category.*, papers, workflow_id, external_id FROM wxq_watched_category category
  LEFT JOIN wxq_approved_case USING (platform, app_id, category_id)`;

async function save(tx: Queryable, reading: AccountReading): Promise<number> {
  const { platform, account, readAt, categories, findings } = reading;
  const { appId } = account;
  await noteAccount(tx, { platform, account, triedAt: readAt, readAt });
  for (const { categoryId, standing, since, ...rest } of categories) {
    // The case has a row of its own.
    const { given: _given, workflowId: _workflowId, externalId: _externalId, ...details } = rest;
    // A walk that was thought dead and comes late must not undo what a later one has read.
    await tx.query(
      `INSERT INTO wxq_watched_category (platform, app_id, category_id, standing, since, details, read_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (platform, app_id, category_id) DO UPDATE SET standing = excluded.standing, since = excluded.since,
         details = excluded.details, read_at = excluded.read_at
       WHERE wxq_watched_category.read_at <= excluded.read_at`,
      [platform, appId, categoryId, standing, since, JSON.stringify(details), readAt],
    );
  }
  let found = 0;
  for (const { kind, categoryId, occasion, ...details } of findings) {
    const inserted = await tx.query(
      `INSERT INTO wxq_watch_finding (id, platform, app_id, category_id, kind, occasion, found_at, details)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (platform, app_id, category_id, occasion) DO NOTHING RETURNING id`,
      [randomUUID(), platform, appId, categoryId, kind, occasion, readAt, JSON.stringify(details)],
    );
    found += inserted.length;
  }
  return found;
}

interface AccountNote {
  platform: Platform;
  account: WatchedAccount;
  triedAt: number;
  readAt?: number;
  problem?: WatchProblem;
}

async function noteAccount(on: Queryable, { platform, account, triedAt, readAt, problem }: AccountNote): Promise<void> {
  await on.query(
    `INSERT INTO wxq_watched_account (platform, app_id, component_app_id, tried_at, read_at, problem)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (platform, app_id) DO UPDATE SET component_app_id = excluded.component_app_id,
       tried_at = excluded.tried_at, read_at = COALESCE(excluded.read_at, wxq_watched_account.read_at),
       problem = excluded.problem, left_at = NULL`,
    [
      platform,
      account.appId,
      account.via?.componentAppId ?? null,
      triedAt,
      readAt ?? null,
      problem === undefined ? null : JSON.stringify(problem),
    ],
  );
}

const categoryOf = (row: Row): KnownCategory => ({
  ...(JSON.parse(String(row.details)) as Partial<KnownCategory>),
  categoryId: String(row.category_id),
  standing: String(row.standing) as Standing,
  since: String(row.since),
  ...caseFactsIn(row),
});

const findingOf = (row: Row): StoredFinding =>
  ({
    ...(JSON.parse(String(row.details)) as object),
    id: String(row.id),
    platform: String(row.platform),
    appId: String(row.app_id),
    categoryId: String(row.category_id),
    kind: String(row.kind),
    occasion: String(row.occasion),
    foundAt: timeOf(row.found_at),
    ...(row.told === null ? {} : { told: String(row.told), toldAt: timeOf(row.told_at) }),
  }) as StoredFinding;

const timeOf = (ms: unknown): string => new Date(Number(ms)).toISOString();
