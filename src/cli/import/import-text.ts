/** How an import is told to people: the preview as a table with its findings below, and the results in one sentence. */
import Table from 'cli-table3';
import type { PreviewRow } from '../../importing/preview.ts';
import type { RowFinding } from '../../importing/row-finding.ts';
import { type RowOutcome, type RowResult, rowOutcomes } from '../../importing/start-rows.ts';
import { counted } from '../output.ts';

/** A row of the preview, and whether an earlier run of the same file has started it. */
export type LookedRow = PreviewRow & { isDoneBefore: boolean };

/** What would be begun, what is refused, and what needs nothing any more. */
export function sorted(rows: readonly LookedRow[]): Record<'ready' | 'refused' | 'done', LookedRow[]> {
  const done = rows.filter(({ isDoneBefore }) => isDoneBefore);
  const open = rows.filter(({ isDoneBefore }) => !isDoneBefore);
  return { done, ready: open.filter(({ isReady }) => isReady), refused: open.filter(({ isReady }) => !isReady) };
}

/** With more rows than this only those with findings are shown. */
const wholeTable = 40;
const mostShown = 200;

/** The table, then every finding with file, row and column. */
export function previewText(name: string, rows: readonly LookedRow[]): string {
  const notable = rows.length <= wholeTable ? rows : rows.filter(({ findings }) => findings.length > 0);
  const shown = notable.slice(0, mostShown);
  const findings = shown.flatMap(({ row, findings }) => findings.map((finding) => findingText(name, row, finding)));
  const left = rows.length - shown.length;
  return [
    ...(shown.length === 0 ? [] : [tableOf(shown)]),
    ...(left === 0
      ? []
      : [
          `${counted(left, shown.length === 0 ? 'row' : 'more row')}${notable.length > shown.length ? '' : ' without findings'} (--json shows all)`,
        ]),
    ...findings,
    readyText(name, rows),
  ].join('\n');
}

function tableOf(rows: readonly LookedRow[]): string {
  const table = new Table({
    head: ['row', 'account', 'category', 'intent', 'external id', 'start?'],
    // Colours of the table itself would stand in a file or a pipe as well.
    style: { head: [], border: [] },
  });
  for (const looked of rows) {
    const { row, appId, category, categoryPath, workflowId, intent, externalId = '', findings } = looked;
    const id = workflowId?.split('/').at(-1);
    const named = categoryPath === undefined || id === undefined ? (id ?? category) : `${id} ${categoryPath}`;
    const doubts = findings.filter(({ level }) => level === 'warning').length;
    table.push([
      String(row),
      appId,
      named,
      intent,
      externalId,
      looked.isDoneBefore
        ? 'done before'
        : looked.isReady
          ? `yes${doubts === 0 ? '' : `, ${counted(doubts, 'warning')}`}`
          : 'no',
    ]);
  }
  return table.toString();
}

const findingText = (name: string, row: number, { level, column, zh, en, advice }: RowFinding): string =>
  [
    `${name} row ${row}${column === '' ? '' : `, ${column}`}: ${level}`,
    `  ${zh}${advice.zh}`,
    `  ${en} ${advice.en}`,
  ].join('\n');

function readyText(name: string, rows: readonly LookedRow[]): string {
  const { ready, refused, done } = sorted(rows);
  const intents = (['adopt', 'renew'] as const).flatMap((intent) => {
    const count = ready.filter((row) => row.intent === intent).length;
    return count === 0 ? [] : [`${count} ${intent}`];
  });
  return [
    `${name}: ${counted(rows.length, 'row')}`,
    `${ready.length} ready${intents.length === 0 ? '' : ` (${intents.join(', ')})`}`,
    `${refused.length} refused`,
    ...(done.length === 0 ? [] : [`${done.length} done before`]),
  ].join(', ');
}

/** Number of rows per outcome. */
export const outcomesOf = (results: readonly RowResult[]): Record<RowOutcome, number> =>
  Object.fromEntries(
    rowOutcomes.map((outcome) => [outcome, results.filter((result) => result.outcome === outcome).length]),
  ) as Record<RowOutcome, number>;

/** One line per row that a person has to look at, and the counts: what an earlier run had done is not counted as done by this one. */
export function resultsText(
  name: string,
  { results, rows }: { results: readonly RowResult[]; rows: readonly LookedRow[] },
  file: string,
): string {
  const before = new Set(sorted(rows).done.map(({ row }) => row));
  const open = results.filter(({ outcome }) => outcome === 'failed' || outcome === 'existing-other-input');
  const counts = Object.entries(outcomesOf(results.filter(({ row }) => !before.has(row))))
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`);
  if (before.size > 0) counts.push(`${before.size} done before`);
  return [
    ...open.slice(0, mostShown).map(({ row, outcome, reason = '' }) => `${name} row ${row}: ${outcome}. ${reason}`),
    `${name}: ${counts.join(', ') || 'nothing was started'}`,
    `A line per row: ${file}`,
  ].join('\n');
}
