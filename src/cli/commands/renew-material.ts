/** `wxq renew-material OLD NEW`: one renewed certificate for every case of a principal that waits for it. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import Table from 'cli-table3';
import { readCaseStory } from '../../client/case-story.ts';
import { CaseNotFoundError, type QualificationClient } from '../../client/index.ts';
import { validityEnd } from '../../contract/material-path.ts';
import { type Renewal, type ReplacementResult, replaceInAll, validityChanges } from '../../replacing/replace.ts';
import { type CaseMaterial, findUses, type ImageUse, type MatchedBy, paperOf } from '../../replacing/uses.ts';
import { actWithClient, type Cli, newCommand } from '../command.ts';
import { type ExitStatus, exitStatus, UsageError } from '../exit-status.ts';
import { onInterrupt } from '../local/interruption.ts';
import { counted, type Output } from '../output.ts';
import { createProgressBar } from '../progress-bar.ts';
import { bytesElsewhere, oldImage, renewedImage } from '../replacing/images.ts';
import { accountsOfPrincipal, normal } from '../replacing/principals.ts';

/** Never across principals; status 1 unless every case took it, and when cases may have been overlooked. */
export const renewMaterialCommand = (cli: Cli) =>
  newCommand(
    'renew-material',
    'send one renewed image to every case of a principal that waits for material and uses the old one',
    'wxq renew-material licence-2026.png licence-2027.png --principal 样本食品有限公司 --valid-until 2036-05-20',
  )
    .argument('<old>', 'the image before: the file or address that was sent, or its sha256 as `wxq show` prints it')
    .argument('<new>', 'the renewed image: a file, or an https: or s3: address; the worker reads it from there')
    .requiredOption(
      '--principal <name>',
      'whose accounts: as their entries say (wxq accounts list); no others are touched',
    )
    .option('--valid-until <date>', 'its last valid day, YYYY-MM-DD or permanent, for the papers it belongs to', day)
    .option('--note <text>', 'why, for whoever reads the cases later')
    .option('--by <name>', 'who asks for it')
    .option('--dry-run', 'only show the cases')
    .option('--confirm <text>', 'without a terminal: the number of cases, or the name of the principal')
    .action(async (old, renewed, options) => {
      await actWithClient(cli, options, async (client, out) => {
        const { principal, validUntil, note, by } = options;
        const before = await oldImage(cli.context, old);
        const replaces = before.sha256;
        const { source, sha256, facts } = await renewedImage(cli.context, renewed);
        if (sha256 === replaces) throw new UsageError('Both images are the same.', 'Name the renewed image second.');
        const appIds = await accountsOfPrincipal(cli.context, principal);
        const renewal: Renewal = {
          replaces,
          source,
          sha256,
          ...(validUntil === undefined ? {} : { validUntil }),
          ...(note === undefined ? {} : { note }),
          ...(by === undefined ? {} : { by }),
        };
        const interruption = onInterrupt();
        try {
          const bar = createProgressBar(cli.context, 'looking');
          const { signal } = interruption;
          const { uses, unsure } = await findUses({
            client,
            appIds,
            ...before,
            inputOf: (workflowId) => inputOf(client, workflowId),
            sha256At: await bytesElsewhere(cli.context),
            signal,
            onCase: bar.show,
          }).finally(bar.end);
          const ready = uses.filter(({ isOpenForMaterial }) => isOpenForMaterial);
          const changed = uses.map((use) => ({ ...use, validityChanges: validityChanges(use, renewal) }));
          const shown = {
            principal,
            accounts: appIds.size,
            replaces,
            sha256,
            ready: ready.length,
            uses: changed,
            unsure,
          };
          const text = [
            `${renewed}: ${facts}`,
            usesText(uses, ready, renewal),
            ...unsureText(unsure),
            `${principal}, ${counted(appIds.size, 'account')}: ${counted(ready.length, 'case')} would get it.`,
          ].join('\n');
          if (options.dryRun === true || ready.length === 0) {
            out.result(shown, text);
            return unsure.length === 0 ? exitStatus.done : exitStatus.findings;
          }
          out.note(text);
          if (!(await isConfirmed(cli, { principal, count: ready.length, given: options.confirm }))) {
            out.result({ ...shown, results: [] }, 'Nothing was sent.');
            return exitStatus.findings;
          }
          return await sent(cli, out, { client, ready, renewal, signal, shown });
        } finally {
          interruption.forget();
        }
      });
    });

/** `undefined`: it was removed since it was listed. */
async function inputOf(client: QualificationClient, workflowId: string): Promise<CaseMaterial | undefined> {
  try {
    return (await readCaseStory(client.temporal, client, workflowId)).input;
  } catch (error) {
    if (error instanceof CaseNotFoundError) return undefined;
    throw error;
  }
}

