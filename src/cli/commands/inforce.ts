/** `wxq inforce`: what the daily watch knows: categories in force, papers that end, accounts that cannot be read; and a walk now. */
import { Option } from '@commander-js/extra-typings';
import { watchNow } from '../../client/index.ts';
import { watchedPlatforms } from '../../contract/watch.ts';
import { loadConfig } from '../../runtime/config.ts';
import { openWatchDesk } from '../../store/watch-desk.ts';
import { act, actWithClient, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { inforceText, inforceView, isWorthALook } from '../inforce-text.ts';

/** Status 1 when an account cannot be read, a category has run out, or a paper ends within 30 days. */
export const inforceCommand = (cli: Cli) =>
  newCommand(
    'inforce',
    'what is in force, what has lapsed, which papers end soon',
    'wxq inforce --platform channels-shop',
  )
    .argument('[appid]', 'only this account')
    .addOption(new Option('--platform <platform>', 'only this platform').choices(watchedPlatforms))
    .option('--read-now', 'start the walk of today now, instead of showing what the last one read')
    .action(async (appId, { platform, readNow, json }) => {
      if (readNow) {
        await actWithClient(cli, { json }, async (client, out) => {
          const platforms = platform === undefined ? watchedPlatforms : [platform];
          for (const one of platforms) await watchNow(client, one);
          out.result({ started: platforms }, `Started: ${platforms.join(', ')}. See \`wxq inforce\` in a while.`);
          return exitStatus.done;
        });
        return;
      }
      await act(cli, { json }, async (out) => {
        const { databaseUrl, secretKey, dataDir } = loadConfig(cli.context.env);
        const desk = await openWatchDesk({ databaseUrl, secretKey, dataDir });
        try {
          const wanted = { ...(appId === undefined ? {} : { appId }), ...(platform === undefined ? {} : { platform }) };
          const shown = inforceView(await desk.overview(wanted), Date.now());
          out.result(shown, inforceText(shown));
          return isWorthALook(shown) ? exitStatus.findings : exitStatus.done;
        } finally {
          await desk.close();
        }
      });
    });
