/** `wxq import FILE`: a case per row of a CSV file, after a preview. */
import { basename, dirname, extname, join, resolve } from 'node:path';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type Checked, inputDigest, type QualificationClient } from '../../client/index.ts';
import { defaultTaskQueue } from '../../contract/messages.ts';
import type { ImportTable } from '../../importing/import-file.ts';
import { type ImportPlace, placeBySettings, placeOf } from '../../importing/place.ts';
import { type PreviewRow, previewImport } from '../../importing/preview.ts';
import { isDone, type RowResult, startRows } from '../../importing/start-rows.ts';
import { temporalSettings } from '../../runtime/temporal-connection.ts';
import { act, type Cli, newCommand } from '../command.ts';
import { type ExitStatus, exitStatus, UsageError } from '../exit-status.ts';
import { type LookedRow, outcomesOf, previewText, resultsText, sorted } from '../import/import-text.ts';
import { imagesBeside, readImportFile, withCategoryPaths } from '../import/reading.ts';
import { type EarlierResults, earlierResults, openResultFile, resultsAt } from '../import/result-file.ts';
import { onInterrupt } from '../local/interruption.ts';
import { counted, type Output } from '../output.ts';
import { createProgressBar } from '../progress-bar.ts';
import { announceWorkers } from '../world.ts';

interface Options {
  dryRun?: true | undefined;
  yes?: true | undefined;
  check: boolean;
  results?: string | undefined;
  by?: string | undefined;
  atOnce: number;
}

/** Status 1 unless every row is started or was before. */
export const importCommand = (cli: Cli) =>
  newCommand(
    'import',
    'start a case per row of a CSV file, after a preview (docs/importing.md)',
    'wxq import examples/cases.csv --dry-run',
  )
    .argument('<file>', 'the CSV file; its image paths start at its own folder')
    .option('--dry-run', 'only the preview; nothing is started')
    .option('--yes', 'start what is ready without asking')
    .option('--no-check', 'do not compare the rows with the live rules of their categories (a worker does it)')
    .option('--results <file>', 'the result file, a line per row; default: beside the file, as FILE.results.csv')
    .option('--by <name>', 'who asks for it, for rows without requestedBy')
    .option('--at-once <n>', 'so many rows at the same time', upTo100, 10)
    .action(async (name, { json, ...options }) => {
      await act(cli, { json }, async (out) => {
        if (options.dryRun !== true && options.yes !== true && cli.context.confirm === undefined)
          throw new UsageError(
            `Nobody can be asked whether to start the cases of ${name}.`,
            'Add --yes, or look first with --dry-run.',
          );
        const path = resolve(cli.context.cwd, name);
        const table = await readImportFile(path, name);
        const resultPath =
          options.results === undefined
            ? join(dirname(path), `${basename(path, extname(path))}.results.csv`)
            : resolve(cli.context.cwd, options.results);
        const earlier = await earlierResults(resultPath);
        const askedAt = (place: ImportPlace): Import => {
          return { name, path, table, options, resultPath, place, earlier: resultsAt(place, earlier) };
        };
        if (options.dryRun === true && !options.check) {
          const { env } = cli.context;
          const settings = { ...temporalSettings(env), taskQueue: env.WXQ_TASK_QUEUE || defaultTaskQueue };
          return await previewed(cli, out, askedAt(placeBySettings(settings)), undefined);
        }
        // The result file tells which rows met a case with another input.
        const client = await cli.context.connect({ env: cli.context.env, onWarning: () => {} });
        try {
          await announceWorkers(cli.context, client);
          return await previewed(cli, out, askedAt(await placeOf(client)), client);
        } finally {
          await client.close();
        }
      });
    });

interface Import {
  name: string;
  path: string;
  table: ImportTable;
  options: Options;
  resultPath: string;
  place: ImportPlace;
  earlier: EarlierResults;
}

const nothingFound: Checked = { findings: [] };

