/** Reads the part `media` of an upload, as forgiving about its headers as WeChat (`filelength` and the like may stand there). */
import { Busboy } from '@fastify/busboy';

export interface MultipartFile {
  bytes: Buffer;
  filename: string;
}

/** The file in the part of that name; `undefined` when there is none, it has no file name, or the body is no multipart. */
export function multipartFile(body: Buffer, contentType: string, part: string): Promise<MultipartFile | undefined> {
  return new Promise((resolve) => {
    let found: MultipartFile | undefined;
    try {
      const parser = new Busboy({
        headers: { 'content-type': contentType },
        isPartAFile: (_name, _type, file) => file !== undefined,
      });
      parser.on('file', (name, stream, filename) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          if (name === part && filename) found = { bytes: Buffer.concat(chunks), filename };
        });
      });
      parser.on('finish', () => resolve(found));
      parser.on('error', () => resolve(undefined));
      parser.end(body);
    } catch {
      resolve(undefined);
    }
  });
}
