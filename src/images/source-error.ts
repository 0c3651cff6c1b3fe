/** Why an image could not be fetched, and how its source may be shown to people. */

/**
 * - `missing`: not there or not readable; a person has to mend it.
 * - `too-large`: above the limit, whatever it is.
 * - `unsupported`: an address that is never fetched, or something that is no file.
 * - `not-allowed`: the worker's key or clock is refused; the operator has to mend it.
 * - `unavailable`: worth another try later.
 */
export type ImageSourceErrorKind = 'missing' | 'too-large' | 'unsupported' | 'not-allowed' | 'unavailable';

/** An image could not be fetched. Its texts never contain a query string, a password or anything of the content. */
export class ImageSourceError extends Error {
  override readonly name = 'ImageSourceError';
  readonly kind: ImageSourceErrorKind;
  /** As it may be shown: without query string, fragment, user name and password. */
  readonly source: string;
  /** What to do about it. */
  readonly advice: string;

  constructor(kind: ImageSourceErrorKind, source: string, reason: string, advice: string) {
    const shown = redactSource(source);
    super(`${shown}: ${reason}`);
    this.kind = kind;
    this.source = shown;
    this.advice = advice;
  }
}

/** The scheme of an address in lower case, or `undefined` for a path (`C:\x` is a path). */
export function schemeOf(source: string): string | undefined {
  return /^([a-z][a-z0-9+.-]+):/i.exec(source)?.[1]?.toLowerCase();
}

/** A path as it is; of an address only scheme, host and path: a signed link's secrets are in its query string. */
export function redactSource(source: string): string {
  const scheme = schemeOf(source);
  if (scheme === undefined) return shorten(source);
  if (scheme === 'material') return shorten(source);
  // `data:image/png;base64,…` and the like carry their content in what looks like a path.
  if (!/^[a-z0-9+.-]+:\/\//i.test(source)) return `${scheme}:…`;
  // A key is written as it is; whoever pastes a signed link behind s3: is shown without what signs it.
  if (scheme === 's3') return shorten(source.replace(/[?#].*$/s, ''));
  try {
    const { host, pathname } = new URL(source);
    return shorten(`${scheme}://${host}${pathname}`);
  } catch {
    return `${scheme}:…`;
  }
}

/** Worth another try. */
export const tryAgain = 'this is tried again; if it lasts, look at the server that holds the image';

export const emptySource = (source: string): ImageSourceError =>
  new ImageSourceError('missing', source, 'this is empty', 'put the image there again');

export function tooLarge(source: string, maxBytes: number): ImageSourceError {
  const limit = `${Number((maxBytes / 1024 / 1024).toFixed(1))} MB`;
  return new ImageSourceError(
    'too-large',
    source,
    `more than ${limit}`,
    'give a smaller image; a scan rarely needs 5 MB',
  );
}

/** Only the code is ever shown: messages of Node.js and undici can quote the whole address. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function shorten(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}
