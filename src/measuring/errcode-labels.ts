/** Error codes as labels: those that are known, and so many others as a person can look through. */
import { knownErrcodes } from '../contract/known-errcodes.ts';

/** A code that no page of WeChat's names is what somebody will search for; should answers be garbage, this bounds them. */
const mostOthers = 50;

const words: ReadonlySet<string> = new Set(['0', 'none']);

/** One for each metric of a process: a code that is neither known nor among the first 50 others is `other`. */
export function createErrcodeLabels(): (errcode: string) => string {
  const others = new Set<string>();
  return (errcode) => {
    if (words.has(errcode) || knownErrcodes.has(errcode) || others.has(errcode)) return errcode;
    // Besides codes: a refusal that had only an HTTP status.
    if (others.size >= mostOthers || !/^(?:-?\d{1,10}|HTTP \d{3})$/.test(errcode)) return 'other';
    others.add(errcode);
    return errcode;
  };
}
