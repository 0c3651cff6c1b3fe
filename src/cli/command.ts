/** What all commands share: --json, one example in the help, a client that is closed again, an exit status. */
import { Command } from '@commander-js/extra-typings';
import type { QualificationClient } from '../client/index.ts';
import type { CliContext } from './context.ts';
import { type ExitStatus, exitStatus, statusOf } from './exit-status.ts';
import { createOutput, type Output } from './output.ts';
import { announceWorkers } from './world.ts';

/** One run of the program: its context, and the status it will end with. */
export interface Cli {
  readonly context: CliContext;
  status: ExitStatus;
}

/** A command with --json and, in its help, one example that works in this project. */
export function newCommand(name: string, summary: string, example: string) {
  return new Command(name)
    .description(summary)
    .option('--json', 'JSON alone on standard output')
    .addHelpText('after', `\nExample:\n  $ ${example}`);
}

/** Runs a command's work; an error becomes a sentence and a status, never a stack. */
export async function act(
  cli: Cli,
  options: { json?: true | undefined },
  work: (out: Output) => Promise<ExitStatus | undefined>,
): Promise<void> {
  const out = createOutput(cli.context, options.json === true);
  try {
    cli.status = (await work(out)) ?? exitStatus.done;
  } catch (error) {
    out.failure(error);
    cli.status = statusOf(error);
  }
}

/** As `act`, with a client that is connected by TEMPORAL_* and closed afterwards. */
export async function actWithClient(
  cli: Cli,
  options: { json?: true | undefined },
  work: (client: QualificationClient, out: Output) => Promise<ExitStatus | undefined>,
): Promise<void> {
  await act(cli, options, async (out) => {
    const client = await cli.context.connect({ env: cli.context.env, onWarning: out.warn });
    try {
      return await work(client, out);
    } finally {
      await client.close();
    }
  });
}

/** As `actWithClient`, for what a worker carries out at WeChat: which WeChat that is, is said first. */
export async function actOnCases(
  cli: Cli,
  options: { json?: true | undefined },
  work: (client: QualificationClient, out: Output) => Promise<ExitStatus | undefined>,
): Promise<void> {
  await actWithClient(cli, options, async (client, out) => {
    await announceWorkers(cli.context, client);
    return await work(client, out);
  });
}

/** For options that may be given more than once. */
export const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value];
