/** The accounts as the database keeps them: what may be shown in clear, what may not sealed, and which entry of the file each came from. */
import type { AccountEntries, PlatformEntry, ShopEntry } from './account-file.ts';
import type { Queryable, Row } from './database.ts';
import type { DurableStore } from './durable-store.ts';
import type { SecretBox } from './secrets.ts';

/** One account as it is shown to people: nothing secret. */
export interface ListedAccount {
  kind: 'shop' | 'platform' | 'authorizer';
  appId: string;
  /** Of an authorizer: the platform that it authorised. */
  componentAppId?: string;
  isAuthorized?: boolean;
  permissionSets?: string[];
  name?: string;
  ghId?: string;
  principal?: string;
  /** `secret`, `token service`; absent for an authorizer, which is spoken for by its platform. */
  credentials?: 'secret' | 'token service' | 'none';
  hasCallback?: boolean;
  forwardUrl?: string;
  /** When it was last written, ISO 8601. */
  changedAt?: string;
}

export interface AccountRecords {
  /** Grows with every change of an entry. */
  revision(): Promise<number>;
  read(): Promise<{ revision: number; entries: AccountEntries }>;
  /**
   * Takes in the accounts file: entries that are new there, or changed there since they were last taken in. What a person
   * has set or removed since stays, until the file's own entry changes. Answers the appids that were written.
   */
  takeIn(entries: AccountEntries): Promise<string[]>;
  /** Writes these entries, whatever was there. */
  set(entries: AccountEntries): Promise<void>;
  /** False when there is no such shop or platform. */
  remove(appId: string): Promise<boolean>;
  /** Everything that may be shown, authorizers of platforms too. */
  list(): Promise<ListedAccount[]>;
  /** Seals with the first key what is sealed with an older one; answers how many. */
  reseal(): Promise<number>;
}

type Entry = { kind: 'shop'; entry: ShopEntry } | { kind: 'platform'; entry: PlatformEntry };

const digestPurpose = 'digest of an entry of the accounts file';

export function createAccountRecords({ database, secrets }: DurableStore): AccountRecords {
  /** One writer at a time; whoever reads a revision sees everything that was written up to it. */
  async function writing<T>(work: (tx: Queryable, changed: () => void) => Promise<T>): Promise<T> {
    return await database.transaction(async (tx) => {
      await tx.query('SELECT revision FROM wxq_account_revision FOR UPDATE');
      let isChanged = false;
      const result = await work(tx, () => {
        isChanged = true;
      });
      if (isChanged) await tx.query('UPDATE wxq_account_revision SET revision = revision + 1');
      return result;
    });
  }

  async function write(tx: Queryable, one: Entry, digest: string | null): Promise<void> {
    const appId = appIdOf(one);
    const { shown, hidden } = split(one.entry);
    await tx.query(
      `INSERT INTO wxq_account (kind, app_id, shown, hidden_sealed, file_digest, is_removed, changed_at)
       VALUES ($1, $2, $3, $4, $5, false, $6)
       ON CONFLICT (kind, app_id) DO UPDATE SET shown = excluded.shown, hidden_sealed = excluded.hidden_sealed,
         file_digest = COALESCE(excluded.file_digest, wxq_account.file_digest), is_removed = false, changed_at = excluded.changed_at`,
      [
        one.kind,
        appId,
        JSON.stringify(shown),
        secrets.seal(JSON.stringify(hidden), placeOf(one.kind, appId)),
        digest,
        Date.now(),
      ],
    );
  }

  const opened = (row: Row): Entry => {
    const kind = row.kind === 'platform' ? 'platform' : 'shop';
    const hidden = secrets.open(String(row.hidden_sealed), placeOf(kind, String(row.app_id)));
    return { kind, entry: join(JSON.parse(String(row.shown)), JSON.parse(hidden)) } as Entry;
  };

  const revision = async (queryable: Queryable): Promise<number> => {
    const [row] = await queryable.query('SELECT revision FROM wxq_account_revision');
    return Number(row?.revision ?? 0);
  };

  const read: AccountRecords['read'] = async () => {
    // First the revision: what is written between the two is read again with the next one.
    const at = await revision(database);
    const rows = await database.query('SELECT * FROM wxq_account WHERE NOT is_removed ORDER BY app_id');
    const all = rows.map(opened);
    return {
      revision: at,
      entries: {
        shops: all.flatMap((one) => (one.kind === 'shop' ? [one.entry] : [])),
        platforms: all.flatMap((one) => (one.kind === 'platform' ? [one.entry] : [])),
      },
    };
  };

  return {
    revision: () => revision(database),
    read,
    takeIn: (entries) =>
      writing(async (tx, changed) => {
        const rows = await tx.query('SELECT kind, app_id, file_digest FROM wxq_account');
        const known = new Map(rows.map((row) => [`${row.kind}/${row.app_id}`, String(row.file_digest ?? '')]));
        const taken: string[] = [];
        for (const one of listed(entries)) {
          const appId = appIdOf(one);
          const digests = secrets.digests(canonical(one.entry), `${digestPurpose} ${appId}`);
          const [current = ''] = digests;
          const before = known.get(`${one.kind}/${appId}`);
          if (before === current) continue;
          if (before !== undefined && digests.includes(before)) {
            // The same entry; only the key of the digest has changed.
            await tx.query('UPDATE wxq_account SET file_digest = $3 WHERE kind = $1 AND app_id = $2', [
              one.kind,
              appId,
              current,
            ]);
            continue;
          }
          await write(tx, one, current);
          changed();
          taken.push(appId);
        }
        return taken;
      }),
    set: (entries) =>
      writing(async (tx, changed) => {
        for (const one of listed(entries)) await write(tx, one, null);
        changed();
      }),
    remove: (appId) =>
      writing(async (tx, changed) => {
        // The row stays, so that the file's unchanged entry does not bring the account back at the next start.
        const rows = await tx.query(
          `UPDATE wxq_account SET is_removed = true, hidden_sealed = NULL, changed_at = $2
           WHERE app_id = $1 AND NOT is_removed RETURNING app_id`,
          [appId, Date.now()],
        );
        if (rows.length > 0) changed();
        return rows.length > 0;
      }),
    async list() {
      const { entries } = await read();
      const times = await database.query('SELECT kind, app_id, changed_at FROM wxq_account');
      const changedAt = new Map(times.map((row) => [`${row.kind}/${row.app_id}`, Number(row.changed_at)]));
      const own = listed(entries).map((one): ListedAccount => {
        const { entry } = one;
        const appId = appIdOf(one);
        const at = changedAt.get(`${one.kind}/${appId}`);
        return {
          kind: one.kind,
          appId,
          ...facts(entry.name, entry.ghId, entry.principal),
          credentials:
            entry.tokenService !== undefined ? 'token service' : entry.secret !== undefined ? 'secret' : 'none',
          hasCallback: entry.callback !== undefined,
          ...(entry.forward === undefined ? {} : { forwardUrl: entry.forward.url }),
          ...(at === undefined ? {} : { changedAt: new Date(at).toISOString() }),
        };
      });
      const rows = await database.query('SELECT * FROM wxq_authorizer ORDER BY component_app_id, app_id');
      const authorizers = rows.map(
        (row): ListedAccount => ({
          kind: 'authorizer',
          appId: String(row.app_id),
          componentAppId: String(row.component_app_id),
          isAuthorized: row.is_authorized === true,
          ...(typeof row.permission_sets === 'string' ? { permissionSets: row.permission_sets.split(',') } : {}),
          ...facts(row.name, row.gh_id, row.principal),
        }),
      );
      return [...own, ...authorizers];
    },
    async reseal() {
      const rows = await database.query('SELECT * FROM wxq_account WHERE hidden_sealed IS NOT NULL');
      return await resealRows(rows, database, secrets);
    },
  };
}

