/** The signatures of WeChat's pushes: sha1 over the sorted Token, timestamp, nonce and, for a body, its ciphertext. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** What is signed. Without `encrypt` it is the `signature` of the GET check, with it the `msg_signature` of a push. */
export interface SignatureParts {
  token: string;
  timestamp: string;
  nonce: string;
  /** The base64 `Encrypt` of the body. The signature without it does not cover the body: never authenticate a push by it. */
  encrypt?: string;
}

/**
 * The signature as 40 lower-case hex digits.
 * https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 */
export function signatureOf({ token, timestamp, nonce, encrypt }: SignatureParts): string {
  const parts = [token, timestamp, nonce, ...(encrypt === undefined ? [] : [encrypt])].map((part) => Buffer.from(part));
  // Sorted by bytes, as WeChat does; JavaScript's own order differs beyond ASCII.
  const sorted = parts.sort((a, b) => Buffer.compare(a, b));
  return createHash('sha1').update(Buffer.concat(sorted)).digest('hex');
}

/** Whether `expected`, as it came in the query, is the signature of the parts. Takes constant time; another length is `false`. */
export function verifySignature({ expected, ...parts }: SignatureParts & { expected: string }): boolean {
  const ours = Buffer.from(signatureOf(parts));
  const theirs = Buffer.from(expected);
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}
