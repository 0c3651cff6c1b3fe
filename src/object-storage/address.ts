/** Buckets and keys: `s3://bucket/key` as people write it, and the address that is asked for it. */
import { isIP } from 'node:net';
import { ObjectStorageError } from './errors.ts';

export interface ObjectPlace {
  bucket: string;
  key: string;
}

/**
 * `s3://bucket/key`, the key taken letter for letter, as `aws s3 cp` does: nothing in it is decoded or cut off.
 * @throws {ObjectStorageError} `invalid`
 */
export function parseObjectAddress(address: string): ObjectPlace {
  const [, bucket, key] = /^s3:\/\/([^/]*)(?:\/(.*))?$/s.exec(address) ?? [];
  const shown = address.replace(/[?#].*$/s, '').slice(0, 300);
  if (bucket === undefined || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || isIP(bucket) !== 0)
    throw new ObjectStorageError('invalid', shown, 'this names no bucket', 'write s3://bucket/folder/name.png');
  if (key === undefined || key === '' || key.endsWith('/'))
    throw new ObjectStorageError('invalid', shown, 'this names no object', 'write s3://bucket/folder/name.png');
  return { bucket, key };
}

/** What is asked: the bucket in the host name, or in the path where the host can't carry it. */
export function objectUrl(
  { bucket, key }: ObjectPlace,
  { endpoint, region, pathStyle }: { endpoint?: string; region: string; pathStyle?: boolean },
): URL {
  const base = new URL(endpoint ?? `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
  const isInPath = pathStyle ?? (isIP(base.hostname.replace(/^\[|\]$/g, '')) !== 0 || !base.hostname.includes('.'));
  // A URL resolves `.` and `..`, also when they are encoded: another object would be asked for.
  if (key.split('/').some((segment) => segment === '.' || segment === '..'))
    throw new ObjectStorageError(
      'invalid',
      `s3://${bucket}/${key}`,
      'a key with . or .. between slashes cannot be asked for',
      'give the object another key',
    );
  const host = isInPath ? base.host : `${bucket}.${base.host}`;
  const path = `${isInPath ? `${bucket}/` : ''}${key.split('/').map(encodeSegment).join('/')}`;
  return new URL(`${base.protocol}//${host}/${path}`);
}

/** RFC 3986, as signatures want it: `+` stays a plus, a blank is never one. */
const encodeSegment = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
