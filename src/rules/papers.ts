/** The rules about papers: whose they are, and how long they are valid. */
import type { ChannelsShopInput } from '../contract/channels-shop.ts';
import { validityEnd } from '../contract/material-path.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { Paper } from '../contract/qualification.ts';
import type { Circumstances } from './category-rules.ts';
import { error, type LintFinding, say, warning } from './finding.ts';

/** A paper that lapses sooner is worth a warning: an audit and a correction take weeks. */
export const shortValidityDays = 60;
const dayMs = 86_400_000;

/** Checks the holder and the validity of every paper. */
export function paperFindings(
  input: ChannelsShopInput | MiniProgramInput,
  { now, principal }: Pick<Circumstances, 'now' | 'principal'>,
): LintFinding[] {
  const papers = papersWithPaths(input);
  return [
    ...papers.flatMap(({ path, paper }) => [
      ...validityFindings(path, paper, now),
      ...holderFindings(path, paper, principal),
    ]),
    ...(principal === undefined ? differingHolders(papers) : []),
  ];
}

function papersWithPaths(input: ChannelsShopInput | MiniProgramInput): { path: string; paper: Paper }[] {
  if ('first' in input) return input.certificates.map((paper, index) => ({ path: `certificates[${index}]`, paper }));
  if (input.material.form !== 'licenses') return [];
  return input.material.licenses.map((paper, index) => ({ path: `material.licenses[${index}]`, paper }));
}

function validityFindings(path: string, { validUntil }: Paper, now: number): LintFinding[] {
  const end = validUntil === undefined ? undefined : validityEnd(validUntil);
  if (end === undefined) return [];
  const days = Math.floor((end - now) / dayMs);
  if (end <= now)
    return [
      error(
        'validity-over',
        `${path}.validUntil`,
        say(`证照已于 ${validUntil} 到期。`, `The paper has lapsed: it was valid until ${validUntil}.`),
        say('提交有效的证照。', 'Give one that is valid.'),
      ),
    ];
  if (days >= shortValidityDays) return [];
  return [
    warning(
      'validity-short',
      `${path}.validUntil`,
      say(
        `证照 ${days} 天后到期（${validUntil}），少于 ${shortValidityDays} 天。`,
        `The paper lapses in ${days} days (${validUntil}), less than ${shortValidityDays}.`,
      ),
      say('尽量提交有效期更长的证照。', 'Give one that is valid for longer, if there is one.'),
    ),
  ];
}

/** Width of brackets and blanks are nobody's difference. */
const normal = (name: string): string => name.normalize('NFKC').replaceAll(/\s/gu, '');

function holderFindings(path: string, { holder }: Paper, principal: string | undefined): LintFinding[] {
  if (holder === undefined || principal === undefined || normal(holder.name) === normal(principal)) return [];
  return [
    warning(
      'holder-not-principal',
      `${path}.holder.name`,
      say(
        `持证人「${holder.name}」与账号主体「${principal}」不一致。`,
        `The holder ${holder.name} is not the account's principal ${principal}.`,
      ),
      say('核对主体；如为授权，请附授权书。', 'Compare the two; where it is authorised, add the authorisation.'),
    ),
  ];
}

/** Without the principal it can at least be seen that two papers cannot both be of it. */
function differingHolders(papers: { paper: Paper }[]): LintFinding[] {
  const names = new Map(
    papers.flatMap(({ paper: { holder } }) => (holder === undefined ? [] : [[normal(holder.name), holder.name]])),
  );
  if (names.size < 2) return [];
  const list = [...names.values()];
  return [
    warning(
      'holders-differ',
      '',
      say(`证照的持证人不一致：${list.join('、')}。`, `The papers have different holders: ${list.join(', ')}.`),
      say('用 --principal 指定账号主体后再检查。', "Say the account's principal with --principal, and compare."),
    ),
  ];
}
