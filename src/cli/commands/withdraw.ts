/** `wxq withdraw ID`: gives a case up. */
import { actOnCases, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { acceptedText } from './accepted-text.ts';

/** Taken does not mean withdrawn: if WeChat has approved meanwhile, the case ends approved. */
export const withdrawCommand = (cli: Cli) =>
  newCommand(
    'withdraw',
    'give a case up',
    'wxq withdraw channels-shop/wx5a2d8f1c3b7e9046/6201 --note "the shop closes"',
  )
    .argument('<id>', 'workflow id of the case')
    .option('--note <text>', 'why, for whoever reads the case later')
    .option('--by <name>', 'who asks for it')
    .option('--force', 'also cancel an open audit that is not ours')
    .action(async (id, { note, by, force, json }) => {
      await actOnCases(cli, { json }, async (client, out) => {
        const accepted = await client.get(id).withdraw({
          ...(note === undefined ? {} : { note }),
          ...(by === undefined ? {} : { by }),
          ...(force === undefined ? {} : { force: true }),
        });
        out.result(accepted, acceptedText(id, accepted));
        return exitStatus.done;
      });
    });
