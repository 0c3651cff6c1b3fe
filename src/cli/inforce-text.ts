/** What the watch knows, for a terminal; with --json the same facts go out as they are. */
import Table from 'cli-table3';
import { daysLeft, papersIn } from '../rules/in-force.ts';
import type { StoredFinding, WatchOverview } from '../store/watch-records.ts';
import { counted } from './output.ts';

/** A paper that ends this soon is worth a status of 1. */
const soonDays = 30;
const shownFindings = 20;

/** What is shown: papers of both sources in one list, with the days that are left. */
export function inforceView({ accounts, categories, findings }: WatchOverview, nowMs: number) {
  return {
    accounts,
    categories: categories.map(({ shown: _shown, given: _given, ...category }) => ({
      ...category,
      papers: papersIn({ ...category, ...(_shown && { shown: _shown }), ...(_given && { given: _given }) }).map(
        (paper) => ({ ...paper, daysLeft: daysLeft(paper.validUntil, nowMs) ?? null }),
      ),
    })),
    findings,
  };
}

export type InforceView = ReturnType<typeof inforceView>;

const endsSoon = ({ daysLeft: left }: InforceView['categories'][number]['papers'][number]): boolean =>
  left !== null && left <= soonDays;

/** Somebody should do something. */
export const isWorthALook = ({ accounts, categories }: InforceView): boolean =>
  accounts.some(({ problem }) => problem !== undefined) ||
  categories.some(
    ({ standing, papers }) => standing === 'expired' || (standing === 'in_force' && papers.some(endsSoon)),
  );

/** As a table, and sentences below it. */
export function inforceText({ accounts, categories, findings }: InforceView): string {
  if (accounts.length === 0) return 'Nothing was read yet. A worker reads daily; now: wxq inforce --read-now';
  const table = new Table({
    head: ['account', 'category', 'standing', 'since', 'papers'],
    style: { head: [], border: [] },
  });
  for (const { appId, categoryId, name, standing, since, reason, papers } of categories)
    table.push([
      appId,
      name === undefined ? categoryId : `${categoryId} ${name}`,
      reason === undefined ? standing : `${standing}: ${reason}`,
      since.slice(0, 10),
      papers.map(({ path, validUntil, daysLeft: left }) => `${path} ${validUntil} (${left} days)`).join('\n'),
    ]);
  const broken = accounts.flatMap(({ appId, triedAt, readAt, problem }) =>
    problem === undefined
      ? []
      : [
          `${appId} could not be read at ${triedAt} (last read: ${readAt ?? 'never'}): ${problem.reason}`,
          `  ${problem.advice}`,
        ],
  );
  return [
    ...(categories.length === 0 ? ['No categories.'] : [table.toString()]),
    ...broken,
    ...findings.slice(0, shownFindings).map(findingText),
    `${counted(accounts.length, 'account')}, ${counted(findings.length, 'finding')}.`,
  ].join('\n');
}

function findingText(finding: StoredFinding): string {
  const { foundAt, appId, categoryId, told } = finding;
  const what =
    finding.kind === 'lapsed'
      ? `${finding.standing}${finding.reason === undefined ? '' : `: ${finding.reason}`}`
      : `${finding.path} ends ${finding.validUntil}, ${finding.daysLeft} days left`;
  const how = told === 'told' ? 'told' : told === 'nobody' ? 'nobody to tell' : 'not told yet';
  return `${foundAt}  ${appId} ${categoryId}  ${what}  (${how})`;
}
