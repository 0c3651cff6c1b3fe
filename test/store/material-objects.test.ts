/** The material store in a bucket: what it keeps, what it writes again, and what it does with damage. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MaterialDamaged } from '../../src/store/material.ts';
import { openMaterialStore } from '../../src/store/material-place.ts';
import { createStoreDouble, doubleKey, type StoreDouble } from '../object-storage/object-store-double.ts';

const content = Buffer.from('the bytes of an image');
const sha256 = createHash('sha256').update(content).digest('hex');
const key = `scans/pinned/v1/${sha256.slice(0, 2)}/${sha256.slice(2)}`;

let double: StoreDouble;
let damaged: MaterialDamaged[];
beforeEach(async () => {
  double = await createStoreDouble();
  damaged = [];
});
afterEach(() => double.close());

const open = (place = 's3://scans/pinned/v1/') =>
  openMaterialStore({
    place,
    objectStorage: { endpoint: double.endpoint, region: 'cn-north-1', ...doubleKey },
    onDamaged: (problem) => damaged.push(problem),
  });
const written = () => double.requests.filter((request) => request.startsWith('PUT')).length;

test('L3 an image is kept under its sha256 below the prefix, and given back', async () => {
  const store = open();
  expect(await store.put(content)).toEqual({ sha256, bytes: content.length });
  expect([...double.objects.keys()]).toEqual([key]);
  expect(Buffer.from((await store.get(sha256)) ?? [])).toEqual(content);
  expect(await open('s3://scans').get(sha256)).toBeUndefined();
});

test.each([true, false])('L3 a right copy is not written again (checksums known: %s)', async (knowsChecksums) => {
  double.knowsChecksums = knowsChecksums;
  await open().put(content);
  await open().put(content);
  expect(written()).toBe(1);
  expect(double.requests.filter((request) => request.startsWith('GET'))).toHaveLength(knowsChecksums ? 0 : 1);
});

describe('a damaged copy', () => {
  test.each([
    ['of the same length', Buffer.from('THE bytes of an image')],
    ['cut off', content.subarray(0, 5)],
    ['empty', Buffer.alloc(0)],
  ])('L3 %s counts as missing, is reported, and is mended by putting the image again', async (_what, bytes) => {
    for (const knowsChecksums of [true, false]) {
      double.knowsChecksums = knowsChecksums;
      double.objects.set(key, bytes);
      expect(await open().get(sha256)).toBeUndefined();
      expect(damaged.map((one) => [one.sha256, one.path])).toEqual([[sha256, `s3://${key}`]]);
      await open().put(content);
      expect(double.objects.get(key)).toEqual(content);
      damaged = [];
    }
  });
});

test('L3 what is not there is undefined; what could not be asked is thrown, never taken for missing', async () => {
  const store = open();
  expect(await store.get(sha256)).toBeUndefined();
  for (const next of [
    { status: 503, code: 'SlowDown' },
    { status: 403, code: 'AccessDenied' },
    { status: 404, code: 'NoSuchBucket' },
    'reset' as const,
  ]) {
    double.next = [next];
    await expect(store.get(sha256)).rejects.toThrow('s3://scans/pinned/v1/');
  }
  await expect(store.get('../x')).rejects.toThrow(TypeError);
});

test('L3 a key that may write but not look (403 for what is not there) still keeps images', async () => {
  double.next = [{ status: 403 }];
  await open().put(content);
  expect(double.objects.get(key)).toEqual(content);
});

test('a bucket without a key for it is refused at once', () => {
  expect(() => openMaterialStore({ place: 's3://scans/pinned' })).toThrow('needs a key');
});

test('whom bytes were sent for is known without any name of theirs in the bucket', async () => {
  const store = open();
  const of = (appId: string, ...names: string[]) => ({ appId, names });
  const isForOthers = (...whose: [string, ...string[]]) => store.isSentForOthers(sha256, of(...whose));
  expect(await isForOthers('wx1', '甲公司')).toBe(false);
  await store.markSent(sha256, of('wx1', '甲公司', '914A'));
  expect(await isForOthers('wx1', '甲公司')).toBe(false);
  expect(await isForOthers('wx2', '914A')).toBe(false);
  expect(await isForOthers('wx1', '乙公司')).toBe(true);
  // The same account without a holder in its papers is no other principal.
  expect(await isForOthers('wx1')).toBe(false);
  expect(await isForOthers('wx2')).toBe(true);
  expect([...double.objects.keys()].join()).not.toContain('甲');
});
