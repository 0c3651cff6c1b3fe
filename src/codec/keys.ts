/** The keys that histories are encrypted with, as `WXQ_CODEC_KEYS` writes them. */
import { createSecretKey, type KeyObject } from 'node:crypto';

/** A key and the name that stands beside everything it encrypted. The KeyObject shows nothing when it is printed. */
export interface CodecKey {
  /** 1 to 64 of `A-Z a-z 0-9 . _ -`; written in clear into every payload. */
  readonly id: string;
  /** AES-256. */
  readonly key: KeyObject;
}

/** `WXQ_CODEC_KEYS` can't be used; the message names an entry by its place and never quotes it. */
export class CodecKeysError extends Error {
  override readonly name = 'CodecKeysError';
}

const keyBytes = 32;
const keyId = /^[A-Za-z0-9._-]{1,64}$/;
const base64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** Whether a text may be the id of a key, and so may be shown in a message. */
export const isKeyId = (text: string): boolean => keyId.test(text);

/**
 * Reads `id1:base64key,id2:base64key`: the first key encrypts, all of them decrypt. Blanks around an entry are ignored.
 * @throws CodecKeysError for an entry without id, an id used twice, or a key that is not 32 bytes of base64.
 */
export function parseCodecKeys(text: string): readonly [CodecKey, ...CodecKey[]] {
  const keys = text.split(',').map((entry, index) => parseEntry(entry.trim(), `entry ${index + 1}`));
  const twice = keys.find(({ id }, index) => keys.findIndex((other) => other.id === id) !== index);
  if (twice !== undefined) throw new CodecKeysError(`has the key id ${twice.id} twice`);
  const [first, ...others] = keys;
  if (first === undefined) throw new CodecKeysError('names no key');
  return [first, ...others];
}

function parseEntry(entry: string, place: string): CodecKey {
  const colon = entry.indexOf(':');
  const id = entry.slice(0, Math.max(colon, 0));
  // What stands before the colon of a malformed entry may be a piece of a key: it is not shown.
  if (!isKeyId(id))
    throw new CodecKeysError(`${place} must be id:key, with an id of 1 to 64 letters, digits, dots, hyphens`);
  const encoded = entry.slice(colon + 1);
  const bytes = base64.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
  if (bytes.length !== keyBytes)
    throw new CodecKeysError(`${place} must have a key of ${keyBytes} bytes in base64: openssl rand -base64 32`);
  return { id, key: createSecretKey(bytes) };
}
