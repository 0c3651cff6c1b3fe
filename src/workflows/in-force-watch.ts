/** One walk over the accounts of a platform, page by page; a schedule starts it daily. Whatever goes wrong is a result. */
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  makeContinueAsNewFunc,
  proxyActivities,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { FailureDetails } from '../contract/failures.ts';
import {
  lapseBelievedAfterMs,
  type WatchPage,
  type WatchPageRequest,
  type WatchRequest,
  type WatchSummary,
} from '../contract/watch.ts';
import { watching } from './policies.ts';

/** How far a walk is that began in an earlier run. */
export interface CarriedWalk {
  after: string;
  summary: WatchSummary;
  /** Categories in doubt until then. */
  doubted?: number;
}

/**
 * A page costs six events whatever its accounts hold: 3,000 accounts are some 400 events. What was read and found stands
 * in the store, not here. The second argument is only for continue-as-new.
 */
export async function inForceWatch({ platform }: WatchRequest, carried?: CarriedWalk): Promise<WatchSummary> {
  let summary: WatchSummary = carried?.summary ?? { platform, read: 0, failed: 0, found: 0 };
  let after = carried?.after;
  let doubted = carried?.doubted ?? 0;
  if (carried === undefined) {
    setCurrentDetails(describe(summary));
    const { noteApprovedCases } = proxyActivities<Activities>(watching('what were approved cases made from?'));
    const noted = await orReason(noteApprovedCases({ platform }));
    // Papers of those cases are then looked at a day later; what is in force is read all the same.
    if (typeof noted === 'string') summary = { ...summary, casesUnread: noted };
  }
  for (;;) {
    setCurrentDetails(describe(summary, after));
    const page = await readPage({ platform, ...(after === undefined ? {} : { after }) });
    if (typeof page === 'string') return { ...summary, stopped: page };
    summary = {
      ...summary,
      read: summary.read + page.read,
      failed: summary.failed + page.failed,
      found: summary.found + page.found,
    };
    doubted += page.doubted ?? 0;
    after = page.next;
    if (after === undefined) break;
    // A guard only: thousands of pages.
    if (workflowInfo().continueAsNewSuggested)
      await makeContinueAsNewFunc<typeof inForceWatch>()({ platform }, { after, summary, doubted });
  }
  // No patched(): a history from before there were doubts has no page that counts any, and ends here as it did then.
  if (doubted > 0) summary = await secondLook(summary, doubted);
  setCurrentDetails(describe(summary));
  return summary;
}

/** Whatever was in force before and was not shown so just now is read once more, before anybody is told that it lapsed. */
async function secondLook(first: WatchSummary, doubted: number): Promise<WatchSummary> {
  const { platform } = first;
  setCurrentDetails(describe(first, undefined, doubted));
  await sleep(lapseBelievedAfterMs, { summary: 'before categories in doubt are read again' });
  let summary = first;
  for (let after: string | undefined; ; ) {
    const page = await readPage({ platform, isSecondLook: true, ...(after === undefined ? {} : { after }) });
    // What is in doubt still is decided by the next walk.
    if (typeof page === 'string') return { ...summary, stopped: page };
    // These accounts were counted when they were read first.
    summary = { ...summary, found: summary.found + page.found };
    after = page.next;
    if (after === undefined) return summary;
  }
}

function readPage(request: WatchPageRequest): Promise<WatchPage | string> {
  const { after = 'the beginning', isSecondLook } = request;
  const which = isSecondLook ? 'accounts with categories in doubt' : 'accounts';
  const { readInForce } = proxyActivities<Activities>(watching(`${which} after ${after}`));
  return orReason(readInForce(request));
}

/** What the activity answers, or why it came to nothing. */
async function orReason<Answer>(answer: Promise<Answer>): Promise<Answer | string> {
  try {
    return await answer;
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    return reasonOf(error);
  }
}

function reasonOf({ cause }: ActivityFailure): string {
  const last = cause instanceof ApplicationFailure ? cause : cause?.cause;
  const [details] = (last instanceof ApplicationFailure ? (last.details ?? []) : []) as [FailureDetails?];
  return details?.reason ?? cause?.message ?? 'the activity failed';
}

const describe = ({ platform, read, failed, found }: WatchSummary, after?: string, doubted = 0): string =>
  [
    `### What is in force: ${platform}`,
    '',
    `${read} accounts read, ${failed} could not be read, ${found} findings.${after === undefined ? '' : ` Behind \`${after}\`.`}`,
    ...(doubted === 0
      ? []
      : ['', `${doubted} categories are in doubt, and are read once more before they count as lapsed.`]),
    '',
    'Accounts, categories and findings: `wxq inforce`.',
  ].join('\n');
