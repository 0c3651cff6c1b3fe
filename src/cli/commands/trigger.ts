/** `wxq trigger KIND`: decides an audit in the sandbox, as WeChat's auditor would. */
import { Argument, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { act, type Cli, newCommand } from '../command.ts';
import { exitStatus, UsageError } from '../exit-status.ts';
import { createSandboxControl, type SandboxAudit } from '../sandbox-control.ts';

const verdicts = ['approved', 'rejected', 'cancelled'] as const;
/** What happens to the callback -> the sandbox's word for it. */
const disturbances = { 'lost-callback': 'lose', duplicate: 'duplicate', 'out-of-order': 'shuffle' } as const;
const kinds = [...verdicts, 'lost-callback', 'duplicate', 'out-of-order'] as const;

/** Only ever speaks to a sandbox: the real WeChat has no such call. */
export const triggerCommand = (cli: Cli) =>
  newCommand('trigger', 'decide an audit in the sandbox', 'wxq trigger rejected --reason 营业执照不清晰')
    .addArgument(
      new Argument(
        '<kind>',
        'a verdict; or what happens to its callback: never sent, sent twice, or held until after the next one',
      ).choices(kinds),
    )
    .option('--audit <id>', 'which audit; default: the newest that is open')
    .option('--reason <text>', "the auditor's words")
    .addOption(
      new Option('--verdict <verdict>', 'with lost-callback, duplicate, out-of-order')
        .choices(verdicts)
        .default('approved' as const),
    )
    .option('--sandbox <url>', 'where the sandbox listens', address, 'http://127.0.0.1:8090')
    .action(async (kind, options) => {
      await act(cli, options, async (out) => {
        const sandbox = createSandboxControl(cli.context, options.sandbox);
        const audit = chosen(await sandbox.audits(), options.audit);
        const isVerdict = (word: string): word is (typeof verdicts)[number] => verdicts.some((one) => one === word);
        if (!isVerdict(kind)) await sandbox.disturbNextPush(disturbances[kind]);
        const verdict = isVerdict(kind) ? kind : options.verdict;
        await sandbox.decide(audit.id, verdict, options.reason);
        const facts = { auditId: audit.id, appId: audit.appId, categoryId: audit.categoryId, verdict };
        const { reason } = options;
        out.result(
          { ...facts, ...(isVerdict(kind) ? {} : { callback: kind }), ...(reason === undefined ? {} : { reason }) },
          `audit ${audit.id} (${audit.platform} ${audit.appId}, category ${audit.categoryId}): ${verdict}${isVerdict(kind) ? '' : `, ${kind}`}`,
        );
        return exitStatus.done;
      });
    });

function chosen(audits: SandboxAudit[], id: string | undefined): SandboxAudit {
  if (id !== undefined) {
    const named = audits.find((audit) => audit.id === id);
    if (named !== undefined) return named;
    throw new UsageError(`The sandbox has no audit ${id}.`, 'Leave --audit out for the newest that is open.');
  }
  const open = audits.filter((audit) => audit.status === 'open');
  const newest = open.reduce<SandboxAudit | undefined>(
    (best, audit) => (best === undefined || audit.createdAt >= best.createdAt ? audit : best),
    undefined,
  );
  if (newest !== undefined) return newest;
  throw new UsageError(
    'No audit is open in the sandbox.',
    'Start a case first: wxq submit examples/channels-shop.json',
  );
}

function address(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new InvalidArgumentError('It must be an http: address.');
  if (/(^|\.)weixin\.qq\.com$/.test(new URL(text).hostname)) throw new InvalidArgumentError('That is the real WeChat.');
  return text;
}
