/** Fetching in tests: from every folder and from this machine; and the error of a fetch that has to fail. */
import { inspect } from 'node:util';
import { createImageFetcher, type FetchImage, type FetchImageOptions } from '../../src/images/source.ts';
import { ImageSourceError } from '../../src/images/source-error.ts';

/** Without limits, as in development. */
export const fetchImage: FetchImage = createImageFetcher({
  folders: 'any',
  privateHosts: ['127.0.0.1', '::1', 'localhost'],
});

export async function failure(
  source: string,
  o: FetchImageOptions & { fetch?: FetchImage } = {},
): Promise<ImageSourceError> {
  const { fetch = fetchImage, ...options } = o;
  const error = await fetch(source, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ImageSourceError)) throw new Error(`no ImageSourceError: ${inspect(error)}`);
  return error;
}
