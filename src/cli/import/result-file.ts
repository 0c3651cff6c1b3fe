/** The result file beside the CSV file: a line is there as soon as its row is done, so that a killed run can be gone on with. */
import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises';
import { parseResults, resultHead, resultLine } from '../../importing/result-lines.ts';
import { isDone, type RowResult } from '../../importing/start-rows.ts';
import { UsageError } from '../exit-status.ts';

export interface ResultFile {
  /** Written at once; a row that an earlier run had done stands there already. */
  append(result: RowResult): Promise<void>;
  /** Ends with one line per row, in the order of the file. When it was stopped, rows that were not reached keep what an earlier run said. */
  finish(results: readonly RowResult[], isWhole: boolean): Promise<void>;
}

/** @param before what earlier runs did, by the row's digest. @throws UsageError when it cannot be written. */
export async function openResultFile(path: string, before: ReadonlyMap<string, RowResult>): Promise<ResultFile> {
  // Whole lines only: the last one may be torn.
  await rewrite(path, [...before.values()]);
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
        [...results, ...kept].sort((a, b) => a.row - b.row),
      );
    },
  };
}

/** What earlier runs did, by the row's digest. @throws UsageError when there is something else under this name. */
export async function earlierResults(path: string): Promise<Map<string, RowResult>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw new UsageError(`${path} cannot be read.`, 'Name another result file with --results.', { cause: error });
  }
  const results = text === '' ? new Map<string, RowResult>() : parseResults(text);
  if (results === undefined)
    throw new UsageError(`${path} is there already and no result of an import.`, 'Name another one with --results.');
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
