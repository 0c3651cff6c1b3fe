/** The material store in a bucket of S3-compatible object storage: the same promises as the folder (rule L3). */
import { ObjectStorageError } from '../object-storage/errors.ts';
import type { ObjectStorage } from '../object-storage/object-storage.ts';
import { digestOf, isAnothers, isDigest, MaterialDamaged, type MaterialStore, markOf } from './material.ts';

/** Above what a worker ever fetches: a larger object is none of ours. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Opens a store; several processes may use one bucket at the same time.
 * @param o.place `s3://bucket/prefix` (`WXQ_MATERIAL_STORE`).
 * @param o.onDamaged is told of every damaged object that is met; default: a Node.js process warning.
 */
export function createObjectMaterialStore(o: {
  storage: ObjectStorage;
  place: string;
  onDamaged?: (error: MaterialDamaged) => void;
}): MaterialStore {
  const { storage } = o;
  const [, bucket = '', folder = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/.exec(o.place) ?? [];
  const prefix = folder === '' ? '' : `${folder}/`;
  const report = o.onDamaged ?? ((error) => process.emitWarning(error));
  const placeOf = (sha256: string) => ({ bucket, key: `${prefix}${sha256.slice(0, 2)}/${sha256.slice(2)}` });

  /** Whether a right copy is there. What the storage has checked itself is believed; else the bytes are fetched. */
  async function isKept(sha256: string, bytes: Uint8Array): Promise<boolean> {
    try {
      const kept = await storage.head(placeOf(sha256));
      if (kept === undefined || kept.bytes !== bytes.byteLength) return false;
      if (kept.sha256 !== undefined) return kept.sha256 === sha256;
      return digestOf(await storage.get(placeOf(sha256), { maxBytes })) === sha256;
    } catch (error) {
      // AWS answers 403 for an object that is not there to a key that may not list. Whether it may write will show.
      if (error instanceof ObjectStorageError && (error.kind === 'refused' || error.kind === 'missing')) return false;
      throw error;
    }
  }

  return {
    async put(bytes) {
      const sha256 = digestOf(bytes);
      if (!(await isKept(sha256, bytes))) await storage.put(placeOf(sha256), bytes);
      return { sha256, bytes: bytes.byteLength };
    },

    async get(sha256) {
      if (!isDigest(sha256)) throw new TypeError('a sha256 is 64 lower-case hex digits');
      const place = placeOf(sha256);
      try {
        const bytes = await storage.get(place, { maxBytes });
        if (digestOf(bytes) === sha256) return bytes;
      } catch (error) {
        if (!(error instanceof ObjectStorageError)) throw error;
        // A bucket that is not there is no missing image: whoever fetched from the source would find other bytes one day.
        if (error.kind === 'missing' && error.code !== 'NoSuchBucket') return undefined;
        if (error.kind !== 'too-large') throw error;
      }
      report(new MaterialDamaged(sha256, `s3://${bucket}/${place.key}`));
      return undefined;
    },

    async markSent(sha256, whose) {
      await storage.put({ bucket, key: `${prefix}sent/${sha256}/${markOf(whose)}` }, Buffer.from('sent'));
    },

    async isSentForOthers(sha256, ours) {
      const keys = await storage.list(bucket, `${prefix}sent/${sha256}/`);
      return keys.some((key) => isAnothers(key.slice(key.lastIndexOf('/') + 1), ours));
    },
  };
}
