/** `wxq adopt ID`: follows the open audit that is not ours. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { actOnCases, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { acceptedText } from './accepted-text.ts';

/** For a case that is blocked because somebody else has applied for the category. */
export const adoptCommand = (cli: Cli) =>
  newCommand('adopt', 'follow an open audit that is not ours', 'wxq adopt channels-shop/wx5a2d8f1c3b7e9046/6201')
    .argument('<id>', 'workflow id of the case')
    .option('--audit <id>', 'which audit, if there are several', auditId)
    .option('--by <name>', 'who asks for it')
    .action(async (id, { audit, by, json }) => {
      await actOnCases(cli, { json }, async (client, out) => {
        const accepted = await client.get(id).adopt({
          ...(audit === undefined ? {} : { auditId: audit }),
          ...(by === undefined ? {} : { by }),
        });
        out.result(accepted, acceptedText(id, accepted));
        return exitStatus.done;
      });
    });

function auditId(text: string): string {
  if (!/^[1-9]\d{0,19}$/.test(text))
    throw new InvalidArgumentError("It must be an audit's number, as WeChat shows it.");
  return text;
}
