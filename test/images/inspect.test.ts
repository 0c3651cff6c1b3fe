import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { ImageRefused, inspectImage } from '../../src/images/inspect.ts';
import { animatedGif, noise, redLeftBlueRight } from './samples.ts';

const small = { width: 300, height: 200 };

async function refusal(bytes: Uint8Array): Promise<ImageRefused> {
  const error = await inspectImage(bytes).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ImageRefused)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

describe('an image that can be read', () => {
  test('every example image is a small, readable JPEG or PNG as its name says', async () => {
    const folder = join(import.meta.dirname, '../../examples/images');
    const names = await readdir(folder);
    expect(names.length).toBeGreaterThanOrEqual(14);
    expect(names.filter((name) => name.endsWith('.jpg')).length).toBeGreaterThanOrEqual(4);
    for (const name of names) {
      const bytes = await readFile(join(folder, name));
      const image = await inspectImage(bytes);
      expect(name).toMatch(/^[a-z0-9-]+\.(jpg|png)$/);
      expect(image.format, name).toBe(name.endsWith('.jpg') ? 'jpeg' : 'png');
      expect(image.bytes, name).toBeLessThan(60_000);
    }
  });

  test('a photo that its EXIF data turns is measured as a person sees it', async () => {
    const bytes = await redLeftBlueRight(small).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    expect(await inspectImage(bytes)).toEqual({
      format: 'jpeg',
      width: 200,
      height: 300,
      bytes: bytes.byteLength,
      frames: 1,
    });
  });

  test('a PNG of 16 bits per colour is read', async () => {
    const bytes = await noise(small).toColourspace('rgb16').png().toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    expect(await inspectImage(bytes)).toMatchObject({ format: 'png', ...small });
  });

  test('an animated GIF is told from a still one', async () => {
    expect(await inspectImage(await animatedGif(small))).toMatchObject({ format: 'gif', ...small, frames: 2 });
    expect(await inspectImage(await noise(small).gif().toBuffer())).toMatchObject({ format: 'gif', frames: 1 });
  });

  test('a grey, a palette, a transparent and a CMYK image are read', async () => {
    expect(await inspectImage(await noise(small).greyscale().jpeg().toBuffer())).toMatchObject({ format: 'jpeg' });
    expect(await inspectImage(await noise(small).png({ palette: true }).toBuffer())).toMatchObject({ format: 'png' });
    expect(await inspectImage(await noise(small).ensureAlpha(0.5).png().toBuffer())).toMatchObject({ format: 'png' });
    expect(await inspectImage(await noise(small).toColourspace('cmyk').jpeg().toBuffer())).toMatchObject({
      format: 'jpeg',
    });
  });

  test('bytes that lie in the middle of a larger buffer are read as they are', async () => {
    const bytes = await noise(small).png().toBuffer();
    const around = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]);
    expect(await inspectImage(around.subarray(6, 6 + bytes.byteLength))).toMatchObject({
      format: 'png',
      bytes: bytes.byteLength,
    });
  });
});

describe('what is no readable image', () => {
  test.each([
    ['a WebP image', () => noise(small).webp().toBuffer()],
    ['an AVIF image', () => noise({ width: 64, height: 64 }).avif({ effort: 0 }).toBuffer()],
    ['a TIFF image', () => noise(small).tiff().toBuffer()],
    ['a BMP image', async () => bmp()],
    [
      'an SVG drawing',
      async () => Buffer.from('<?xml version="1.0"?>\n<!-- drawn --><svg xmlns="http://www.w3.org/2000/svg"/>'),
    ],
    ['a PDF document', async () => Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj')],
    ['a HEIC image (the usual format of iPhone photos)', async () => Buffer.from('\0\0\0\x18ftypheic\0\0\0\0')],
    [
      'a web page, perhaps a login or an error page',
      async () => Buffer.from('\n<!DOCTYPE html><html><body>Log in</body></html>'),
    ],
    ['a JSON document, perhaps an error answer of a server', async () => Buffer.from('{"errcode":40001}')],
    ['text or something else that is no image', async () => Buffer.from('not an image')],
    ['no image of a known format', async () => Buffer.from([0, 1, 2, 3, 0, 0, 0, 0, 0])],
  ])('%s is refused by that name', async (found, make) => {
    const { reason, advice, message } = await refusal(await make());
    expect(reason).toBe(`this is ${found}`);
    expect(advice).toBe('send JPEG or PNG');
    expect(message).toBe(`this is ${found}; send JPEG or PNG`);
  });

  test('an empty file is refused', async () => {
    expect((await refusal(new Uint8Array())).reason).toBe('this file is empty');
  });

  test.each(['jpeg', 'png', 'gif'] as const)(
    'a %s that lost its end is refused, even if only a few bytes are missing',
    async (format) => {
      const bytes = await noise(small).toFormat(format).toBuffer();
      for (const kept of [bytes.length - 12, bytes.length - 30, Math.floor(bytes.length / 2), 40, 12]) {
        const { reason } = await refusal(bytes.subarray(0, kept));
        expect(reason, `${kept} of ${bytes.length} bytes`).toMatch(/^this \w+ image is (cut off or )?damaged/);
      }
    },
  );

  test('a PNG with a flipped byte is refused', async () => {
    const bytes = await noise(small).png().toBuffer();
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 0xff, middle);
    expect((await refusal(bytes)).reason).toMatch(/damaged/);
  });

  test('a PNG of just under the limit is read', async () => {
    expect(await inspectImage(emptyPng(9_990))).toMatchObject({ width: 9_990, height: 9_990 });
  });

  test('a small PNG that unpacks to 400 megapixels is refused without unpacking it', async () => {
    const bomb = emptyPng(20_000);
    expect(bomb.byteLength).toBeLessThan(2 * 1024 * 1024);
    const before = performance.now();
    expect((await refusal(bomb)).reason).toBe('this PNG image unpacks to more than 100 megapixels');
    expect(performance.now() - before).toBeLessThan(1000);
  });

  test('a GIF whose many frames unpack to too much is refused', async () => {
    const frame = await sharp({ create: { width: 3000, height: 3000, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const bytes = await sharp(
      Array.from({ length: 12 }, () => frame),
      { join: { animated: true }, limitInputPixels: false },
    )
      .gif({ effort: 1, loop: 0, keepDuplicateFrames: true })
      .toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(12);
    expect((await refusal(bytes)).reason).toBe('this GIF image unpacks to more than 100 megapixels');
  });
});

/** A whole, valid, black PNG of `edge` x `edge` pixels, one bit each. */
function emptyPng(edge: number): Buffer {
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const around = Buffer.alloc(8);
    around.writeUInt32BE(data.length, 0);
    around.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([around.subarray(0, 4), body, around.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(edge, 0);
  header.writeUInt32BE(edge, 4);
  header.writeUInt8(1, 8);
  const rows = deflateSync(Buffer.alloc(edge * (1 + Math.ceil(edge / 8))));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A whole 24-bit BMP of 2x2 pixels, which sharp cannot write. */
function bmp(): Buffer {
  const file = Buffer.alloc(54 + 16);
  file.write('BM', 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(2, 18);
  file.writeInt32LE(2, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  return file;
}