async function previewed(
  cli: Cli,
  out: Output,
  asked: Import,
  client: QualificationClient | undefined,
): Promise<ExitStatus> {
  const { name, path, table, options, place, earlier } = asked;
  const isDoneBefore = (digest: string | undefined): boolean => {
    const outcome = digest === undefined ? undefined : earlier.here.get(digest)?.outcome;
    return outcome !== undefined && isDone(outcome);
  };
  sayElsewhere(out, asked);
  const interruption = onInterrupt();
  const bar = createProgressBar(cli.context, 'checking');
  try {
    const folder = dirname(path);
    const rows = await withCategoryPaths({ context: cli.context, out, table }, (categoryPaths) =>
      previewImport(table, {
        categoryPaths,
        image: imagesBeside(folder),
        atOnce: options.atOnce,
        signal: interruption.signal,
        onRow: bar.show,
        ...(client === undefined || !options.check
          ? {}
          : {
              // Of a case that has begun the rules may say something else by now.
              check: async (input) =>
                isDoneBefore(inputDigest(input)) ? nothingFound : await client.check(input, { relativeTo: folder }),
            }),
      }),
    ).finally(bar.end);
    const looked = rows.map((row): LookedRow => ({ ...row, isDoneBefore: isDoneBefore(row.digest) }));
    const { ready, refused, done } = sorted(looked);
    const facts = {
      file: name,
      rows: rows.length,
      ready: ready.length,
      refused: refused.length,
      doneBefore: done.length,
      ...place,
      resultsElsewhere: earlier.elsewhere.length,
      preview: looked.map(({ input: _, ...row }) => row),
    };
    if (options.dryRun === true || client === undefined) {
      out.result(facts, previewText(name, looked));
      return refused.length === 0 ? exitStatus.done : exitStatus.findings;
    }
    out.note(previewText(name, looked));
    if (ready.length > 0 && options.yes !== true && !(await confirmed(cli, client, ready))) {
      out.result({ ...facts, results: [] }, 'Nothing was started.');
      return exitStatus.findings;
    }
    return await started(cli, out, { asked, rows: looked, client, signal: interruption.signal, facts });
  } finally {
    interruption.forget();
  }
}

/** What was started elsewhere is no reason to leave a row out, and no reason to lose its line. */
function sayElsewhere(out: Output, { resultPath, place, earlier: { elsewhere } }: Import): void {
  if (elsewhere.length === 0) return;
  const named = ({ place: name = '?' }: RowResult) => (name === place.place ? `another Temporal at ${name}` : name);
  const places = [...new Set(elsewhere.map(named))].join(', ');
  out.note(
    `${resultPath} also has ${counted(elsewhere.length, 'line')} of ${places}: they do not count at ${place.place}, and stay in it.\n结果文件中另有 ${elsewhere.length} 行属于其他环境，此处不算已完成，原样保留。`,
  );
}

/** Whose cases, and where: shown before anything is begun. */
async function confirmed(cli: Cli, client: QualificationClient, ready: readonly PreviewRow[]): Promise<boolean> {
  const accounts = new Set(ready.map(({ appId }) => appId));
  const [first = ''] = accounts;
  const whose = accounts.size === 1 ? first : counted(accounts.size, 'account');
  const where = `${client.address}, namespace ${client.namespace}`;
  return (await cli.context.confirm?.(`Start ${counted(ready.length, 'case')} of ${whose} at ${where}?`)) === true;
}

async function started(
  cli: Cli,
  out: Output,
  run: { asked: Import; rows: LookedRow[]; client: QualificationClient; signal: AbortSignal; facts: object },
): Promise<ExitStatus> {
  const { asked, rows, client, signal, facts } = run;
  const { name, path, options, resultPath, place, earlier } = asked;
  const file = await openResultFile(resultPath, earlier);
  const bar = createProgressBar(cli.context, 'starting');
  const results: RowResult[] = [];
  try {
    await startRows(rows, {
      client,
      place,
      relativeTo: dirname(path),
      before: earlier.here,
      atOnce: options.atOnce,
      signal,
      ...(options.by === undefined ? {} : { requestedBy: options.by }),
      onResult: async (result) => {
        results.push(result);
        bar.show(results.length, rows.length);
        await file.append(result);
      },
    });
  } finally {
    bar.end();
    await file.finish(results, results.length === rows.length);
    if (results.length < rows.length)
      out.note(
        `Stopped after ${results.length} of ${rows.length} rows (${resultPath}). The same command goes on: what was started is not started again.`,
      );
  }
  results.sort((a, b) => a.row - b.row);
  out.result(
    { ...facts, resultFile: resultPath, outcomes: outcomesOf(results), results },
    resultsText(name, { results, rows }, resultPath),
  );
  const isWhole = results.length === rows.length && results.every(({ outcome }) => isDone(outcome));
  return isWhole ? exitStatus.done : exitStatus.findings;
}

function upTo100(text: string): number {
  if (!/^([1-9]\d?|100)$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1 to 100.');
  return Number(text);
}
