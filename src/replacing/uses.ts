/** Which open cases of one principal use an image: by its content, wherever it lies. Sends nothing. */
import {
  CaseNotFoundError,
  type CaseRow,
  type CaseView,
  type Platform,
  type QualificationClient,
  type Status,
} from '../client/index.ts';
import { eachBounded } from '../importing/bounded.ts';

/** An open case that uses the image. */
export interface ImageUse {
  workflowId: string;
  platform: Platform;
  appId: string;
  categoryId: string;
  status: Status;
  /** `since` of the view: what is sent is refused when the case has moved on. */
  since: string;
  attempt: number;
  /** Why WeChat rejected it last. */
  reason?: string;
  /** Every place at which the image stands. */
  paths: string[];
  /** Corrected material is taken now. */
  isOpenForMaterial: boolean;
}

export interface UsesAround {
  client: Pick<QualificationClient, 'list' | 'get'>;
  /** The accounts of the principal; a case of any other account is never looked at. */
  appIds: ReadonlySet<string>;
  /** Of the image as it was given, in lower-case hex. */
  sha256: string;
  atOnce?: number;
  onCase?(done: number, of: number): void;
  signal?: AbortSignal;
}

const openStatuses = ['needs_material', 'blocked', 'in_review', 'preparing', 'submitting'] as const;

/** Oldest rejection first. Rejects with what the client throws: no worker, Temporal away. */
export async function findUses({
  client,
  appIds,
  sha256,
  atOnce = 8,
  onCase,
  signal,
}: UsesAround): Promise<ImageUse[]> {
  const rows = new Map<string, CaseRow>();
  for (const status of openStatuses)
    for await (const row of client.list({ status }))
      if (row.execution === 'running' && appIds.has(row.appId)) rows.set(row.workflowId, row);
  const uses: ImageUse[] = [];
  let done = 0;
  await eachBounded(
    [...rows.keys()],
    atOnce,
    async (workflowId) => {
      const view = await viewOf(client, workflowId);
      const use = view === undefined ? undefined : useIn(view, sha256);
      // By the case itself: the list is a moment behind.
      if (use !== undefined && appIds.has(use.appId)) uses.push(use);
      done += 1;
      onCase?.(done, rows.size);
    },
    signal,
  );
  signal?.throwIfAborted();
  return uses.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : a.workflowId < b.workflowId ? -1 : 1));
}

/** `undefined`: it was removed since it was listed. */
async function viewOf(client: UsesAround['client'], workflowId: string): Promise<CaseView | undefined> {
  try {
    return await client.get(workflowId).view();
  } catch (error) {
    if (error instanceof CaseNotFoundError) return undefined;
    throw error;
  }
}

const closedStatuses: readonly Status[] = ['approved', 'withdrawn', 'expired'];

function useIn(view: CaseView, sha256: string): ImageUse | undefined {
  const paths = view.material.filter((one) => one.sha256 === sha256).map(({ path }) => path);
  if (paths.length === 0 || closedStatuses.includes(view.status)) return undefined;
  const { workflowId, platform, appId, categoryId, status, since, attempts, canDo } = view;
  const last = attempts.at(-1);
  return {
    workflowId,
    platform,
    appId,
    categoryId,
    status,
    since,
    attempt: last?.number ?? 1,
    ...(last?.reason === undefined ? {} : { reason: last.reason }),
    paths,
    isOpenForMaterial: canDo.includes('resubmit'),
  };
}
