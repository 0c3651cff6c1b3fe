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

/** Somebody should do something. Of an account that left nobody can. */
export function isWorthALook({ accounts, categories }: InforceView): boolean {
  const isLeaver = leaversOf(accounts);
  return (
    accounts.some(({ problem, leftAt }) => problem !== undefined && leftAt === undefined) ||
    categories.some(
      (category) =>
        !isLeaver(category) &&
        (category.standing === 'expired' || (category.standing === 'in_force' && category.papers.some(endsSoon))),
    )
  );
}

/** Whether a category belongs to an account that left. */
function leaversOf(accounts: InforceView['accounts']): (of: { platform: string; appId: string }) => boolean {
  const left = new Set(accounts.flatMap((one) => (one.leftAt === undefined ? [] : [placeOf(one)])));
  return (of) => left.has(placeOf(of));
}

const placeOf = ({ platform, appId }: { platform: string; appId: string }): string => `${platform}/${appId}`;

/** As a table, and sentences below it. */
export function inforceText({ accounts, categories, findings }: InforceView): string {
  if (accounts.length === 0) return 'Nothing was read yet. A worker reads daily; now: wxq inforce --read-now';
  const table = new Table({
    head: ['account', 'category', 'standing', 'since', 'papers'],
    style: { head: [], border: [] },
  });
  const isLeaver = leaversOf(accounts);
  for (const { platform, appId, categoryId, name, standing, since, doubtedSince, reason, papers } of categories)
    table.push([
      isLeaver({ platform, appId }) ? `${appId} (left 已解除)` : appId,
      name === undefined ? categoryId : `${categoryId} ${name}`,
      `${standing}${reason === undefined ? '' : `: ${reason}`}${doubtedSince === undefined ? '' : ', in doubt'}`,
      since.slice(0, 10),
      papers.map(({ path, validUntil, daysLeft: left }) => `${path} ${validUntil} (${left} days)`).join('\n'),
    ]);
  const remarks = accounts.flatMap(({ appId, triedAt, readAt = 'never', problem, leftAt }) => {
    if (leftAt !== undefined) return [`${appId} left (已解除), noticed at ${leftAt} (last read: ${readAt})`];
    if (problem === undefined) return [];
    return [
      `${appId} could not be read at ${triedAt} (last read: ${readAt}): ${problem.reason}`,
      `  ${problem.advice}`,
    ];
  });
  return [
    ...(categories.length === 0 ? ['No categories.'] : [table.toString()]),
    ...remarks,
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
