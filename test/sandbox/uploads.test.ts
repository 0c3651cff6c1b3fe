/** Uploads to the sandbox: every documented refusal, and what is kept of a file. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { type Caller, callerFor, exact, png, type Stage, startStage } from './harness.ts';

let stage: Stage;
let shop: Caller;
let mini: Caller;
beforeEach(async () => {
  stage = await startStage();
  shop = callerFor(stage.sandbox, fixtures.shop.appId);
  mini = callerFor(stage.sandbox, fixtures.miniProgram.appId);
});
afterEach(() => stage.close());

const qualification = '/shop/ec/basics/qualification/upload';
const media = '/cgi-bin/media/upload?type=image';
const sized = (bytes: number): Buffer => Buffer.concat([png, Buffer.alloc(bytes - png.length)]);
const twoMegabytes = 2 * 1024 * 1024;

test.each([qualification, '/channels/ec/basics/qualification/upload'])(
  '%s answers with its errcode as a string and a file_id',
  async (path) => {
    expect(await shop.upload(path)).toEqual({ errcode: '0', errmsg: 'ok', data: { file_id: expect.any(String) } });
  },
);

test.each([
  ['an empty image', { bytes: Buffer.alloc(0) }, '10020059'],
  ['an image one byte over 2 MB', { bytes: sized(twoMegabytes + 1) }, '10020060'],
  ['what is no image', { bytes: Buffer.from('%PDF-1.7') }, '10020056'],
  ['a part without a file name', { filename: '' }, '41005'],
  ['a part of another name', { part: 'file' }, '41005'],
  ['a file name outside ASCII', { filename: '执照.png' }, '41005'],
])('the qualification upload refuses %s', async (_what, file, errcode) => {
  expect((await shop.upload(qualification, file)).errcode).toBe(errcode);
  expect(stage.sandbox.uploads().files).toEqual([]);
});

test('an image of exactly 2 MB is taken', async () => {
  expect((await shop.upload(qualification, { bytes: sized(twoMegabytes) })).errcode).toBe('0');
});

test('a body that is no multipart, or of unknown length, is refused with 41005', async () => {
  expect((await shop.post(qualification, '{}')).errcode).toBe('41005');
  const form = new FormData();
  form.append('media', new File([new Uint8Array(png)], 'a.png'));
  const chunked = new Response(form);
  const answer = await fetch(`${stage.sandbox.url}${qualification}?access_token=${shop.token}`, {
    method: 'POST',
    headers: { 'content-type': chunked.headers.get('content-type') ?? '' },
    body: chunked.body,
    duplex: 'half',
  } as RequestInit);
  expect(exact(await answer.text()).errcode).toBe('41005');
});

test('a temporary media is answered without an errcode, as WeChat does', async () => {
  expect(await mini.upload(media)).toEqual({
    type: 'image',
    media_id: expect.any(String),
    created_at: expect.any(Number),
    item: [],
  });
});

test.each([
  ['another type', '/cgi-bin/media/upload?type=video', {}, 40004],
  ['no type', '/cgi-bin/media/upload', {}, 40004],
  ['no file name', media, { filename: '' }, 41005],
  ['an empty file', media, { bytes: Buffer.alloc(0) }, 44001],
  ['a name without an extension', media, { filename: 'licence' }, 40005],
  ['content that is no image', media, { bytes: Buffer.from('hello') }, 40005],
  ['a bitmap', media, { bytes: Buffer.from('424d0000', 'hex'), filename: 'a.bmp' }, 40005],
  ['more than 2 MB', media, { bytes: sized(twoMegabytes + 1) }, 40009],
  ['more than 10 MB', media, { bytes: sized(10 * 1024 * 1024 + 1) }, 45001],
])('the media upload refuses %s', async (_what, path, file, errcode) => {
  expect((await mini.upload(path, file)).errcode).toBe(errcode);
});

test('uploads are counted per account, with size, sha256 and name but never the bytes', async () => {
  const fileId = await shop.fileId();
  const mediaId = await mini.mediaId();
  const { counts, files } = stage.sandbox.uploads();
  expect(counts).toEqual({ [fixtures.shop.appId]: 1, [fixtures.miniProgram.appId]: 1 });
  const sha256 = createHash('sha256').update(png).digest('hex');
  expect(files).toEqual([
    expect.objectContaining({ id: fileId, kind: 'qualification', sha256, bytes: png.length, filename: 'licence.png' }),
    expect.objectContaining({ id: mediaId, kind: 'media', appId: fixtures.miniProgram.appId }),
  ]);
  expect(JSON.stringify(files)).not.toContain(png.toString('base64').slice(0, 16));
});
