/** Material over HTTP: uploads go into the store once they are known to be images; thumbnails and originals come out of it. */
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { createDecodingGate } from '../images/decoding-gate.ts';
import { fileKindOf } from '../images/file-kinds.ts';
import { ImageRefused, inspectImage, maxPixels } from '../images/inspect.ts';
import type { MaterialStore } from '../store/material.ts';
import { refusedImage } from './refused-image.ts';
import type { InBoth } from './words.ts';

/** An image that was put into the store, or why it was not. */
export type Kept = { sha256: string } | { problem: InBoth };

export interface Material {
  keep(bytes: Uint8Array, fileName: string): Promise<Kept>;
}

const thumbnailPixels = 360;

/** A worker that reads the store later finds what was kept here. */
export function createMaterial(store: MaterialStore): Material {
  const gate = createDecodingGate(undefined);
  return {
    async keep(bytes, fileName) {
      try {
        await gate(() => inspectImage(bytes));
      } catch (error) {
        if (error instanceof ImageRefused) return { problem: refusedImage(fileName, error) };
        throw error;
      }
      const { sha256 } = await store.put(bytes);
      return { sha256 };
    },
  };
}

/** `/material/{sha256}` and `/material/{sha256}/thumbnail`; an image never changes under its address. */
export function registerMaterial(app: FastifyInstance, store: MaterialStore): void {
  const gate = createDecodingGate(undefined);
  const bytesOf = async (sha256: string): Promise<Uint8Array | undefined> =>
    /^[0-9a-f]{64}$/.test(sha256) ? await store.get(sha256) : undefined;
  const keepForEver = 'private, max-age=31536000, immutable';

  app.get('/material/:sha256/thumbnail', async (request, reply) => {
    const { sha256 } = request.params as { sha256: string };
    const bytes = await bytesOf(sha256);
    if (bytes === undefined) return reply.code(404).type('text/plain').send('not here');
    try {
      const small = await gate(() =>
        sharp(bytes, { limitInputPixels: maxPixels })
          // Upright, as its EXIF data asks; the data itself stays behind.
          .rotate()
          .resize(thumbnailPixels, thumbnailPixels, { fit: 'inside', withoutEnlargement: true })
          .flatten({ background: '#ffffff' })
          .jpeg({ quality: 80 })
          .toBuffer(),
      );
      return await reply.header('cache-control', keepForEver).type('image/jpeg').send(small);
    } catch {
      return reply
        .code(404)
        .type('text/plain')
        .send(`no picture: ${fileKindOf(bytes)}`);
    }
  });

  app.get('/material/:sha256', async (request, reply) => {
    const { sha256 } = request.params as { sha256: string };
    const bytes = await bytesOf(sha256);
    if (bytes === undefined) return reply.code(404).type('text/plain').send('not here');
    const { format } = await sharp(bytes)
      .metadata()
      .catch(() => ({ format: undefined }));
    const ending = format === 'jpeg' ? 'jpg' : (format ?? 'bin');
    return reply
      .header('cache-control', keepForEver)
      .header('content-disposition', `attachment; filename="${sha256.slice(0, 12)}.${ending}"`)
      .type(format === undefined ? 'application/octet-stream' : `image/${format}`)
      .send(Buffer.from(bytes));
  });
}
