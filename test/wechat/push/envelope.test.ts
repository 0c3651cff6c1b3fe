/** Pushes that are forged, broken or meant for somebody else are refused, and nothing but `PushRejected` comes out. */
import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decryptMessage,
  encryptMessage,
  openPush,
  PushRejected,
  type PushRejectedReason,
  type SealedPush,
  sealPush,
  signatureOf,
  verifySignature,
} from '../../../src/wechat/push/index.ts';

const token = 'a-token';
const key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const otherKey = 'B'.repeat(43);
const appId = 'wxba5fad812f8e6fb9';
const text = fc.string({ unit: 'binary', maxLength: 200 });
const message = '{"Event":"debug_demo","text":"你好"}';

function push(format: 'json' | 'xml' = 'json', inner = message): SealedPush {
  const { query, body } = sealPush({
    format,
    message: inner,
    token,
    encodingAesKey: key,
    tailAppId: appId,
    toUserName: 'gh_1',
    timestamp: '1714112445',
    nonce: '415670741',
  });
  return { query, body, token, encodingAesKeys: [key], tailAppId: appId };
}

function rejectionOf(work: () => unknown): PushRejectedReason {
  try {
    work();
  } catch (error) {
    if (error instanceof PushRejected) return error.reason;
    throw error;
  }
  throw new Error('was accepted');
}

/** A push whose signature is right for whatever stands in its body. */
function signed(encrypt: string, body: string): SealedPush {
  const parts = { token, timestamp: '1', nonce: '2' };
  const query = { timestamp: '1', nonce: '2', msg_signature: signatureOf({ ...parts, encrypt }) };
  return { query, body, token, encodingAesKeys: [key], tailAppId: appId };
}

/** A frame sealed without any of the checks of `encryptMessage`. */
function sealedFrame(frame: Buffer): string {
  const aesKey = Buffer.from(`${key}=`, 'base64');
  const cipher = createCipheriv('aes-256-cbc', aesKey, aesKey.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(frame), cipher.final()]).toString('base64');
}

describe('round trips', () => {
  it('any message comes back under any appid, whatever the length of the padding', () => {
    fc.assert(
      fc.property(text, text, fc.uint8Array({ minLength: 16, maxLength: 16 }), (inner, tail, random) => {
        const sealed = encryptMessage(key, tail, inner, random);
        expect(decryptMessage(key, sealed)).toEqual({ message: inner, appId: tail });
      }),
    );
  });

  it('every length of padding from 1 to 32 opens', () => {
    for (let length = 0; length < 32; length += 1) {
      const inner = 'x'.repeat(length);
      expect(decryptMessage(key, encryptMessage(key, appId, inner)).message).toBe(inner);
    }
  });

  it('any sealed push opens, as JSON and as XML, whoever it is for', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('json' as const, 'xml' as const), (inner, format) => {
        expect(openPush(push(format, inner))).toEqual({ message: inner, format });
      }),
    );
  });

  it('the format is told by the body, with blanks or a byte order mark before it, as text or as bytes', () => {
    for (const format of ['json', 'xml'] as const) {
      const sealed = push(format);
      for (const body of [`\n  ${sealed.body}`, Buffer.from(`\uFEFF${sealed.body}`), Buffer.from(sealed.body)]) {
        expect(openPush({ ...sealed, body }).format).toBe(format);
      }
    }
    const declared = push('xml');
    expect(openPush({ ...declared, body: `<?xml version="1.0"?>${declared.body}` }).message).toBe(message);
  });
});

