/** Fetches the bytes of an image from where the case says it is: a path, `file:`, `https:`, or `http:` on this machine. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Dispatcher, request } from 'undici';
import { ImageSourceError, schemeOf } from './source-error.ts';

export interface FetchImageOptions {
  /** Gives up at once; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Default 25 MiB. */
  maxBytes?: number;
  /** For the whole fetch, redirects included. Default 30,000. */
  timeoutMs?: number;
  /** undici's connections, for tests and proxies. */
  dispatcher?: Dispatcher;
}

interface Limits {
  maxBytes: number;
  signal: AbortSignal;
  dispatcher?: Dispatcher;
}

const defaultMaxBytes = 25 * 1024 * 1024;
const defaultTimeoutMs = 30_000;
const maxRedirects = 3;
const redirects: readonly number[] = [301, 302, 303, 307, 308];
const tryAgain = 'this is tried again; if it lasts, look at the server that holds the image';
const checkAddress = 'check the address, and whether a signed link has expired';

/**
 * The bytes of an image, whatever they are: whether it is an image is for `inspectImage` to say.
 * A relative path counts from the folder that the process was started in.
 * @throws {ImageSourceError} if they cannot be had; the signal's reason if it was aborted.
 */
export async function fetchImage(source: string, o: FetchImageOptions = {}): Promise<Uint8Array> {
  o.signal?.throwIfAborted();
  const timeoutMs = o.timeoutMs ?? defaultTimeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  const limits: Limits = {
    maxBytes: o.maxBytes ?? defaultMaxBytes,
    signal: o.signal === undefined ? timeout : AbortSignal.any([o.signal, timeout]),
    ...(o.dispatcher === undefined ? {} : { dispatcher: o.dispatcher }),
  };
  const scheme = schemeOf(source);
  try {
    if (scheme === undefined) return await readLocal(source, source, limits);
    if (scheme === 'file') return await readLocal(source, pathOf(source), limits);
    if (scheme === 'https' || scheme === 'http') return await download(source, limits);
  } catch (error) {
    if (error instanceof ImageSourceError) throw error;
    o.signal?.throwIfAborted();
    if (timeout.aborted)
      throw new ImageSourceError('unavailable', source, `no whole answer in ${timeoutMs} ms`, tryAgain);
    throw scheme === undefined || scheme === 'file' ? fileError(source, error) : networkError(source, error);
  }
  throw new ImageSourceError(
    'unsupported',
    source,
    `images cannot be fetched from a ${scheme}: address`,
    'give a path, a file: or an https: address (for object storage a signed https: link)',
  );
}

// --- files ---

function pathOf(source: string): string {
  try {
    return fileURLToPath(source);
  } catch {
    throw new ImageSourceError(
      'unsupported',
      source,
      'not a file: address of this machine',
      'write file:///folder/name.png',
    );
  }
}

async function readLocal(source: string, path: string, { maxBytes, signal }: Limits): Promise<Uint8Array> {
  const { file, size } = await openRegular(source, path);
  try {
    if (size > maxBytes) throw tooLarge(source, maxBytes);
    return await readOpened(source, file, size, { maxBytes, signal });
  } finally {
    await file.close();
  }
}

/** Into one buffer of the file's size, where a stream would make and copy many; one that is just growing gets larger ones. */
async function readOpened(
  source: string,
  file: FileHandle,
  size: number,
  { maxBytes, signal }: Limits,
): Promise<Uint8Array> {
  // One byte more, so that the end shows.
  let content = Buffer.allocUnsafeSlow(size + 1);
  let length = 0;
  for (;;) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(content, length, content.length - length);
    length += bytesRead;
    if (length > maxBytes) throw tooLarge(source, maxBytes);
    if (bytesRead === 0) break;
    if (length === content.length) content = Buffer.concat([content], Math.min(2 * length, maxBytes + 1));
  }
  if (length === 0) throw emptySource(source);
  return new Uint8Array(content.buffer, content.byteOffset, length);
}

