/** Why object storage did not give or take an object. */

/**
 * - `missing`: there is no such object or bucket.
 * - `refused`: the key or its permissions, the region or the clock; the operator mends it.
 * - `too-large`: above the limit.
 * - `invalid`: not a bucket and key that can be asked for.
 * - `unavailable`: worth another try.
 */
export type ObjectStorageErrorKind = 'missing' | 'refused' | 'too-large' | 'invalid' | 'unavailable';

/** Its texts name bucket and key, never a signature, a secret or anything of the content. */
export class ObjectStorageError extends Error {
  override readonly name = 'ObjectStorageError';
  readonly kind: ObjectStorageErrorKind;
  /** One sentence saying what happened. */
  readonly reason: string;
  /** What to do about it. */
  readonly advice: string;
  /** The storage's own word, such as `SignatureDoesNotMatch`. */
  readonly code?: string;

  constructor(kind: ObjectStorageErrorKind, place: string, reason: string, advice: string, code?: string) {
    super(`${place}: ${reason}`);
    this.kind = kind;
    this.reason = reason;
    this.advice = advice;
    if (code !== undefined) this.code = code;
  }
}

const tryAgain = 'this is tried again; if it lasts, look at the object storage';

/** What an answer other than success means. `code` is the one of its XML, or '' (a HEAD has none). */
export function answerError(
  place: string,
  status: number,
  code: string,
  region: string | undefined,
): ObjectStorageError {
  const said = `the object storage answered ${status}${code === '' ? '' : ` ${code}`}`;
  const error = (kind: ObjectStorageErrorKind, advice: string) =>
    new ObjectStorageError(kind, place, said, advice, code === '' ? undefined : code);
  if (/^(RequestTimeTooSkewed|RequestExpired|ExpiredToken)$/.test(code))
    return error(
      'refused',
      code === 'ExpiredToken'
        ? 'the session token has expired: give a new one (WXQ_S3_SESSION_TOKEN) and start the worker again'
        : "this machine's clock is wrong: let it be set by NTP",
    );
  if (code === 'SlowDown' || status >= 500 || status === 408 || status === 429) return error('unavailable', tryAgain);
  if (/^(InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken)$/.test(code))
    return error('refused', 'WXQ_S3_ACCESS_KEY_ID, WXQ_S3_SECRET_ACCESS_KEY and WXQ_S3_REGION do not fit this storage');
  if (
    (status >= 300 && status < 400) ||
    /^(AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/.test(code)
  )
    return error(
      'refused',
      `the bucket is in another region${region === undefined ? '' : ` (${region})`}: correct WXQ_S3_REGION, and WXQ_S3_ENDPOINT if it is set`,
    );
  if (code === 'SecondLevelDomainForbidden' || code === 'VirtualHostDomainRequired')
    return error('refused', 'this storage wants the bucket in the host name: set WXQ_S3_PATH_STYLE=false');
  if (status === 403 || status === 401)
    return error(
      'refused',
      'the key may not do this here: it needs to get, put and list objects, or the bucket is not its own',
    );
  if (status === 404)
    return error('missing', code === 'NoSuchBucket' ? 'there is no such bucket' : 'check bucket and key');
  return error('refused', 'this is not what an S3-compatible storage answers: check WXQ_S3_ENDPOINT');
}

/** The connection or the transfer failed. Only the code is told: messages can quote the whole address. */
export function exchangeError(place: string, cause: unknown): ObjectStorageError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return new ObjectStorageError('unavailable', place, `no whole answer from the object storage (${code})`, tryAgain);
}
