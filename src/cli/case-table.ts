/** Cases as a table, for `wxq list` and `wxq watch`. */
import type { CaseRow } from '../client/index.ts';
import type { CategoryPaths } from './category-paths.ts';
import type { CliContext } from './context.ts';
import { coloursOf, paintedStatus } from './text/colours.ts';
import { localTimeOf } from './text/local-time.ts';
import { type Column, neededWidth, tableText } from './text/table.ts';

/** A row with the path of its category, where that is known. */
export type NamedRow = CaseRow & { categoryPath?: string };

export function withPath(row: CaseRow, paths: CategoryPaths): NamedRow {
  const categoryPath = paths(row);
  return categoryPath === undefined ? row : { ...row, categoryPath };
}

/** The status, and how the workflow ended where that was no result. */
export const statusText = ({ status, execution }: CaseRow): string =>
  execution === 'running' || execution === 'completed' ? status : `${status} (${execution})`;

/** On a terminal with times of its zone; for a pipe the same facts in UTC, a line for each case. */
export function caseTable(rows: readonly NamedRow[], { stdout, env }: Pick<CliContext, 'stdout' | 'env'>): string {
  const cells = (row: NamedRow, time: (iso: string) => string): string[] => [
    row.workflowId,
    statusText(row),
    String(row.attempt),
    time(row.startedAt),
    row.closedAt === undefined ? '' : time(row.closedAt),
    row.categoryPath ?? '',
  ];
  const colours = coloursOf(stdout, env);
  const columns: Column[] = [
    { title: 'case', least: 20 },
    { title: 'status', least: 14, paint: (text) => paintedStatus(colours, text)(text) },
    { title: 'try' },
    { title: 'started', wraps: true, least: 10 },
    { title: 'closed', wraps: true, least: 10 },
    { title: 'category', wraps: true, least: 12 },
  ];
  if (stdout.isTTY !== true)
    return tableText(
      columns,
      rows.map((row) => cells(row, (iso) => iso)),
      stdout,
    );
  const local = localTimeOf(env);
  // To the minute: seconds stand in `wxq show`.
  const table = withoutEmpty(
    columns,
    rows.map((row) => cells(row, (iso) => local.of(iso).slice(0, 16))),
  );
  const isRoomFor = neededWidth(table.columns, table.rows) <= (stdout.columns ?? 80);
  const { columns: shown, rows: lines } = isRoomFor ? table : folded(table);
  return `${tableText(shown, lines, stdout)}\n${colours.dim(`times: ${local.zone}`)}`;
}

interface Cells {
  columns: Column[];
  rows: string[][];
}

/** Nothing has been closed, or no category is known: a column less. */
function withoutEmpty(columns: Column[], rows: string[][]): Cells {
  const kept = columns.map((_, at) => rows.some((row) => row[at] !== ''));
  return { columns: columns.filter((_, at) => kept[at]), rows: rows.map((row) => row.filter((_, at) => kept[at])) };
}

/** The category below the id, where there is no room beside it. */
function folded({ columns, rows }: Cells): Cells {
  const at = columns.findIndex(({ title }) => title === 'category');
  if (at === -1) return { columns, rows };
  return {
    columns: columns.toSpliced(at, 1),
    rows: rows.map((row) => [
      [row[0], row[at]].filter((text) => text !== '').join('\n'),
      ...row.toSpliced(at, 1).slice(1),
    ]),
  };
}
