/** `wxq doctor`: looks at everything that a case needs, one line each, with what to do about what is not well. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { act, type Cli, newCommand } from '../command.ts';
import { type Finding, worstOf } from '../doctor/finding.ts';
import { exitStatus, UsageError } from '../exit-status.ts';

/** Status 1 when something is red, also when that is Temporal; nothing is written to WeChat and no quota is spent. */
export const doctorCommand = (cli: Cli) =>
  newCommand(
    'doctor',
    'check settings, Temporal, workers, storage, callbacks and accounts',
    'wxq doctor --all --csv --callback-url https://wxq.example.com > doctor.csv',
  )
    .argument('[appid]', 'only this account: a shop, a platform, or an account that authorised one')
    .option('--all', 'also every account that authorised a platform')
    .option('--csv', 'one row per account and check on standard output')
    .option('--callback-url <url>', 'public base address of the callbacks (default: this machine)', webAddress)
    .option('--private-url <url>', "base address of the server's private port (default: from the settings)", webAddress)
    .option('--timeout <seconds>', 'for each check', seconds, 5)
    .action(async (appId, { all, csv, callbackUrl, privateUrl, timeout, json }) => {
      await act(cli, { json }, async (out) => {
        if (csv && json) throw new UsageError('--csv and --json exclude each other.');
        if (appId !== undefined && all) throw new UsageError('--all and an appid exclude each other.');
        // Loaded here: no other command should wait for it.
        const { examine } = await import('../doctor/doctor.ts');
        const { createInstallation } = await import('../doctor/installation.ts');
        const { csvHead, csvOf, lineOf, summaryOf } = await import('../doctor/report.ts');
        const { env, stdout, stderr } = cli.context;
        const isColoured = stdout.isTTY === true && !env.NO_COLOR;
        const installation = await createInstallation(cli.context, {
          limitMs: timeout * 1000,
          ...(callbackUrl === undefined ? {} : { callbackUrl }),
          ...(privateUrl === undefined ? {} : { privateUrl }),
        });
        const progress = stderr.isTTY === true ? (text: string) => void stderr.write(`\r\x1b[2K${text}`) : () => {};
        if (csv) stdout.write(csvHead);
        try {
          const findings: Finding[] = await examine(
            installation,
            { ...(appId === undefined ? {} : { appId }), ...(all ? { all } : {}) },
            {
              found: (group) => {
                progress('');
                if (json) return;
                for (const one of group) stdout.write(csv ? csvOf(one) : `${lineOf(one, isColoured)}\n`);
              },
              accounts: (done, of) => progress(`accounts: ${done} of ${of}`),
            },
          );
          progress('');
          const state = worstOf(findings);
          if (json) out.result({ state, findings }, '');
          else if (csv) out.note(summaryOf(findings));
          else out.result(undefined, summaryOf(findings));
          return state === 'fail' ? exitStatus.findings : exitStatus.done;
        } finally {
          await installation.close();
        }
      });
    });

function webAddress(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('It must be an http: or https: address.');
  }
  return text;
}

function seconds(text: string): number {
  const number = Number(text);
  if (!(number >= 0.5 && number <= 120)) throw new InvalidArgumentError('It must be between 0.5 and 120 seconds.');
  return number;
}
