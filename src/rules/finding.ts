/** What the rules say about an input: a code for programs, two sentences and an advice for people. */

/** The same in Chinese and in English. */
export interface InBoth {
  zh: string;
  en: string;
}

/** error: WeChat would refuse it, or a case could not go on; warning: a person should look; note: what the category itself says. */
export type Level = 'error' | 'warning' | 'note';

/** One finding. `path` is the member of the input (`material.licenses[0].fields`), empty for the input as a whole. */
export interface LintFinding extends InBoth {
  code: string;
  path: string;
  level: Level;
  /** What to do about it. */
  advice: InBoth;
}

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
