/** What WeChat pushed, for people: kept after the answer, in batches, for a week; it never delays or fails a push. */
import type { Database, Row } from './database.ts';
import type { SecretBox } from './secrets.ts';

/** One authentic push and how it ended. */
export interface PushNote {
  /** Milliseconds since 1970. */
  at: number;
  /** How it came: from WeChat, from a gateway of the user's own, or from this log by hand. */
  source: 'wechat' | 'gateway' | 'again';
  route: string;
  appId: string;
  componentAppId?: string | undefined;
  /** WeChat's name of the event. */
  event: string;
  isOurs: boolean;
  result: string;
  /** How passing it on ended, where that was done. */
  forwarded?: string | undefined;
  workflowId?: string | undefined;
  /** The event in plain text, for those that can be delivered again. Kept sealed. */
  text?: string | undefined;
}

/** A push as the log has it; the text stays sealed, and only `canDeliver` says that there is one. */
export interface LoggedPush extends Omit<PushNote, 'text'> {
  id: string;
  canDeliver: boolean;
}

export interface PushLog {
  /** Takes it into memory and returns at once. What can't be written later is dropped and counted. */
  note(push: PushNote): void;
  /** Newest first. `before`: older than this id. */
  list(filter?: { appId?: string; before?: string; limit?: number }): Promise<LoggedPush[]>;
  /** The plain text of an event of ours; `undefined`: there is no such push, or none of its text is kept. */
  find(id: string): Promise<(LoggedPush & { text: string }) | undefined>;
  /** Writes what is in memory now. Throws when the database does not take it. */
  flush(): Promise<void>;
  /** Writes what it still can, within two seconds. The database stays open. */
  close(): Promise<void>;
}

export interface PushLogOptions {
  database: Database;
  secrets: SecretBox;
  /** A name only, never a text; `dropped`: how many notes are lost. */
  onProblem?: (problem: string, dropped: number) => void;
  limits?: Partial<PushLogLimits>;
  now?: () => number;
}

export interface PushLogLimits {
  writeEveryMs: number;
  /** In one statement. */
  batch: number;
  /** In memory; more are dropped. */
  waiting: number;
  tidyEveryMs: number;
  keepMs: number;
  /** Rows of our own events; of all others a quarter: orders must not push audits out. */
  keepRows: number;
}

const defaults: PushLogLimits = {
  writeEveryMs: 500,
  batch: 200,
  waiting: 5_000,
  tidyEveryMs: 600_000,
  keepMs: 7 * 86_400_000,
  keepRows: 80_000,
};
const closeWithinMs = 2_000;
const deleteAtOnce = 5_000;

/** Opens the log: writes and tidies up in the background until `close`. */
export function createPushLog(options: PushLogOptions): PushLog {
  const { database, secrets, onProblem, now = Date.now } = options;
  const limits = { ...defaults, ...options.limits };
  const waiting: PushNote[] = [];
  let writing: Promise<void> | undefined;

  /** Writes batch by batch; a batch that fails stays in memory for the next time. */
  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, limits.batch);
      await write(database, secrets, batch);
      waiting.splice(0, batch.length);
    }
  }

  function flush(): Promise<void> {
    writing ??= writeAll().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  const inBackground = (work: () => Promise<void>): void => {
    work().catch((error: unknown) => onProblem?.(error instanceof Error ? error.name : 'unknown', 0));
  };
  const writeTimer = setInterval(() => {
    if (waiting.length > 0) inBackground(flush);
  }, limits.writeEveryMs);
  const tidyTimer = setInterval(() => inBackground(() => tidy(database, limits, now())), limits.tidyEveryMs);
  for (const timer of [writeTimer, tidyTimer]) timer.unref();

  return {
    note(push) {
      if (waiting.length >= limits.waiting) onProblem?.('too many at once', 1);
      else waiting.push(push);
    },
    list: async ({ appId, before, limit = 50 } = {}) => {
      const rows = await database.query(
        `SELECT * FROM wxq_push WHERE ($1::text IS NULL OR app_id = $1) AND ($2::bigint IS NULL OR id < $2::bigint)
         ORDER BY id DESC LIMIT $3`,
        [appId ?? null, idOf(before), Math.min(Math.max(1, limit), 500)],
      );
      return rows.map(loggedPush);
    },
    async find(id) {
      const known = idOf(id);
      if (known === null) return undefined;
      const [row] = await database.query('SELECT * FROM wxq_push WHERE id = $1::bigint', [known]);
      if (row === undefined || typeof row.event_sealed !== 'string') return undefined;
      const push = loggedPush(row);
      return { ...push, text: secrets.open(row.event_sealed, textPlaceOf(push)) };
    },
    flush,
    async close() {
      clearInterval(writeTimer);
      clearInterval(tidyTimer);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, closeWithinMs);
      });
      // The second round takes what came while the first was under way.
      const written = flush().then(flush);
      await Promise.race([written.catch(() => onProblem?.('not written at the end', waiting.length)), late]);
      clearTimeout(timer);
    },
  };
}

