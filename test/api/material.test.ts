/** Images over HTTP: bare or in a form, known by their content, kept by their sha256. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MaterialIntake, maxImageBytes } from '../../src/api/material.ts';
import { ImageRefused, inspectImage } from '../../src/images/inspect.ts';
import { createMaterialStore, type MaterialStore } from '../../src/store/material.ts';
import { type ApiStage, createApiStage } from './api-stage.ts';

const images = join(import.meta.dirname, '../../examples/images');
let folder: string;
let store: MaterialStore;
let stage: ApiStage;
let refuseToKeep = false;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-api-material-'));
  store = createMaterialStore({ folder });
  const material: MaterialIntake = {
    put: async (bytes) => {
      if (refuseToKeep) throw Object.assign(new Error('no space left: SECRET'), { name: 'DiskFull' });
      return await store.put(bytes);
    },
    look: (bytes) =>
      inspectImage(bytes).catch((error: unknown) => {
        if (error instanceof ImageRefused) return { refused: { reason: error.reason, advice: error.advice } };
        throw error;
      }),
  };
  stage = await createApiStage({ material });
});
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});

const upload = (payload: Buffer, type: string) =>
  stage.ask('mender', { method: 'POST', url: '/v1/material', payload, headers: { 'content-type': type } });

const form = (parts: string[], bytes: Buffer, end = '--limit--\r\n'): Buffer =>
  Buffer.concat([Buffer.from(`${parts.join('\r\n')}\r\n\r\n`), bytes, Buffer.from(`\r\n${end}`)]);

test('a bare image is kept, and is an image of a case by the source that the answer gives', async () => {
  const bytes = await readFile(join(images, 'business-licence-sharp.jpg'));
  const answer = await upload(bytes, 'image/jpeg');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect([answer.statusCode, answer.json()]).toEqual([
    201,
    {
      source: `material:${sha256}`,
      sha256,
      bytes: bytes.length,
      format: 'jpeg',
      width: expect.any(Number),
      height: expect.any(Number),
    },
  ]);
  expect(Buffer.from((await store.get(sha256)) ?? []).equals(bytes)).toBe(true);
  expect((await upload(bytes, 'image/jpeg')).json()).toEqual(answer.json());
});

test('a file of a form is taken, whatever its name and type say', async () => {
  const bytes = await readFile(join(images, 'buchongcailiao.png'));
  const part = [
    '--limit',
    'content-disposition: form-data; name="file"; filename="营业执照.txt"',
    'content-type: text/plain',
  ];
  const answer = await upload(form(part, bytes), 'multipart/form-data; boundary=limit');
  expect([answer.statusCode, answer.json()]).toMatchObject([201, { format: 'png', bytes: bytes.length }]);
});

test('what is no image, or only part of one, is a 422 that says what it is and what to send', async () => {
  const whole = await readFile(join(images, 'business-licence-sharp.jpg'));
  for (const [bytes, what] of [
    [Buffer.from('%PDF-1.7 …'), /PDF/],
    [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /./],
    [whole.subarray(0, whole.length >> 1), /cut off/],
    [Buffer.alloc(0), /empty/],
  ] as const) {
    const answer = await upload(bytes, 'image/png');
    expect([answer.statusCode, answer.json()]).toMatchObject([
      422,
      {
        type: expect.stringMatching(/:invalid-image$/),
        detail: expect.stringMatching(what),
        advice: expect.stringMatching(/send|copy/),
      },
    ]);
  }
});

test('too large is a 413 both ways, a form without a length a 411, another content type a 415, a form without a file or cut off a 400', async () => {
  const large = Buffer.alloc(maxImageBytes + 1);
  const part = ['--limit', 'content-disposition: form-data; name="file"; filename="a.png"', 'content-type: image/png'];
  const type = 'multipart/form-data; boundary=limit';
  expect((await upload(large, 'image/png')).statusCode).toBe(413);
  expect((await upload(form(part, large), type)).statusCode).toBe(413);
  // The file is small; what follows the form is not.
  expect((await upload(form(part, Buffer.from('x'), `--limit--\r\n${large}${large}`), type)).statusCode).toBe(413);
  // A form that comes as a stream could go on for ever.
  const url = '/v1/material';
  const streamed = {
    method: 'POST',
    url,
    payload: Readable.from([form(part, large)]),
    headers: { 'content-type': type },
  };
  expect((await stage.ask('mender', streamed as InjectOptions)).json()).toMatchObject({
    status: 411,
    advice: expect.stringContaining('bare image'),
  });
  expect((await upload(Buffer.from('{}'), 'application/json')).statusCode).toBe(415);
  expect((await upload(Buffer.from('a'), 'application/octet-stream')).statusCode).toBe(415);
  const field = ['--limit', 'content-disposition: form-data; name="note"'];
  expect((await upload(form(field, Buffer.from('x')), type)).statusCode).toBe(400);
  const good = await readFile(join(images, 'buchongcailiao.png'));
  for (const after of [field, part, field.with(1, 'content-disposition: form-data; name="file"')])
    expect(
      (await upload(Buffer.concat([form(part, good, ''), form(after, Buffer.from('x'))]), type)).json(),
    ).toMatchObject({ status: 400, detail: 'The form must hold one file and nothing else, under the name `file`.' });
  const other = part.with(1, 'content-disposition: form-data; name="media"; filename="a.png"');
  expect((await upload(form(other, good), type)).statusCode).toBe(400);
  expect((await upload(form(part, Buffer.from('x'), ''), type)).statusCode).toBe(400);
  expect((await upload(Buffer.from('x'), 'multipart/form-data')).statusCode).toBe(400);
  expect(stage.bugs).toEqual([]);
});

test('a store that takes nothing is a 503 that names no more than the kind of trouble', async () => {
  refuseToKeep = true;
  const answer = await upload(await readFile(join(images, 'buchongcailiao.png')), 'image/png');
  refuseToKeep = false;
  expect([answer.statusCode, answer.headers['retry-after'], answer.body]).toEqual([
    503,
    '5',
    expect.stringContaining('DiskFull'),
  ]);
  expect(answer.body).not.toContain('SECRET');
});
