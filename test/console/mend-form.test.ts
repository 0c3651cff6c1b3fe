/** The console's form that mends a case: what it sends, what it notices before, and whose form it takes. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ConsoleStage, caseUrl, createConsoleStage, own, row, story, view } from './console-stage.ts';

let stage: ConsoleStage;
beforeEach(async () => {
  stage = await createConsoleStage({
    script: { rows: [row], handle: { view: async () => view }, story: async () => story },
  });
});
afterEach(async () => {
  await stage.app.close();
  expect(stage.bugs).toEqual([]);
});

const seen = `1 needs_material ${view.since}`;
const accepted = { attempt: 2, status: 'preparing' } as const;

const image = async (name: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await readFile(new URL(`../../examples/images/${name}`, import.meta.url)));

/** A multipart body as a browser makes it. */
async function multipart(parts: (readonly [string, string | { name: string; bytes: Uint8Array<ArrayBuffer> }])[]) {
  const form = new FormData();
  for (const [name, value] of parts)
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([value.bytes], { type: 'image/jpeg' }), value.name);
  const request = new Request('http://127.0.0.1/', { method: 'POST', body: form });
  return {
    payload: Buffer.from(await request.arrayBuffer()),
    headers: { 'content-type': request.headers.get('content-type') ?? '' },
  };
}

