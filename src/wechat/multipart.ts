/** The body of an image upload: one part named `media`, an ASCII file name with an extension, in one buffer. */
import { randomBytes } from 'node:crypto';

/** An image to upload. */
export interface UploadFile {
  bytes: Uint8Array;
  /** Any name; WeChat gets an ASCII one, since Chinese names and names without extension are refused (40005, 41005). */
  filename: string;
  /** The MIME type, e.g. `image/jpeg`. */
  contentType: string;
}

const extensions: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/bmp': 'bmp',
  'image/webp': 'webp',
};

/** The header and the bytes to POST. */
export function multipartMedia(file: UploadFile): { headers: Record<string, string>; body: Buffer } {
  const boundary = `----wechat${randomBytes(16).toString('hex')}`;
  const contentType = file.contentType.replace(/[^\w.+/-]/g, '');
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="media"; filename="${asciiFilename(file)}"; ` +
    `filelength=${file.bytes.length}\r\nContent-Type: ${contentType}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), file.bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, body };
}

/** A file name of ASCII letters, digits, `.`, `_` and `-`, with the extension of the content. */
export function asciiFilename({ filename, contentType }: Pick<UploadFile, 'filename' | 'contentType'>): string {
  const stem = filename
    .replace(/^.*[\\/]/, '')
    .replace(/\.[A-Za-z0-9]{1,5}$/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60);
  const own = /\.([A-Za-z0-9]{1,5})$/.exec(filename)?.[1]?.toLowerCase();
  return `${stem || 'image'}.${extensions[contentType] ?? own ?? 'jpg'}`;
}
