/** The result file beside the CSV file: a line is there as soon as its row is done, so that a killed run can be gone on with. */
import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises';
import { type ImportPlace, isAt } from '../../importing/place.ts';
import { parseResults, resultHead, resultLine } from '../../importing/result-lines.ts';
import { isDone, type RowResult } from '../../importing/start-rows.ts';
import { UsageError } from '../exit-status.ts';

export interface ResultFile {
  /** Written at once; a row that an earlier run had done stands there already. */
  append(result: RowResult): Promise<void>;
  /** Ends with one line per row, in the order of the file, and those of other places below theirs. When it was stopped, rows that were not reached keep what an earlier run said. */
  finish(results: readonly RowResult[], isWhole: boolean): Promise<void>;
}

/** What earlier runs did. */
export interface EarlierResults {
  /** At this place, by the row's digest. */
  here: ReadonlyMap<string, RowResult>;
  /** At other places: they do not count, and stay in the file. */
  elsewhere: readonly RowResult[];
}

/** Tells the results of one place from those of all others. */
export function resultsAt(place: ImportPlace, earlier: readonly RowResult[]): EarlierResults {
  return {
    here: new Map(earlier.flatMap((one) => (isAt(one, place) ? [[one.digest ?? '', one] as const] : []))),
    elsewhere: earlier.filter((one) => !isAt(one, place)),
  };
}

/** @throws UsageError when it cannot be written. */
export async function openResultFile(path: string, { here: before, elsewhere }: EarlierResults): Promise<ResultFile> {
  // Whole lines only: the last one may be torn.
  await rewrite(path, [...before.values(), ...elsewhere]);
  const file: FileHandle = await open(path, 'a');
  return {
    async append(result) {
      const known = result.digest === undefined ? undefined : before.get(result.digest);
      if (known === undefined || !isDone(known.outcome)) await file.appendFile(resultLine(result));
    },
    async finish(results, isWhole) {
      await file.close();
      const reached = new Set(results.map(({ digest }) => digest));
      const kept = isWhole ? [] : [...before.values()].filter(({ digest }) => !reached.has(digest));
      await rewrite(
        path,
        [...results, ...kept, ...elsewhere].sort((a, b) => a.row - b.row),
      );
    },
  };
}

/** What earlier runs did, at whatever place. @throws UsageError when the file is something else, or does not say for certain where its rows were started. */
export async function earlierResults(path: string): Promise<RowResult[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new UsageError(`${path} cannot be read.`, 'Name another result file with --results.', { cause: error });
  }
  const results = text === '' ? [] : parseResults(text);
  if (results === undefined)
    throw new UsageError(`${path} is there already and no result of an import.`, 'Name another one with --results.');
  if (results === 'placeless')
    throw new UsageError(
      `${path} is of an earlier version and does not say for certain where its rows were started. 结果文件由旧版本生成，没有可靠记录在哪个环境启动。`,
      'Name another result file with --results. What was started at this place Temporal knows by itself, as long as it keeps the histories; take older rows out of the CSV file. 请用 --results 指定另一个结果文件；此环境中已启动的行不会重复启动。',
    );
  return results;
}

/** Renamed into place: a run that is killed at this moment leaves the old file whole. */
async function rewrite(path: string, results: readonly RowResult[]): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, resultHead + results.map(resultLine).join(''));
    await rename(draft, path);
  } catch (error) {
    throw new UsageError(`${path} cannot be written.`, 'Name another result file with --results.', { cause: error });
  }
}
