/** One upload: fetch, pin a copy by sha256, inspect, shrink if too large, send. Only references come out. */
import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { UploadedImage, UploadRequest } from '../contract/activities.ts';
import { type FailureDetails, failureTypes } from '../contract/failures.ts';
import { sha256OfMaterialSource } from '../contract/material-source.ts';
import { ImageRefused } from '../images/inspect.ts';
import type { UploadLimits } from '../images/prepare.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { castFailure, failure, refuseToWriteWhenObserving } from './failure.ts';

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
    refuseToWriteWhenObserving(deps.mode);
    const prepared = await deps.images.prepare(
      originals.map(({ bytes }) => bytes),
      limits,
      { signal },
    );
    const filename = `${hashes[0]?.slice(0, 16)}.${prepared.extension}`;
    const ref = await send({ bytes: prepared.bytes, filename, contentType: prepared.contentType }, signal);
    return {
      ref,
      images: plain.map((image, n) => {
        const note = prepared.notes[n];
        return note === undefined ? image : { ...image, note };
      }),
    };
  } catch (error) {
    const index = error instanceof ImageRefused ? error.index : undefined;
    throw namingImage(error, (request.images[index ?? 0] ?? { path: '' }).path);
  } finally {
    clearInterval(timer);
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
