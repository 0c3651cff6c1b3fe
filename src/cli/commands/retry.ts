/** `wxq retry ID`: tries a blocked step again now. */
import { actOnCases, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { acceptedText } from './accepted-text.ts';

/** After the account was mended; a blocked case also tries again slowly by itself. */
export const retryCommand = (cli: Cli) =>
  newCommand('retry', 'try a blocked step again now', 'wxq retry channels-shop/wx5a2d8f1c3b7e9046/6201')
    .argument('<id>', 'workflow id of the case')
    .option('--by <name>', 'who asks for it')
    .action(async (id, { by, json }) => {
      await actOnCases(cli, { json }, async (client, out) => {
        const accepted = await client.get(id).retry(by === undefined ? {} : { by });
        out.result(accepted, acceptedText(id, accepted));
        return exitStatus.done;
      });
    });
