/** Who takes care of which case: an agreement between people, kept beside the cases and never asked by them. */
import type { Database, Row } from './database.ts';

/** One step: somebody took a case, gave it to somebody, or gave it back (`assignee` absent). */
export interface Assignment {
  /** The run that the case began with. */
  runId: string;
  /** Counts from 1 within a case. */
  number: number;
  assignee?: string;
  givenBy: string;
  /** ISO 8601, UTC. */
  givenAt: string;
}

export interface CaseAssignments {
  /** The last step of each of the cases that began with these runs. */
  latest(runIds: readonly string[]): Promise<ReadonlyMap<string, Assignment>>;
  /** Every step of a case, by its first run, in order. */
  all(runId: string): Promise<Assignment[]>;
  /**
   * One more step after the one that was `seen` (0: none). `false`: somebody else was faster, and nothing is done.
   */
  give(step: {
    caseId: string;
    runId: string;
    seen: number;
    assignee: string | undefined;
    givenBy: string;
  }): Promise<boolean>;
}

export function createCaseAssignments(database: Database): CaseAssignments {
  return {
    async latest(runIds) {
      if (runIds.length === 0) return new Map();
      const rows = await database.query(
        `SELECT DISTINCT ON (run_id) * FROM wxq_case_assignment
         WHERE run_id IN (SELECT json_array_elements_text($1::json)) ORDER BY run_id, number DESC`,
        [JSON.stringify(runIds)],
      );
      return new Map(rows.map(assignmentOf).map((one) => [one.runId, one]));
    },
    async all(runId) {
      const rows = await database.query('SELECT * FROM wxq_case_assignment WHERE run_id = $1 ORDER BY number', [runId]);
      return rows.map(assignmentOf);
    },
    async give({ caseId, runId, seen, assignee, givenBy }) {
      // The key is taken once: of two people who saw the same step, one is the next.
      const rows = await database.query(
        `INSERT INTO wxq_case_assignment (run_id, number, case_id, assignee, given_by)
         SELECT $1, $2, $3, $4, $5
         WHERE (SELECT COALESCE(max(number), 0) FROM wxq_case_assignment WHERE run_id = $1) = $2 - 1
         ON CONFLICT DO NOTHING RETURNING number`,
        [runId, seen + 1, caseId, assignee ?? null, givenBy],
      );
      return rows.length > 0;
    },
  };
}

function assignmentOf(row: Row): Assignment {
  return {
    runId: String(row.run_id),
    number: Number(row.number),
    ...(row.assignee === null ? {} : { assignee: String(row.assignee) }),
    givenBy: String(row.given_by),
    givenAt: new Date(row.given_at as string | Date).toISOString(),
  };
}
