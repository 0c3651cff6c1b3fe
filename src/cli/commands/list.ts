/** `wxq list`: cases, newest first. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { CaseRow } from '../../client/index.ts';
import { caseTable, withPath } from '../case-table.ts';
import { categoryPathsOf } from '../category-paths.ts';
import { actWithClient, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { appIdOption, platformOption, statusOption } from './case-filter.ts';

/** Through Visibility: a moment behind. */
export const listCommand = (cli: Cli) =>
  newCommand('list', 'list cases, newest first', 'wxq list --status needs_material')
    .addOption(statusOption())
    .addOption(platformOption())
    .addOption(appIdOption())
    .option('--open', 'only cases that have not ended')
    .option('--limit <n>', 'at most so many', positive, 50)
    .addHelpText('after', listHelp)
    .action(async ({ status, platform, appId, open, limit, json }) => {
      await actWithClient(cli, { json }, async (client, out) => {
        const rows: CaseRow[] = [];
        const filter = {
          limit,
          ...(status === undefined ? {} : { status }),
          ...(platform === undefined ? {} : { platform }),
          ...(appId === undefined ? {} : { appId }),
          ...(open === undefined ? {} : { execution: 'running' as const }),
        };
        for await (const row of client.list(filter)) rows.push(row);
        const paths = await categoryPathsOf(cli.context.env, rows);
        const named = rows.map((row) => withPath(row, paths));
        if (out.json || rows.length > 0) out.result(named, caseTable(named, cli.context));
        else out.note('No such cases. Start one: wxq submit examples/channels-shop.json');
        return exitStatus.done;
      });
    });

const listHelp = `
On a terminal a table, with times of your zone. In a pipe a line per case, with tabs between: id, status, attempt, started,
closed, category; times in UTC. With --json one array of the same facts, categoryPath where it is known.`;

function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