async function resealRows(rows: Row[], database: Queryable, secrets: SecretBox): Promise<number> {
  let count = 0;
  for (const row of rows) {
    const sealed = String(row.hidden_sealed);
    if (secrets.isCurrent(sealed)) continue;
    const place = placeOf(String(row.kind), String(row.app_id));
    // Only where nobody has written another one meanwhile.
    await database.query(
      'UPDATE wxq_account SET hidden_sealed = $1 WHERE hidden_sealed = $2 AND kind = $3 AND app_id = $4',
      [secrets.seal(secrets.open(sealed, place), place), sealed, String(row.kind), String(row.app_id)],
    );
    count += 1;
  }
  return count;
}

const placeOf = (kind: string, appId: string): string => `account ${kind}/${appId}`;

const appIdOf = (one: Entry): string => (one.kind === 'shop' ? one.entry.appId : one.entry.componentAppId);

const listed = ({ shops, platforms }: AccountEntries): Entry[] => [
  ...shops.map((entry): Entry => ({ kind: 'shop', entry })),
  ...platforms.map((entry): Entry => ({ kind: 'platform', entry })),
];

/** Secrets, tokens, keys and bearers apart from everything else. */
function split(entry: ShopEntry | PlatformEntry): { shown: object; hidden: object } {
  const { secret, callback, tokenService, ...rest } = entry;
  const { url: callbackUrl, ...hiddenCallback } = callback ?? {};
  return {
    shown: {
      ...rest,
      ...(callback === undefined ? {} : { callback: { url: callbackUrl } }),
      ...(tokenService === undefined ? {} : { tokenService: { url: tokenService.url } }),
    },
    hidden: {
      secret,
      ...(callback === undefined ? {} : { callback: hiddenCallback }),
      ...(tokenService === undefined ? {} : { tokenService: { bearer: tokenService.bearer } }),
    },
  };
}

function join(shown: Record<string, unknown>, hidden: Record<string, unknown>): Record<string, unknown> {
  const joined: Record<string, unknown> = { ...shown };
  for (const [name, value] of Object.entries(hidden)) {
    joined[name] = typeof value === 'object' ? { ...(shown[name] as object), ...value } : value;
  }
  return joined;
}

function facts(name: unknown, ghId: unknown, principal: unknown): Pick<ListedAccount, 'name' | 'ghId' | 'principal'> {
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof ghId === 'string' ? { ghId } : {}),
    ...(typeof principal === 'string' ? { principal } : {}),
  };
}

/** JSON with its keys in order, so that the order in the file does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, content: unknown) =>
    typeof content === 'object' && content !== null && !Array.isArray(content)
      ? Object.fromEntries(Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1)))
      : content,
  );
}
