/** What a check of a case's input against its category's rules says: findings, and how old the rules are. Types, and which findings no correction mends. */
import type { ChannelsShopInput } from './channels-shop.ts';
import type { FailureDetails } from './failures.ts';
import type { MiniProgramInput } from './mini-program.ts';
import type { Platform } from './qualification.ts';

/** The same in Chinese and in English. */
export interface InBoth {
  zh: string;
  en: string;
}

/** error: WeChat would refuse it, or a case could not go on; warning: a person should look; note: what the category itself says. */
export type FindingLevel = 'error' | 'warning' | 'note';

/** One finding. `path` is the member of the input (`material.licenses[0].fields`), empty for the input as a whole. 检查结果。 */
export interface CheckFinding extends InBoth {
  code: string;
  path: string;
  level: FindingLevel;
  /** What to do about it. */
  advice: InBoth;
}

/** The rules that were compared with: read for this check, or kept from an earlier reading. */
export interface CheckedRules {
  source: 'live' | 'kept';
  /** ISO 8601 (UTC). */
  readAt: string;
  ageSeconds: number;
}

/** Argument of the workflow `qualificationCheck`. */
export type CheckRequest =
  | { platform: 'channels-shop'; input: ChannelsShopInput }
  | { platform: 'mini-program'; input: MiniProgramInput };

/** What `qualificationCheck` returns: findings, or why the rules cannot be read. */
export type CheckAnswer =
  | { findings: CheckFinding[]; rules: CheckedRules }
  /** `isRefused`: only a person can change that; repeating the check is of no use. */
  | { unavailable: FailureDetails; isRefused?: true };

/** Errors that no other material mends, with WeChat's code for them: the case waits for a person or for time. */
export const accountErrcodes: Readonly<Record<string, string>> = {
  'quota-used-up': '53300',
  'category-limit-reached': '53301',
};

/** Both platforms have one request shape. */
export const checkRequestOf = (platform: Platform, input: ChannelsShopInput | MiniProgramInput): CheckRequest =>
  ({ platform, input }) as CheckRequest;
