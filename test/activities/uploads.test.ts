/** Uploads: fetched, pinned, shrunk, put together, sent; never the same bytes twice, never other bytes than were asked for. */
import { createHash } from 'node:crypto';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createUploadsUnderWay } from '../../src/activities/uploads-under-way.ts';
import { noise } from '../images/samples.ts';
import { type Environment, image, openEnvironment, program, resultOf, uploadRequest } from './environment.ts';

let env: Environment;
beforeEach(async () => {
  env = await openEnvironment();
});
afterEach(() => env.close());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const sent = () => env.sandbox.uploads().files;
const upload = (request: ReturnType<typeof uploadRequest>, options = {}) =>
  env.run('uploadQualificationImage', request, options);

describe('one image', () => {
  test('L3 goes out byte for byte under an ASCII name; what comes back is a reference, a digest and a size', async () => {
    const source = join(env.folder, '营业执照 扫描.png');
    await copyFile(image('business-licence.png'), source);
    const bytes = await readFile(source);
    const { result } = await upload(uploadRequest([source]));
    expect(result).toEqual({
      ref: expect.stringMatching(/^file_/),
      images: [{ sha256: sha256(bytes), bytes: bytes.length }],
    });
    expect(sent()).toMatchObject([{ kind: 'qualification', sha256: sha256(bytes), bytes: bytes.length }]);
    expect(sent()[0]?.filename).toBe(`${sha256(bytes).slice(0, 16)}.png`);
  });

  test('L3 one that is too large is shrunk, and a note says so; the digest stays the original’s', async () => {
    const source = join(env.folder, 'large.png');
    const bytes = await noise({ width: 1400, height: 1000 }).png({ compressionLevel: 0 }).toBuffer();
    await writeFile(source, bytes);
    expect(bytes.length).toBeGreaterThan(2 * 1024 * 1024);
    const { images } = resultOf(await upload(uploadRequest([source])));
    expect(images).toEqual([{ sha256: sha256(bytes), bytes: bytes.length, note: expect.stringContaining('JPEG') }]);
    expect(sent()[0]?.bytes).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(sent()[0]?.filename).toMatch(/\.jpg$/);
  });

  test.each([
    ['is not there', async () => join(env.folder, 'nowhere.png')],
    ['is a folder', async () => env.folder],
    ['is no image', async () => import.meta.filename],
    ['is empty', async () => written('empty.png', Buffer.alloc(0))],
    ['is cut off', async () => written('half.png', (await readFile(image('business-licence.png'))).subarray(0, 900))],
    ['is of a kind that WeChat does not take', async () => written('a.webp', await webp())],
    ['has an address of a kind that is never fetched', async () => 'ftp://example.com/a.png'],
  ])('L9 a source that %s is a person’s to mend by other material', async (_what, source) => {
    const { failure, details } = await upload(uploadRequest([await source()]));
    expect(failure?.type).toBe('MaterialRefused');
    expect(details?.advice.length).toBeGreaterThan(5);
    expect(details?.reason).toMatch(/^licenses\/1\/2\/images\/0: /);
    expect(sent()).toEqual([]);
  });
});

