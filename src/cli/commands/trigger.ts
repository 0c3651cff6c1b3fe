/** `wxq trigger KIND`: plays WeChat's part in the sandbox: the auditor's, an owner's, a person's, or trouble. */
import { Argument, type Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { isLive, loadConfig } from '../../runtime/config.ts';
import { aimedAsServer } from '../aim.ts';
import { act, type Cli, newCommand } from '../command.ts';
import { exitStatus, UsageError } from '../exit-status.ts';
import { createSandboxControl, type SandboxAudit } from '../sandbox-control.ts';
import { triggers } from './trigger-kinds.ts';

const verdicts = ['approved', 'rejected', 'cancelled'] as const;
/** What happens to the callback -> the sandbox's word for it. */
const disturbances = {
  'lost-callback': 'lose',
  duplicate: 'duplicate',
  'out-of-order': 'shuffle',
  forged: 'forge',
} as const;
const onAudits = [...verdicts, 'lost-callback', 'duplicate', 'out-of-order', 'forged'] as const;
const usualSandbox = 'http://127.0.0.1:8090';
const ofEveryKind = ['sandbox', 'json'];
const kinds: readonly string[] = [...onAudits, ...Object.keys(triggers)];

/** Only ever speaks to a sandbox: the real WeChat has no such call. */
export const triggerCommand = (cli: Cli) =>
  newCommand(
    'trigger',
    "play WeChat's part in the sandbox",
    'wxq trigger rejected --category 6201 --reason 营业执照不清晰',
  )
    .addArgument(
      new Argument(
        '<kind>',
        "a verdict; what happens to its callback; or what else happens on WeChat's side, see below",
      ).choices(kinds),
    )
    .option(
      '--audit <id>',
      'which audit; default: the newest that is open, of --app and --category where they are given',
    )
    .option('--reason <text>', "the auditor's words")
    .addOption(
      new Option('--verdict <verdict>', 'with lost-callback, duplicate, out-of-order, forged')
        .choices(verdicts)
        .default('approved' as const),
    )
    .option('--app <appid>', 'which account, or platform; default: the only one that fits')
    .option('--category <id>', 'which category: a leaf, or FIRST-SECOND')
    .option('--seconds <n>', 'how far the clock goes', count)
    .option('--left <n>', 'how many changes are left', count)
    .option('--per-minute <n>', 'how many calls a minute', count)
    .option('--ip <address>', 'the address that WeChat saw')
    .option('--bare', 'refused by a 403 without JSON')
    .option('--operation <name>', "the path's last two segments; default: all")
    .option('--errcode <code>', 'what they get', code)
    .option('--times <n>', 'how many calls', count)
    .addHelpText('after', `\n${listed()}`)
    .option(
      '--sandbox <url>',
      `where the sandbox listens (default: where \`wxq dev\` of this data folder has it, or ${usualSandbox})`,
      address,
    )
    .action(async (kind, options, command) => {
      await act(cli, options, async (out) => {
        refuseUnused(kind, command);
        const sandbox = createSandboxControl(cli.context, options.sandbox ?? (await sandboxOf(cli)));
        const trigger = Object.hasOwn(triggers, kind) ? triggers[kind] : undefined;
        if (trigger !== undefined) {
          const { facts, line } = await trigger.run(sandbox, options);
          out.result({ kind, ...facts }, line);
          return exitStatus.done;
        }
        const audit = chosen(await sandbox.audits(), options);
        const isVerdict = (word: string): word is (typeof verdicts)[number] => verdicts.some((one) => one === word);
        const disturbance = disturbances[kind as keyof typeof disturbances];
        if (!isVerdict(kind)) await sandbox.disturbNextPush(disturbance);
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

/** An option that a kind does not look at would change nothing, and whoever gave it would not know. */
function refuseUnused(
  kind: string,
  command: Pick<Command, 'options' | 'getOptionValueSource'> & { opts(): object },
): void {
  const taken: readonly string[] = Object.hasOwn(triggers, kind)
    ? (triggers[kind]?.takes ?? [])
    : ['audit', 'app', 'category', 'reason', ...(Object.hasOwn(disturbances, kind) ? ['verdict'] : [])];
  const flagOf = (name: string): string =>
    command.options.find((option) => option.attributeName() === name)?.long ?? name;
  const unused = Object.keys(command.opts()).filter(
    (name) =>
      command.getOptionValueSource(name) === 'cli' && ![...taken, ...ofEveryKind].some((allowed) => allowed === name),
  );
  if (unused.length === 0) return;
  throw new UsageError(
    `${kind} does not use ${unused.map(flagOf).join(', ')}; nothing was done.`,
    taken.length === 0 ? 'It takes no option of its own.' : `It takes ${taken.map(flagOf).join(', ')}.`,
  );
}

interface Wanted {
  audit?: string | undefined;
  app?: string | undefined;
  category?: string | undefined;
}

/** The audit that is named, else the newest open one of the account and category that are named. */
function chosen(audits: SandboxAudit[], { audit: id, app, category }: Wanted): SandboxAudit {
  const ofAccount = audits.filter(
    (audit) => (app === undefined || audit.appId === app) && (category === undefined || audit.categoryId === category),
  );
  if (id !== undefined) {
    const named = ofAccount.find((audit) => audit.id === id);
    if (named !== undefined) return named;
    const isElsewhere = audits.some((audit) => audit.id === id);
    throw new UsageError(
      isElsewhere ? `Audit ${id} is of another account or category.` : `The sandbox has no audit ${id}.`,
      openOnes(audits),
    );
  }
  const open = ofAccount.filter((audit) => audit.status === 'open');
  const newest = open.reduce<SandboxAudit | undefined>(
    (best, audit) => (best === undefined || audit.createdAt >= best.createdAt ? audit : best),
    undefined,
  );
  if (newest !== undefined) return newest;
  const place = [app, category === undefined ? undefined : `category ${category}`].filter((part) => part !== undefined);
  const forIt = place.length === 0 ? '' : ` for ${place.join(', ')}`;
  throw new UsageError(`No audit is open in the sandbox${forIt}.`, openOnes(audits));
}

const listedAtMost = 20;

function openOnes(audits: SandboxAudit[]): string {
  const open = audits.filter((audit) => audit.status === 'open');
  if (open.length === 0) return 'None is open. Start a case first: wxq submit examples/channels-shop.json';
  const lines = open
    .slice(-listedAtMost)
    .map((audit) => `  --audit ${audit.id}  --app ${audit.appId} --category ${audit.categoryId}`);
  const shown = lines.length < open.length ? ` (the last ${lines.length} of ${open.length})` : '';
  return [`Open are${shown}:`, ...lines].join('\n');
}

/** Beside a `wxq dev` whose sandbox had to take another port, the usual one is somebody else's. */
async function sandboxOf({ context: { env } }: Cli): Promise<string> {
  const { config, from } = await aimedAsServer(loadConfig(env), env);
  return from === 'server' && !isLive(config) ? config.wechatBaseUrl : usualSandbox;
}

function address(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new InvalidArgumentError('It must be an http: address.');
  if (/(^|\.)weixin\.qq\.com$/.test(new URL(text).hostname)) throw new InvalidArgumentError('That is the real WeChat.');
  return text;
}

/** Every kind of the table, with its example. */
function listed(): string {
  const rows = Object.entries(triggers).map(([kind, { says, example }]) => `  ${kind}: ${says}\n      ${example}`);
  return ['Besides verdicts and their callbacks:', ...rows].join('\n');
}

function count(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function code(text: string): number {
  if (!/^-?\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be an error code.');
  return Number(text);
}
