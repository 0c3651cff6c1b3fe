/** `wxq accounts`: which shops and platforms the database knows, and changes to them; running processes take them up by themselves. */
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { loadConfig } from '../../runtime/config.ts';
import { type AccountDesk, openAccountDesk } from '../../store/account-desk.ts';
import { loadEntries } from '../../store/account-file.ts';
import type { ListedAccount } from '../../store/account-records.ts';
import { act, type Cli, newCommand } from '../command.ts';
import { exitStatus, UsageError } from '../exit-status.ts';
import { counted, type Output } from '../output.ts';
import { tableText } from '../text/table.ts';

/** `list`, `set FILE` and `remove APPID`. No secret is ever shown. */
export const accountsCommand = (cli: Cli) => {
  // Without a --json of its own: it would take the one that stands after `list`.
  const command = new Command('accounts')
    .description('list, set or remove the accounts in the database')
    .addHelpText('after', '\nExample:\n  $ wxq accounts list --json\n  $ wxq accounts remove wx5a2d8f1c3b7e9046 --yes');
  command.addCommand(
    newCommand('list', 'every shop, platform and account that authorised one; no secrets', 'wxq accounts list').action(
      async (options) => {
        await atDesk(cli, options, async (desk, out) => {
          const accounts = await desk.list();
          out.result({ accounts }, tableOf(accounts, cli.context));
        });
      },
    ),
  );
  command.addCommand(
    newCommand('set', 'write the entries of a file in the form of the accounts file', 'wxq accounts set new-shop.json')
      .argument('<file>', 'its entries are written; all others stay')
      .action(async (file, options) => {
        await atDesk(cli, options, async (desk, out) => {
          const entries = loadEntries(resolve(cli.context.cwd, file), cli.context.env);
          const appIds = [
            ...entries.shops.map(({ appId }) => appId),
            ...entries.platforms.map(({ componentAppId }) => componentAppId),
          ];
          await desk.set(entries);
          out.result({ set: appIds }, `${counted(appIds.length, 'account')} written: ${appIds.join(', ')}`);
        });
      }),
  );
  command.addCommand(
    newCommand('remove', 'forget an account and its secrets', 'wxq accounts remove wx5a2d8f1c3b7e9046 --yes')
      .argument('<appid>', 'of a shop or a platform')
      .option('--yes', 'without asking')
      .action(async (appId, options) => {
        await atDesk(
          cli,
          options,
          async (desk, out) => {
            if (!(await desk.remove(appId)))
              throw new UsageError(`${appId} is no account in the database.`, 'See `wxq accounts list`.');
            out.result(
              { removed: appId },
              `${appId} is forgotten; its open cases will be blocked until it is set again.`,
            );
          },
          () => confirm(cli, appId, options.yes === true),
        );
      }),
  );
  return command;
};

async function atDesk(
  cli: Cli,
  options: { json?: true | undefined },
  work: (desk: AccountDesk, out: Output) => Promise<void>,
  before: () => Promise<void> = async () => {},
): Promise<void> {
  await act(cli, options, async (out) => {
    // Before the database is opened, or even made.
    await before();
    const { databaseUrl, secretKey, dataDir } = loadConfig(cli.context.env);
    const desk = await openAccountDesk({ databaseUrl, secretKey, dataDir });
    try {
      await work(desk, out);
      return exitStatus.done;
    } finally {
      await desk.close();
    }
  });
}

async function confirm(cli: Cli, appId: string, isSure: boolean): Promise<void> {
  if (isSure) return;
  const { confirm: ask } = cli.context;
  if (ask === undefined) throw new UsageError(`Nobody can be asked whether to remove ${appId}.`, 'Add --yes.');
  if (!(await ask(`Remove ${appId} and its secrets?`)))
    throw new UsageError('Nothing was removed.', 'Answer y to remove.');
}

function tableOf(accounts: readonly ListedAccount[], { stdout }: Cli['context']): string {
  if (accounts.length === 0) return 'No accounts: set WXQ_ACCOUNTS_FILE for a server, or use `wxq accounts set FILE`.';
  const rows = accounts.map((one) => {
    const facts = [
      one.componentAppId === undefined ? undefined : `of ${one.componentAppId}`,
      one.isAuthorized === false ? 'not authorised' : undefined,
      one.credentials,
      one.hasCallback === false ? 'no callback' : undefined,
      one.forwardUrl === undefined ? undefined : `forward ${one.forwardUrl}`,
      one.permissionSets === undefined ? undefined : `permission sets ${one.permissionSets.join(',')}`,
      one.name,
      one.ghId,
      one.principal,
    ];
    return [one.kind, one.appId, facts.filter((fact) => fact !== undefined).join('; ')];
  });
  return tableText([{ title: 'kind' }, { title: 'account' }, { title: 'what is known', wraps: true }], rows, stdout);
}