async function openRegular(source: string, path: string): Promise<{ file: FileHandle; size: number }> {
  if (path === '' || path.includes('\0')) {
    throw new ImageSourceError('unsupported', source, 'not a path', 'give the path or address of the image');
  }
  const entry = await lstat(path);
  if (!entry.isSymbolicLink()) refuseIrregular(source, entry);
  let file: FileHandle;
  try {
    // Not blocking: opening a pipe, even behind a link, would wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (entry.isSymbolicLink() && codeOf(error) === 'ENOENT') {
      throw new ImageSourceError(
        'missing',
        source,
        'a symbolic link to a file that is not there',
        'mend the link or give the file',
      );
    }
    throw error;
  }
  try {
    const opened = await file.stat();
    refuseIrregular(source, opened);
    return { file, size: opened.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function refuseIrregular(source: string, entry: Stats): void {
  if (entry.isFile()) return;
  const what = entry.isDirectory() ? 'a folder' : 'no regular file';
  throw new ImageSourceError('unsupported', source, `this is ${what}`, 'give the path of one image file');
}

function fileError(source: string, error: unknown): ImageSourceError {
  const code = codeOf(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR': {
      const place =
        schemeOf(source) === undefined && resolve(source) !== source ? ` (looked for at ${resolve(source)})` : '';
      return new ImageSourceError(
        'missing',
        source,
        `no such file${place}`,
        'check the path; the worker must see the same folder',
      );
    }
    case 'EACCES':
    case 'EPERM':
      return new ImageSourceError('missing', source, 'no permission to read this file', 'let the worker read it');
    case 'ELOOP':
      return new ImageSourceError('missing', source, 'symbolic links that point at each other', 'give the file itself');
    case 'ENAMETOOLONG':
      return new ImageSourceError('unsupported', source, 'this path is too long', 'give the path of one image file');
    default:
      return new ImageSourceError('unavailable', source, `reading failed (${code || 'unknown error'})`, tryAgain);
  }
}

// --- addresses ---

async function download(source: string, limits: Limits): Promise<Uint8Array> {
  let url = checkedUrl(source, source, false);
  const startedOnThisMachine = url.protocol === 'http:';
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const { signal, dispatcher } = limits;
    const response = await request(url, {
      signal,
      headers: { accept: 'image/*, */*;q=0.5', 'accept-encoding': 'identity' },
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    if (!redirects.includes(response.statusCode)) return await readAnswer(source, response, limits);
    const target = headerOf(response, 'location');
    // Not awaited to the end: a redirect's page is nobody's interest and may be endless.
    discard(response);
    if (target === undefined) {
      throw new ImageSourceError('unavailable', source, 'the server redirects to nowhere', tryAgain);
    }
    url = checkedUrl(source, target, true, url, startedOnThisMachine);
  }
  throw new ImageSourceError(
    'missing',
    source,
    `redirected more than ${maxRedirects} times`,
    'give the address of the image itself',
  );
}

/** The address to ask next. A redirect may not lead from the network into this machine, nor from https: to http:. */
function checkedUrl(source: string, target: string, redirected: boolean, base?: URL, mayBeLocal = true): URL {
  const by = redirected ? 'the server redirects to' : 'this is';
  let url: URL;
  try {
    url = new URL(target, base);
  } catch {
    throw new ImageSourceError('unsupported', source, `${by} something that is no valid address`, checkAddress);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ImageSourceError(
      'unsupported',
      source,
      `${by} an address with a user name or password`,
      'use a signed link: a password would be kept in the history of the case',
    );
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname) && mayBeLocal)) return url;
  throw new ImageSourceError('unsupported', source, `${by} an address that is not https:`, 'give an https: address');
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

async function readAnswer(
  source: string,
  response: Dispatcher.ResponseData,
  { maxBytes }: Limits,
): Promise<Uint8Array> {
  const refusal = refusalOf(source, response, maxBytes);
  if (refusal === undefined) return await collect(response.body, source, maxBytes);
  discard(response);
  throw refusal;
}

function refusalOf(source: string, response: Dispatcher.ResponseData, maxBytes: number): ImageSourceError | undefined {
  const { statusCode: status } = response;
  const answered = `the server answered ${status}`;
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return new ImageSourceError('unavailable', source, answered, tryAgain);
  }
  if (status >= 400) return new ImageSourceError('missing', source, answered, checkAddress);
  if (status !== 200)
    return new ImageSourceError('unsupported', source, answered, 'give the address of the image itself');
  const encoding = headerOf(response, 'content-encoding');
  if (encoding !== undefined && encoding !== 'identity') {
    return new ImageSourceError(
      'unsupported',
      source,
      'the server sends it compressed',
      'let it send images as they are',
    );
  }
  return Number(headerOf(response, 'content-length')) > maxBytes ? tooLarge(source, maxBytes) : undefined;
}

function networkError(source: string, error: unknown): ImageSourceError {
  const code = codeOf(error);
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code)) {
    return new ImageSourceError(
      'missing',
      source,
      `the server's certificate is not valid (${code})`,
      'renew or trust it',
    );
  }
  const host = code === 'ENOTFOUND' ? 'no such host is known' : `the connection failed (${code || 'unknown error'})`;
  return new ImageSourceError('unavailable', source, host, tryAgain);
}

/** Stops the transfer; whatever error comes of that is expected. */
function discard({ body }: Dispatcher.ResponseData): void {
  body.on('error', () => {});
  body.destroy();
}

function headerOf(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

// --- both ---

/** Reads to the end, holding at most `maxBytes`. */
async function collect(stream: AsyncIterable<Buffer>, source: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(source, maxBytes);
    chunks.push(chunk);
  }
  if (length === 0) throw emptySource(source);
  const content = Buffer.concat(chunks, length);
  return new Uint8Array(content.buffer, content.byteOffset, length);
}

const emptySource = (source: string): ImageSourceError =>
  new ImageSourceError('missing', source, 'this is empty', 'put the image there again');

function tooLarge(source: string, maxBytes: number): ImageSourceError {
  const limit = `${Number((maxBytes / 1024 / 1024).toFixed(1))} MB`;
  return new ImageSourceError(
    'too-large',
    source,
    `more than ${limit}`,
    'give a smaller image; a scan rarely needs 5 MB',
  );
}

/** Only the code is ever shown: messages of Node.js and undici can quote the whole address. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