describe('mending', () => {
  const send = async (parts: Parameters<typeof multipart>[0], path = 'mend') =>
    stage.ask({ method: 'POST', url: `${caseUrl}/${path}`, ...(await multipart(parts)) });
  const place = 'licenses/1/2/images/0';

  test('an image goes into the store and the case gets its address; a text that was emptied is removed', async () => {
    const sent: unknown[] = [];
    stage.script.handle = {
      view: async () => view,
      resubmit: async (...given) => {
        sent.push(given);
        return accepted;
      },
    };
    const bytes = await image('business-licence-sharp.jpg');
    const answer = await send([
      ['token', await stage.token()],
      ['seen', seen],
      ['key', '0123-4567'],
      [`file:${place}`, { name: 'sharp.jpg', bytes }],
      ['file:licenses/1/2/images/1', { name: '', bytes: new Uint8Array() }],
      ['text:licenses/1/2/validUntil', '2031-05-31'],
      ['was:licenses/1/2/validUntil', ''],
      ['text:licenses/1/2/holder/name', ''],
      ['was:licenses/1/2/holder/name', '旧主体'],
      ['text:zhanghaomingcheng', 'same'],
      ['was:zhanghaomingcheng', 'same'],
      ['note', '换了清晰的'],
    ]);
    expect([answer.statusCode, answer.headers.location]).toEqual([303, `${caseUrl}?said=done`]);
    const [[sha256]] = [...stage.kept] as [[string, Uint8Array]];
    expect(sent).toEqual([
      [
        {
          by: 'console',
          set: { [place]: `material:${sha256}`, 'licenses/1/2/validUntil': '2031-05-31' },
          remove: ['licenses/1/2/holder/name'],
          note: '换了清晰的',
          seenSince: view.since,
        },
        { updateId: 'console-0123-4567' },
      ],
    ]);
    const thumbnail = await stage.get(`/console/material/${sha256}/thumbnail`);
    expect([thumbnail.statusCode, thumbnail.headers['content-type']]).toEqual([200, 'image/jpeg']);
    const original = await stage.get(`/console/material/${sha256}`);
    expect(original.rawPayload.equals(Buffer.from(bytes))).toBe(true);
    expect(original.headers['content-disposition']).toContain('attachment');
  });

  test('the very image that was turned down is noticed before it is sent, unless that is wanted; beside a change it is no change', async () => {
    const sent: unknown[][] = [];
    const bytes = await image('business-licence-blurred.jpg');
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    stage.script.handle = {
      view: async () => ({ ...view, material: [{ path: place, sha256, bytes: bytes.byteLength }] }),
      resubmit: async (...given) => {
        sent.push(given);
        return accepted;
      },
    };
    const again = async (...more: [string, string][]) =>
      send([['token', await stage.token()], ['seen', seen], [`file:${place}`, { name: 'a.jpg', bytes }], ...more]);
    const refused = await again();
    expect([refused.statusCode, sent]).toEqual([422, []]);
    expect(refused.body).toContain(`${place} is byte for byte the image that stands there now`);
    expect((await again(['force', 'yes'])).statusCode).toBe(303);
    const until = 'licenses/1/2/validUntil';
    expect((await again([`text:${until}`, '2031-05-31'], ['remove', place])).statusCode).toBe(303);
    expect(sent.map(([resubmission]) => resubmission)).toEqual([
      { by: 'console', seenSince: view.since, force: true },
      { by: 'console', seenSince: view.since, set: { [until]: '2031-05-31' } },
    ]);
  });

  test('a case that has moved takes nothing, and the page says so', async () => {
    stage.script.handle = { view: async () => ({ ...view, since: '2026-11-24T00:00:00.000Z' }) };
    const answer = await send([
      ['token', await stage.token()],
      ['seen', seen],
      ['text:licenses/1/2/validUntil', '2031-05-31'],
    ]);
    expect(answer.statusCode).toBe(409);
    expect(answer.body).toContain('The case has moved since you opened the page');
  });

  test.each([
    ['a file that is no image', 'not an image at all', 'broken.jpg'],
    ['an empty form', undefined, 'Nothing'],
  ])('%s is told, and nothing is sent', async (_name, content, expected) => {
    const answer = await send([
      ['token', await stage.token()],
      ['seen', seen],
      ...(content === undefined
        ? []
        : [[`file:${place}`, { name: 'broken.jpg', bytes: new TextEncoder().encode(content) }] as const]),
    ]);
    expect(answer.statusCode).toBe(422);
    expect(answer.body.toLowerCase()).toContain(expected.toLowerCase());
    expect(stage.kept.size).toBe(0);
  });

  test('a file that is no image is told in Chinese to whoever reads Chinese', async () => {
    const parts = await multipart([
      ['token', await stage.token()],
      ['seen', seen],
      [`file:${place}`, { name: '执照.heic', bytes: Buffer.from('\0\0\0\x18ftypheic') }],
    ]);
    const headers = { ...parts.headers, 'accept-language': 'zh' };
    const answer = await stage.ask({ method: 'POST', url: `${caseUrl}/mend`, payload: parts.payload, headers });
    expect(answer.body).toContain(
      '执照.heic：这是HEIC 图片（iPhone 照片的默认格式），微信不接受。请上传 JPEG 或 PNG 图片。',
    );
    expect(answer.body).not.toContain('this is');
  });

  test('the check gets the input as the form would leave it; without a script the form comes back with what was chosen', async () => {
    const checked: unknown[] = [];
    stage.script.check = async (input) => {
      checked.push(input);
      const advice = { zh: '', en: '' };
      return { findings: [{ code: 'x', path: 'material', level: 'error', zh: '错', en: 'This is wrong', advice }] };
    };
    const parts = [
      ['token', await stage.token()],
      ['seen', seen],
      [`file:${place}`, { name: 'sharp.jpg', bytes: await image('business-licence-sharp.jpg') }],
    ] as const;
    const page = await send([...parts], 'check');
    const [sha256] = [...stage.kept.keys()];
    expect(page.body).toContain('This is wrong');
    expect(page.body).toContain(`name="chosen:${place}" value="${sha256}"`);
    const { payload, headers } = await multipart([...parts]);
    const answer = await stage.ask({
      method: 'POST',
      url: `${caseUrl}/check`,
      payload,
      headers: { ...headers, 'hx-request': 'true' },
    });
    expect(answer.body).toMatch(/^<ul|^<p/);
    expect(checked[1]).toEqual({
      ...story.input,
      material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: [`material:${sha256}`] }] },
    });
  });

  test('no file is kept before the token has been seen', async () => {
    const answer = await send([
      [`file:${place}`, { name: 'sharp.jpg', bytes: await image('business-licence-sharp.jpg') }],
      ['token', await stage.token()],
    ]);
    expect(answer.statusCode).toBe(403);
    expect(stage.kept.size).toBe(0);
  });

  test('a form that is too large with all its files, or does not say how large it is, is refused before anything is kept', async () => {
    const { payload, headers } = await multipart([
      ['token', await stage.token()],
      ['seen', seen],
      [`file:${place}`, { name: 'sharp.jpg', bytes: await image('business-licence-sharp.jpg') }],
    ]);
    const ask = (more: Record<string, string>, path = `${caseUrl}/mend`) =>
      stage.ask({ method: 'POST', url: path, payload: Readable.from([payload]), headers: { ...headers, ...more } });
    const tooLong = { 'content-length': String(200 * 1024 * 1024 + 1) };
    const zh = { 'accept-language': 'zh' };
    for (const [more, path, status, said] of [
      [tooLong, `${caseUrl}/mend`, 413, 'more than 200 MB together. Nothing was kept'],
      [{ ...tooLong, ...zh }, '/console/new', 413, '超过 200 MB，没有保存任何内容'],
      [{ 'content-length': String(512 * 1024 * 1024 + 1) }, '/console/imports', 413, 'more than 512 MB'],
      [{}, `${caseUrl}/check`, 411, 'it may have 200 MB'],
    ] as const) {
      const answer = await ask(more, path);
      expect([answer.statusCode, answer.body.includes(said)]).toEqual([status, true]);
    }
    expect(stage.kept.size).toBe(0);
  });

  test('a form of another site, or of another person, does nothing', async () => {
    const token = await stage.token();
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { cookie: 'wxq_name=somebody' },
    ]) {
      const { payload, headers: type } = await multipart([
        ['token', token],
        ['seen', seen],
        ['force', 'yes'],
      ]);
      const answer = await stage.ask({
        method: 'POST',
        url: `${caseUrl}/mend`,
        payload,
        headers: { ...type, ...headers },
      });
      expect([headers, answer.statusCode]).toEqual([headers, 403]);
    }
    const { payload, headers } = await multipart([
      ['token', token],
      ['seen', seen],
    ]);
    const same = { ...headers, origin: `http://${own.host}`, 'sec-fetch-site': 'same-origin' };
    expect((await stage.ask({ method: 'POST', url: `${caseUrl}/mend`, payload, headers: same })).statusCode).toBe(422);
  });
});
