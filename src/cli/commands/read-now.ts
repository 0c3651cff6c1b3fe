/** `wxq read-now ID`: asks WeChat for the audit now. */
import { actOnCases, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { acceptedText } from './accepted-text.ts';

/** When a callback seems to be lost; otherwise the next poll reads it. */
export const readNowCommand = (cli: Cli) =>
  newCommand('read-now', 'ask WeChat for the audit now', 'wxq read-now channels-shop/wx5a2d8f1c3b7e9046/6201')
    .argument('<id>', 'workflow id of the case')
    .option('--by <name>', 'who asks for it')
    .action(async (id, { by, json }) => {
      await actOnCases(cli, { json }, async (client, out) => {
        const accepted = await client.get(id).readAuditNow(by === undefined ? {} : { by });
        out.result(accepted, acceptedText(id, accepted));
        return exitStatus.done;
      });
    });