const howWords: Record<MatchedBy, string> = {
  sent: '',
  named: ' (not read yet; the same sha256)',
  address: ' (not read yet; the same address)',
  fetched: ' (not read yet; the same bytes at its address)',
};

/** Nobody should believe that nothing was overlooked. */
function unsureText(unsure: readonly string[]): string[] {
  if (unsure.length === 0) return [];
  const ids = unsure.slice(0, shownUnsure).join(', ');
  const more = unsure.length > shownUnsure ? ', …' : '';
  return [
    `${counted(unsure.length, 'open case')} with images that were never read, and that cannot be read from here, may use it as well: ${ids}${more}`,
  ];
}

const shownUnsure = 10;

function usesText(uses: readonly ImageUse[], ready: readonly ImageUse[], renewal: Renewal): string {
  if (uses.length === 0) return 'No open case of these accounts uses the old image.';
  const table = new Table({
    head: ['case', 'status', 'attempt', 'places', 'reason'],
    // Colours of the table itself would stand in a file or a pipe as well.
    style: { head: [], border: [] },
  });
  for (const { workflowId, status, attempt, paths, matchedBy, reason = '' } of uses) {
    const places = paths.map((path) => `${path}${howWords[matchedBy[path] ?? 'sent']}`);
    table.push([workflowId, status, String(attempt), places.join('\n'), short(reason)]);
  }
  const others = uses.length - ready.length;
  const undated = renewal.validUntil === undefined && ready.some(({ paths }) => paths.some((path) => paperOf(path)));
  return [
    table.toString(),
    ...ready.flatMap((use) =>
      validityChanges(use, renewal).map(({ path, from, to }) =>
        to === undefined
          ? `warning: ${use.workflowId} goes on telling WeChat ${from} in ${path}: that is no single date, correct it by hand (wxq resubmit)`
          : `${use.workflowId}  ${path}: ${from} -> ${to}`,
      ),
    ),
    ...(others === 0 ? [] : [`${counted(others, 'case')} above take no material now and are left alone.`]),
    ...(undated ? ['Without --valid-until the dates of these papers stay as they are.'] : []),
  ].join('\n');
}

const short = (reason: string): string => (reason.length > 60 ? `${reason.slice(0, 59)}…` : reason);

/** Typed, not answered by a key: it goes to many cases at once. */
async function isConfirmed(
  { context }: Cli,
  { principal, count, given }: { principal: string; count: number; given: string | undefined },
): Promise<boolean> {
  const what = `the number of cases (${count}) or the name of the principal`;
  if (given === undefined && context.ask === undefined)
    throw new UsageError(
      `Nobody can be asked whether to send it to ${counted(count, 'case')}.`,
      `Add --confirm with ${what}.`,
    );
  const typed = given ?? (await context.ask?.(`Type ${what} to send it:`)) ?? '';
  const isRight = typed.trim() === String(count) || normal(typed) === normal(principal);
  if (!isRight && given !== undefined)
    throw new UsageError(`--confirm ${given} is neither ${what}: nothing was sent.`, 'Look again with --dry-run.');
  return isRight;
}

async function sent(
  cli: Cli,
  out: Output,
  run: {
    client: QualificationClient;
    ready: ImageUse[];
    renewal: Renewal;
    signal: AbortSignal;
    shown: { unsure: readonly string[] };
  },
): Promise<ExitStatus> {
  const { client, ready, renewal, signal, shown } = run;
  const bar = createProgressBar(cli.context, 'sending');
  const results: ReplacementResult[] = [];
  try {
    await replaceInAll(ready, renewal, {
      client,
      signal,
      onResult: (result) => {
        results.push(result);
        bar.show(results.length, ready.length);
      },
    });
  } finally {
    bar.end();
    if (results.length < ready.length)
      out.note(`Stopped after ${results.length} of ${ready.length} cases. The same command goes on with the others.`);
  }
  const lines = results.map(
    ({ workflowId, outcome, attempt, reason }) =>
      `${workflowId}  ${outcome}${attempt === undefined ? '' : `, attempt ${attempt}`}${reason === undefined ? '' : `: ${reason}`}`,
  );
  out.result({ ...shown, results }, lines.join('\n'));
  const isWhole = results.length === ready.length && results.every(({ outcome }) => outcome === 'resubmitted');
  return isWhole && shown.unsure.length === 0 ? exitStatus.done : exitStatus.findings;
}

function day(text: string): string {
  if (validityEnd(text) === undefined) throw new InvalidArgumentError('It must be YYYY-MM-DD, or permanent.');
  return text;
}
