/** Secrets at rest: AES-256-GCM under `WXQ_SECRET_KEY`, with the id of the key beside each, so that keys can be changed. */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Seals and opens texts. Several keys: the first seals, all open. */
export interface SecretBox {
  /** `place` says where the secret belongs (a column and its row's key); what was sealed for one place opens nowhere else. */
  seal(text: string, place: string): string;
  /** @throws SecretError when the key is not there, or the text was changed or belongs elsewhere. */
  open(sealed: string, place: string): string;
  /** Whether its key is one of these: told by the id alone. */
  opens(sealed: string): boolean;
  /** Whether it was sealed with the first key. */
  isCurrent(sealed: string): boolean;
  /**
   * Digests of a text that only holders of a key can make, under each key, the first one's first: whether it is the same
   * text as before can be told over a change of keys, and the text can't be guessed from them.
   */
  digests(text: string, purpose: string): readonly string[];
  /** A key for another purpose, the same in every process that has this first key; hex. */
  derive(purpose: string): string;
}

/** A secret can't be sealed or opened. Names a key by its id, never its bytes. */
export class SecretError extends Error {
  override readonly name = 'SecretError';
}

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/**
 * @param keys `WXQ_SECRET_KEY`: one key of 32 bytes as base64 or hex; while it is being changed several with commas
 * between them, newest first. `openssl rand -base64 32` makes one.
 * @throws SecretError for a key of another size.
 */
export function createSecretBox(keys: string): SecretBox {
  const ring = keys
    .split(',')
    .map((written) => written.trim())
    .filter((written) => written !== '')
    .map((written, index) => ({ bytes: keyOf(written, index), id: '' }))
    .map(({ bytes }) => ({ bytes, id: createHash('sha256').update(bytes).digest('hex').slice(0, 8) }));
  const [first] = ring;
  if (first === undefined) throw new SecretError('WXQ_SECRET_KEY holds no key: `openssl rand -base64 32` makes one');
  return {
    seal(text, place) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', first.bytes, iv).setAAD(Buffer.from(place));
      const body = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `1.${first.id}.${body.toString('base64url')}`;
    },
    open(sealed, place) {
      const [version, id, encoded = ''] = sealed.split('.');
      if (version !== '1') throw new SecretError(`${place} was sealed in a way that this version does not know`);
      const key = ring.find((one) => one.id === id);
      if (key === undefined) {
        throw new SecretError(`${place} was sealed with the key ${id}, which is not in WXQ_SECRET_KEY`);
      }
      const body = Buffer.from(encoded, 'base64url');
      if (body.length < ivBytes + tagBytes) throw new SecretError(`${place} is damaged`);
      const decipher = createDecipheriv('aes-256-gcm', key.bytes, body.subarray(0, ivBytes))
        .setAAD(Buffer.from(place))
        .setAuthTag(body.subarray(-tagBytes));
      try {
        return Buffer.concat([decipher.update(body.subarray(ivBytes, -tagBytes)), decipher.final()]).toString('utf8');
      } catch {
        throw new SecretError(`${place} is damaged, or was moved from another row`);
      }
    },
    opens: (sealed) => ring.some(({ id }) => id === sealed.split('.')[1]),
    isCurrent: (sealed) => sealed.split('.')[1] === first.id,
    digests: (text, purpose) =>
      ring.map(({ bytes, id }) => {
        const key = Buffer.from(hkdfSync('sha256', bytes, '', purpose, keyBytes));
        return `1.${id}.${createHmac('sha256', key).update(text).digest('base64url')}`;
      }),
    derive: (purpose) => Buffer.from(hkdfSync('sha256', first.bytes, '', purpose, keyBytes)).toString('hex'),
  };
}

function keyOf(written: string, index: number): Buffer {
  const bytes = Buffer.from(written, /^[0-9a-f]{64}$/i.test(written) ? 'hex' : 'base64');
  if (bytes.length === keyBytes) return bytes;
  throw new SecretError(
    `WXQ_SECRET_KEY: key ${index + 1} must be 32 bytes as base64 or hex: \`openssl rand -base64 32\` makes one`,
  );
}
