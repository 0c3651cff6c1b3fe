/** Real JPEG files of equal size and of different bytes, as a scanner makes them: A4 at 150 dpi, 200 KB. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/** Length of every image of the bench, in bytes. */
export const imageBytes = 200 * 1024;

/** Draws the page: grain like a scan's, which is what makes a JPEG of this size. */
export async function drawPage(): Promise<Buffer> {
  const grain = { type: 'gaussian', mean: 232, sigma: 9 } as const;
  const page = await sharp({ create: { width: 1240, height: 1754, channels: 3, background: '#fff', noise: grain } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  for (let quality = 92; quality >= 10; quality -= 3) {
    const jpeg = await sharp(page).jpeg({ quality }).toBuffer();
    if (jpeg.length <= imageBytes - 100) return jpeg;
  }
  throw new Error('the page does not fit into an image of the bench');
}

/** The same picture with a comment that makes it exactly `imageBytes` long and unlike any other. */
export function withComment(page: Buffer, text: string): Buffer {
  const segments: Buffer[] = [];
  for (let left = imageBytes - page.length; left > 0; ) {
    // A segment has 4 bytes of head; a rest too small for a head must not be left over.
    const length = left > 65_000 + 100 ? 65_000 : left;
    const segment = Buffer.alloc(length, 0x20);
    segment.writeUInt16BE(0xfffe, 0);
    segment.writeUInt16BE(length - 2, 2);
    segment.write(text, 4, 'latin1');
    segments.push(segment);
    left -= length;
  }
  return Buffer.concat([page.subarray(0, 2), ...segments, page.subarray(2)]);
}

/** Writes three images for each of the numbers; gives their paths. */
export async function writeImages(
  page: Buffer,
  folder: string,
  numbers: readonly number[],
): Promise<Map<number, string[]>> {
  const paths = new Map<number, string[]>();
  for (const number of numbers) {
    const three = [0, 1, 2].map((n) => join(folder, `${number}-${n}.jpg`));
    await Promise.all(three.map((path) => writeFile(path, withComment(page, path))));
    paths.set(number, three);
  }
  return paths;
}
