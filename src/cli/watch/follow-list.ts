/** Follows the list of open cases: which ones there are, and what became of those that are gone. */
import type { CaseFilter, CaseRow, QualificationClient } from '../../client/index.ts';

/** What is new about a case since the look before. */
export interface RowChange {
  change: 'open' | 'changed' | 'closed';
  row: CaseRow;
}

export interface ListLook {
  rows: CaseRow[];
  changes: RowChange[];
}

/** More are no list for a person. */
export const maxWatched = 500;

/** Looks at the list; the changes are those since the look before, at first everything that is open. */
export function createListLook(
  client: Pick<QualificationClient, 'list'>,
  filter: Omit<CaseFilter, 'limit' | 'execution'>,
): () => Promise<ListLook> {
  let before = new Map<string, CaseRow>();

  async function newest({ platform, appId, categoryId, workflowId }: CaseRow): Promise<CaseRow | undefined> {
    for await (const row of client.list({ platform, appId, categoryId, limit: 1 }))
      if (row.workflowId === workflowId) return row;
    return undefined;
  }

  return async () => {
    const rows: CaseRow[] = [];
    for await (const row of client.list({ ...filter, execution: 'running', limit: maxWatched })) rows.push(row);
    const now = new Map(rows.map((row) => [row.workflowId, row]));
    const changes: RowChange[] = rows.flatMap((row): RowChange[] => {
      const earlier = before.get(row.workflowId);
      if (earlier === undefined || earlier.runId !== row.runId) return [{ change: 'open', row }];
      return earlier.status !== row.status || earlier.attempt !== row.attempt ? [{ change: 'changed', row }] : [];
    });
    for (const earlier of before.values()) {
      if (now.has(earlier.workflowId)) continue;
      // Gone because it has ended, or because it is no longer what was asked for.
      const row = (await newest(earlier)) ?? earlier;
      changes.push({ change: row.execution === 'running' ? 'changed' : 'closed', row });
    }
    before = now;
    return { rows, changes };
  };
}
