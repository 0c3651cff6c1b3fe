/** The encryption of WeChat's pushes: AES-256-CBC around a frame of random bytes, length, message and appid. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { PushRejected } from './rejected.ts';

/** WeChat pads to 32 bytes, not to AES's 16: Node's own unpadding throws for about half of all messages. */
const padBlock = 32;
const randomLength = 16;
const headerLength = randomLength + 4;

/**
 * Opens the `Encrypt` of a push: base64 in, message and the appid at the tail of the frame out.
 * Says nothing about authenticity: check `msg_signature` first (`openPush` does). Throws only `PushRejected`.
 * https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/message_push.html
 */
export function decryptMessage(encodingAesKey: string, encrypt: string): { message: string; appId: string } {
  const key = aesKeyOf(encodingAesKey);
  const frame = unpad(decipher(key, base64Bytes(encrypt)));
  if (frame.length < headerLength) throw new PushRejected('bad-ciphertext', 'frame shorter than its header');
  const messageEnd = headerLength + frame.readUInt32BE(randomLength);
  if (messageEnd > frame.length) throw new PushRejected('bad-ciphertext', 'message longer than its frame');
  return {
    message: strictUtf8(frame.subarray(headerLength, messageEnd)),
    appId: strictUtf8(frame.subarray(messageEnd)),
  };
}

/**
 * Seals a message as WeChat does, for replies, for the sandbox and for tests; answers base64.
 * `random16` fixes the 16 random bytes, to reproduce a known vector. Throws only `PushRejected` (`bad-key`).
 */
export function encryptMessage(
  encodingAesKey: string,
  appId: string,
  message: string,
  random16: Uint8Array = randomAscii16(),
): string {
  const key = aesKeyOf(encodingAesKey);
  if (random16.length !== randomLength) throw new PushRejected('bad-key', 'random16 must be 16 bytes');
  const body = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const frame = Buffer.concat([random16, length, body, Buffer.from(appId)]);
  const pad = padBlock - (frame.length % padBlock);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(Buffer.concat([frame, Buffer.alloc(pad, pad)])), cipher.final()]).toString(
    'base64',
  );
}

function aesKeyOf(encodingAesKey: string): Buffer {
  if (!/^[A-Za-z0-9+/]{43}$/.test(encodingAesKey)) {
    throw new PushRejected('bad-key', 'EncodingAESKey must be 43 base64 characters');
  }
  return Buffer.from(`${encodingAesKey}=`, 'base64');
}

/** Node's decoder skips what it does not know; a ciphertext must be base64 to the last character. */
function base64Bytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new PushRejected('bad-ciphertext', 'Encrypt is not base64');
  return bytes;
}

function decipher(key: Buffer, ciphertext: Buffer): Buffer {
  if (ciphertext.length === 0 || ciphertext.length % padBlock !== 0) {
    throw new PushRejected('bad-ciphertext', 'ciphertext is not a multiple of 32 bytes');
  }
  const cipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
}

function unpad(plain: Buffer): Buffer {
  const pad = plain.at(-1) ?? 0;
  const isPadded = pad >= 1 && pad <= padBlock && plain.subarray(plain.length - pad).every((byte) => byte === pad);
  if (!isPadded) throw new PushRejected('bad-ciphertext', 'bad padding');
  return plain.subarray(0, plain.length - pad);
}

function strictUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PushRejected('bad-ciphertext', 'not UTF-8');
  }
}

function randomAscii16(): Uint8Array {
  return Buffer.from(randomBytes(8).toString('hex'));
}
