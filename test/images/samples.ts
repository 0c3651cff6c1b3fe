/** Real image files for the tests of this folder, made when they are needed. */
import sharp from 'sharp';

export interface Size {
  width: number;
  height: number;
}

/** Noise does not compress: such a file is as large as a detailed photo. */
export function noise({ width, height }: Size, sigma = 40) {
  return sharp({
    create: { width, height, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma } },
  });
}

/** Left half red, right half blue: shows whether an image was turned. */
export function redLeftBlueRight({ width, height }: Size) {
  return sharp({ create: { width, height, channels: 3, background: '#0000ff' } }).composite([
    {
      input: { create: { width: Math.floor(width / 2), height, channels: 3, background: '#ff0000' } },
      left: 0,
      top: 0,
    },
  ]);
}

/** A GIF of two frames. */
export async function animatedGif({ width, height }: Size, sigma = 40): Promise<Buffer> {
  const frames = [
    await noise({ width, height }, sigma).png().toBuffer(),
    await noise({ width, height }, sigma).png().toBuffer(),
  ];
  return sharp(frames, { join: { animated: true } })
    .gif({ delay: [100, 100] })
    .toBuffer();
}

/** The colour of one pixel of an encoded image, without turning it: `#rrggbb`. */
export async function colourAt(bytes: Uint8Array, left: number, top: number): Promise<string> {
  const { data } = await sharp(bytes)
    .removeAlpha()
    .extract({ left, top, width: 1, height: 1 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return `#${data.toString('hex')}`;
}
