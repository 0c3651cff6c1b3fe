/** Matches a value against a regular expression from outside, within a bounded time: one may be written to take for ever. */
import { createContext, Script } from 'node:vm';

/** Whether the whole expression is found in the value; `undefined` when that could not be found out in time. */
export type PatternMatch = (expression: RegExp, value: string) => boolean | undefined;

/** Any honest pattern on a licence number takes microseconds. */
const patternTimeoutMs = 50;

/** The engine itself is interrupted: nothing can be known from the pattern's text alone. */
export function createPatternMatch(timeoutMs: number = patternTimeoutMs): PatternMatch {
  const script = new Script('new RegExp(source, flags).test(value)');
  return ({ source, flags }, value) => {
    try {
      return script.runInContext(createContext({ source, flags, value }), { timeout: timeoutMs }) === true;
    } catch {
      return undefined;
    }
  };
}
