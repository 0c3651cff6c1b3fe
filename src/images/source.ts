/** Fetches the bytes of an image from where the case says it is: a path, `file:`, `https:` or `s3:`. */
import type { Dispatcher } from 'undici';
import { createGuardedAgent, type Resolve } from './address-guard.ts';
import { download, networkError } from './download.ts';
import { fileError, pathOf, readLocal } from './local-file.ts';
import { ImageSourceError, schemeOf, tryAgain } from './source-error.ts';
import type { SourceRules } from './source-rules.ts';
import { type ObjectSources, readObject } from './stored-object.ts';

export interface FetchImageOptions {
  /** Gives up at once; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Default 25 MiB. */
  maxBytes?: number;
  /** For the whole fetch, redirects included. Default 30,000. */
  timeoutMs?: number;
}

/**
 * The bytes of an image, whatever they are: whether it is an image is for `inspectImage` to say.
 * A relative path counts from the folder that the process was started in.
 * @throws {ImageSourceError} if they cannot be had; the signal's reason if it was aborted.
 */
export type FetchImage = (source: string, o?: FetchImageOptions) => Promise<Uint8Array>;

const defaultMaxBytes = 25 * 1024 * 1024;
const defaultTimeoutMs = 30_000;

/**
 * @param rules from where images may come.
 * @param o.objects object storage; without it `s3:` addresses are refused.
 * @param o.dispatcher in place of connections that are guarded against private addresses; @param o.resolve in place of
 * the system's resolver. Both are for tests.
 */
export function createImageFetcher(
  rules: SourceRules,
  o: { objects?: ObjectSources; dispatcher?: Dispatcher; resolve?: Resolve } = {},
): FetchImage {
  const { privateHosts = [] } = rules;
  const dispatcher =
    o.dispatcher ?? createGuardedAgent({ privateHosts, ...(o.resolve === undefined ? {} : { resolve: o.resolve }) });

  return async (source, { signal, maxBytes = defaultMaxBytes, timeoutMs = defaultTimeoutMs } = {}) => {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(timeoutMs);
    const limits = { maxBytes, signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) };
    const scheme = schemeOf(source);
    try {
      if (scheme === undefined) return await readLocal(source, source, rules, limits);
      if (scheme === 'file') return await readLocal(source, pathOf(source), rules, limits);
      if (scheme === 'https' || scheme === 'http') return await download(source, rules, { ...limits, dispatcher });
      if (scheme === 's3') return await readObject(source, o.objects, limits);
    } catch (error) {
      if (error instanceof ImageSourceError) throw error;
      signal?.throwIfAborted();
      if (timeout.aborted)
        throw new ImageSourceError('unavailable', source, `no whole answer in ${timeoutMs} ms`, tryAgain);
      throw scheme === undefined || scheme === 'file' ? fileError(source, error) : networkError(source, error);
    }
    // Its bytes were looked for in the material store already; there is no other place that has them.
    if (scheme === 'material')
      throw new ImageSourceError(
        'missing',
        source,
        'the material store does not hold the bytes of this uploaded image',
        'upload it again (POST /v1/material) and send it by a resubmission; server and worker need the same WXQ_MATERIAL_STORE',
      );
    throw new ImageSourceError(
      'unsupported',
      source,
      `images cannot be fetched from a ${scheme}: address`,
      'give a path, or a file:, https: or s3: address',
    );
  };
}
