/** Where a case's page is, and what a form on it was made from. */
import type { CaseView } from '../contract/qualification.ts';
import { consolePrefix } from './layout.tsx';

export const caseUrl = (workflowId: string): string => `${consolePrefix}/cases/${workflowId}`;

/** Goes back with every form: nothing is asked of a case that is no longer there. */
export const seenOf = ({ view }: { view: Pick<CaseView, 'attempts' | 'status' | 'since'> }): string =>
  `${view.attempts.at(-1)?.number ?? 0} ${view.status} ${view.since}`;

/** The moment in it, for the case itself to compare: between our look and its answer it may still move. */
export function sinceOf(seen: string | undefined): { seenSince?: string } {
  const since = seen?.split(' ')[2];
  return since === undefined ? {} : { seenSince: since };
}

/** What people agreed about a case is kept under its first run: it outlasts continue-as-new, and a later case does not inherit it. */
export const caseRunOf = ({ firstRunId, runId }: { firstRunId?: string; runId: string }): string => firstRunId ?? runId;
