/** The result file of an import as text: a line per row, which a later run reads again. */
import { parse } from 'csv-parse/sync';
import { type RowOutcome, type RowResult, rowOutcomes } from './start-rows.ts';

const columns = [
  'row',
  'appId',
  'category',
  'externalId',
  'outcome',
  'workflowId',
  'reason',
  'at',
  'digest',
  'place',
  'placeId',
] as const;
const columnsBeforePlaces = columns.slice(0, -2);

/** With a byte order mark, or Excel reads Chinese in the machine's own code page. */
export const resultHead = `\uFEFF${columns.join(',')}\r\n`;

/** One row, with its line end. */
export const resultLine = (result: RowResult): string => `${columns.map((name) => cell(result[name])).join(',')}\r\n`;

/** A spreadsheet must not take a text for a formula: such a cell begins with an apostrophe. */
function cell(value: string | number | undefined): string {
  const text = String(value ?? '');
  const safe = /^[=+\-@\t\r']/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * The results in a file, the last one of each row and place; a line that a killed run left unfinished is left out.
 * `placeless`: an earlier version wrote it, and does not say for certain where its rows were started. `undefined`: this is no result file.
 */
export function parseResults(text: string): RowResult[] | 'placeless' | undefined {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const [head = ''] = whole.replace(/^\uFEFF/, '').split(/\r?\n/, 1);
  if (!head.startsWith(columnsBeforePlaces.join(','))) return undefined;
  if (!head.startsWith(columns.join(','))) return 'placeless';
  const records = parse(whole, { bom: true, relax_column_count: true, relax_quotes: true, from: 2 });
  const results = new Map<string, RowResult>();
  for (const record of records) {
    const [row, appId, category, externalId, outcome, workflowId, reason, at, digest, place = '', placeId = ''] =
      record.map((text) => text.replace(/^'(?=[=+\-@\t\r'])/, ''));
    if (digest === undefined || digest === '' || !isOutcome(outcome)) continue;
    results.set(`${placeId} ${digest}`, {
      row: Number(row),
      appId: appId ?? '',
      category: category ?? '',
      outcome,
      at: at ?? '',
      digest,
      ...(externalId ? { externalId } : {}),
      ...(workflowId ? { workflowId } : {}),
      ...(reason ? { reason } : {}),
      ...(place ? { place } : {}),
      ...(placeId ? { placeId } : {}),
    });
  }
  return [...results.values()];
}

const isOutcome = (text: string | undefined): text is RowOutcome => rowOutcomes.some((outcome) => outcome === text);
