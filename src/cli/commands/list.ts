/** `wxq list`: cases, newest first. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import Table from 'cli-table3';
import type { CaseRow } from '../../client/index.ts';
import { actWithClient, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';

const statuses = [
  'preparing',
  'submitting',
  'in_review',
  'needs_material',
  'blocked',
  'approved',
  'withdrawn',
  'expired',
] as const;

/** Through Visibility: a moment behind. */
export const listCommand = (cli: Cli) =>
  newCommand('list', 'list cases, newest first', 'wxq list --status needs_material')
    .addOption(new Option('--status <status>', 'only cases with this status').choices(statuses))
    .addOption(
      new Option('--platform <platform>', 'only this platform').choices(['channels-shop', 'mini-program'] as const),
    )
    .option('--app-id <appid>', 'only this account')
    .option('--limit <n>', 'at most so many', positive, 50)
    .action(async ({ status, platform, appId, limit, json }) => {
      await actWithClient(cli, { json }, async (client, out) => {
        const rows: CaseRow[] = [];
        const filter = {
          limit,
          ...(status === undefined ? {} : { status }),
          ...(platform === undefined ? {} : { platform }),
          ...(appId === undefined ? {} : { appId }),
        };
        for await (const row of client.list(filter)) rows.push(row);
        out.result(
          rows,
          rows.length === 0 ? 'No cases. Start one: wxq submit examples/channels-shop.json' : tableOf(rows),
        );
        return exitStatus.done;
      });
    });

function tableOf(rows: CaseRow[]): string {
  const table = new Table({
    head: ['case', 'status', 'attempt', 'started', 'closed'],
    // Colours of the table itself would stand in a file or a pipe as well.
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    const status =
      row.execution === 'running' || row.execution === 'completed' ? row.status : `${row.status} (${row.execution})`;
    table.push([row.workflowId, status, String(row.attempt), row.startedAt, row.closedAt ?? '']);
  }
  return table.toString();
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.');
  return Number(text);
}
