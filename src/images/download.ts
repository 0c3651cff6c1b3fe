/** Downloads an image from an address: allowed hosts only, every redirect checked anew, at most so many bytes. */
import { type Dispatcher, request } from 'undici';
import { collect, discard, headerOf, unlessAborted } from '../object-storage/answer.ts';
import { PrivateAddressError } from './address-guard.ts';
import { codeOf, emptySource, ImageSourceError, tooLarge, tryAgain } from './source-error.ts';
import { isNamed, type SourceRules } from './source-rules.ts';

export interface DownloadLimits {
  maxBytes: number;
  signal: AbortSignal;
  dispatcher: Dispatcher;
}

const maxRedirects = 3;
const redirects: readonly number[] = [301, 302, 303, 307, 308];
const checkAddress = 'check the address, and whether a signed link has expired';

export async function download(source: string, rules: SourceRules, limits: DownloadLimits): Promise<Uint8Array> {
  let url = checkedUrl(source, rules, source);
  for (let hop = 0; hop <= maxRedirects; hop += 1) {
    const { signal, dispatcher } = limits;
    const response = await unlessAborted(
      signal,
      request(url, {
        signal,
        headers: { accept: 'image/*, */*;q=0.5', 'accept-encoding': 'identity' },
        dispatcher,
      }),
    );
    if (!redirects.includes(response.statusCode)) return await readAnswer(source, response, limits);
    const target = headerOf(response, 'location');
    // Not awaited to the end: a redirect's page is nobody's interest and may be endless.
    discard(response);
    if (target === undefined) {
      throw new ImageSourceError('unavailable', source, 'the server redirects to nowhere', tryAgain);
    }
    url = checkedUrl(source, rules, target, url);
  }
  throw new ImageSourceError(
    'missing',
    source,
    `redirected more than ${maxRedirects} times`,
    'give the address of the image itself',
  );
}

/**
 * The address to ask next: `base` is the one that redirected to it. It is judged by its host; what that host leads to is
 * judged when the connection is made. `http:` is for development: only on this machine, and only where that is named.
 */
function checkedUrl(source: string, rules: SourceRules, target: string, base?: URL): URL {
  const by = base === undefined ? 'this is' : 'the server redirects to';
  const refused = (what: string, advice: string) =>
    new ImageSourceError('unsupported', source, `${by} ${what}`, advice);
  if (!URL.canParse(target, base?.href)) throw refused('something that is no valid address', checkAddress);
  const url = new URL(target, base);
  if (url.username !== '' || url.password !== '')
    throw refused(
      'an address with a user name or password',
      'use a signed link: a password would be kept in the history of the case',
    );
  const isPlain = url.protocol === 'http:' && base?.protocol !== 'https:';
  if (url.protocol !== 'https:' && !(isPlain && isLoopback(url.hostname)))
    throw refused('an address that is not https:', 'give an https: address');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isNamed(host, rules.privateHosts)) return url;
  if (url.protocol === 'http:')
    throw refused(
      'an http: address of this machine',
      'give an https: address; for development name the host in WXQ_MATERIAL_PRIVATE_HOSTS',
    );
  if (rules.hosts !== undefined && !isNamed(host, rules.hosts))
    throw refused(
      `an address at ${host}, a host that images are not fetched from`,
      'put the image onto one of the hosts of WXQ_MATERIAL_HOSTS, or let the operator add this one',
    );
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

async function readAnswer(
  source: string,
  response: Dispatcher.ResponseData,
  { maxBytes }: DownloadLimits,
): Promise<Uint8Array> {
  const refusal = refusalOf(source, response, maxBytes);
  if (refusal !== undefined) {
    discard(response);
    throw refusal;
  }
  const bytes = await collect(response, maxBytes, () => tooLarge(source, maxBytes));
  if (bytes.byteLength === 0) throw emptySource(source);
  return bytes;
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

export function networkError(source: string, error: unknown): ImageSourceError {
  if (error instanceof PrivateAddressError)
    return new ImageSourceError(
      'unsupported',
      source,
      error.message,
      'give an address on the public internet, or let the operator name the host in WXQ_MATERIAL_PRIVATE_HOSTS',
    );
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
