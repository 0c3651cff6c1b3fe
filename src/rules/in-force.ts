/** What has changed about an account's categories since they were read last, and which of their papers end soon. Pure. */
import { validityEnd } from '../contract/material-path.ts';
import {
  expiryThresholds,
  type KnownCategory,
  lapseBelievedAfterMs,
  type PaperEnd,
  type Standing,
  type WatchFinding,
} from '../contract/watch.ts';

/**
 * One category as it was read now. `other`: set, but neither in force nor run out (in review, rejected); `unknown`: a
 * status that no page describes, from which nothing is concluded.
 */
export interface SeenCategory {
  categoryId: string;
  standing: Standing | 'other' | 'unknown';
  reason?: string;
  name?: string;
  grant?: string;
}

/** When the readings were made that are compared. */
export interface Look {
  /** ISO 8601. */
  now: string;
  /** Enough time has passed for every doubt there is; new ones are left to the next walk. */
  isSecond?: boolean;
}

/** What an account's categories are from now on, and what somebody should know. */
export interface Judgement {
  categories: KnownCategory[];
  findings: WatchFinding[];
}

/**
 * Compares. A category that was lapsed already when it was first seen is no news; one that has run out (`expired`) is,
 * whenever it is first seen, because somebody still counts on it. One that was in force is in doubt first, and has lapsed
 * when a later reading does not show it in force either.
 */
export function judge(known: readonly KnownCategory[], seen: readonly SeenCategory[], look: Look): Judgement {
  const before = new Map(known.map((category) => [category.categoryId, category]));
  const categories: KnownCategory[] = [];
  const findings: WatchFinding[] = [];
  for (const one of seen) {
    const was = before.get(one.categoryId);
    before.delete(one.categoryId);
    const category = next(was, one, look);
    if (category === undefined) continue;
    categories.push(category);
    if (isNews(was, category)) findings.push(lapsedFinding(was, category));
  }
  // Those that were not read at all stay as they were.
  return { categories: [...categories, ...before.values()], findings };
}

function next(was: KnownCategory | undefined, seen: SeenCategory, look: Look): KnownCategory | undefined {
  if (seen.standing === 'unknown') return was;
  if (seen.standing === 'other' && was === undefined) return undefined;
  const standing = seen.standing === 'other' ? 'lapsed' : seen.standing;
  if (was?.standing === 'in_force' && standing !== 'in_force' && !isBelieved(was, look))
    return look.isSecond ? was : { ...was, doubtedSince: was.doubtedSince ?? look.now };
  const { reason: _reason, doubtedSince, name, grant, shown, ...kept } = was ?? { categoryId: seen.categoryId };
  const [nameNow, grantNow] = [seen.name ?? name, seen.grant ?? grant];
  return {
    ...kept,
    standing,
    since: was?.standing === standing ? was.since : standing === 'in_force' ? look.now : (doubtedSince ?? look.now),
    ...(seen.reason === undefined ? {} : { reason: seen.reason }),
    ...(nameNow === undefined ? {} : { name: nameNow }),
    ...(grantNow === undefined ? {} : { grant: grantNow }),
    // Another grant was made from other papers.
    ...(shown === undefined || grantNow !== grant ? {} : { shown }),
  };
}

function isBelieved({ doubtedSince }: KnownCategory, { now, isSecond }: Look): boolean {
  if (doubtedSince === undefined) return false;
  return isSecond === true || Date.parse(now) - Date.parse(doubtedSince) >= lapseBelievedAfterMs;
}

function isNews(was: KnownCategory | undefined, is: KnownCategory): boolean {
  if (is.standing === 'in_force' || was?.standing === is.standing) return false;
  // What had lapsed was told then; that it now also counts as expired is the same loss.
  return was === undefined ? is.standing === 'expired' : was.standing === 'in_force';
}

/** One finding for each time in force: the time that it came into force names it, whoever compares, and however often. */
const lapsedFinding = (was: KnownCategory | undefined, is: KnownCategory): WatchFinding => ({
  kind: 'lapsed',
  categoryId: is.categoryId,
  occasion: `lapsed/${was?.since ?? 'first sight'}`,
  standing: is.standing === 'expired' ? 'expired' : 'lapsed',
  ...(is.reason === undefined ? {} : { reason: is.reason }),
  ...caseOf(is),
});

const dayMs = 24 * 3_600_000;

/**
 * Papers of categories in force whose end has come within a threshold. Of several thresholds that are behind it only
 * the nearest one is named: a paper that is first seen with 20 days left is told once now, and once more at 7.
 */
export function expiring(categories: readonly KnownCategory[], nowMs: number): WatchFinding[] {
  return categories
    .filter(({ standing }) => standing === 'in_force')
    .flatMap((category) => papersIn(category).flatMap((paper) => expiringFinding(category, paper, nowMs) ?? []));
}

/** What is known of its papers: by WeChat, and by the last case. Of the same one the later end counts: it was renewed since. */
export function papersIn({ shown = [], given = [] }: KnownCategory): PaperEnd[] {
  const ordered = [...shown, ...given].sort((a, b) => (a.validUntil < b.validUntil ? -1 : 1));
  return [...new Map(ordered.map((paper) => [paper.path, paper])).values()];
}

/** Whole days until the end of its last valid day; 0 on that day, negative afterwards. `undefined`: it has no end. */
export function daysLeft(validUntil: string, nowMs: number): number | undefined {
  const end = validityEnd(validUntil);
  if (end === undefined || !Number.isFinite(end)) return undefined;
  return Math.ceil((end - nowMs) / dayMs) - 1;
}

function expiringFinding(category: KnownCategory, paper: PaperEnd, nowMs: number): WatchFinding | undefined {
  const left = daysLeft(paper.validUntil, nowMs);
  const threshold = expiryThresholds.findLast((days) => left !== undefined && left <= days);
  if (left === undefined || threshold === undefined) return undefined;
  return {
    kind: 'expiring',
    categoryId: category.categoryId,
    occasion: `expiring/${paper.path}/${paper.validUntil}/${threshold}`,
    path: paper.path,
    validUntil: paper.validUntil,
    daysLeft: left,
    ...caseOf(category),
  };
}

const caseOf = ({ workflowId, externalId }: KnownCategory): Pick<WatchFinding, 'workflowId' | 'externalId'> => ({
  ...(workflowId === undefined ? {} : { workflowId }),
  ...(externalId === undefined ? {} : { externalId }),
});
