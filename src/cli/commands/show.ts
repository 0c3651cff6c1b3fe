/** `wxq show ID`: where a case stands and what can be done with it. */
import { tellingOf, viewText } from '../case-text.ts';
import { actWithClient, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';

/** Works for closed cases as well, as long as Temporal keeps them. */
export const showCommand = (cli: Cli) =>
  newCommand('show', 'show where a case stands', 'wxq show channels-shop/wx5a2d8f1c3b7e9046/6201')
    .argument('<id>', 'workflow id of the case')
    .action(async (id, options) => {
      await actWithClient(cli, options, async (client, out) => {
        const view = await client.get(id).view();
        const telling = await tellingOf(cli.context, [view]);
        const categoryPath = telling.pathOf(view);
        out.result({ ...view, ...(categoryPath === undefined ? {} : { categoryPath }) }, viewText(view, telling));
        return exitStatus.done;
      });
    });
