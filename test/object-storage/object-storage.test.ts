/** Object storage over HTTP: signatures, keys as people write them, and what each refusal means. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { objectUrl, parseObjectAddress } from '../../src/object-storage/address.ts';
import { ObjectStorageError } from '../../src/object-storage/errors.ts';
import { createObjectStorage } from '../../src/object-storage/object-storage.ts';
import { createStoreDouble, doubleKey, type StoreDouble } from './object-store-double.ts';

let double: StoreDouble;
beforeEach(async () => {
  double = await createStoreDouble();
});
afterEach(() => double.close());

const open = (change: Partial<Parameters<typeof createObjectStorage>[0]> = {}) =>
  createObjectStorage({ endpoint: double.endpoint, region: 'cn-north-1', ...doubleKey, ...change });
const content = Buffer.from('the bytes of an image');
const limit = { maxBytes: 1000 };

async function failure(work: Promise<unknown>): Promise<ObjectStorageError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ObjectStorageError)) throw new Error(`no ObjectStorageError: ${String(error)}`);
  return error;
}

describe('keys', () => {
  test.each([
    '营业执照/扫描 1.png',
    'a+b&c=d.png',
    '100%.png',
    'a%2Fb%20c.png',
    "it's (1)!*.png",
    'a//b.png',
    'q?x#y.png',
    '~a_b-c.d,e;f:g@h$.png',
    '𠮷.png',
  ])('%s is written, found and read back under this very key', async (key) => {
    const storage = open();
    const place = parseObjectAddress(`s3://scans/${key}`);
    expect(place).toEqual({ bucket: 'scans', key });
    await storage.put(place, content);
    expect([...double.objects.keys()]).toEqual([`scans/${key}`]);
    expect(await storage.head(place)).toMatchObject({ bytes: content.length });
    expect(Buffer.from(await storage.get(place, limit)).equals(content)).toBe(true);
  });

  test.each([
    's3://',
    's3://bucket',
    's3://bucket/',
    's3://Bucket/a',
    's3://b/a',
    's3:///a',
    's3://127.0.0.1/a',
    's3://a@b/c',
    's3://bucket/folder/',
  ])('%s names no object', (address) => {
    expect(() => parseObjectAddress(address)).toThrow(ObjectStorageError);
  });

  test('a key that an address would resolve to another one is not asked for', async () => {
    for (const key of ['../other/a.png', 'a/./b.png', 'a/..'])
      expect((await failure(Promise.resolve().then(() => open().get({ bucket: 'scans', key }, limit)))).kind).toBe(
        'invalid',
      );
    expect(double.requests).toEqual([]);
  });

  test('the bucket stands in the host name of the large clouds, and in the path of an address or a short name', () => {
    const place = { bucket: 'scans', key: 'a b.png' };
    const url = (o: Parameters<typeof objectUrl>[1]) => objectUrl(place, o).href;
    expect(url({ region: 'eu-west-1' })).toBe('https://scans.s3.eu-west-1.amazonaws.com/a%20b.png');
    expect(url({ region: 'cn-north-1' })).toBe('https://scans.s3.cn-north-1.amazonaws.com.cn/a%20b.png');
    expect(url({ region: 'oss-cn-hangzhou', endpoint: 'https://oss-cn-hangzhou.aliyuncs.com' })).toBe(
      'https://scans.oss-cn-hangzhou.aliyuncs.com/a%20b.png',
    );
    expect(url({ region: 'x', endpoint: 'http://minio:9000' })).toBe('http://minio:9000/scans/a%20b.png');
    expect(url({ region: 'x', endpoint: 'http://[::1]:9000' })).toBe('http://[::1]:9000/scans/a%20b.png');
    expect(url({ region: 'x', endpoint: 'https://s3.example.com', pathStyle: true })).toBe(
      'https://s3.example.com/scans/a%20b.png',
    );
  });
});

describe('signatures', () => {
  test('a session token is sent and signed', async () => {
    const withToken = await createStoreDouble({ sessionToken: 'session/token+1==' });
    const storage = open({ endpoint: withToken.endpoint, sessionToken: 'session/token+1==' });
    await storage.put({ bucket: 'scans', key: 'a' }, content);
    expect(withToken.objects.size).toBe(1);
    const without = open({ endpoint: withToken.endpoint });
    expect((await failure(without.get({ bucket: 'scans', key: 'a' }, limit))).code).toBe('InvalidToken');
    await withToken.close();
  });

  test.each([
    ['a wrong secret', { secretAccessKey: 'wrong' }],
    ['a wrong region', { region: 'us-east-1' }],
  ])('%s is the operator’s to mend, and is not shown', async (_what, change) => {
    const error = await failure(open(change).get({ bucket: 'scans', key: 'a' }, limit));
    expect(error).toMatchObject({ kind: 'refused', code: 'SignatureDoesNotMatch' });
    expect(JSON.stringify([error, error.message, error.advice])).not.toMatch(/wJalr|AKID|Signature=/);
  });

  test('a clock that is wrong is said to be that', async () => {
    double.clockAheadMs = 3_600_000;
    const error = await failure(open().get({ bucket: 'scans', key: 'a' }, limit));
    expect(error).toMatchObject({
      kind: 'refused',
      code: 'RequestTimeTooSkewed',
      advice: expect.stringContaining('clock'),
    });
  });

  test('bytes that change on the way are not taken', async () => {
    const bytes = Buffer.from(content);
    const storage = open();
    const writing = storage.put({ bucket: 'scans', key: 'a' }, bytes);
    bytes[0] = 0;
    expect((await failure(writing)).kind).toBe('refused');
    expect(double.objects.size).toBe(0);
  });

  test('keys with a common beginning are listed', async () => {
    const storage = open();
    for (const key of ['m/sent/ab/x', 'm/sent/ab/y', 'm/sent/cd/z'])
      await storage.put({ bucket: 'scans', key }, content);
    expect(await storage.list('scans', 'm/sent/ab/')).toEqual(['m/sent/ab/x', 'm/sent/ab/y']);
    expect(await storage.list('scans', 'nothing/')).toEqual([]);
  });
});

describe('what an answer means', () => {
  test.each([
    [404, 'NoSuchKey', 'missing'],
    [404, 'NoSuchBucket', 'missing'],
    [403, 'AccessDenied', 'refused'],
    [403, 'InvalidAccessKeyId', 'refused'],
    [400, 'ExpiredToken', 'refused'],
    [400, 'AuthorizationHeaderMalformed', 'refused'],
    [400, '', 'refused'],
    [500, 'InternalError', 'unavailable'],
    [503, 'SlowDown', 'unavailable'],
    [429, '', 'unavailable'],
  ] as const)('%i %s is %s', async (status, code, kind) => {
    double.next = [{ status, code }];
    expect((await failure(open().get({ bucket: 'scans', key: 'a' }, limit))).kind).toBe(kind);
  });

  test('a bucket of another region is said with that region, and is not followed there', async () => {
    double.next = [
      {
        status: 301,
        code: 'PermanentRedirect',
        headers: { 'x-amz-bucket-region': 'eu-west-1', location: 'http://127.0.0.1:9/' },
      },
    ];
    const error = await failure(open().get({ bucket: 'scans', key: 'a' }, limit));
    expect(error).toMatchObject({ kind: 'refused', advice: expect.stringContaining('another region (eu-west-1)') });
    expect(double.requests).toHaveLength(1);
  });

  test('a connection that is reset, or a storage that never answers, is worth another try', async () => {
    double.next = ['reset', 'hang'];
    expect((await failure(open().get({ bucket: 'scans', key: 'a' }, limit))).kind).toBe('unavailable');
    const slow = await failure(open({ timeoutMs: 200 }).get({ bucket: 'scans', key: 'a' }, limit));
    expect(slow).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('200 ms are over') });
  });

  test('an abort ends it with the reason that was given', async () => {
    double.next = ['hang'];
    const stopping = new AbortController();
    const reading = open().get({ bucket: 'scans', key: 'a' }, { ...limit, signal: stopping.signal });
    setTimeout(() => stopping.abort(new Error('worker stops')), 50);
    await expect(reading).rejects.toThrow('worker stops');
  });

  test('an object above the limit is refused, one of the limit is not', async () => {
    const storage = open();
    await storage.put({ bucket: 'scans', key: 'a' }, content);
    expect(await storage.get({ bucket: 'scans', key: 'a' }, { maxBytes: content.length })).toHaveLength(content.length);
    expect((await failure(storage.get({ bucket: 'scans', key: 'a' }, { maxBytes: content.length - 1 }))).kind).toBe(
      'too-large',
    );
  });
});