describe('the pinned copy', () => {
  test('L3 is used when the source has gone', async () => {
    const source = join(env.folder, 'a.png');
    await copyFile(image('business-licence.png'), source);
    const first = resultOf(await upload(uploadRequest([source])));
    await rm(source);
    const digest = first.images[0]?.sha256 ?? '';
    const second = resultOf(await upload(pinned(source, digest)));
    expect(second.images).toEqual(first.images);
    expect(sent().map((file) => file.sha256)).toEqual([digest, digest]);
  });

  test('L3 is used when the source was overwritten: what was reviewed is what is sent again', async () => {
    const source = join(env.folder, 'a.png');
    await copyFile(image('business-licence.png'), source);
    const digest = resultOf(await upload(uploadRequest([source]))).images[0]?.sha256 ?? '';
    await copyFile(image('brand-authorisation.png'), source);
    expect(resultOf(await upload(pinned(source, digest))).images[0]?.sha256).toBe(digest);
    expect(sent().at(-1)?.sha256).toBe(digest);
  });

  test('L3 a sha256 that was given and is not the source’s is refused; those bytes are neither sent nor kept', async () => {
    const wrong = 'a'.repeat(64);
    const { failure, details } = await upload(pinned(image('business-licence.png'), wrong));
    expect(failure?.type).toBe('MaterialRefused');
    expect(details?.reason).toBe(
      'licenses/1/2/images/0: the source no longer has the bytes that were asked for (sha256 aaaaaaaaaaaa…)',
    );
    expect(sent()).toEqual([]);
    const real = sha256(await readFile(image('business-licence.png')));
    expect(await env.deps.materialStore.get(real)).toBeUndefined();
  });

  test('L3 a sha256 that was given and is right is taken from the source', async () => {
    const real = sha256(await readFile(image('business-licence.png')));
    expect(resultOf(await upload(pinned(image('business-licence.png'), real))).images[0]?.sha256).toBe(real);
  });
});

describe('what was sent before', () => {
  test('L3 the same bytes are not sent again, also from another source', async () => {
    const first = resultOf(await upload(uploadRequest([image('business-licence.png')])));
    const copy = join(env.folder, 'copy.png');
    await copyFile(image('business-licence.png'), copy);
    const previous = { sha256: first.images.map((one) => one.sha256), ref: first.ref };
    expect(resultOf(await upload(uploadRequest([copy], { previous })))).toEqual({
      ref: first.ref,
      images: first.images,
      unchanged: true,
    });
    expect(sent()).toHaveLength(1);
  });

  test('L3 other bytes are sent', async () => {
    const previous = { sha256: ['a'.repeat(64)], ref: 'file_old' };
    const second = resultOf(await upload(uploadRequest([image('business-licence.png')], { previous })));
    expect(second.ref).not.toBe('file_old');
    expect(second).not.toHaveProperty('unchanged');
  });
});

describe('a Mini Program certificate', () => {
  const pages = [image('mini-program-certificate-page-1.jpg'), image('mini-program-certificate-page-2.png')];

  test('L3 of two images becomes one upload, with a note at each', async () => {
    const request = uploadRequest(pages, { account: program });
    const { ref, images } = resultOf(await env.run('uploadTemporaryImage', request));
    expect(sent()).toMatchObject([{ id: ref, kind: 'media' }]);
    expect(images.map(({ note }) => note)).toEqual([
      expect.stringContaining('part 1 of 2'),
      expect.stringContaining('part 2 of 2'),
    ]);
    expect(images.map((one) => one.sha256)).toEqual(
      await Promise.all(pages.map(async (p) => sha256(await readFile(p)))),
    );
  });

  test('L3 the order of the pages counts: turned round it is another certificate', async () => {
    const first = resultOf(await env.run('uploadTemporaryImage', uploadRequest(pages, { account: program })));
    const previous = { sha256: first.images.map((one) => one.sha256), ref: first.ref };
    const turned = uploadRequest(pages.toReversed(), { account: program, previous });
    expect(resultOf(await env.run('uploadTemporaryImage', turned)).ref).not.toBe(first.ref);
  });

  test('L9 one bad page of two names that page', async () => {
    const bad = await written('bad.png', Buffer.from('no image'));
    const { failure } = await env.run('uploadTemporaryImage', uploadRequest([...pages, bad], { account: program }));
    expect(failure?.type).toBe('MaterialRefused');
    expect(failure?.message).toMatch(/^licenses\/1\/2\/images\/2: this is text/);
    const gone = uploadRequest([...pages, join(env.folder, 'nowhere.png')], { account: program });
    const { details } = await env.run('uploadTemporaryImage', gone);
    expect(details?.reason).toMatch(/^licenses\/1\/2\/images\/2: [^:]*nowhere\.png: /);
  });
});