describe('what is not believed', () => {
  it('L7 a push that was changed anywhere is refused, and nothing but PushRejected is thrown', () => {
    const sealed = push();
    const bytes = Buffer.from(sealed.body);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (index, difference) => {
        const body = Buffer.from(bytes);
        body[index] = (body[index] ?? 0) ^ difference;
        try {
          // A change outside the ciphertext (the unsigned ToUserName) may leave the message, but never alter it.
          expect(openPush({ ...sealed, body }).message).toBe(message);
          expect(body.toString()).toContain(JSON.parse(String(sealed.body)).Encrypt);
        } catch (error) {
          if (!(error instanceof PushRejected)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('L7 rubbish of any kind is refused, never a crash', () => {
    const bodies = fc.oneof(
      fc.uint8Array(),
      text,
      fc.json(),
      text.map((inner) => `<xml><Encrypt>${inner}</Encrypt></xml>`),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        expect(['bad-body', 'bad-signature']).toContain(rejectionOf(() => openPush({ ...push(), body })));
      }),
    );
  });

  it('a ciphertext of rubbish is refused even when it is signed', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.base64String(),
          fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
        ),
        (encrypt) => {
          fc.pre(encrypt !== '');
          const reason = rejectionOf(() => openPush(signed(encrypt, JSON.stringify({ Encrypt: encrypt }))));
          expect(['bad-ciphertext', 'wrong-appid']).toContain(reason);
        },
      ),
    );
  });

  it.each([
    ['another token', { token: 'another' }, 'bad-signature'],
    ['a wrong msg_signature', { query: { ...push().query, msg_signature: 'f'.repeat(40) } }, 'bad-signature'],
    ['a msg_signature of another length', { query: { ...push().query, msg_signature: 'ff' } }, 'bad-signature'],
    ['another timestamp', { query: { ...push().query, timestamp: '1' } }, 'bad-signature'],
    ['no msg_signature', { query: { timestamp: '1', nonce: '2' } }, 'bad-query'],
    ['an empty nonce', { query: { ...push().query, nonce: '' } }, 'bad-query'],
    ['no key', { encodingAesKeys: [] }, 'bad-key'],
    ['a key of 42 characters', { encodingAesKeys: ['A'.repeat(42)] }, 'bad-key'],
    ['another key', { encodingAesKeys: [otherKey] }, 'bad-ciphertext'],
    ['another appid', { tailAppId: 'wx0000000000000000' }, 'wrong-appid'],
    ['no appid configured', { tailAppId: '' }, 'wrong-appid'],
  ] as const)('L7 a push with %s is refused', (_what, change, reason) => {
    expect(
      rejectionOf(() =>
        openPush({
          ...push(),
          ...change,
          encodingAesKeys: [...(('encodingAesKeys' in change ? change.encodingAesKeys : undefined) ?? [key])],
        }),
      ),
    ).toBe(reason);
  });

  it('L7 the signature without the body does not authenticate a push', () => {
    const sealed = push();
    const { timestamp = '', nonce = '' } = sealed.query;
    const query = { timestamp, nonce, msg_signature: signatureOf({ token, timestamp, nonce }) };
    expect(rejectionOf(() => openPush({ ...sealed, query }))).toBe('bad-signature');
  });

  it('a parameter given twice, which frameworks turn into a list, is refused', () => {
    const query = { ...push().query, nonce: ['1', '2'] as unknown as string };
    expect(rejectionOf(() => openPush({ ...push(), query }))).toBe('bad-query');
  });

  it('while a key is being changed, pushes under the old and the new one open', () => {
    for (const keys of [
      [otherKey, key],
      [key, otherKey],
    ]) {
      expect(openPush({ ...push(), encodingAesKeys: keys }).message).toBe(message);
    }
  });

  it('a key that does not fit does not hide that the appid is wrong', () => {
    for (const encodingAesKeys of [
      [otherKey, key],
      [key, otherKey],
    ]) {
      expect(rejectionOf(() => openPush({ ...push(), encodingAesKeys, tailAppId: 'wx2' }))).toBe('wrong-appid');
    }
  });

  it.each([
    ['nothing', ''],
    ['no JSON object', '[]'],
    ['no Encrypt', '{"ToUserName":"gh_1"}'],
    ['an Encrypt that is no text', '{"Encrypt":{"a":1}}'],
    ['two Encrypts', '<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>'],
    ['XML cut off', '<xml><Encrypt>abc'],
    ['an empty element', '<xml/>'],
    ['a DOCTYPE', '<!DOCTYPE xml [<!ENTITY e "abc">]><xml><Encrypt>&e;</Encrypt></xml>'],
    [
      'a DOCTYPE behind a comment that hides it',
      '<!-- <![CDATA[ --><!DOCTYPE x><xml><Encrypt>a</Encrypt></xml><!-- ]]> -->',
    ],
    ['a __proto__ tag', '<xml><__proto__><Encrypt>a</Encrypt></__proto__></xml>'],
    ['a constructor tag', '<xml><constructor>a</constructor><Encrypt>a</Encrypt></xml>'],
    ['ten thousand levels of JSON', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['ten thousand levels of XML', `${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`],
  ])('a body with %s is refused', (_what, body) => {
    expect(rejectionOf(() => openPush({ ...push(), body }))).toBe('bad-body');
  });

  it('bytes that are not UTF-8 are refused', () => {
    expect(rejectionOf(() => openPush({ ...push(), body: Uint8Array.of(0x7b, 0xff, 0xfe) }))).toBe('bad-body');
  });

  it('the error of a push names neither its token, its key nor its body', () => {
    const sealed = push();
    try {
      openPush({ ...sealed, tailAppId: 'wx2' });
      expect.unreachable();
    } catch (error) {
      const shown = `${String(error)}${(error as Error).stack}${JSON.stringify(error)}`;
      for (const hidden of [token, key, message, 'debug_demo']) expect(shown).not.toContain(hidden);
    }
  });
});

