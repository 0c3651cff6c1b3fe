/** Reads an image from object storage: `s3://bucket/key`, with the worker's key, from buckets that cases may name. */
import { parseObjectAddress } from '../object-storage/address.ts';
import { ObjectStorageError, type ObjectStorageErrorKind } from '../object-storage/errors.ts';
import type { ObjectStorage } from '../object-storage/object-storage.ts';
import { emptySource, ImageSourceError, type ImageSourceErrorKind } from './source-error.ts';

/** What a case may read with our key. */
export interface ObjectSources {
  storage: ObjectStorage;
  /** Default: every bucket that the key can read. */
  buckets?: readonly string[];
  /** Never: our own pinned copies, as `s3://bucket/prefix`. */
  except?: string;
}

/** A key that may not, a wrong region, a wrong clock: the operator mends it, and the case goes on by itself. */
const kinds: Record<ObjectStorageErrorKind, ImageSourceErrorKind> = {
  missing: 'missing',
  invalid: 'unsupported',
  'too-large': 'too-large',
  refused: 'not-allowed',
  unavailable: 'unavailable',
};

export async function readObject(
  source: string,
  sources: ObjectSources | undefined,
  limits: { maxBytes: number; signal: AbortSignal },
): Promise<Uint8Array> {
  if (sources === undefined)
    throw new ImageSourceError(
      'unsupported',
      source,
      'this worker has no key for object storage',
      'give a signed https: link, or let the operator set WXQ_S3_ACCESS_KEY_ID, WXQ_S3_SECRET_ACCESS_KEY and WXQ_S3_REGION',
    );
  try {
    const place = parseObjectAddress(source);
    if (sources.buckets?.includes(place.bucket) === false)
      throw new ImageSourceError(
        'unsupported',
        source,
        `images are not read from the bucket ${place.bucket}`,
        'put the image into one of the buckets of WXQ_S3_BUCKETS, or let the operator add this one',
      );
    const own = sources.except?.replace(/\/*$/, '/');
    if (own !== undefined && source.startsWith(own))
      throw new ImageSourceError(
        'unsupported',
        source,
        "this lies in the application's own data",
        'give the image itself, from a place of yours',
      );
    const bytes = await sources.storage.get(place, limits);
    if (bytes.byteLength === 0) throw emptySource(source);
    return bytes;
  } catch (error) {
    if (!(error instanceof ObjectStorageError)) throw error;
    throw new ImageSourceError(kinds[error.kind], source, error.reason, error.advice);
  }
}
