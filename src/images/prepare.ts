/** Makes of one or several images the one file that WeChat takes: as it is where it fits, else turned upright and shrunk. */
import sharp, { type Sharp } from 'sharp';
import { type ImageFormat, ImageRefused, type InspectedImage, inspectImage, maxPixels } from './inspect.ts';

/** What an upload endpoint takes. */
export interface UploadLimits {
  /** Largest file. */
  maxBytes: number;
  formats: readonly ImageFormat[];
  /** Shrinking stops here, so that a reviewer can still read it: pixels on the longer side, of several images their common width. Default 800. */
  minEdge?: number;
}

/** Qualification upload of the shop: 2 MB or error 10020060. Formats are not documented; these two are known to work. */
export const channelsShopUploadLimits: UploadLimits = { maxBytes: 2 * 1024 * 1024, formats: ['jpeg', 'png'] };

/** `cgi-bin/media/upload`: its page says both 2 MB and 10 MB, the smaller is safe. */
export const miniProgramUploadLimits: UploadLimits = { maxBytes: 2 * 1024 * 1024, formats: ['jpeg', 'png', 'gif'] };

/** The one file to upload. */
export interface PreparedImage {
  bytes: Uint8Array;
  contentType: string;
  extension: 'jpg' | 'png' | 'gif';
  /** What was done to each image, in the order given; `undefined` = sent byte for byte. */
  notes: (string | undefined)[];
}

interface Size {
  width: number;
  height: number;
}

const defaultMinEdge = 800;
const qualities = [88, 80, 72, 64] as const;
/** Where size has to give way, this quality is kept. */
const shrinkingQuality = 80;
const white = '#ffffff';
/** White space between images that are put together, in pixels. */
const gap = 24;
/** libjpeg's limit is 65,535. */
const maxJpegEdge = 65_500;
/** Several images together: wide enough to read, small enough to hold in memory. */
const stackLimits = { width: 2000, height: 60_000, pixels: Math.min(maxPixels, 40_000_000) };
const extensions = { jpeg: 'jpg', png: 'png', gif: 'gif' } as const;

/**
 * Makes the file to upload of one image, or of several put together one under the other.
 * @throws {ImageRefused} if one cannot be read, is of a format the endpoint does not take, or stays too large at the smallest readable size.
 */
export async function prepareImages(images: readonly Uint8Array[], limits: UploadLimits): Promise<PreparedImage> {
  const found: InspectedImage[] = [];
  for (const [index, bytes] of images.entries()) {
    found.push(await atIndex(index, images.length, () => inspectFor(bytes, limits)));
  }
  const [bytes] = images;
  const [image] = found;
  if (bytes === undefined || image === undefined) throw new ImageRefused('no image was given', 'send at least one');
  return images.length === 1 ? prepareOne(bytes, image, limits) : putTogether(images, found, limits);
}

async function inspectFor(bytes: Uint8Array, { formats }: UploadLimits): Promise<InspectedImage> {
  const image = await inspectImage(bytes);
  if (!formats.includes(image.format)) {
    throw new ImageRefused(`this is a ${image.format.toUpperCase()} image`, `send ${listOf(formats)}`);
  }
  return image;
}

async function prepareOne(bytes: Uint8Array, image: InspectedImage, limits: UploadLimits): Promise<PreparedImage> {
  const { format } = image;
  if (bytes.byteLength <= limits.maxBytes) {
    return { bytes, contentType: `image/${format}`, extension: extensions[format], notes: [undefined] };
  }
  if (image.frames > 1) {
    throw new ImageRefused(
      `this animated GIF image has ${megabytes(image.bytes)} and cannot be shrunk`,
      `send a still JPEG or PNG of at most ${megabytes(limits.maxBytes)}`,
    );
  }
  const fitted = await fitAsJpeg(bytes, image, Math.max(image.width, image.height), limits);
  return { ...jpeg(fitted.bytes), notes: [`${describe(image)} -> ${describe(fitted)} JPEG`] };
}

async function putTogether(
  images: readonly Uint8Array[],
  found: readonly InspectedImage[],
  limits: UploadLimits,
): Promise<PreparedImage> {
  const animated = found.findIndex(({ frames }) => frames > 1);
  if (animated !== -1) {
    throw new ImageRefused('this animated GIF image cannot be put together with others', 'send JPEG or PNG', animated);
  }
  const width = commonWidth(found, limits);
  const parts: { input: Buffer; left: number; top: number }[] = [];
  let top = 0;
  for (const bytes of images) {
    const part = await upright(bytes)
      .resize({ width })
      .png({ compressionLevel: 1 })
      .toBuffer({ resolveWithObject: true });
    parts.push({ input: part.data, left: 0, top });
    top += part.info.height + gap;
  }
  // Not sharp's `join`: it gives every part the height of the highest.
  const { data, info } = await sharp({ create: { width, height: top - gap, channels: 3, background: white } })
    .composite(parts)
    .png({ compressionLevel: 1 })
    .toBuffer({ resolveWithObject: true });
  const fitted = await fitAsJpeg(data, { ...info, bytes: data.byteLength }, info.width, limits);
  const notes = found.map(
    (image, n) =>
      `${describe(image)} -> part ${n + 1} of ${found.length}, one under the other: ${describe(fitted)} JPEG`,
  );
  return { ...jpeg(fitted.bytes), notes };
}

