/** Inspecting and preparing images behind one gate: what a process makes once and hands to everything that decodes. */
import { createDecodingGate, type DecodingGate } from './decoding-gate.ts';
import { type InspectedImage, inspectImage } from './inspect.ts';
import { type PreparedImage, prepareImages, type UploadLimits } from './prepare.ts';

export interface ImagePreparation {
  /** {@link inspectImage}, when it is its turn. @throws {ImageRefused}; the signal's reason if aborted while waiting. */
  inspect(bytes: Uint8Array, o?: { signal?: AbortSignal }): Promise<InspectedImage>;
  /** {@link prepareImages}, when it is its turn. @throws {ImageRefused}; the signal's reason if aborted while waiting. */
  prepare(images: readonly Uint8Array[], limits: UploadLimits, o?: { signal?: AbortSignal }): Promise<PreparedImage>;
}

/**
 * @param o.concurrency how many images are decoded at once; default: the number of cores.
 * @param o.gate a gate that is shared with something else, instead of an own one.
 */
export function createImagePreparation(o: { concurrency?: number; gate?: DecodingGate } = {}): ImagePreparation {
  const gate = o.gate ?? createDecodingGate(o.concurrency);
  return {
    inspect: (bytes, { signal } = {}) => gate(() => inspectImage(bytes), signal),
    prepare: (images, limits, { signal } = {}) => gate(() => prepareImages(images, limits), signal),
  };
}
