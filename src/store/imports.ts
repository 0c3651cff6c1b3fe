/** Imports that people began in the console: the file, its preview, and a result per row; any server goes on with them. */
import { randomUUID } from 'node:crypto';
import type { Database, Row } from './database.ts';
import type { SecretBox } from './secrets.ts';

/** checking -> checked -> starting -> done; `stopped` by a person or by what kept it from going on. */
export type ImportStage = 'checking' | 'checked' | 'starting' | 'done' | 'stopped';

export interface KeptImport {
  id: string;
  fileName: string;
  stage: ImportStage;
  /** Rows, and how many of them the current stage is through with. */
  total: number;
  done: number;
  /** Why it was stopped; JSON of the console's own. */
  problem?: string;
  uploadedBy: string;
  confirmedBy?: string;
  /** ISO 8601, UTC. */
  createdAt: string;
  hasPreview: boolean;
  /** Nobody works at it any more although its stage says so: the server that did has gone. */
  isAbandoned: boolean;
}

export interface Imports {
  /** `digest` of the file; `content` and everything else that may hold names of people is kept sealed. */
  add(file: { fileName: string; digest: string; content: string; total: number; by: string }): Promise<string>;
  find(id: string): Promise<KeptImport | undefined>;
  /** Newest first. */
  list(limit: number): Promise<KeptImport[]>;
  /** An earlier import of the same file, the newest one that was confirmed. */
  earlier(id: string): Promise<KeptImport | undefined>;
  content(id: string): Promise<string | undefined>;
  preview(id: string): Promise<string | undefined>;
  results(id: string): Promise<string[]>;
  /** Whether it is the caller's now: one works at it, until it is done or `claimMs` go by without progress. */
  claim(id: string, stage: 'checking' | 'starting', by: string): Promise<boolean>;
  /** `false`: it was stopped, or another one works at it. */
  progress(id: string, stage: ImportStage, done: number): Promise<boolean>;
  checked(id: string, preview: string): Promise<void>;
  addResult(id: string, row: number, result: string): Promise<void>;
  /** Only from a stage in which somebody works. */
  end(id: string, stage: 'done' | 'stopped', problem?: string): Promise<void>;
}

/** A server that dies is missed after this long. */
export const claimMs = 30_000;
const keptDays = 90;

export function createImports(database: Database, secrets: SecretBox): Imports {
  const select = `SELECT id, file_name, stage, total, done, problem, uploaded_by, confirmed_by, created_at,
    preview IS NOT NULL AS has_preview, stage IN ('checking', 'starting') AND claimed_until < clock_timestamp() AS is_abandoned
    FROM wxq_import`;
  const place = (id: string, what: string): string => `wxq_import/${id}/${what}`;

  async function sealed(id: string, column: 'content' | 'preview'): Promise<string | undefined> {
    const [row] = await database.query(`SELECT ${column} AS text FROM wxq_import WHERE id = $1`, [id]);
    return typeof row?.text === 'string' ? secrets.open(row.text, place(id, column)) : undefined;
  }

  return {
    async add({ fileName, digest, content, total, by }) {
      const id = randomUUID();
      await database.query(`DELETE FROM wxq_import WHERE created_at < clock_timestamp() - interval '${keptDays} days'`);
      await database.query(
        `INSERT INTO wxq_import (id, file_name, digest, content, stage, total, uploaded_by)
         VALUES ($1, $2, $3, $4, 'checking', $5, $6)`,
        [id, fileName, digest, secrets.seal(content, place(id, 'content')), total, by],
      );
      return id;
    },
    async find(id) {
      const [row] = await database.query(`${select} WHERE id = $1`, [id]);
      return row === undefined ? undefined : importOf(row);
    },
    async list(limit) {
      return (await database.query(`${select} ORDER BY created_at DESC LIMIT $1`, [limit])).map(importOf);
    },
    async earlier(id) {
      const [row] = await database.query(
        `${select} WHERE id <> $1 AND confirmed_by IS NOT NULL
         AND digest = (SELECT digest FROM wxq_import WHERE id = $1) ORDER BY created_at DESC LIMIT 1`,
        [id],
      );
      return row === undefined ? undefined : importOf(row);
    },
    content: (id) => sealed(id, 'content'),
    preview: (id) => sealed(id, 'preview'),
    async results(id) {
      const rows = await database.query(
        'SELECT row_number, result FROM wxq_import_result WHERE import_id = $1 ORDER BY row_number',
        [id],
      );
      return rows.map((row) => secrets.open(String(row.result), place(id, `row/${row.row_number}`)));
    },
    async claim(id, stage, by) {
      // Looking again is allowed until something was begun; what was begun is only gone on with.
      const from =
        stage === 'checking'
          ? "confirmed_by IS NULL AND stage IN ('checking', 'checked', 'stopped')"
          : "preview IS NOT NULL AND stage IN ('checked', 'starting', 'stopped')";
      const rows = await database.query(
        `UPDATE wxq_import SET stage = $2, done = 0, problem = NULL,
           claimed_until = clock_timestamp() + interval '${claimMs} milliseconds',
           confirmed_by = CASE WHEN $2 = 'starting' THEN COALESCE(confirmed_by, $3) ELSE confirmed_by END
         WHERE id = $1 AND ${from} AND (stage NOT IN ('checking', 'starting') OR claimed_until <= clock_timestamp())
         RETURNING id`,
        [id, stage, by],
      );
      return rows.length > 0;
    },
    async progress(id, stage, done) {
      const rows = await database.query(
        `UPDATE wxq_import SET done = $3, claimed_until = clock_timestamp() + interval '${claimMs} milliseconds'
         WHERE id = $1 AND stage = $2 RETURNING id`,
        [id, stage, done],
      );
      return rows.length > 0;
    },
    async checked(id, preview) {
      await database.query(
        `UPDATE wxq_import SET stage = 'checked', preview = $2, done = total WHERE id = $1 AND stage = 'checking'`,
        [id, secrets.seal(preview, place(id, 'preview'))],
      );
    },
    async addResult(id, row, result) {
      await database.query(
        `INSERT INTO wxq_import_result (import_id, row_number, result) VALUES ($1, $2, $3)
         ON CONFLICT (import_id, row_number) DO UPDATE SET result = EXCLUDED.result`,
        [id, row, secrets.seal(result, place(id, `row/${row}`))],
      );
    },
    async end(id, stage, problem) {
      await database.query(
        `UPDATE wxq_import SET stage = $2, problem = $3 WHERE id = $1 AND stage IN ('checking', 'starting')`,
        [id, stage, problem ?? null],
      );
    },
  };
}

function importOf(row: Row): KeptImport {
  return {
    id: String(row.id),
    fileName: String(row.file_name),
    stage: row.stage as ImportStage,
    total: Number(row.total),
    done: Number(row.done),
    ...(row.problem === null ? {} : { problem: String(row.problem) }),
    uploadedBy: String(row.uploaded_by),
    ...(row.confirmed_by === null ? {} : { confirmedBy: String(row.confirmed_by) }),
    createdAt: new Date(row.created_at as string | Date).toISOString(),
    hasPreview: row.has_preview === true,
    isAbandoned: row.is_abandoned === true,
  };
}