/** The widest image's width, less where the whole would be too high or too large to hold. */
function commonWidth(found: readonly Size[], { minEdge = defaultMinEdge }: UploadLimits): number {
  const heightPerWidth = found.reduce((sum, { width, height }) => sum + height / width, 0);
  const gaps = gap * (found.length - 1);
  const widest = Math.max(...found.map(({ width }) => width));
  const width = Math.floor(
    Math.min(
      widest,
      stackLimits.width,
      (stackLimits.height - gaps) / heightPerWidth,
      Math.sqrt(stackLimits.pixels / heightPerWidth),
    ),
  );
  if (width < Math.min(widest, minEdge)) {
    throw new ImageRefused(
      `these ${found.length} images one under the other are too high for one readable image`,
      'send fewer or less high images',
    );
  }
  return width;
}

/**
 * Lower quality first, then a smaller size, down to `minEdge`. Metadata, such as the place where a photo was taken, is left behind.
 * @param edge the side that `minEdge` is about, in pixels.
 */
async function fitAsJpeg(
  bytes: Uint8Array,
  image: Size & { bytes: number },
  edge: number,
  { maxBytes, formats, minEdge = defaultMinEdge }: UploadLimits,
): Promise<Size & { bytes: Uint8Array }> {
  if (!formats.includes('jpeg')) {
    throw new ImageRefused(
      `this image has ${megabytes(image.bytes)}, more than ${megabytes(maxBytes)}`,
      `send a smaller ${listOf(formats)}`,
    );
  }
  const encode = async (scale: number, quality: number) => {
    const width = Math.max(1, Math.round(image.width * scale));
    const height = Math.max(1, Math.round(image.height * scale));
    const sized = scale === 1 ? upright(bytes) : upright(bytes).resize({ width, height, fit: 'fill' });
    return { bytes: new Uint8Array(await sized.jpeg({ quality }).toBuffer()), width, height };
  };
  const whole = Math.min(1, maxJpegEdge / Math.max(image.width, image.height));
  let smallest = Number.POSITIVE_INFINITY;
  for (const quality of qualities) {
    const full = await encode(whole, quality);
    if (full.bytes.byteLength <= maxBytes) return full;
    smallest = full.bytes.byteLength;
    // No quality mends a file that is far too large: go on to the size.
    if (smallest > 3 * maxBytes) break;
  }
  const floor = Math.min(whole, minEdge / edge);
  let scale = whole;
  while (scale > floor) {
    scale = Math.max(floor, scale * Math.min(0.9, Math.sqrt(maxBytes / smallest)));
    for (const quality of scale === floor ? qualities : [shrinkingQuality]) {
      const smaller = await encode(scale, quality);
      if (smaller.bytes.byteLength <= maxBytes) return smaller;
      smallest = smaller.bytes.byteLength;
    }
  }
  throw new ImageRefused(
    `this image (${describe(image)}) does not fit into ${megabytes(maxBytes)} even at ${Math.min(edge, minEdge)} pixels`,
    'send a plain scan of the document',
  );
}

/** Already inspected, so the pixel limit holds; white under transparent parts, where JPEG would turn black. */
function upright(bytes: Uint8Array): Sharp {
  return sharp(bytes, { failOn: 'truncated', limitInputPixels: maxPixels }).autoOrient().flatten({ background: white });
}

async function atIndex<T>(index: number, count: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (count > 1 && error instanceof ImageRefused) throw new ImageRefused(error.reason, error.advice, index);
    throw error;
  }
}

function jpeg(bytes: Uint8Array): Omit<PreparedImage, 'notes'> {
  return { bytes, contentType: 'image/jpeg', extension: 'jpg' };
}

function describe({ bytes, width, height }: Size & { bytes: number | Uint8Array }): string {
  return `${megabytes(typeof bytes === 'number' ? bytes : bytes.byteLength)} ${width}x${height}`;
}

/** MB of 1,048,576 bytes, as WeChat counts them; small ones in KB. */
function megabytes(bytes: number): string {
  const mb = bytes / 1024 / 1024;
  return mb < 0.1 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${Number(mb.toFixed(1))} MB`;
}

function listOf(formats: readonly ImageFormat[]): string {
  return formats.map((format) => format.toUpperCase()).join(' or ');
}
