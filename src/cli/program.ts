/** The program `wxq`: its commands, and how a command line that is wrong is told. */
import { existsSync, readFileSync } from 'node:fs';
import { Command, CommanderError } from '@commander-js/extra-typings';
import type { Cli } from './command.ts';
import { accountsCommand } from './commands/accounts.ts';
import { adoptCommand } from './commands/adopt.ts';
import { doctorCommand } from './commands/doctor.ts';
import { explainCommand } from './commands/explain.ts';
import { importCommand } from './commands/import.ts';
import { inforceCommand } from './commands/inforce.ts';
import { lintCommand } from './commands/lint.ts';
import { listCommand } from './commands/list.ts';
import { notificationsCommand } from './commands/notifications.ts';
import {
  codecServerCommand,
  demoCommand,
  devCommand,
  sandboxCommand,
  serverCommand,
  workerCommand,
} from './commands/processes.ts';
import { pushesCommand } from './commands/pushes.ts';
import { readNowCommand } from './commands/read-now.ts';
import { renewCommand } from './commands/renew.ts';
import { renewMaterialCommand } from './commands/renew-material.ts';
import { replayCommand } from './commands/replay.ts';
import { resubmitCommand } from './commands/resubmit.ts';
import { retryCommand } from './commands/retry.ts';
import { showCommand } from './commands/show.ts';
import { submitCommand } from './commands/submit.ts';
import { templateCommand } from './commands/template.ts';
import { triggerCommand } from './commands/trigger.ts';
import { watchCommand } from './commands/watch.ts';
import { withdrawCommand } from './commands/withdraw.ts';
import type { CliContext } from './context.ts';
import { type ExitStatus, exitStatus } from './exit-status.ts';

const commands: readonly ((cli: Cli) => { copyInheritedSettings(from: Command): unknown })[] = [
  lintCommand,
  templateCommand,
  submitCommand,
  importCommand,
  listCommand,
  showCommand,
  watchCommand,
  resubmitCommand,
  renewMaterialCommand,
  withdrawCommand,
  retryCommand,
  adoptCommand,
  readNowCommand,
  triggerCommand,
  workerCommand,
  serverCommand,
  codecServerCommand,
  sandboxCommand,
  demoCommand,
  devCommand,
  replayCommand,
  explainCommand,
  doctorCommand,
  pushesCommand,
  notificationsCommand,
  accountsCommand,
  inforceCommand,
  renewCommand,
];

const statusHelp = `
Exit status: 0 done; 1 findings, or a case that did not end well; 2 usage; 3 Temporal, worker or WeChat not reachable; 4 the case is closed.
Settings: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE and the like, as for the temporal program; WXQ_TASK_QUEUE.`;

/** Every command of the program; what each of them does is put into `cli`. */
export function createProgram(cli: Cli): Command {
  const { context } = cli;
  const program = new Command('wxq')
    .description('WeChat category qualification (微信类目资质), from images to verdict')
    .version(packageVersion(), '-V, --version', 'which version this is')
    .addHelpText('after', statusHelp)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text.replace(/^error: /, 'wxq: ')),
    })
    .showHelpAfterError('  See `wxq help`, or --help after a command.');
  for (const make of commands) {
    const command = make(cli) as Command;
    command.copyInheritedSettings(program);
    for (const part of command.commands) part.copyInheritedSettings(program);
    program.addCommand(command);
  }
  return program;
}

/** Runs one command line (without `node` and the script's name) and gives the status to exit with. Never throws, never exits. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<ExitStatus> {
  const cli: Cli = { context, status: exitStatus.done };
  try {
    await createProgram(cli).parseAsync([...argv], { from: 'user' });
    return cli.status;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitStatus.done;
    if (argv.includes('--json')) {
      const message = error.code === 'commander.help' ? 'A command is missing.' : error.message.replace(/^error: /, '');
      context.stdout.write(`${JSON.stringify({ error: { name: 'UsageError', message } })}\n`);
    }
    return exitStatus.usage;
  }
}

/** The nearest package.json above this file is our own, in the sources as in the build. */
function packageVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    const file = new URL('package.json', folder);
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
    if (folder.pathname === '/') return 'unknown';
  }
}
