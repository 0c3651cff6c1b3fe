/** The envelope of a push: opened as a receiver, sealed as WeChat (for the sandbox and for users' own tests). */
import { z } from 'zod';
import { decryptMessage, encryptMessage } from './crypto.ts';
import { PushRejected } from './rejected.ts';
import { type SignatureParts, signatureOf, verifySignature } from './signature.ts';
import { type PushFormat, readTree } from './tree.ts';

/** What a receiver knows about the account that a push came for, and what came. */
export interface SealedPush {
  /** The query string of the POST. */
  query: { timestamp?: string | undefined; nonce?: string | undefined; msg_signature?: string | undefined };
  /** The raw body. A body that was parsed and written again no longer matches its signature. */
  body: string | Uint8Array;
  /** The Token of the push settings; several, while it is being changed: any of them may have signed. */
  token: string | readonly string[];
  /** The EncodingAESKeys, newest first; keep the previous one here while a key is being changed. */
  encodingAesKeys: string[];
  /** Seconds since 1970: a push that was signed before is refused. Default: none is too old. */
  notBefore?: number;
  /** The appid that must stand at the tail of the frame: the shop's own, or the third-party platform's component appid. */
  tailAppId: string;
}

const outerSchema = z.object({ Encrypt: z.string().min(1) });

/**
 * Authenticates and opens a push: `msg_signature` first, then the ciphertext with every key, then the appid at the tail.
 * `format` is that of the outer envelope; the message may be JSON or XML independently (`parsePushEvent` reads both).
 * Throws only `PushRejected`.
 * https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 */
export function openPush(push: SealedPush): { message: string; format: PushFormat } {
  const { timestamp, nonce, msg_signature: expected } = push.query;
  if (!isText(timestamp) || !isText(nonce) || !isText(expected)) {
    throw new PushRejected('bad-query', 'timestamp, nonce or msg_signature is missing');
  }
  const { format, fields } = readTree(bodyText(push.body), 'bad-body');
  const outer = outerSchema.safeParse(fields);
  if (!outer.success) throw new PushRejected('bad-body', 'no Encrypt in the envelope');
  const encrypt = outer.data.Encrypt;
  if (!isSignedWithAny(push.token, { timestamp, nonce, encrypt, expected })) {
    throw new PushRejected('bad-signature', 'msg_signature does not match');
  }
  if (push.notBefore !== undefined && !(Number(timestamp) >= push.notBefore)) {
    throw new PushRejected('too-old', 'signed too long ago');
  }
  return { message: decryptWithAny(push, encrypt), format };
}

/** Whether one of the Tokens made the signature; every one is tried, so that the time tells nothing. */
export function isSignedWithAny(
  tokens: string | readonly string[],
  parts: Omit<SignatureParts, 'token'> & { expected: string },
): boolean {
  return [tokens].flat().filter((token) => verifySignature({ ...parts, token })).length > 0;
}

/** What is to be sealed, and the settings of the receiver. */
export interface OpenPush {
  format: PushFormat;
  /** The inner message, JSON or XML, as it is to come out again. */
  message: string;
  token: string;
  encodingAesKey: string;
  tailAppId: string;
  /** The original id (`gh_…`) of the account that the push is about. */
  toUserName: string;
  /** Seconds since 1970. */
  timestamp: string;
  nonce: string;
  random16?: Uint8Array;
}

/** Seals a message exactly as WeChat pushes it: the query and the body of the POST. Throws `PushRejected` for a bad key. */
export function sealPush(push: OpenPush): { query: Record<string, string>; body: string; contentType: string } {
  const { format, token, timestamp, nonce, toUserName } = push;
  const encrypt = encryptMessage(push.encodingAesKey, push.tailAppId, push.message, push.random16);
  return {
    query: {
      signature: signatureOf({ token, timestamp, nonce }),
      timestamp,
      nonce,
      encrypt_type: 'aes',
      msg_signature: signatureOf({ token, timestamp, nonce, encrypt }),
    },
    body:
      format === 'json'
        ? JSON.stringify({ ToUserName: toUserName, Encrypt: encrypt })
        : `<xml><ToUserName>${cdata(toUserName)}</ToUserName><Encrypt>${cdata(encrypt)}</Encrypt></xml>`,
    contentType: format === 'json' ? 'application/json' : 'text/xml',
  };
}

/** The query of the GET by which WeChat checks a callback address; the right answer is the bare `echostr`. */
export function echoQuery(echo: {
  token: string;
  timestamp: string;
  nonce: string;
  echostr: string;
}): Record<'signature' | 'timestamp' | 'nonce' | 'echostr', string> {
  const { token, timestamp, nonce, echostr } = echo;
  return { signature: signatureOf({ token, timestamp, nonce }), timestamp, nonce, echostr };
}

function decryptWithAny({ encodingAesKeys, tailAppId }: SealedPush, encrypt: string): string {
  let rejected = new PushRejected('bad-key', 'no EncodingAESKey is configured');
  for (const key of encodingAesKeys) {
    try {
      const { message, appId } = decryptMessage(key, encrypt);
      if (appId === tailAppId && tailAppId !== '') return message;
      rejected = new PushRejected('wrong-appid', 'the appid at the tail is another one');
    } catch (error) {
      if (!(error instanceof PushRejected)) throw error;
      // A key that does not fit says less than an appid that is wrong.
      if (rejected.reason !== 'wrong-appid') rejected = error;
    }
  }
  throw rejected;
}

function bodyText(body: string | Uint8Array): string {
  if (typeof body === 'string') return body;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new PushRejected('bad-body', 'not UTF-8');
  }
}

/** A query may hold a parameter twice, which frameworks turn into an array. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}
