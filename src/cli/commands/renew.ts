/** `wxq renew ID`: starts the renewal of a shop category with the material of its last approved case and what is new. */
import { resolve } from 'node:path';
import { readApprovedCase } from '../../client/approved-case.ts';
import {
  CaseNotFoundError,
  InvalidCaseError,
  parseWorkflowId,
  type QualificationClient,
  type Resubmission,
} from '../../client/index.ts';
import { loadConfig } from '../../runtime/config.ts';
import { openWatchDesk } from '../../store/watch-desk.ts';
import { missingFiles } from '../case-file.ts';
import { actWithClient, type Cli, collect, newCommand } from '../command.ts';
import { exitStatus, UsageError } from '../exit-status.ts';
import { type KnownCase, previewOf, previewText, renewalInput } from '../renewal.ts';
import { isPlain, pair, texts } from './resubmit.ts';

/** What it would send is shown first; nothing is started without --yes or a person's answer. */
export const renewCommand = (cli: Cli) =>
  newCommand(
    'renew',
    'start the renewal of a shop category with what is known and what is new',
    'wxq renew channels-shop/wx5a2d8f1c3b7e9046/6201 --image licenses/1/2/images/0=examples/images/business-licence-sharp.jpg --set licenses/1/2/validUntil=2036-06-30',
  )
    .argument('<id>', 'workflow id of the category: channels-shop/{appid}/{leaf}')
    .option('--image <path=file>', 'a new image at this place (repeatable)', collect)
    .option('--set <path=value>', 'a new text; a value that starts with [ is a JSON list (repeatable)', collect)
    .option('--remove <path>', 'leave a place out (repeatable)', collect)
    .option('--by <name>', 'who asks for it')
    .option('--yes', 'start it without asking')
    .action(async (id, options) => {
      await actWithClient(cli, options, async (client, out) => {
        const address = parseWorkflowId(id);
        if (address === undefined)
          throw new UsageError(`${id} is no category.`, 'Ids read channels-shop/{appid}/{leaf}; see `wxq inforce`.');
        if (address.platform === 'mini-program') throw new UsageError(noRenewal, byHand);
        const patch = await patchOf(options, cli.context.cwd);
        const known = (await knownToTemporal(client, id)) ?? (await knownToDatabase(cli, address));
        if (known === undefined)
          throw new UsageError(
            `Nothing is known of an approved case ${id}.`,
            'Write the material into a file (`wxq template`), with "intent": "renew", and use `wxq submit`.',
          );
        const input = renewalInput(known, patch);
        const preview = previewOf(id, known, input, patch, Date.now());
        if (!(await isConfirmed(cli, options.yes === true, () => out.note(previewText(preview))))) {
          out.result({ ...preview, started: false }, `${previewText(preview)}\nNothing was started; add --yes.`);
          return exitStatus.done;
        }
        const { handle, ...started } = await client.channelsShop.start(input, {
          relativeTo: cli.context.cwd,
          ...(options.by === undefined ? {} : { requestedBy: options.by }),
        });
        const isOther = started.existing && started.sameInput === false;
        const how = started.existing ? 'is running already' : 'is being renewed';
        out.result(
          { ...preview, started: !started.existing, runId: handle.runId, existing: started.existing },
          `${id}  ${how}${isOther ? ', with other material: nothing was changed' : ''}`,
        );
        return isOther ? exitStatus.findings : exitStatus.done;
      });
    });

const noRenewal =
  'WeChat has no call that renews a Mini Program category: one that has passed cannot be modified (53307). (微信没有续期接口：已通过的小程序类目不能修改。)';
const byHand =
  'Renew it by hand at mp.weixin.qq.com; `wxq submit` of a category that has run out (is_expired) starts a case that waits for it and ends approved. (请在小程序后台手动续期。)';

async function patchOf(
  { image = [], set = [], remove }: { image?: string[]; set?: string[]; remove?: string[] },
  cwd: string,
): Promise<Pick<Resubmission, 'set' | 'remove'>> {
  const placed = image.map((text) => {
    const { path, value } = pair(text);
    if (path === undefined) throw new UsageError(`--image ${text} names no place: it reads PATH=FILE.`);
    return { path, source: value };
  });
  const findings = await missingFiles(placed, cwd);
  if (findings.length > 0) throw new InvalidCaseError(findings);
  const images = placed.map(({ path, source }) => [path, isPlain(source) ? resolve(cwd, source) : source]);
  return { set: { ...Object.fromEntries(images), ...texts(set) }, ...(remove === undefined ? {} : { remove }) };
}

async function knownToTemporal(client: QualificationClient, id: string): Promise<KnownCase | undefined> {
  try {
    const found = await readApprovedCase(client.temporal, client, id);
    return found === undefined ? undefined : { source: 'temporal', closedAt: found.closedAt, input: found.input };
  } catch (error) {
    if (error instanceof CaseNotFoundError) return undefined;
    throw error;
  }
}

/** What the watch has kept, for longer than Temporal keeps histories. */
async function knownToDatabase(
  cli: Cli,
  address: NonNullable<ReturnType<typeof parseWorkflowId>>,
): Promise<KnownCase | undefined> {
  const { databaseUrl, secretKey, dataDir } = loadConfig(cli.context.env);
  const desk = await openWatchDesk({ databaseUrl, secretKey, dataDir });
  try {
    const kept = await desk.caseOf(address);
    return kept === undefined ? undefined : { source: 'database', closedAt: kept.closedAt, input: kept.input };
  } finally {
    await desk.close();
  }
}

async function isConfirmed(cli: Cli, isSure: boolean, show: () => void): Promise<boolean> {
  const { confirm } = cli.context;
  if (isSure || confirm === undefined) return isSure;
  show();
  return await confirm('Start this renewal?');
}
