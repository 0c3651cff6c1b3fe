/** A file that is not unpacked gets the same verdict as one that is: damaged files of all kinds, told apart by both ways. */
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { inspectImage, maxPixels } from '../../src/images/inspect.ts';
import { isWholeJpeg, isWholePng } from '../../src/images/structure.ts';
import { noise } from './samples.ts';

const small = { width: 160, height: 120 };

/** What a decoder says that reads every pixel. */
const canBeUnpacked = (bytes: Buffer): Promise<boolean> =>
  sharp(bytes, { limitInputPixels: maxPixels, failOn: 'truncated' })
    .raw()
    .toBuffer()
    .then(
      () => true,
      () => false,
    );

const isBelieved = (bytes: Buffer): Promise<boolean> =>
  inspectImage(bytes).then(
    () => true,
    () => false,
  );

/** Repeatable: the same damage in every run. */
function damagesOf(bytes: Buffer): Buffer[] {
  const damaged: Buffer[] = [];
  for (let n = 1; n <= 24; n += 1) {
    const at = Math.floor((bytes.length * n) / 25);
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ 0xff;
    const blank = Buffer.from(bytes).fill(0, at, Math.min(at + 200, bytes.length));
    const inserted = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(100, 65), bytes.subarray(at)]);
    damaged.push(bytes.subarray(0, at), flipped, blank, inserted);
  }
  return damaged;
}

test.each([
  ['a JPEG', () => noise(small).jpeg().toBuffer()],
  ['a progressive JPEG', () => noise(small).jpeg({ progressive: true }).toBuffer()],
  ['a PNG', () => noise(small).png().toBuffer()],
])('no damage to %s is believed that a decoder would have refused', async (_, make) => {
  const bytes = await make();
  expect(isWholeJpeg(bytes) || isWholePng(bytes)).toBe(true);
  let refused = 0;
  for (const damaged of damagesOf(bytes)) {
    if (await canBeUnpacked(damaged)) continue;
    refused += 1;
    expect(await isBelieved(damaged), `${damaged.length} of ${bytes.length} bytes`).toBe(false);
  }
  expect(refused).toBeGreaterThan(20);
});

test('a photo with a film behind its end mark is whole', async () => {
  const bytes = await noise(small).jpeg().toBuffer();
  expect(isWholeJpeg(Buffer.concat([bytes, Buffer.from('\0\0\0\x18ftypmp42')]))).toBe(true);
});

test('an end mark inside a thumbnail is not the end of the photo', async () => {
  const photo = await noise(small).jpeg().toBuffer();
  const thumbnail = await noise({ width: 16, height: 12 }).jpeg().toBuffer();
  const head = Buffer.from([0xff, 0xe2, 0, 0]);
  head.writeUInt16BE(thumbnail.length + 2, 2);
  const whole = Buffer.concat([photo.subarray(0, 2), head, thumbnail, photo.subarray(2)]);
  expect(isWholeJpeg(whole)).toBe(true);
  expect(isWholeJpeg(whole.subarray(0, whole.length - 2))).toBe(false);
});

test('a PNG whose checksums are right but which holds no pixels is not whole', async () => {
  const bytes = await noise(small).png().toBuffer();
  const end = bytes.subarray(bytes.length - 12);
  expect(isWholePng(Buffer.concat([bytes.subarray(0, 33), end]))).toBe(false);
});
