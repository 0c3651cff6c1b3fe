/** The check of one input against the live rules of its category: pure, so that it gives the same wherever it runs. */
import type { ChannelsShopInput } from '../contract/channels-shop.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { Circumstances, MiniProgramRules, ShopRules } from './category-rules.ts';
import { shopFindings } from './channels-shop.ts';
import { type Level, type LintFinding, say, warning } from './finding.ts';
import { imageFindings } from './images.ts';
import { miniProgramFindings } from './mini-program.ts';
import { paperFindings } from './papers.ts';

/** Rules that are older are worth a warning: WeChat changes them without notice. */
export const oldRulesMs = 24 * 3_600_000;

const order: readonly Level[] = ['error', 'warning', 'note'];

/** Everything to be said about a Channels Shop input (which has passed `checkInput`), errors first. Never throws. */
export function checkChannelsShop(
  input: ChannelsShopInput,
  rules: ShopRules,
  circumstances: Circumstances,
): LintFinding[] {
  return sorted([...shopFindings(input, rules, circumstances), ...otherFindings(input, circumstances)]);
}

/** Everything to be said about a Mini Program input (which has passed `checkInput`), errors first. Never throws. */
export function checkMiniProgram(
  input: MiniProgramInput,
  rules: MiniProgramRules,
  circumstances: Circumstances,
): LintFinding[] {
  return sorted([...miniProgramFindings(input, rules), ...otherFindings(input, circumstances)]);
}

function otherFindings(input: ChannelsShopInput | MiniProgramInput, circumstances: Circumstances): LintFinding[] {
  return [
    ...paperFindings(input, circumstances),
    ...imageFindings(input, circumstances.images),
    ...ageFindings(circumstances),
  ];
}

function ageFindings({ now, rulesReadAt }: Circumstances): LintFinding[] {
  const ageMs = now - rulesReadAt;
  if (ageMs <= oldRulesMs) return [];
  const hours = Math.floor(ageMs / 3_600_000);
  return [
    warning(
      'rules-old',
      '',
      say(`类目规则是 ${hours} 小时前读取的。`, `The category's rules were read ${hours} hours ago.`),
      say('去掉 --offline 重新读取。', 'Check without --offline: that reads them anew.'),
    ),
  ];
}

const sorted = (findings: LintFinding[]): LintFinding[] =>
  [...findings].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
