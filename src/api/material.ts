/** `POST /v1/material`: an image goes into the material store, and cases name it by its sha256. */
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { materialSource } from '../contract/material-source.ts';
import { answers } from './answers.ts';
import { formBound } from './form-bound.ts';
import { ApiProblem } from './problem.ts';
import { uploadedImage } from './shapes.ts';

/** What an image is, or why WeChat could not read it. */
export type ImageLook =
  | { format: 'jpeg' | 'png' | 'gif'; width: number; height: number }
  | { refused: { reason: string; advice: string } };

/** Where uploads go; the worker takes them from the same store. */
export interface MaterialIntake {
  /** Says what it is by decoding it. */
  look(bytes: Uint8Array): Promise<ImageLook>;
  /** Resolves when the bytes are safe. */
  put(bytes: Uint8Array): Promise<{ sha256: string; bytes: number }>;
}

/** As a worker fetches images: above this nothing is taken, whatever it is. */
export const maxImageBytes = 25 * 1024 * 1024;

/** The content types of a bare image; what it really is says its content. */
export const imageTypes = ['image/jpeg', 'image/png', 'image/gif'] as const;

/** The name of the one part of a form. */
export const formFile = 'file';

/** Registers it in a scope of its own: no other route takes images or forms. */
export async function registerMaterialRoutes(app: FastifyInstance, intake: MaterialIntake): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    await scope.register(multipart, { limits: { files: 1, fields: 0, fileSize: maxImageBytes, parts: 2 } });
    scope.addHook('onRequest', async (request) => {
      const refusal = formBound(request);
      if (refusal === 413) throw tooLarge();
      if (refusal === 411)
        throw new ApiProblem('no-length', 'A form must have a Content-Length.', {
          advice: 'Give the client the whole file instead of a stream, or send the bare image.',
        });
    });
    scope.addContentTypeParser([...imageTypes], { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post(
      '/material',
      {
        config: { role: 'operator' },
        bodyLimit: maxImageBytes + 64 * 1024,
        schema: {
          operationId: 'uploadImage',
          summary: 'Upload an image',
          description:
            'A bare image, or a form with one file and nothing else. `source` of the answer is an image of a start or a resubmission. Uploading the same bytes again changes nothing.',
          tags: ['material'],
          response: answers({ 201: ['It is kept.', uploadedImage] }, [
            'no-length',
            'too-large',
            'media-type',
            'invalid-image',
            'store-away',
          ]),
        } as object,
      },
      async (request, reply) => {
        const bytes = await bytesOf(request);
        const look = await intake.look(bytes);
        if ('refused' in look)
          throw new ApiProblem('invalid-image', `${look.refused.reason}.`, { advice: look.refused.advice });
        const kept = await intake.put(bytes).catch((error: unknown) => {
          const why = error instanceof Error ? error.name : 'unknown';
          throw new ApiProblem('store-away', `The material store does not take the image (${why}).`, {
            advice: 'Upload it again; if it lasts, look at WXQ_MATERIAL_STORE of this server.',
          });
        });
        const { format, width, height } = look;
        return reply.code(201).send({ source: materialSource(kept.sha256), ...kept, format, width, height });
      },
    );
  });
}

async function bytesOf(request: FastifyRequest): Promise<Uint8Array> {
  if (!request.isMultipart()) {
    if (Buffer.isBuffer(request.body) && request.body.length > maxImageBytes) throw tooLarge();
    return Buffer.isBuffer(request.body) ? request.body : new Uint8Array();
  }
  let bytes: Uint8Array | undefined;
  try {
    // To its end: what comes after the file is looked at as well.
    for await (const part of request.parts()) {
      if (part.type !== 'file' || part.fieldname !== formFile) throw notOneFile();
      bytes = await part.toBuffer();
    }
  } catch (error) {
    if (error instanceof ApiProblem) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'FST_REQ_FILE_TOO_LARGE') throw tooLarge();
    if (typeof code === 'string' && /^FST_(PARTS|FILES|FIELDS)_LIMIT$/.test(code)) throw notOneFile();
    // Whatever else the parser throws is about the form.
    throw new ApiProblem('bad-request', 'The form is cut off or malformed.');
  }
  if (bytes === undefined) throw notOneFile();
  return bytes;
}

const notOneFile = (): ApiProblem =>
  new ApiProblem('bad-request', `The form must hold one file and nothing else, under the name \`${formFile}\`.`);

const tooLarge = (): ApiProblem =>
  new ApiProblem('too-large', `An image may have at most ${maxImageBytes / 1024 / 1024} MB.`);
