/** The error of a fetch that has to fail. */
import { inspect } from 'node:util';
import { type FetchImageOptions, fetchImage } from '../../src/images/source.ts';
import { ImageSourceError } from '../../src/images/source-error.ts';

export async function failure(source: string, o?: FetchImageOptions): Promise<ImageSourceError> {
  const error = await fetchImage(source, o).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ImageSourceError)) throw new Error(`no ImageSourceError: ${inspect(error)}`);
  return error;
}