/** The last authentic push of an account, whatever it was; of an authorizer, or of a platform itself, too. */
export async function lastPush(
  database: Pick<Database, 'query'>,
  appId: string,
): Promise<{ at: number; event: string; result: string } | undefined> {
  const [row] = await database.query(
    'SELECT at, event, result FROM wxq_push_last WHERE app_id = $1 ORDER BY at DESC LIMIT 1',
    [appId],
  );
  return row && { at: Number(row.at), event: String(row.event), result: String(row.result) };
}

/** Removes what is too old, and what is too much; in small steps, so that no statement takes long. */
export async function tidy(
  database: Database,
  { keepMs, keepRows }: Pick<PushLogLimits, 'keepMs' | 'keepRows'>,
  now: number,
): Promise<void> {
  await remove(database, 'at < $1', [now - keepMs]);
  for (const [isOurs, rows] of [
    [true, keepRows],
    [false, Math.floor(keepRows / 4)],
  ] as const) {
    const [oldest] = await database.query(
      'SELECT id FROM wxq_push WHERE is_ours = $1 ORDER BY id DESC OFFSET $2 LIMIT 1',
      [isOurs, rows],
    );
    if (oldest !== undefined) await remove(database, 'is_ours = $1 AND id <= $2::bigint', [isOurs, String(oldest.id)]);
  }
}

async function remove(database: Database, where: string, parameters: (string | number | boolean)[]): Promise<void> {
  for (;;) {
    const gone = await database.query(
      `DELETE FROM wxq_push WHERE id IN (SELECT id FROM wxq_push WHERE ${where} ORDER BY id LIMIT ${deleteAtOnce}) RETURNING 1`,
      parameters,
    );
    if (gone.length < deleteAtOnce) return;
  }
}

async function write(database: Database, secrets: SecretBox, batch: readonly PushNote[]): Promise<void> {
  const rows = batch.map((push) => ({
    at: push.at,
    source: push.source,
    route: push.route,
    app_id: push.appId,
    component_app_id: push.componentAppId ?? '',
    event: push.event,
    is_ours: push.isOurs,
    result: push.result,
    forwarded: push.forwarded ?? null,
    workflow_id: push.workflowId ?? null,
    event_sealed: push.text === undefined ? null : secrets.seal(push.text, textPlaceOf(push)),
  }));
  const latest = new Map(rows.map((row) => [`${row.app_id} ${row.component_app_id}`, row]));
  // In one order in every process: two that write the same accounts would wait for each other otherwise.
  const last = [...latest.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const columns =
    'at, source, route, app_id, component_app_id, event, is_ours, result, forwarded, workflow_id, event_sealed';
  const types =
    'at bigint, source text, route text, app_id text, component_app_id text, event text, is_ours boolean, result text, forwarded text, workflow_id text, event_sealed text';
  await database.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO wxq_push (${columns}) SELECT ${columns} FROM jsonb_to_recordset($1::jsonb) AS pushed(${types})`,
      [JSON.stringify(rows)],
    );
    await tx.query(
      `INSERT INTO wxq_push_last (app_id, component_app_id, at, event, result)
       SELECT app_id, component_app_id, at, event, result FROM jsonb_to_recordset($1::jsonb) AS pushed(${types})
       ON CONFLICT (app_id, component_app_id) DO UPDATE SET at = excluded.at, event = excluded.event, result = excluded.result
       WHERE excluded.at >= wxq_push_last.at`,
      [JSON.stringify(last)],
    );
  });
}

function loggedPush(row: Row): LoggedPush {
  const text = (value: unknown): string | undefined =>
    value === null || value === undefined || value === '' ? undefined : String(value);
  const [componentAppId, forwarded, workflowId] = [row.component_app_id, row.forwarded, row.workflow_id].map(text);
  return {
    id: String(row.id),
    at: Number(row.at),
    source: String(row.source) as PushNote['source'],
    route: String(row.route),
    appId: String(row.app_id),
    ...(componentAppId === undefined ? {} : { componentAppId }),
    event: String(row.event),
    isOurs: row.is_ours === true,
    result: String(row.result),
    ...(forwarded === undefined ? {} : { forwarded }),
    ...(workflowId === undefined ? {} : { workflowId }),
    canDeliver: typeof row.event_sealed === 'string',
  };
}

/** A sealed text opens only beside the account and the time that it was kept with. */
export function textPlaceOf({ appId, at }: Pick<PushNote, 'appId' | 'at'>): string {
  return `wxq_push.event_sealed ${appId} ${at}`;
}

function idOf(text: string | undefined): string | null {
  return text !== undefined && /^[1-9]\d{0,17}$/.test(text) ? text : null;
}