describe('frames', () => {
  const header = (length: number) => {
    const bytes = Buffer.alloc(20);
    bytes.writeUInt32BE(length, 16);
    return bytes;
  };
  const padded = (frame: Buffer) => {
    const pad = 32 - (frame.length % 32);
    return Buffer.concat([frame, Buffer.alloc(pad, pad)]);
  };

  it.each([
    ['a length beyond the frame', padded(Buffer.concat([header(100), Buffer.from('abc')]))],
    ['the largest length', padded(Buffer.concat([header(0xffffffff), Buffer.from('abc')]))],
    ['less than a header', padded(Buffer.alloc(10))],
    ['nothing but padding', Buffer.alloc(32, 32)],
    ['a padding of 0', Buffer.concat([header(0), Buffer.alloc(12, 0)])],
    ['a padding of 33', Buffer.concat([header(0), Buffer.alloc(44, 33)])],
    ['a padding that is not uniform', Buffer.concat([header(0), Buffer.from([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5])])],
    ['16 bytes, which is AES but not WeChat', Buffer.alloc(16, 16)],
    ['a message that is not UTF-8', padded(Buffer.concat([header(2), Buffer.from([0xff, 0xfe])]))],
    ['a tail that is not UTF-8', padded(Buffer.concat([header(0), Buffer.from([0xff, 0xfe])]))],
  ])('a frame with %s is refused', (_what, frame) => {
    expect(rejectionOf(() => decryptMessage(key, sealedFrame(frame)))).toBe('bad-ciphertext');
  });

  it.each(['', ' ', 'abc', '####', 'AAAA AAAA', 'A'.repeat(43)])('the ciphertext %j is refused', (encrypt) => {
    expect(rejectionOf(() => decryptMessage(key, encrypt))).toBe('bad-ciphertext');
  });

  it.each(['', 'A'.repeat(44), `${'A'.repeat(42)}=`, '密'.repeat(43)])('the key %j is refused', (bad) => {
    expect(rejectionOf(() => decryptMessage(bad, encryptMessage(key, appId, 'x')))).toBe('bad-key');
    expect(rejectionOf(() => encryptMessage(bad, appId, 'x'))).toBe('bad-key');
  });
});

describe('signatures', () => {
  it('the right signature is accepted, any other is not, whatever its length', () => {
    const parts = { token, timestamp: '1', nonce: '2', encrypt: 'abc' };
    const expected = signatureOf(parts);
    expect(verifySignature({ ...parts, expected })).toBe(true);
    for (const wrong of ['', expected.toUpperCase(), `${expected}0`, expected.slice(1), '签名'.repeat(20)]) {
      expect(verifySignature({ ...parts, expected: wrong })).toBe(false);
    }
  });
});
