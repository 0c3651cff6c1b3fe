/** The two images of a renewal: the one before, by its content, and the new one, fetched and looked at as a worker will. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { absoluteImage } from '../../client/sources.ts';
import { ImageRefused } from '../../images/inspect.ts';
import { ImageSourceError, schemeOf } from '../../images/source-error.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../exit-status.ts';

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The image before. */
export interface OldImage {
  sha256: string;
  /** Its own address, where it was named by one. */
  source?: string;
}

/** A sha256, the file that was sent, or its address. */
export async function oldImage(context: Pick<CliContext, 'cwd' | 'env'>, given: string): Promise<OldImage> {
  if (/^[0-9a-f]{64}$/i.test(given)) return { sha256: given.toLowerCase() };
  const source = absoluteImage(given, context.cwd) as string;
  if (schemeOf(source) !== undefined)
    return { source, sha256: sha256Of(await fetched((await looking(context)).read, given)) };
  try {
    return { source, sha256: sha256Of(await readFile(source)) };
  } catch (error) {
    throw new UsageError(
      `${given} is neither a sha256 nor a file that can be read.`,
      'Take the sha256 from `wxq show`, or name the file that was sent before.',
      { cause: error },
    );
  }
}

/** Of what is at an address of a case now; `undefined`: it cannot be read from here. */
export async function bytesElsewhere(
  context: Pick<CliContext, 'cwd' | 'env'>,
): Promise<(source: string) => Promise<string | undefined>> {
  const { read } = await looking(context);
  return async (source) => {
    try {
      return sha256Of(await read({ source }, undefined));
    } catch (error) {
      if (error instanceof ImageSourceError) return undefined;
      throw error;
    }
  };
}

/** @throws UsageError with what is wrong with the image. */
export async function renewedImage(
  context: Pick<CliContext, 'cwd' | 'env'>,
  given: string,
): Promise<{ source: string; sha256: string; facts: string }> {
  const source = absoluteImage(given, context.cwd) as string;
  const { read, images } = await looking(context);
  const bytes = await fetched(read, given);
  try {
    const { width, height } = await images.inspect(bytes);
    return { source, sha256: sha256Of(bytes), facts: `${width} x ${height}, ${bytes.byteLength} bytes` };
  } catch (error) {
    if (error instanceof ImageRefused) throw new UsageError(`${given}: ${error.reason}.`, `${error.advice}.`);
    throw error;
  }
}

async function fetched(read: Awaited<ReturnType<typeof looking>>['read'], given: string): Promise<Uint8Array> {
  try {
    return await read({ source: given }, undefined);
  } catch (error) {
    if (error instanceof ImageSourceError) throw new UsageError(`${error.message}.`, `${error.advice}.`);
    throw error;
  }
}

/** As a worker looks at images, with the settings of this terminal. */
async function looking({ cwd, env }: Pick<CliContext, 'cwd' | 'env'>) {
  const { materialSources: sources, objectStorage } = loadConfig(env);
  // Loaded here: no other command should wait for the image library.
  const { lookingFrom } = await import('../lint/image-looking.ts');
  return lookingFrom({ folder: cwd, offline: false, sources, objectStorage });
}
