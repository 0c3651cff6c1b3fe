/** `wxq inforce`: what the daily watch knows: categories in force, papers that end, accounts that cannot be read; and a walk now. */
import { Option } from '@commander-js/extra-typings';
import { watchNow } from '../../client/index.ts';
import type { Platform } from '../../contract/qualification.ts';
import { lapseBelievedAfterMs, watchedPlatforms } from '../../contract/watch.ts';
import { loadConfig } from '../../runtime/config.ts';
import { openWatchDesk } from '../../store/watch-desk.ts';
import { act, actWithClient, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { inforceText, inforceView, isWorthALook } from '../inforce-text.ts';

function readNowText(
  started: readonly Platform[],
  underWay: readonly { platform: Platform; workflowId: string }[],
): string {
  const minutes = lapseBelievedAfterMs / 60_000;
  return [
    ...(started.length === 0 ? [] : [`Started: ${started.join(', ')}. See \`wxq inforce\` in a while.`]),
    ...underWay.map(
      ({ platform, workflowId }) =>
        `Not started: ${platform}. A walk is under way (${workflowId}); it may be waiting ${minutes} minutes for its second look. 检查正在进行，未重新启动。`,
    ),
  ].join('\n');
}

/** Status 1 when an account cannot be read, a category has run out, or a paper ends within 30 days; with --read-now when a walk is under way already. */
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
          const started: Platform[] = [];
          const underWay: { platform: Platform; workflowId: string }[] = [];
          for (const one of platforms) {
            const { underWay: workflowId } = await watchNow(client, one);
            if (workflowId === undefined) started.push(one);
            else underWay.push({ platform: one, workflowId });
          }
          out.result({ started, underWay }, readNowText(started, underWay));
          return underWay.length === 0 ? exitStatus.done : exitStatus.findings;
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
