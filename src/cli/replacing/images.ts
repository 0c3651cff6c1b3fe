/** The two images of a renewal: the one before, by its content, and the new one, fetched and looked at as a worker will. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { absoluteImage } from '../../client/sources.ts';
import { ImageRefused } from '../../images/inspect.ts';
import { ImageSourceError } from '../../images/source-error.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { CliContext } from '../context.ts';
import { UsageError } from '../exit-status.ts';

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A sha256, or the file that was sent. */
export async function replacedSha256({ cwd }: Pick<CliContext, 'cwd'>, given: string): Promise<string> {
  if (/^[0-9a-f]{64}$/i.test(given)) return given.toLowerCase();
  try {
    return sha256Of(await readFile(resolve(cwd, given)));
  } catch (error) {
    throw new UsageError(
      `${given} is neither a sha256 nor a file that can be read.`,
      'Take the sha256 from `wxq show`, or name the file that was sent before.',
      { cause: error },
    );
  }
}

/** @throws UsageError with what is wrong with the image. */
export async function renewedImage(
  { cwd, env }: Pick<CliContext, 'cwd' | 'env'>,
  given: string,
): Promise<{ source: string; sha256: string; facts: string }> {
  const source = absoluteImage(given, cwd) as string;
  const { materialSources: sources, objectStorage } = loadConfig(env);
  // Loaded here: no other command should wait for the image library.
  const { lookingFrom } = await import('../lint/image-looking.ts');
  const looking = lookingFrom({ folder: cwd, offline: false, sources, objectStorage });
  try {
    const bytes = await looking.read({ source }, undefined);
    const { width, height } = await looking.images.inspect(bytes);
    return { source, sha256: sha256Of(bytes), facts: `${width} x ${height}, ${bytes.byteLength} bytes` };
  } catch (error) {
    if (error instanceof ImageRefused) throw new UsageError(`${given}: ${error.reason}.`, `${error.advice}.`);
    if (error instanceof ImageSourceError) throw new UsageError(`${error.message}.`, `${error.advice}.`);
    throw error;
  }
}
