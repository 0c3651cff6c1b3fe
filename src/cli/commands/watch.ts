/** `wxq watch ID`: follows a case until it ends. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import type { CaseHandle, CaseView, QualificationResult } from '../../client/index.ts';
import { resultText, viewText } from '../case-text.ts';
import { actWithClient, type Cli, newCommand } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import type { Output } from '../output.ts';

/** One line (with --json one object) per change, then the result; status 1 unless it is approved. */
export const watchCommand = (cli: Cli) =>
  newCommand('watch', 'follow a case until it ends', 'wxq watch channels-shop/wx5a2d8f1c3b7e9046/6201')
    .argument('<id>', 'workflow id of the case')
    .option('--every <seconds>', 'how often to look', seconds, 2)
    .action(async (id, { every, json }) => {
      await actWithClient(cli, { json }, async (client, out) => {
        const handle = client.get(id);
        const result = await follow(handle, out, () => cli.context.sleep(every * 1_000));
        out.result({ workflowId: id, result }, resultText(id, result));
        return result.outcome === 'approved' ? exitStatus.done : exitStatus.findings;
      });
    });

async function follow(handle: CaseHandle, out: Output, pause: () => Promise<unknown>): Promise<QualificationResult> {
  let end: { result: QualificationResult } | { error: unknown } | undefined;
  const ended = handle.result().then(
    (result) => {
      end = { result };
    },
    (error: unknown) => {
      end = { error };
    },
  );
  let shown = '';
  while (end === undefined) {
    const view = await handle.view();
    const change = changeOf(view);
    if (change !== shown) out.result(view, viewText(view));
    shown = change;
    await Promise.race([ended, pause()]);
  }
  if ('error' in end) throw end.error;
  return end.result;
}

/** What makes a view worth another line. */
const changeOf = ({ status, overdue, pending, attempts, blocked }: CaseView): string =>
  JSON.stringify([status, overdue, pending, attempts, blocked]);

function seconds(text: string): number {
  const number = Number(text);
  if (!(number >= 0.1 && number <= 3_600)) throw new InvalidArgumentError('It must be between 0.1 and 3600 seconds.');
  return number;
}