describe('a source on a server', () => {
  const serve = async (answer: Parameters<typeof createServer>[1]) => {
    const server = createServer(answer);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/licence.png?signature=secret-of-a-signed-link`,
      [Symbol.asyncDispose]: async () => {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      },
    };
  };

  test('L3 that is slow is waited for, with a heartbeat every few seconds', async () => {
    const bytes = await readFile(image('business-licence.png'));
    await using source = await serve((_request, response) => setTimeout(() => response.end(bytes), 3_600));
    const { result, heartbeats } = await upload(uploadRequest([source.url]));
    expect(result?.images[0]?.bytes).toBe(bytes.length);
    expect(heartbeats.length).toBeGreaterThan(0);
  });

  test('L9 that fails is tried again; one that says 404 is a person’s; neither tells the signed link', async () => {
    for (const [status, type] of [
      [503, 'WeChatUnavailable'],
      [404, 'MaterialRefused'],
    ] as const) {
      await using source = await serve((_request, response) => response.writeHead(status).end());
      const { failure } = await upload(uploadRequest([source.url]));
      expect(failure?.type).toBe(type);
      expect(JSON.stringify(failure)).not.toContain('secret-of-a-signed-link');
    }
  });

  test('L13 a cancelled upload stops at once', async () => {
    await using source = await serve(() => undefined);
    const startedAt = performance.now();
    const running = upload(uploadRequest([source.url]), { onStart: (cancel: () => void) => setTimeout(cancel, 100) });
    await expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(sent()).toEqual([]);
  });
});

const pinned = (source: string, digest: string) =>
  uploadRequest([], { images: [{ path: 'licenses/1/2/images/0', source, sha256: digest }] });

async function written(name: string, bytes: Uint8Array): Promise<string> {
  await writeFile(join(env.folder, name), bytes);
  return join(env.folder, name);
}

const webp = () =>
  sharp({ create: { width: 900, height: 900, channels: 3, background: '#fff' } })
    .webp()
    .toBuffer();

describe('bytes that were sent for somebody else', () => {
  const source = image('business-licence.png');
  const noteOf = async (change: Partial<ReturnType<typeof uploadRequest>>) =>
    resultOf(await upload(uploadRequest([source], change))).images[0]?.note;

  test('L3 go out all the same, and a note warns of them; the same principal’s own do not', async () => {
    expect(await noteOf({ holders: ['杭州甲有限公司', '91330000AAAAAAAA1A'] })).toBeUndefined();
    expect(await noteOf({ holders: ['杭州甲有限公司'] })).toBeUndefined();
    expect(await noteOf({ holders: ['宁波乙有限公司'] })).toContain('another principal');
    expect(sent()).toHaveLength(3);
  });

  test('L3 a store that cannot say so stops nothing, and somebody is told', async () => {
    const told: unknown[] = [];
    const broken = () => Promise.reject(new Error('no room'));
    const deps = {
      materialStore: { ...env.deps.materialStore, markSent: broken, isSentForOthers: broken },
      onBug: (error: unknown) => told.push(error),
    };
    expect(resultOf(await upload(uploadRequest([source]), { deps })).ref).toMatch(/^file_/);
    expect(told).toHaveLength(2);
  });
});

describe('an upload that is under way', () => {
  test('L3 is waited for by the same bytes of the same round; one that fails leaves the next to send by itself', async () => {
    const underWay = createUploadsUnderWay();
    const signal = new AbortController().signal;
    let calls = 0;
    const send = async () => {
      calls += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (calls === 1) throw new Error('reset');
      return { ref: `file_${calls}`, notes: [] };
    };
    const ended = await Promise.allSettled([1, 2, 3].map(() => underWay.once('key', send, signal)));
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(calls).toBe(2);
    expect(await underWay.once('key', send, signal)).toMatchObject({ ref: 'file_2' });
    expect(await underWay.once('another round', send, signal)).toMatchObject({ ref: 'file_3' });
  });
});
