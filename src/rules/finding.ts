/** What the rules say about an input: a code for programs, two sentences and an advice for people. */

import type { CheckFinding, FindingLevel, InBoth } from '../contract/check.ts';

export type { InBoth } from '../contract/check.ts';
export type Level = FindingLevel;
export type LintFinding = CheckFinding;

const of =
  (level: Level) =>
  (code: string, path: string, said: InBoth, advice: InBoth): LintFinding => ({ code, path, level, ...said, advice });

/** Makes a finding of level `error`. */
export const error = of('error');
/** Makes a finding of level `warning`. */
export const warning = of('warning');
/** Makes a finding of level `note`. */
export const note = of('note');

/** A text in two languages. */
export const say = (zh: string, en: string): InBoth => ({ zh, en });

/** A text as it must be typed, with its blanks visible. */
export const quoted = (text: string): string => JSON.stringify(text);
