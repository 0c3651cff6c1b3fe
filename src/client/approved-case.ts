/** What an approved case was made from: its input with every correction, its images pinned to the bytes that were sent. */
import { type Client, WorkflowFailedError } from '@temporalio/client';
import type { ChannelsShopInput } from '../contract/channels-shop.ts';
import { caseViewQuery } from '../contract/messages.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { Image, MaterialView, QualificationResult } from '../contract/qualification.ts';
import { type CaseStory, readCaseStory } from './case-story.ts';
import { withMiniProgramImages, withShopImages } from './sources.ts';
import type { Place } from './temporal-failures.ts';

export interface ApprovedCase {
  workflowId: string;
  runId: string;
  closedAt: string;
  input: CaseStory['input'];
}

const answerTimeoutMs = 10_000;

/**
 * `undefined`: the run is open, or ended otherwise, or what is in force was not made by it. Images are pinned where a
 * worker answers the query; without one they are named as the input names them.
 * @throws CaseNotFoundError, TemporalUnreachableError
 */
export async function readApprovedCase(
  client: Client,
  place: Place,
  workflowId: string,
  runOf?: string,
): Promise<ApprovedCase | undefined> {
  const { closedAt, runId, input } = await readCaseStory(client, place, workflowId, runOf);
  if (closedAt === undefined) return undefined;
  const handle = client.workflow.getHandle(workflowId, runId);
  const inTime = <Answer>(call: () => Promise<Answer>) =>
    client.connection.withDeadline(Date.now() + answerTimeoutMs, call);
  const result = await inTime(() => handle.result() as Promise<QualificationResult>).catch((error: unknown) => {
    if (error instanceof WorkflowFailedError) return undefined;
    throw error;
  });
  if (result?.outcome !== 'approved' || result.by === 'other' || result.alreadyInForce) return undefined;
  const view = await inTime(() => handle.query(caseViewQuery)).catch(() => undefined);
  return { workflowId, runId, closedAt, input: pinned(input, view?.material ?? []) };
}

function pinned(input: CaseStory['input'], material: readonly MaterialView[]): CaseStory['input'] {
  const hashes = new Map(material.map(({ path, sha256 }) => [path, sha256]));
  const pin = (image: Image, path: string): Image => {
    const sha256 = hashes.get(path);
    if (sha256 === undefined) return image;
    return { source: typeof image === 'string' ? image : image.source, sha256 };
  };
  return 'first' in input
    ? withMiniProgramImages(input as MiniProgramInput, pin)
    : withShopImages(input as ChannelsShopInput, pin);
}
