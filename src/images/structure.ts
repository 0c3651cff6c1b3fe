/** Walks through the parts of a JPEG or PNG file: tells that the file is whole without unpacking its pixels. */
import { crc32 } from 'node:zlib';

const marker = { fill: 0xff, stuffed: 0x00, restart0: 0xd0, restart7: 0xd7, end: 0xd9, scan: 0xda } as const;

/**
 * Whether the segments of a JPEG follow each other without a gap, with at least one scan, to its end mark; what stands
 * behind that (the film of a motion photo) does not matter. Damage inside a scan is not seen, and cannot be: a decoder
 * paints over it, too. `false` only means that a decoder has to say.
 */
export function isWholeJpeg(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hasScan = false;
  for (let at = 2; at + 1 < file.length; ) {
    if (file[at] !== marker.fill) return false;
    const kind = file[at + 1] ?? 0;
    if (kind === marker.end) return hasScan;
    if (kind <= 0x01 || kind === marker.fill || (kind >= marker.restart0 && kind < marker.end)) return false;
    if (at + 4 > file.length) return false;
    at += 2 + file.readUInt16BE(at + 2);
    if (kind !== marker.scan) continue;
    hasScan = true;
    at = endOfScan(file, at);
    if (at === -1) return false;
  }
  return false;
}

/** Where the marker after a scan's coded pixels stands; -1 when the file ends before it. */
function endOfScan(file: Buffer, start: number): number {
  for (let at = file.indexOf(marker.fill, start); at !== -1; at = file.indexOf(marker.fill, at + 1)) {
    const next = file[at + 1];
    if (next === undefined) return -1;
    const isCoded = next === marker.stuffed || (next >= marker.restart0 && next <= marker.restart7);
    if (!isCoded && next !== marker.fill) return at;
  }
  return -1;
}

const pngHead = 8;
/** Length, name and checksum around a chunk's data. */
const chunkFrame = 12;

/** Whether the chunks of a PNG follow each other to `IEND`, with pixels among them and every checksum right. */
export function isWholePng(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hasPixels = false;
  for (let at = pngHead; at + chunkFrame <= file.length; ) {
    const end = at + chunkFrame + file.readUInt32BE(at);
    if (end > file.length || crc32(file.subarray(at + 4, end - 4)) !== file.readUInt32BE(end - 4)) return false;
    const name = file.toString('latin1', at + 4, at + 8);
    if (name === 'IEND') return hasPixels;
    hasPixels ||= name === 'IDAT';
    at = end;
  }
  return false;
}
