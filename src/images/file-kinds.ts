/** Names what a file is by its first bytes, for the sentence that tells a person why it is refused. */

/** What starts with what, at which offset; the first that fits counts. */
const signatures: readonly (readonly [offset: number, start: string, found: string])[] = [
  [8, 'WEBP', 'a WebP image'],
  [4, 'ftypavif', 'an AVIF image'],
  [4, 'ftypavis', 'an AVIF image'],
  [4, 'ftyphei', 'a HEIC image (the usual format of iPhone photos)'],
  [4, 'ftyphev', 'a HEIC image (the usual format of iPhone photos)'],
  [4, 'ftypmif1', 'a HEIC image (the usual format of iPhone photos)'],
  [4, 'ftypmsf1', 'a HEIC image (the usual format of iPhone photos)'],
  [4, 'ftyp', 'a video'],
  [0, 'BM', 'a BMP image'],
  [0, 'II*\0', 'a TIFF image'],
  [0, 'MM\0*', 'a TIFF image'],
  [0, '%PDF-', 'a PDF document'],
  [4, 'jP  ', 'a JPEG 2000 image'],
  [4, 'JXL ', 'a JPEG XL image'],
  [0, '\xff\x0a', 'a JPEG XL image'],
  [0, '8BPS', 'a Photoshop document'],
  [0, 'PK\x03\x04', 'a ZIP archive or an Office document'],
  [0, '\x1f\x8b', 'a gzip file'],
  [0, '\xd0\xcf\x11\xe0', 'an old Office document'],
  [0, 'data:image/', 'a data: address instead of the image itself'],
];

/** "a WebP image", "a web page, perhaps …": fits after "this is". */
export function fileKindOf(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const known = signatures.find(([offset, signature]) => start.startsWith(signature, offset));
  if (known !== undefined) return known[2];
  const text = start.replace('\xef\xbb\xbf', '').trimStart();
  if (text.startsWith('<')) {
    if (/<svg[\s>]/i.test(text)) return 'an SVG drawing';
    if (/<(!doctype html|html|head|body)/i.test(text)) return 'a web page, perhaps a login or an error page';
    if (text.startsWith('<?xml')) return 'an XML document';
  }
  if (/^[{[]\s*["{[]/.test(text)) return 'a JSON document, perhaps an error answer of a server';
  return start.includes('\0') ? 'no image of a known format' : 'text or something else that is no image';
}
