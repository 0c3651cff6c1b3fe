/** The demo's result: JSON for programs, a table for people. */
import Table from 'cli-table3';
import type { Ports } from '../local/local-stack.ts';
import type { CaseReport } from './demo-run.ts';

/** The one object that `--json` prints. */
export function demoJson(reports: readonly CaseReport[], ports: Ports): object {
  return { cases: reports.map(({ ending: _ending, seconds: _seconds, ...facts }) => facts), ports };
}

const noFrames = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid', 'middle'].flatMap((place) =>
    ['', '-mid', '-left', '-right'].map((corner) => [`${place}${corner}`, '']),
  ),
);

/** One line for each case, and a sentence about all of them. */
export function demoTable(reports: readonly CaseReport[], totalSeconds: number): string {
  const table = new Table({
    head: ['case', 'attempts', 'how it ended', 'time', 'events', 'in the Web UI'],
    // Without frames: a long address may run over the edge of a narrow terminal and can still be clicked.
    chars: noFrames,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    colAligns: ['left', 'right', 'left', 'right', 'right', 'left'],
  });
  for (const { name, attempts, ending, seconds, historyEvents, url } of reports)
    table.push([name, attempts, ending, `${seconds.toFixed(1)} s`, historyEvents, url]);
  const approved = reports.filter(isApproved).length;
  const verdict =
    approved === reports.length
      ? `All ${reports.length} cases came to their end: approved.`
      : `${reports.length - approved} of ${reports.length} cases did NOT end approved.`;
  return `${table.toString()}\n${verdict} (${totalSeconds.toFixed(0)} s)`;
}

export const isApproved = ({ outcome }: CaseReport): boolean => outcome === 'approved';
