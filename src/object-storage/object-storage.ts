/** A small client of S3-compatible object storage: signed requests, streamed answers, one try each. */
import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import { Agent, type Dispatcher, request } from 'undici';
import { type ObjectPlace, objectUrl } from './address.ts';
import { collect, discard, headerOf, unlessAborted } from './answer.ts';
import { answerError, exchangeError, ObjectStorageError } from './errors.ts';

/** AWS, OSS, COS, MinIO, …: where, and as whom. */
export interface ObjectStorageOptions {
  /** Without path. Default: AWS in that region. */
  endpoint?: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Bucket in the path instead of the host name. Default: where the endpoint is an address or a name without dots. */
  pathStyle?: boolean;
  /** For the whole of one exchange. Default 30,000. */
  timeoutMs?: number;
  /** For tests. */
  dispatcher?: Dispatcher;
}

export interface ObjectStorage {
  /** @throws {ObjectStorageError}; the signal's reason if it was aborted. */
  get(place: ObjectPlace, o: { maxBytes: number; signal?: AbortSignal }): Promise<Uint8Array>;
  /** Whether there is an object, and the sha256 (hex) that the storage has checked and keeps, if it does. */
  head(place: ObjectPlace, o?: { signal?: AbortSignal }): Promise<{ bytes: number; sha256?: string } | undefined>;
  /** Writes the object; the storage compares the bytes with their digest before it takes them. */
  put(place: ObjectPlace, bytes: Uint8Array, o?: { signal?: AbortSignal }): Promise<void>;
  /** The keys that begin with a prefix, at most a thousand; for keys of ASCII letters without `&`. */
  list(bucket: string, prefix: string, o?: { signal?: AbortSignal }): Promise<string[]>;
}

interface Asked {
  method: 'GET' | 'HEAD' | 'PUT';
  url: URL;
  place: string;
  headers?: Record<string, string>;
  body?: Uint8Array;
  signal?: AbortSignal | undefined;
}

const maxErrorBytes = 64 * 1024;
const maxListBytes = 4 * 1024 * 1024;

export function createObjectStorage(o: ObjectStorageOptions): ObjectStorage {
  const dispatcher = o.dispatcher ?? new Agent({ connect: { timeout: 5_000 } });
  const timeoutMs = o.timeoutMs ?? 30_000;

  /** `read` gets the answer when it is one of success; else the error is thrown. */
  async function exchange<T>(
    { method, url, place, headers = {}, body, signal }: Asked,
    read: (response: Dispatcher.ResponseData) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const timeout = AbortSignal.timeout(timeoutMs);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers,
      service: 's3',
      region: o.region,
      accessKeyId: o.accessKeyId,
      secretAccessKey: o.secretAccessKey,
      ...(o.sessionToken === undefined ? {} : { sessionToken: o.sessionToken }),
    }).sign();
    const ask = async (): Promise<T> => {
      const response = await request(signed.url, {
        method,
        dispatcher,
        signal: either,
        headers: Object.fromEntries(signed.headers),
        ...(body === undefined ? {} : { body }),
      });
      if (response.statusCode === 200) return await read(response);
      throw await refusalOf(place, response);
    };
    try {
      return await unlessAborted(either, ask());
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ObjectStorageError) throw error;
      throw exchangeError(
        place,
        timeout.aborted ? Object.assign(new Error(), { code: `${timeoutMs} ms are over` }) : error,
      );
    }
  }

  const shown = ({ bucket, key }: ObjectPlace): string => `s3://${bucket}/${key}`;

  return {
    get: (place, { maxBytes, signal }) =>
      exchange({ method: 'GET', url: objectUrl(place, o), place: shown(place), signal }, (response) => {
        if (Number(headerOf(response, 'content-length')) > maxBytes) {
          discard(response);
          throw tooLarge(shown(place), maxBytes);
        }
        return collect(response, maxBytes, () => tooLarge(shown(place), maxBytes));
      }),

    async head(place, { signal } = {}) {
      const headers = { 'x-amz-checksum-mode': 'ENABLED' };
      const url = objectUrl(place, o);
      try {
        return await exchange({ method: 'HEAD', url, place: shown(place), headers, signal }, async (response) => {
          discard(response);
          const checksum = headerOf(response, 'x-amz-checksum-sha256');
          const sha256 = checksum === undefined ? '' : Buffer.from(checksum, 'base64').toString('hex');
          const bytes = Number(headerOf(response, 'content-length') ?? Number.NaN);
          return { bytes, ...(/^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {}) };
        });
      } catch (error) {
        if (error instanceof ObjectStorageError && error.kind === 'missing') return undefined;
        throw error;
      }
    },

    async put(place, bytes, { signal } = {}) {
      const digest = createHash('sha256').update(bytes).digest();
      const headers = {
        'content-type': 'application/octet-stream',
        // The first is part of every signature, so each storage compares it; the second is kept with the object where it is known.
        'x-amz-content-sha256': digest.toString('hex'),
        'x-amz-checksum-sha256': digest.toString('base64'),
      };
      const asked: Asked = {
        method: 'PUT',
        url: objectUrl(place, o),
        place: shown(place),
        headers,
        body: bytes,
        signal,
      };
      await exchange(asked, (response) => response.body.dump());
    },

    async list(bucket, prefix, { signal } = {}) {
      const place = `s3://${bucket}/${prefix}`;
      // The bucket alone: its address is that of an object without the object.
      const url = new URL('.', objectUrl({ bucket, key: 'x' }, o));
      url.search = new URLSearchParams({ 'list-type': '2', prefix }).toString();
      const answer = await exchange({ method: 'GET', url, place, signal }, (response) =>
        collect(response, maxListBytes, () => tooLarge(place, maxListBytes)),
      );
      const text = Buffer.from(answer).toString();
      return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)]
        .map(([, key = '']) => key)
        .filter((key) => key.startsWith(prefix));
    },
  };
}

async function refusalOf(place: string, response: Dispatcher.ResponseData): Promise<ObjectStorageError> {
  let text = '';
  try {
    text = Buffer.from(await collect(response, maxErrorBytes, () => new Error())).toString();
  } catch {
    // The status alone has to do.
  }
  const code = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(text)?.[1] ?? '';
  const region = /^[a-z0-9-]{1,40}$/.exec(headerOf(response, 'x-amz-bucket-region') ?? '')?.[0];
  return answerError(place, response.statusCode, code, region);
}

const tooLarge = (place: string, maxBytes: number): ObjectStorageError =>
  new ObjectStorageError(
    'too-large',
    place,
    `more than ${Number((maxBytes / 1024 / 1024).toFixed(1))} MB`,
    'give a smaller image; a scan rarely needs 5 MB',
  );
