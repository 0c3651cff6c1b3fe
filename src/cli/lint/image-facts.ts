/** Finds out about the images of a case what the rules want to know: fetched, decoded, prepared as for the upload. */
import { createHash } from 'node:crypto';
import { absoluteImage } from '../../client/sources.ts';
import type { Image, Platform } from '../../contract/qualification.ts';
import { ImageRefused, inspectImage } from '../../images/inspect.ts';
import { channelsShopUploadLimits, miniProgramUploadLimits, prepareImages } from '../../images/prepare.ts';
import { createImageFetcher, type FetchImage } from '../../images/source.ts';
import { ImageSourceError, schemeOf } from '../../images/source-error.ts';
import type { ImageFact } from '../../rules/category-rules.ts';
import type { MaterialSources } from '../../runtime/material-settings.ts';

export interface LookOptions {
  folder: string;
  offline: boolean;
  fetchImage: FetchImage;
}

interface Looked {
  fact: ImageFact;
  bytes?: Uint8Array;
}

/**
 * Fetching as the worker does it, with the settings of this terminal; but where no folders are set, a person may look at
 * any file of theirs.
 */
export function lintFetcher({ areFoldersSet, folders, ...rules }: MaterialSources): FetchImage {
  return createImageFetcher({ ...rules, folders: areFoldersSet ? folders : 'any' });
}

/**
 * One fact for each image; a Mini Program's images of one certificate are put together as they will be.
 * @param o.folder where relative paths start; @param o.offline addresses are not fetched; @param o.fetchImage {@link lintFetcher}.
 */
export async function imageFacts(
  platform: Platform,
  lists: { path: string; images: Image[] }[],
  o: LookOptions,
): Promise<ImageFact[]> {
  const facts: ImageFact[] = [];
  // One after another: decoding takes memory, and a person waits for all of them anyway.
  for (const { path, images } of lists) {
    const looked: Looked[] = [];
    for (const [index, image] of images.entries()) looked.push(await look(`${path}[${index}]`, image, o));
    await prepareList(platform, path, looked);
    facts.push(...looked.map(({ fact }) => fact));
  }
  return facts;
}

async function look(path: string, image: Image, o: LookOptions): Promise<Looked> {
  const absolute = absoluteImage(image, o.folder);
  const { source, sha256 } = typeof absolute === 'string' ? { source: absolute } : absolute;
  const problem = (reason: string, advice: string, isCertain = true): Looked => ({
    fact: { path, problem: { reason, advice, isCertain } },
  });
  if (o.offline && /^(https?|s3)$/.test(schemeOf(source) ?? ''))
    return problem('it was not fetched, because of --offline', 'check once without --offline', false);
  try {
    const bytes = await o.fetchImage(source);
    if (sha256 !== undefined && createHash('sha256').update(bytes).digest('hex') !== sha256)
      return problem('these are not the bytes that sha256 pins', 'correct sha256, or give the file that it is of');
    const { width, height } = await inspectImage(bytes);
    return { fact: { path, width, height, bytes: bytes.byteLength }, bytes };
  } catch (error) {
    if (error instanceof ImageRefused) return problem(error.reason, error.advice);
    if (error instanceof ImageSourceError) return problem(error.message, error.advice, error.kind !== 'unavailable');
    throw error;
  }
}

/** Prepares what could be read, as the upload will, and writes into the facts what that does or why it can't. */
async function prepareList(platform: Platform, path: string, looked: Looked[]): Promise<void> {
  const read = looked.flatMap(({ fact, bytes }) => (bytes === undefined ? [] : [{ fact, bytes }]));
  const isTogether = platform === 'mini-program';
  const limits = isTogether ? miniProgramUploadLimits : channelsShopUploadLimits;
  const together = isTogether && read.length === looked.length ? [read] : read.map((one) => [one]);
  for (const images of together) {
    try {
      const { notes } = await prepareImages(
        images.map(({ bytes }) => bytes),
        limits,
      );
      for (const [index, { fact }] of images.entries()) {
        const change = notes[index];
        if (change !== undefined) fact.change = change;
      }
    } catch (error) {
      if (!(error instanceof ImageRefused)) throw error;
      const { reason, advice, index = 0 } = error;
      const fact = images[index]?.fact ?? { path };
      fact.problem = { reason, advice, isCertain: true };
    }
  }
}
