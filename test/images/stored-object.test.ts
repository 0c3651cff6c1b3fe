/** Images from object storage: the worker's key reads only what cases may name. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createImageFetcher } from '../../src/images/source.ts';
import { createObjectStorage } from '../../src/object-storage/object-storage.ts';
import { createStoreDouble, doubleKey, type StoreDouble } from '../object-storage/object-store-double.ts';
import { failure } from './source-failure.ts';

let double: StoreDouble;
beforeEach(async () => {
  double = await createStoreDouble();
  double.objects.set('scans/shop/营业执照 1+2.png', Buffer.from('the bytes of an image'));
  double.objects.set('scans/pinned/ab/cd', Buffer.from('an image of somebody else'));
  double.objects.set('scans/empty.png', Buffer.alloc(0));
});
afterEach(() => double.close());

const fetcher = (change: { buckets?: string[]; except?: string; secretAccessKey?: string } = {}) => {
  const { secretAccessKey = doubleKey.secretAccessKey, ...sources } = change;
  const storage = createObjectStorage({
    endpoint: double.endpoint,
    region: 'cn-north-1',
    ...doubleKey,
    secretAccessKey,
  });
  return createImageFetcher({ folders: [] }, { objects: { storage, ...sources } });
};

test('an object is read by its key as people write it', async () => {
  const bytes = await fetcher()('s3://scans/shop/营业执照 1+2.png');
  expect(Buffer.from(bytes).toString()).toBe('the bytes of an image');
});

test('a bucket that is not named, our own pinned copies, and an address without object are a person’s to mend, unasked', async () => {
  const fetch = fetcher({ buckets: ['scans'], except: 's3://scans/pinned' });
  for (const source of ['s3://backups/a.png', 's3://scans/pinned/ab/cd', 's3://scans/', 's3://scans/a/../pinned/ab/cd'])
    expect(await failure(source, { fetch }), source).toMatchObject({ kind: 'unsupported' });
  expect(double.requests).toEqual([]);
});

test('what is missing, empty or too large is a person’s to mend; a key that is refused is the operator’s; the rest is tried again', async () => {
  const fetch = fetcher();
  expect((await failure('s3://scans/nowhere.png', { fetch })).kind).toBe('missing');
  expect((await failure('s3://scans/empty.png', { fetch })).message).toBe('s3://scans/empty.png: this is empty');
  expect((await failure('s3://scans/pinned/ab/cd', { fetch, maxBytes: 3 })).kind).toBe('too-large');
  const wrong = fetcher({ secretAccessKey: 'wrong' });
  expect(await failure('s3://scans/empty.png', { fetch: wrong })).toMatchObject({
    kind: 'not-allowed',
    message: 's3://scans/empty.png: the object storage answered 403 SignatureDoesNotMatch',
  });
  double.next = [{ status: 503, code: 'SlowDown' }, 'hang'];
  expect((await failure('s3://scans/empty.png', { fetch })).kind).toBe('unavailable');
  expect((await failure('s3://scans/empty.png', { fetch, timeoutMs: 200 })).kind).toBe('unavailable');
});

test('without a key it says which settings are missing', async () => {
  const none = createImageFetcher({ folders: [] });
  expect((await failure('s3://scans/a.png', { fetch: none })).advice).toContain('WXQ_S3_ACCESS_KEY_ID');
});
