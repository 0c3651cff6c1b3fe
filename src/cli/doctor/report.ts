/** The report of `wxq doctor` as lines for people and as CSV. */
import picocolors from 'picocolors';
import type { Finding, FindingState } from './finding.ts';

type Colours = ReturnType<typeof picocolors.createColors>;

/** The word is there without the colour too. */
const words: Record<FindingState, string> = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL', skipped: 'skip' };

/** One line for a finding, and one for each language of its advice. */
export function lineOf(finding: Finding, isColoured: boolean): string {
  const colours = picocolors.createColors(isColoured);
  const { check, appId, via, state, message, advice } = finding;
  const whose = appId === undefined ? '' : `${appId}${via === undefined ? '' : ` via ${via}`}  `;
  const head = `${painted(colours, state)(words[state])}  ${check.padEnd(17)}  ${whose}${loud(colours, message)}`;
  return advice === undefined ? head : [head, `      ${advice.zh}`, `      ${advice.en}`].join('\n');
}

function painted(colours: Colours, state: FindingState): (text: string) => string {
  return { ok: colours.green, warn: colours.yellow, fail: colours.red, skipped: colours.dim }[state];
}

/** Which WeChat this is must not be overlooked. */
function loud(colours: Colours, message: string): string {
  return message
    .replace(/^LIVE\b/, () => colours.bgRed(colours.white(colours.bold(' LIVE '))))
    .replace(/^SANDBOX\b/, () => colours.bgYellow(colours.black(' SANDBOX ')));
}

/** How many of each, in words. */
export function summaryOf(findings: readonly Finding[]): string {
  const count = (state: FindingState): number => findings.filter((one) => one.state === state).length;
  return `${count('fail')} failed, ${count('warn')} warnings, ${count('ok')} ok, ${count('skipped')} skipped`;
}

const columns = ['account', 'via', 'check', 'state', 'message', 'advice_zh', 'advice_en'] as const;

/** The head of the table. */
export const csvHead = `${columns.join(',')}\r\n`;

/** One row a finding (RFC 4180); rows of the installation have no account. */
export function csvOf({ appId = '', via = '', check, state, message, advice }: Finding): string {
  return `${[appId, via, check, state, message, advice?.zh ?? '', advice?.en ?? ''].map(cell).join(',')}\r\n`;
}

/** A spreadsheet would run a cell that begins like a formula: texts of WeChat's must not reach it so. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
