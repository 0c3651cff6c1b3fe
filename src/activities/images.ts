/** One upload: fetch, pin a copy by sha256, inspect, shrink if too large, send. Only references come out. */
import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Account, UploadedImage, UploadRequest } from '../contract/activities.ts';
import { type FailureDetails, failureTypes } from '../contract/failures.ts';
import { sha256OfMaterialSource } from '../contract/material-source.ts';
import { ImageRefused } from '../images/inspect.ts';
import type { UploadLimits } from '../images/prepare.ts';
import type { Whose } from '../store/material.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { castFailure, failure, refuseToWriteWhenObserving } from './failure.ts';
import type { Sent } from './uploads-under-way.ts';

/** A file as both platforms take it: ASCII name with an extension, or WeChat answers 40005/41005. */
export interface OutgoingFile {
  bytes: Uint8Array;
  filename: string;
  contentType: string;
}

const heartbeatEveryMs = 3_000;

/**
 * @param send gives the file to WeChat and returns its reference.
 * @throws failures `MaterialRefused` (a person must send another image), `WeChatUnavailable` (tried again).
 */
export async function uploadImages(
  deps: ActivityDependencies,
  request: UploadRequest,
  limits: UploadLimits,
  send: (file: OutgoingFile, signal: AbortSignal) => Promise<string>,
): Promise<UploadedImage> {
  const { cancellationSignal: signal } = Context.current();
  // By timer, not by progress: a slow source or a slow WeChat is alive as long as this process is.
  const timer = setInterval(() => Context.current().heartbeat(), heartbeatEveryMs);
  try {
    const originals = await Promise.all(
      request.images.map((image) =>
        originalOf(deps, image, signal).catch((error: unknown) => {
          throw namingImage(error, image.path);
        }),
      ),
    );
    const hashes = originals.map(({ sha256 }) => sha256);
    const plain = originals.map(({ sha256, bytes }) => ({ sha256, bytes: bytes.length }));
    if (request.previous !== undefined && hashes.join() === request.previous.sha256.join())
      return { ref: request.previous.ref, images: plain, unchanged: true };
    const known = request.sent?.find((one) => one.sha256.join() === hashes.join());
    if (known !== undefined) return { ref: known.ref, images: plain };
    refuseToWriteWhenObserving(deps.mode);
    const sentForOthers = await Promise.all(hashes.map((sha256) => isSentForOthers(deps, request, sha256)));
    const prepareAndSend = async () => {
      const prepared = await deps.images.prepare(
        originals.map(({ bytes }) => bytes),
        limits,
        { signal },
      );
      const filename = `${hashes[0]?.slice(0, 16)}.${prepared.extension}`;
      const ref = await send({ bytes: prepared.bytes, filename, contentType: prepared.contentType }, signal);
      return { ref, notes: prepared.notes };
    };
    const { ref, notes } = await onlyOnce(deps, request, hashes, prepareAndSend, signal);
    await markSent(deps, request, hashes);
    return {
      ref,
      images: plain.map((image, n) => {
        const said = [notes[n], sentForOthers[n] ? sentForAnother : undefined].filter((one) => one !== undefined);
        return said.length === 0 ? image : { ...image, note: said.join('; ') };
      }),
    };
  } catch (error) {
    const index = error instanceof ImageRefused ? error.index : undefined;
    throw namingImage(error, (request.images[index ?? 0] ?? { path: '' }).path);
  } finally {
    clearInterval(timer);
  }
}

const sentForAnother = '该图片曾为其他主体提交过 (these bytes were sent for another principal before)';

/** The same bytes at two places of one case travel once: where both are under way at the same time in this worker, too. */
async function onlyOnce(
  { uploadsUnderWay }: ActivityDependencies,
  { account, round }: UploadRequest,
  hashes: string[],
  work: () => Promise<Sent>,
  signal: AbortSignal,
): Promise<Sent> {
  const { activityType, workflowExecution } = Context.current().info;
  if (uploadsUnderWay === undefined || round === undefined) return await work();
  const key = JSON.stringify([workflowExecution?.runId, activityType, account.appId, round, hashes]);
  return await uploadsUnderWay.once(key, work, signal);
}

/** Whose papers they are, by every name that is known. */
export const whosePapers = (
  { principalOf }: ActivityDependencies,
  { account, holders = [] }: { account: Account; holders?: readonly (string | undefined)[] },
): Whose => ({
  appId: account.appId,
  names: [principalOf?.(account), ...holders].filter((one) => one !== undefined),
});

/** A warning only: what goes wrong here never stops an upload. */
async function isSentForOthers(deps: ActivityDependencies, request: UploadRequest, sha256: string): Promise<boolean> {
  try {
    return await deps.materialStore.isSentForOthers(sha256, whosePapers(deps, request));
  } catch (error) {
    deps.onBug?.(error);
    return false;
  }
}

async function markSent(deps: ActivityDependencies, request: UploadRequest, hashes: string[]): Promise<void> {
  try {
    for (const sha256 of new Set(hashes)) await deps.materialStore.markSent(sha256, whosePapers(deps, request));
  } catch (error) {
    deps.onBug?.(error);
  }
}

/** A person with ten images must read which of them is meant; the path is the one by which it is corrected. */
function namingImage(error: unknown, path: string): unknown {
  if (error instanceof ApplicationFailure) return error;
  const cast = castFailure(error);
  if (!(cast instanceof ApplicationFailure) || cast.type !== failureTypes.materialRefused) return cast;
  const [details] = (cast.details ?? []) as [FailureDetails?];
  if (details === undefined) return cast;
  return failure(failureTypes.materialRefused, { ...details, reason: `${path}: ${details.reason}` });
}

/** Our own copy if there is one, else the source, which is then pinned: sources expire and get overwritten. */
async function originalOf(
  { fetchImage, materialStore }: ActivityDependencies,
  image: UploadRequest['images'][number],
  signal: AbortSignal,
): Promise<{ sha256: string; bytes: Uint8Array }> {
  const pinned = image.sha256 ?? sha256OfMaterialSource(image.source);
  const kept = pinned === undefined ? undefined : await materialStore.get(pinned);
  if (kept !== undefined && pinned !== undefined) return { sha256: pinned, bytes: kept };
  const bytes = await fetchImage(image.source, { signal });
  // Checked before it is stored: bytes that nobody asked for are not kept.
  if (image.sha256 !== undefined && sha256Of(bytes) !== image.sha256)
    throw failure(failureTypes.materialRefused, {
      reason: `${image.path}: the source no longer has the bytes that were asked for (sha256 ${image.sha256.slice(0, 12)}…)`,
      advice: 'Send the image again by a resubmission.',
    });
  const { sha256 } = await materialStore.put(bytes);
  return { sha256, bytes };
}

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
