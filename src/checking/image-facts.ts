/** Finds out about the images of a case what the rules want to know: fetched, decoded, prepared as for the upload. */
import { createHash } from 'node:crypto';
import type { Image, Platform } from '../contract/qualification.ts';
import { ImageRefused } from '../images/inspect.ts';
import type { ImagePreparation } from '../images/preparation.ts';
import { channelsShopUploadLimits, miniProgramUploadLimits } from '../images/prepare.ts';
import { ImageSourceError } from '../images/source-error.ts';
import type { ImageFact } from '../rules/category-rules.ts';

/** An image as a case names it, taken apart. */
export interface ImageSource {
  source: string;
  sha256?: string;
}

/** What looking at images needs. */
export interface ImageLooking {
  images: ImagePreparation;
  /** The bytes, wherever they come from. @throws ImageSourceError; the signal's reason. */
  read(image: ImageSource, signal: AbortSignal | undefined): Promise<Uint8Array>;
  /** Whether these bytes were sent for another principal before, where that is known. */
  isSentForOthers?(sha256: string): Promise<boolean>;
  /** When it is aborted, what has not been looked at by then is left unchecked. */
  signal?: AbortSignal;
}

interface Looked {
  fact: ImageFact;
  bytes?: Uint8Array;
}

/** One fact for each image; a Mini Program's images of one certificate are put together as they will be. */
export async function imageFacts(
  platform: Platform,
  lists: { path: string; images: Image[] }[],
  looking: ImageLooking,
): Promise<ImageFact[]> {
  const facts: ImageFact[] = [];
  // One after another: decoding takes memory, and a person waits for all of them anyway.
  for (const { path, images } of lists) {
    const looked: Looked[] = [];
    for (const [index, image] of images.entries()) looked.push(await look(`${path}[${index}]`, image, looking));
    await prepareList(platform, path, looked, looking);
    facts.push(...looked.map(({ fact }) => fact));
  }
  return facts;
}

async function look(
  path: string,
  image: Image,
  { images, read, isSentForOthers, signal }: ImageLooking,
): Promise<Looked> {
  const from = typeof image === 'string' ? { source: image } : image;
  const problem = (reason: string, advice: string, isCertain = true): Looked => ({
    fact: { path, problem: { reason, advice, isCertain } },
  });
  if (signal?.aborted) return problem(...noTimeLeft);
  try {
    const bytes = await read(from, signal);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    if (from.sha256 !== undefined && sha256 !== from.sha256)
      return problem('these are not the bytes that sha256 pins', 'correct sha256, or give the file that it is of');
    const { width, height } = await images.inspect(bytes, signal === undefined ? {} : { signal });
    const isForOthers = await isSentForOthers?.(sha256).catch(() => false);
    return {
      fact: { path, width, height, bytes: bytes.byteLength, ...(isForOthers ? { isSentForOthers: true } : {}) },
      bytes,
    };
  } catch (error) {
    if (error instanceof ImageRefused) return problem(error.reason, error.advice);
    if (error instanceof ImageSourceError)
      return problem(error.message, error.advice, error.kind !== 'unavailable' && error.kind !== 'not-allowed');
    if (signal?.aborted) return problem(...noTimeLeft);
    throw error;
  }
}

const noTimeLeft: [reason: string, advice: string, isCertain: boolean] = [
  'there was no time left to look at it',
  'check again; it is looked at when it is uploaded, too',
  false,
];

/** Prepares what could be read, as the upload will, and writes into the facts what that does or why it can't. */
async function prepareList(
  platform: Platform,
  path: string,
  looked: Looked[],
  { images: preparation, signal }: ImageLooking,
): Promise<void> {
  const read = looked.flatMap(({ fact, bytes }) => (bytes === undefined ? [] : [{ fact, bytes }]));
  const isTogether = platform === 'mini-program';
  const limits = isTogether ? miniProgramUploadLimits : channelsShopUploadLimits;
  const together = isTogether && read.length === looked.length ? [read] : read.map((one) => [one]);
  for (const images of together) {
    try {
      const { notes } = await preparation.prepare(
        images.map(({ bytes }) => bytes),
        limits,
        signal === undefined ? {} : { signal },
      );
      for (const [index, { fact }] of images.entries()) {
        const change = notes[index];
        if (change !== undefined) Object.assign(fact, { change, ...(images.length > 1 ? { isJoined: true } : {}) });
      }
    } catch (error) {
      // Every one of them has been looked at, and that is all that can be said now.
      if (signal?.aborted) return;
      if (!(error instanceof ImageRefused)) throw error;
      const { reason, advice, index = 0 } = error;
      const fact = images[index]?.fact ?? { path };
      fact.problem = { reason, advice, isCertain: true };
    }
  }
}
