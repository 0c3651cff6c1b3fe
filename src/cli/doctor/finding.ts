/** The shape of `wxq doctor`: a check is an entry with a name, what it finds is a line with a state and, where it is not well, advice. */
import type { Bilingual } from '../../wechat/index.ts';

/** `skipped`: it could not be looked at, and the message says why; some other line says what to mend. */
export const findingStates = ['ok', 'warn', 'fail', 'skipped'] as const;
export type FindingState = (typeof findingStates)[number];

/** What a check says. No secret stands in it. */
export interface Outcome {
  state: FindingState;
  /** One sentence. */
  message: string;
  /** What to do; always there for `warn` and `fail`. */
  advice?: Bilingual;
}

/** One line of the report. */
export interface Finding extends Outcome {
  check: string;
  /** The account it is about; absent: the installation. */
  appId?: string;
  /** The platform that calls for the account. */
  via?: string;
}

/**
 * One check. It asks, and writes nothing to WeChat. To add one, add an entry to the list of its group.
 * What it needs from another check and cannot have it throws as `NotToBeHad`.
 */
export interface Check<Subject> {
  name: string;
  run(subject: Subject, signal: AbortSignal): Promise<Outcome | readonly Outcome[]>;
}

/** Something that several checks need is not there; its own check says what to mend. */
export class NotToBeHad extends Error {
  override readonly name = 'NotToBeHad';
}

export const ok = (message: string): Outcome => ({ state: 'ok', message });
export const skipped = (message: string): Outcome => ({ state: 'skipped', message });
export const warn = (message: string, advice: Bilingual): Outcome => ({ state: 'warn', message, advice });
export const fail = (message: string, advice: Bilingual): Outcome => ({ state: 'fail', message, advice });

/** The worst state of all; what was skipped is not bad in itself. */
export function worstOf(findings: readonly Pick<Finding, 'state'>[]): 'ok' | 'warn' | 'fail' {
  if (findings.some(({ state }) => state === 'fail')) return 'fail';
  return findings.some(({ state }) => state === 'warn') ? 'warn' : 'ok';
}
