/** `wxq watch [ID]`: follows one case until it ends, or the list of open cases, as it happens. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { QualificationClient } from '../../client/index.ts';
import { caseTable, type NamedRow, statusText, withPath } from '../case-table.ts';
import { resultText, type Telling, tellingOf, viewText } from '../case-text.ts';
import { type CategoryPaths, categoryPathsOf } from '../category-paths.ts';
import { actWithClient, type Cli, newCommand } from '../command.ts';
import { type ExitStatus, exitStatus, UsageError } from '../exit-status.ts';
import { type Interruption, onInterrupt } from '../local/interruption.ts';
import { counted, type Output } from '../output.ts';
import { localTimeOf } from '../text/local-time.ts';
import { cut } from '../text/width.ts';
import { caseSource } from '../watch/case-source.ts';
import { createCaseLook, momentText } from '../watch/follow-case.ts';
import { createListLook, type ListLook, maxWatched, type RowChange } from '../watch/follow-list.ts';
import { untilFound } from '../watch/patience.ts';
import { appIdOption, platformOption, statusOption } from './case-filter.ts';

const watchHelp = `
With an id: what has happened so far, then every step with time and person, at last the result. Status 0 when it is approved,
1 when it ends otherwise or the watching is ended by Ctrl-C (the case goes on).
Without an id: the open cases, on a terminal as a table that is drawn anew, in a pipe a line per change; Ctrl-C ends it with
status 0. While Temporal or every worker is away it is tried again.
With --json a line per change. With an id: the view as wxq show gives it, with "moments": [{at, kind, by?, text}] that are new,
and at the end {"workflowId", "result"}. Without: {"change": "open" | "changed" | "closed", and a row as of wxq list}.`;

export const watchCommand = (cli: Cli) =>
  newCommand(
    'watch',
    'follow a case until it ends, or all open cases',
    'wxq watch channels-shop/wx5a2d8f1c3b7e9046/6201',
  )
    .argument('[id]', 'workflow id of the case; without it: the list of open cases')
    .option('--every <seconds>', 'how often to look', seconds, 2)
    .addOption(statusOption())
    .addOption(platformOption())
    .addOption(appIdOption())
    .addHelpText('after', watchHelp)
    .action(async (id, { every, json, ...filter }) => {
      await actWithClient(cli, { json }, async (client, out) => {
        if (id !== undefined && Object.keys(filter).length > 0)
          throw new UsageError('--status, --platform and --app-id are for the list.', 'Leave the id out, or them.');
        const interruption = (cli.context.interruption ?? onInterrupt)();
        try {
          const watching = { cli, client, out, everyMs: every * 1_000, interruption };
          return id === undefined ? await watchList(watching, filter) : await watchCase(watching, id);
        } finally {
          interruption.forget();
        }
      });
    });

interface Watching {
  cli: Cli;
  client: QualificationClient;
  out: Output;
  everyMs: number;
  interruption: Interruption;
}

async function watchCase({ cli, client, out, everyMs, interruption }: Watching, id: string): Promise<ExitStatus> {
  const { context } = cli;
  let telling: Telling | undefined;
  const look = createCaseLook({
    source: caseSource(client, id),
    tell: async (moments, view) => {
      const isFirst = telling === undefined;
      telling ??= await tellingOf(context, [view]);
      const how = telling;
      const lines = moments.map((moment) => momentText(moment, how));
      const categoryPath = how.pathOf(view);
      out.result(
        { ...view, ...(categoryPath === undefined ? {} : { categoryPath }), moments },
        (isFirst ? [viewText(view, how), '', ...lines] : lines).join('\n'),
      );
    },
  });
  const { signal } = interruption;
  const result = await untilFound(look, { everyMs, signal, sleep: context.sleep, out });
  if (result === undefined) {
    out.note(`No longer watched; the case goes on. Again: wxq watch ${id}`);
    return exitStatus.findings;
  }
  out.result({ workflowId: id, result }, resultText(id, result));
  return result.outcome === 'approved' ? exitStatus.done : exitStatus.findings;
}

async function watchList(
  { cli, client, out, everyMs, interruption }: Watching,
  filter: Parameters<typeof createListLook>[1],
): Promise<ExitStatus> {
  const { context } = cli;
  const isDrawn = !out.json && context.stdout.isTTY === true;
  const look = createListLook(client, filter);
  let paths: CategoryPaths = () => undefined;
  let isFirst = true;
  const lookAndTell = async (): Promise<undefined> => {
    const { rows, changes } = await look();
    if (changes.some(({ row }) => paths(row) === undefined)) paths = await categoryPathsOf(context.env, rows);
    if (isDrawn) draw(cli, { rows, changes }, paths, isFirst);
    else for (const change of changes) out.result(changeObject(change, paths), changeLine(change, paths));
    isFirst = false;
    return undefined;
  };
  await untilFound(lookAndTell, { everyMs, signal: interruption.signal, sleep: context.sleep, out });
  return exitStatus.done;
}

const changeObject = ({ change, row }: RowChange, paths: CategoryPaths): NamedRow & Pick<RowChange, 'change'> => ({
  change,
  ...withPath(row, paths),
});

/** For a pipe: tabs between. */
const changeLine = ({ change, row }: RowChange, paths: CategoryPaths): string =>
  [change, row.workflowId, statusText(row), row.attempt, row.startedAt, row.closedAt ?? '', paths(row) ?? ''].join(
    '\t',
  );

const cursorHome = '\x1b[H';
const clearScreen = '\x1b[2J';
const clearBelow = '\x1b[J';
const clearRestOfLine = '\x1b[K';

/** The table over what was there before; below it what became of cases since the last look. */
function draw({ context }: Cli, { rows, changes }: ListLook, paths: CategoryPaths, isFirst: boolean): void {
  const { stdout, env } = context;
  const local = localTimeOf(env);
  const height = (stdout.rows ?? 24) - 4;
  const shown = rows.map((row) => withPath(row, paths));
  const table = (shown.length === 0 ? 'No case is open.' : caseTable(shown, context)).split('\n');
  const ended = changes.filter(({ change }) => change === 'closed').slice(-3);
  const room = Math.max(3, height - ended.length);
  const lines = [
    `${counted(rows.length, 'open case')}${rows.length >= maxWatched ? ' or more' : ''}  ${local.of(new Date().toISOString())} ${local.zone}  (Ctrl-C ends)`,
    '',
    ...(table.length > room ? [...table.slice(0, room - 1), '… more than fit here: wxq list --open'] : table),
    ...ended.map(({ row }) => `${row.workflowId}  ${statusText(row)}`),
  ];
  // Text that is coloured was made to fit; what is not is cut.
  const fitted = lines.map(
    (line) => `${line.includes('\x1b') ? line : cut(line, stdout.columns ?? 80)}${clearRestOfLine}`,
  );
  stdout.write(`${isFirst ? clearScreen : ''}${cursorHome}${fitted.join('\n')}\n${clearBelow}`);
}

function seconds(text: string): number {
  const number = Number(text);
  if (!(number >= 0.1 && number <= 3_600)) throw new InvalidArgumentError('It must be between 0.1 and 3600 seconds.');
  return number;
}
