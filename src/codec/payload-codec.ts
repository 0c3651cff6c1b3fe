/** Encrypts what goes to Temporal and decrypts what comes from it: AES-256-GCM, with the key's id beside the ciphertext. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { type CodecKey, isKeyId, parseCodecKeys } from './keys.ts';

/** The `encoding` of an encrypted payload; Temporal's own samples use the same names. */
export const encryptedEncoding = 'binary/encrypted';
const cipherName = 'aes-256-gcm';
const cipherMark = 'AES/GCM';
const nonceBytes = 12;
const tagBytes = 16;

/** A payload can't be decrypted: its key is not here, or it was changed. Neither key nor content is in the message. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
}

/** A codec for the keys of `WXQ_CODEC_KEYS`; none when they are not set (absent or empty). @throws CodecKeysError */
export function payloadCodecsOf(codecKeys: string | undefined): PayloadCodec[] {
  return codecKeys ? [createPayloadCodec(parseCodecKeys(codecKeys))] : [];
}

/**
 * The first key encrypts; each decrypts what carries its id. What is not encrypted passes `decode` as it is, so that
 * cases from before the keys were set go on. A nonce is 96 random bits: change the key before 2^32 payloads.
 */
export function createPayloadCodec(keys: readonly [CodecKey, ...CodecKey[]]): PayloadCodec {
  const [current] = keys;
  const byId = new Map(keys.map((key) => [key.id, key]));
  return {
    encode: async (payloads) => payloads.map((payload) => encrypt(payload, current)),
    decode: async (payloads) =>
      payloads.map((payload) => (textOf(payload, 'encoding') === encryptedEncoding ? decrypt(payload, byId) : payload)),
  };
}

function encrypt(payload: Payload, { id, key }: CodecKey): Payload {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagBytes }).setAAD(boundTo(id));
  const sealed = Buffer.concat([nonce, cipher.update(plainOf(payload)), cipher.final(), cipher.getAuthTag()]);
  const metadata = { encoding: encryptedEncoding, 'encryption-cipher': cipherMark, 'encryption-key-id': id };
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text)])),
    data: sealed,
  };
}

function decrypt(payload: Payload, byId: ReadonlyMap<string, CodecKey>): Payload {
  const id = textOf(payload, 'encryption-key-id') ?? '';
  const named = isKeyId(id) ? `the key ${id}` : 'a key without a usable id';
  const found = byId.get(id);
  if (found === undefined)
    throw new CodecError(`A payload is encrypted with ${named}, which WXQ_CODEC_KEYS does not have.`);
  const sealed = Buffer.from(payload.data ?? []);
  try {
    const nonce = sealed.subarray(0, nonceBytes);
    const decipher = createDecipheriv(cipherName, found.key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(boundTo(id)).setAuthTag(sealed.subarray(-tagBytes));
    return payloadOf(Buffer.concat([decipher.update(sealed.subarray(nonceBytes, -tagBytes)), decipher.final()]));
  } catch {
    // The cause would say no more than this.
    throw new CodecError(
      `A payload can't be decrypted with ${named}: it was changed, or another key has been given that id.`,
    );
  }
}

/** What the ciphertext is valid for: this format, under this id. */
const boundTo = (id: string): Buffer => Buffer.from(`wechat-qualification/payload/1:${id}`);

const textOf = ({ metadata }: Payload, name: string): string | undefined => {
  const bytes = metadata?.[name];
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
};

/** The whole payload as bytes: length of the metadata (uint32), the metadata as JSON of base64, the data. */
function plainOf({ metadata, data }: Payload): Buffer {
  const names = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
  const head = Buffer.from(JSON.stringify(Object.fromEntries(names)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, data ?? Buffer.alloc(0)]);
}

function payloadOf(plain: Buffer): Payload {
  const end = 4 + plain.readUInt32BE();
  const names = JSON.parse(plain.subarray(4, end).toString('utf8')) as Record<string, string>;
  return {
    metadata: Object.fromEntries(Object.entries(names).map(([name, text]) => [name, Buffer.from(text, 'base64')])),
    data: plain.subarray(end),
  };
}
