/** `wxq lint FILE`: checks a case against the live rules of its category, before anything is submitted. */
import { createPatternMatch } from '../../checking/pattern-match.ts';
import {
  type ChannelsShopInput,
  type Checked,
  type MiniProgramInput,
  type Platform,
  shapeFindings,
} from '../../client/index.ts';
import { leafOf } from '../../contract/channels-shop.ts';
import { checkChannelsShop, checkMiniProgram } from '../../rules/check.ts';
import type { LintFinding } from '../../rules/finding.ts';
import { imageLists } from '../../rules/images.ts';
import { loadConfig } from '../../runtime/config.ts';
import { type CaseFile, readCaseFile } from '../case-file.ts';
import { act, actWithClient, type Cli, newCommand } from '../command.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import { counted, type Output } from '../output.ts';

/** Status 1 when there is an error; warnings and notes are told. */
export const lintCommand = (cli: Cli) =>
  newCommand('lint', 'check a case against the rules of its category', 'wxq lint examples/channels-shop.json')
    .argument('<file>', 'the case; its image paths start at its own folder; - reads standard input')
    .option('--offline', 'use the rules that were kept at the last check, and ask nobody')
    .option(
      '--principal <name>',
      "the account's principal (主体), instead of its entry's; a holder that differs is a warning",
    )
    .option('--remote', 'let a worker check, through Temporal: needs no accounts here, images as the worker sees them')
    .action(async (name, { offline, principal, remote, json, ...rest }) => {
      if (remote === true)
        return actWithClient(cli, { ...rest, json }, async (client, out) => {
          const { platform, input, folder } = await readCaseFile(cli.context, name);
          const given = input as ChannelsShopInput | MiniProgramInput;
          out.progress('a worker looks at the images and reads the rules …');
          return told(out, name, platform, await client.check(given, { relativeTo: folder }));
        });
      return act(cli, { json }, async (out) => {
        const file = await readCaseFile(cli.context, name);
        return told(out, name, file.platform, await checked(cli, out, file, { offline: offline === true, principal }));
      });
    });

function told(out: Output, name: string, platform: Platform, { rules, findings }: Checked): ExitStatus {
  const count = (level: string): number => findings.filter((one) => one.level === level).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const source = rules === undefined ? 'no rules were read' : rulesText(rules);
  out.result(
    { platform, errors, warnings, ...(rules === undefined ? {} : { rules }), findings },
    [
      ...findings.map(findingText),
      `${name}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')} (${source})`,
    ].join('\n'),
  );
  return errors > 0 ? exitStatus.findings : exitStatus.done;
}

const rulesText = ({ source, ageSeconds }: NonNullable<Checked['rules']>): string =>
  source === 'live' ? 'rules read just now' : `rules kept ${Math.round(ageSeconds / 60)} minutes ago`;

const findingText = ({ level, code, path, zh, en, advice }: LintFinding): string =>
  [`${level} ${code}${path === '' ? '' : `  ${path}`}`, `  ${zh}${advice.zh}`, `  ${en} ${advice.en}`].join('\n');

async function checked(
  cli: Cli,
  out: Output,
  { platform, input, folder }: CaseFile,
  { offline, principal }: { offline: boolean; principal: string | undefined },
): Promise<Checked> {
  const shape = shapeFindings(platform, input);
  if (shape.length > 0) return { findings: shape };
  // The schema has just been checked, so the input is of the platform's type.
  const known = input as ChannelsShopInput | MiniProgramInput;
  const account = { appId: known.appId, ...(known.via === undefined ? {} : known.via) };
  // Loaded here: no other command should wait for the image library.
  const { imageFacts } = await import('../../checking/image-facts.ts');
  const { lookingFrom } = await import('../lint/image-looking.ts');
  const { materialSources: sources, objectStorage } = loadConfig(cli.context.env);
  const looking = lookingFrom({ folder, offline, sources, objectStorage });
  const { withCategoryRules } = await import('../lint/wechat-reading.ts');
  const matches = createPatternMatch();
  return await withCategoryRules({ context: cli.context, out, offline }, async (rules, accounts) => {
    const expected = principal ?? accounts?.shop(known.appId)?.principal;
    const lists = imageLists(known);
    out.progress(`looking at ${counted(lists.flatMap(({ images }) => images).length, 'image')} …`);
    const images = await imageFacts(platform, lists, looking);
    const around = (rulesReadAt: number) => ({
      now: Date.now(),
      rulesReadAt,
      images,
      matches,
      ...(expected === undefined ? {} : { principal: expected }),
    });
    out.progress(`reading the rules of ${known.appId} …`);
    if ('first' in known) {
      const kept = await rules.miniProgram(account);
      return report(offline, kept.readAt, checkMiniProgram(known, kept.rules, around(kept.readAt)));
    }
    const kept = await rules.shop(account, leafOf(known.category));
    return report(offline, kept.readAt, checkChannelsShop(known, kept.rules, around(kept.readAt)));
  });
}

const report = (offline: boolean, readAt: number, findings: LintFinding[]): Checked => ({
  rules: {
    source: offline ? 'kept' : 'live',
    readAt: new Date(readAt).toISOString(),
    ageSeconds: Math.max(0, Math.round((Date.now() - readAt) / 1000)),
  },
  findings,
});
