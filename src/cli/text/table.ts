/** Rows for people: a table that fits the terminal, and for a pipe lines whose form does not depend on where they go. */
import Table from 'cli-table3';
import type { Sink } from '../context.ts';
import { textWidth, wrapped } from './width.ts';

export interface Column {
  title: string;
  /** It may be broken into several lines where the terminal is narrow. */
  wraps?: boolean;
  /** What it is not made narrower than, as long as another column can give way. */
  least?: number;
  /** For a terminal with colours; the text stays the same without. */
  paint?: (text: string) => string;
}

/** What a table is made for. */
export type Width = Pick<Sink, 'isTTY' | 'columns'>;

const gap = 2;
const usualLeast = 8;

/**
 * On a terminal: columns under their titles, double-width characters counted, no line longer than the terminal is wide.
 * Anywhere else: a line per row, its cells with tabs between, whole, without titles.
 */
export function tableText(columns: readonly Column[], rows: readonly (readonly string[])[], sink: Width): string {
  if (sink.isTTY !== true) return rows.map((row) => row.map(withoutBreaks).join('\t')).join('\n');
  const widths = fittingWidths(columns, rows, sink.columns ?? 80);
  const table = new Table({
    head: columns.map(({ title }, at) => wrapped(title, widths[at] ?? 1).join('\n')),
    colWidths: widths.map((width, at) => width + (at === widths.length - 1 ? 0 : gap)),
    chars: borderless,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  for (const row of rows)
    table.push(
      columns.map(({ paint = plain }, at) =>
        wrapped(row[at] ?? '', widths[at] ?? 1)
          .map((line) => (line === '' ? line : paint(line)))
          .join('\n'),
      ),
    );
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const plain = (text: string): string => text;
const withoutBreaks = (text: string): string => text.replaceAll(/[\t\r\n]+/g, ' ');

/** How wide a table would have to be to need no breaks. */
export const neededWidth = (columns: readonly Column[], rows: readonly (readonly string[])[]): number =>
  tableWidth(naturalWidths(columns, rows));

const tableWidth = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, gap * (widths.length - 1));

const naturalWidths = (columns: readonly Column[], rows: readonly (readonly string[])[]): number[] =>
  columns.map(({ title }, at) =>
    Math.max(1, ...[title, ...rows.flatMap((row) => (row[at] ?? '').split('\n'))].map(textWidth)),
  );

/** As wide as the content, and where that is too much, the columns that wrap share what the others leave. */
function fittingWidths(columns: readonly Column[], rows: readonly (readonly string[])[], total: number): number[] {
  const widths = naturalWidths(columns, rows);
  const spare = (): number => total - tableWidth(widths);
  // First those that are meant to wrap, then the others: a line that is too long would break the whole table.
  for (const isMeant of [true, false])
    while (spare() < 0) {
      const widest = widths.reduce(
        (best, width, at) =>
          (columns[at]?.wraps === true) === isMeant &&
          width > (columns[at]?.least ?? usualLeast) &&
          width > (widths[best] ?? 0)
            ? at
            : best,
        -1,
      );
      if (widest === -1) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
    }
  return widths;
}

const borderless = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
);
