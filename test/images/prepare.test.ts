import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { ImageRefused } from '../../src/images/inspect.ts';
import { channelsShopUploadLimits, miniProgramUploadLimits, prepareImages } from '../../src/images/prepare.ts';
import { animatedGif, colourAt, noise, redLeftBlueRight } from './samples.ts';

const twoMegabytes = 2 * 1024 * 1024;

describe('one image', () => {
  test('L3 an image that fits is sent byte for byte, EXIF turn and all', async () => {
    const bytes = await redLeftBlueRight({ width: 400, height: 300 })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const prepared = await prepareImages([bytes], channelsShopUploadLimits);
    expect(Buffer.from(prepared.bytes).equals(bytes)).toBe(true);
    expect(prepared).toMatchObject({ contentType: 'image/jpeg', extension: 'jpg', notes: [undefined] });
  });

  test('an image of exactly the limit is not touched, one byte more is', async () => {
    const bytes = await noise({ width: 900, height: 900 }).png().toBuffer();
    const exact = await prepareImages([bytes], { maxBytes: bytes.byteLength, formats: ['jpeg', 'png'] });
    expect(exact).toMatchObject({ extension: 'png', notes: [undefined] });
    const over = await prepareImages([bytes], { maxBytes: bytes.byteLength - 1, formats: ['jpeg', 'png'] });
    expect(over).toMatchObject({ extension: 'jpg' });
  });

  test('L3 a photo of 12 megapixels is shrunk below 2 MB, and a note says from what to what', async () => {
    const bytes = await noise({ width: 4032, height: 3024 }).jpeg({ quality: 92 }).toBuffer();
    expect(bytes.byteLength).toBeGreaterThan(twoMegabytes);
    const { bytes: sent, contentType, extension, notes } = await prepareImages([bytes], channelsShopUploadLimits);
    const { width, height, format } = await sharp(sent).metadata();
    expect(sent.byteLength).toBeLessThanOrEqual(twoMegabytes);
    // Not shrunk further than it has to be.
    expect(sent.byteLength).toBeGreaterThan(twoMegabytes / 3);
    expect({ format, contentType, extension }).toEqual({ format: 'jpeg', contentType: 'image/jpeg', extension: 'jpg' });
    expect(width / height).toBeCloseTo(4 / 3, 1);
    expect(notes).toEqual([
      expect.stringMatching(new RegExp(`^\\d+(\\.\\d)? MB 4032x3024 -> \\d(\\.\\d)? MB ${width}x${height} JPEG$`)),
    ]);
  });

  test('quality gives way before size does', async () => {
    const size = { width: 1200, height: 900 };
    const bytes = await noise(size, 20).png().toBuffer();
    const limit = (await noise(size, 20).jpeg({ quality: 82 }).toBuffer()).byteLength;
    const { bytes: sent } = await prepareImages([bytes], { maxBytes: limit, formats: ['jpeg', 'png'] });
    expect(await sharp(sent).metadata()).toMatchObject(size);
  });

  test('a photo that its EXIF data turns stands upright after shrinking, and says so no more', async () => {
    // As stored: red left, blue right. Orientation 6 = turn clockwise, so that red is on top.
    const stored = await redLeftBlueRight({ width: 1600, height: 1000 }).png().toBuffer();
    const bytes = await sharp(stored).jpeg({ quality: 100 }).withMetadata({ orientation: 6 }).toBuffer();
    const { bytes: sent, notes } = await prepareImages([bytes], { maxBytes: bytes.byteLength - 1, formats: ['jpeg'] });
    const { width, height, orientation, exif } = await sharp(sent).metadata();
    expect(height / width).toBeCloseTo(1.6, 1);
    expect(orientation ?? 1).toBe(1);
    expect(exif).toBeUndefined();
    expect(notes[0]).toContain(' 1000x1600 -> ');
    expect((await colourAt(sent, Math.floor(width / 2), 20)).slice(0, 3)).toBe('#fe');
    expect((await colourAt(sent, Math.floor(width / 2), height - 20)).slice(-2)).toBe('fe');
  });

  test('transparent parts become white, not black', async () => {
    const bytes = await sharp({
      create: { width: 1000, height: 1000, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    })
      .png({ compressionLevel: 0 })
      .toBuffer();
    const { bytes: sent } = await prepareImages([bytes], channelsShopUploadLimits);
    expect(await colourAt(sent, 500, 500)).toBe('#ffffff');
  });

  test('a too large PNG of 16 bits becomes a JPEG of 8', async () => {
    const bytes = await noise({ width: 1500, height: 1000 }).toColourspace('rgb16').png().toBuffer();
    const { bytes: sent } = await prepareImages([bytes], channelsShopUploadLimits);
    expect(await sharp(sent).metadata()).toMatchObject({ format: 'jpeg', depth: 'uchar' });
  });

  test('a too large image that is higher than a JPEG can be is shrunk to what it can be', async () => {
    const bytes = await sharp({ create: { width: 400, height: 70_000, channels: 3, background: '#fff' } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    const { bytes: sent } = await prepareImages([bytes], channelsShopUploadLimits);
    expect(await sharp(sent).metadata()).toMatchObject({ format: 'jpeg', height: 65_500 });
  });

  test('a too large CMYK scan keeps its colours as an RGB image', async () => {
    const bytes = await redLeftBlueRight({ width: 1200, height: 800 })
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const { bytes: sent } = await prepareImages([bytes], { maxBytes: bytes.byteLength - 1, formats: ['jpeg'] });
    expect((await sharp(sent).metadata()).space).toBe('srgb');
    const red = await colourAt(sent, 100, 400);
    expect(Number.parseInt(red.slice(1, 3), 16)).toBeGreaterThan(200);
    expect(Number.parseInt(red.slice(5, 7), 16)).toBeLessThan(90);
  });

  test('an image that would have to become unreadably small is refused', async () => {
    const bytes = await noise({ width: 1600, height: 1200 }).jpeg().toBuffer();
    const error = await prepareImages([bytes], { maxBytes: 20_000, formats: ['jpeg'] }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ImageRefused);
    expect(error).toMatchObject({
      reason: expect.stringMatching(/^this image \(.* 1600x1200\) does not fit into 20 KB even at 800 pixels$/),
    });
  });

  test('an image that is smaller than the smallest edge is never enlarged or shrunk', async () => {
    const bytes = await noise({ width: 600, height: 500 }).png().toBuffer();
    const limits = { maxBytes: bytes.byteLength - 1, formats: ['jpeg', 'png'] as const, minEdge: 800 };
    const { bytes: sent } = await prepareImages([bytes], limits);
    expect(await sharp(sent).metadata()).toMatchObject({ width: 600, height: 500 });
  });

  test('a GIF goes to a Mini Program as it is, and is refused by the shop', async () => {
    const bytes = await animatedGif({ width: 200, height: 100 });
    const prepared = await prepareImages([bytes], miniProgramUploadLimits);
    expect(Buffer.from(prepared.bytes).equals(bytes)).toBe(true);
    expect(prepared).toMatchObject({ contentType: 'image/gif', extension: 'gif', notes: [undefined] });
    await expect(prepareImages([bytes], channelsShopUploadLimits)).rejects.toMatchObject({
      reason: 'this is a GIF image',
      advice: 'send JPEG or PNG',
    });
  });

  test('an animated GIF that is too large is refused rather than cut to one frame', async () => {
    const bytes = await animatedGif({ width: 300, height: 300 });
    const limits = { ...miniProgramUploadLimits, maxBytes: bytes.byteLength - 1 };
    await expect(prepareImages([bytes], limits)).rejects.toMatchObject({
      reason: expect.stringMatching(/^this animated GIF image has /),
    });
  });

  test('a cut-off image is refused even if it is small enough', async () => {
    const bytes = await noise({ width: 300, height: 300 }).jpeg().toBuffer();
    await expect(prepareImages([bytes.subarray(0, -200)], channelsShopUploadLimits)).rejects.toBeInstanceOf(
      ImageRefused,
    );
  });
});

describe('several images for one certificate', () => {
  test('they stand one under the other at one width, in the order given, and each note says so', async () => {
    const red = await sharp({ create: { width: 1000, height: 500, channels: 3, background: '#ff0000' } })
      .png()
      .toBuffer();
    const blue = await sharp({ create: { width: 500, height: 500, channels: 3, background: '#0000ff' } })
      .jpeg()
      .toBuffer();
    const { bytes, extension, notes } = await prepareImages([red, blue], miniProgramUploadLimits);
    const { width, height } = await sharp(bytes).metadata();
    expect({ width, height, extension }).toEqual({ width: 1000, height: 500 + 24 + 1000, extension: 'jpg' });
    expect((await colourAt(bytes, 500, 250)).slice(0, 3)).toBe('#fe');
    expect(await colourAt(bytes, 500, 512)).toBe('#ffffff');
    expect(await colourAt(bytes, 990, 1000)).toMatch(/^#0000f[ef]$/);
    expect(notes[0]).toMatch(/^\d+ KB 1000x500 -> part 1 of 2, one under the other: \d+ KB 1000x1524 JPEG$/);
    expect(notes[1]).toMatch(/^\d+ KB 500x500 -> part 2 of 2, /);
  });

  test('each part is turned upright by its own EXIF data', async () => {
    const turned = await redLeftBlueRight({ width: 900, height: 600 }).png().toBuffer();
    const photo = await sharp(turned).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const { bytes } = await prepareImages([photo, photo], miniProgramUploadLimits);
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 600, height: 1824 });
  });

  test('ten phone photos fit into 2 MB and stay readable', async () => {
    const photo = await noise({ width: 1500, height: 2000 }, 12).jpeg().toBuffer();
    const { bytes, notes } = await prepareImages(
      Array.from({ length: 10 }, () => photo),
      miniProgramUploadLimits,
    );
    const { width, height } = await sharp(bytes).metadata();
    expect(bytes.byteLength).toBeLessThanOrEqual(twoMegabytes);
    expect(width).toBeGreaterThanOrEqual(800);
    expect(height).toBeLessThanOrEqual(65_500);
    expect(notes).toHaveLength(10);
  });

  test('the refusal of one part says which one it is', async () => {
    const good = await noise({ width: 100, height: 100 }).png().toBuffer();
    await expect(
      prepareImages([good, await noise({ width: 9, height: 9 }).webp().toBuffer()], miniProgramUploadLimits),
    ).rejects.toMatchObject({
      reason: 'this is a WebP image',
      index: 1,
    });
    await expect(
      prepareImages([await animatedGif({ width: 9, height: 9 }), good], miniProgramUploadLimits),
    ).rejects.toMatchObject({ index: 0 });
  });

  test('images that would be a strip too thin to read are refused', async () => {
    const strip = await sharp({ create: { width: 1000, height: 40_000, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    await expect(prepareImages([strip, strip], miniProgramUploadLimits)).rejects.toMatchObject({
      reason: 'these 2 images one under the other are too high for one readable image',
    });
  });

  test('an endpoint that takes no JPEG gets no JPEG: too large is refused', async () => {
    const bytes = await noise({ width: 300, height: 300 }).png().toBuffer();
    await expect(prepareImages([bytes], { maxBytes: 1000, formats: ['png'] })).rejects.toMatchObject({
      advice: 'send a smaller PNG',
    });
  });

  test('no image at all is refused', async () => {
    await expect(prepareImages([], miniProgramUploadLimits)).rejects.toBeInstanceOf(ImageRefused);
  });
});
