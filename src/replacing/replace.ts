/** Sends one renewed image to every case that waits for material and uses the one before; each case is told once. */
import { createHash } from 'node:crypto';
import {
  CaseClosedError,
  CaseNotFoundError,
  InvalidCaseError,
  type QualificationClient,
  type Resubmission,
  UpdateRefusedError,
} from '../client/index.ts';
import { eachBounded } from '../importing/bounded.ts';
import { endWrittenAs, validityKey } from '../rules/paper-ends.ts';
import { type ImageUse, paperOf } from './uses.ts';

/** What comes in place of the image. */
export interface Renewal {
  /** Of the image before. */
  replaces: string;
  source: string;
  /** Pins the bytes: every case gets the same. */
  sha256: string;
  /** New last day of the licences and certificates that it belongs to. */
  validUntil?: string;
  note?: string;
  by?: string;
}

/** resubmitted: the case took it; refused: it has moved on, or does not take it; closed: it has ended. */
export type ReplacementOutcome = 'resubmitted' | 'refused' | 'closed';

export interface ReplacementResult {
  workflowId: string;
  outcome: ReplacementOutcome;
  /** Of the attempt that it becomes. */
  attempt?: number;
  reason?: string;
}

export interface ReplaceAround {
  client: Pick<QualificationClient, 'get'>;
  atOnce?: number;
  onResult?(result: ReplacementResult): void;
  signal?: AbortSignal;
}

/** What becomes of a validity that WeChat was told in its own field. */
export interface ValidityChange {
  /** Of the field. */
  path: string;
  from: string;
  /** Absent: only a person can say what is to stand there. */
  to?: string;
}

/** Of the licences that the image belongs to; nothing without a new date. */
export function validityChanges({ validity }: ImageUse, { validUntil }: Pick<Renewal, 'validUntil'>): ValidityChange[] {
  if (validUntil === undefined) return [];
  return Object.entries(validity).map(([paper, from]) => {
    const to = endWrittenAs(from, validUntil);
    return { path: `${paper}/fields/${validityKey}`, from, ...(to === undefined ? {} : { to }) };
  });
}

/** The correction of one case: the image at each of its places, and the new date of the papers it belongs to. */
export function resubmissionOf(use: ImageUse, renewal: Renewal): Resubmission {
  const { source, sha256, validUntil, note, by } = renewal;
  const images = use.paths.map((path) => [path, { source, sha256 }] as const);
  const papers = validUntil === undefined ? [] : [...new Set(use.paths.flatMap((path) => paperOf(path) ?? []))];
  const fields = validityChanges(use, renewal).flatMap(({ path, to }) =>
    to === undefined ? [] : [[path, to] as const],
  );
  return {
    set: Object.fromEntries([
      ...images,
      ...papers.map((paper) => [`${paper}/validUntil`, validUntil ?? ''] as const),
      ...fields,
    ]),
    ...(note === undefined ? {} : { note }),
    ...(by === undefined ? {} : { by }),
    seenSince: use.since,
  };
}

/**
 * Sends it to every use that takes material now, the others are left out. Repeating it is harmless: the same renewal of the
 * same rejection carries the same `updateId`. Rejects when Temporal or the workers are away; what was told until then is done.
 */
export async function replaceInAll(
  uses: readonly ImageUse[],
  renewal: Renewal,
  { client, atOnce = 5, onResult, signal }: ReplaceAround,
): Promise<ReplacementResult[]> {
  const results: ReplacementResult[] = [];
  await eachBounded(
    uses.filter(({ isOpenForMaterial }) => isOpenForMaterial),
    atOnce,
    async (use) => {
      const result = { workflowId: use.workflowId, ...(await outcomeOf(use, renewal, client)) };
      results.push(result);
      onResult?.(result);
    },
    signal,
  );
  return results;
}

async function outcomeOf(
  use: ImageUse,
  renewal: Renewal,
  client: ReplaceAround['client'],
): Promise<Omit<ReplacementResult, 'workflowId'>> {
  try {
    const accepted = await client.get(use.workflowId).resubmit(resubmissionOf(use, renewal), {
      updateId: updateIdOf(use, renewal),
    });
    return { outcome: 'resubmitted', attempt: accepted.attempt };
  } catch (error) {
    if (error instanceof UpdateRefusedError) return { outcome: 'refused', reason: error.message };
    if (error instanceof InvalidCaseError) return { outcome: 'refused', reason: error.message };
    if (error instanceof CaseClosedError || error instanceof CaseNotFoundError)
      return { outcome: 'closed', reason: error.message };
    throw error;
  }
}

const updateIdOf = ({ workflowId, since, paths }: ImageUse, { replaces, sha256, validUntil }: Renewal): string =>
  `renewed-${createHash('sha256')
    .update(JSON.stringify([workflowId, since, paths, replaces, sha256, validUntil ?? '']))
    .digest('hex')
    .slice(0, 40)}`;
