/** Envelope, encryption, XML and JSON against what nobody meant them to read: no other exception, nothing accepted wrongly. */
import { createCipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decryptMessage,
  encryptMessage,
  openPush,
  PushRejected,
  parsePlatformEvent,
  parsePushEvent,
  sealPush,
  signatureOf,
} from '../../../src/wechat/push/index.ts';

const token = 'tokenOfTheShop';
const key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFA';
const otherKey = 'ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkA';
const appId = 'wx1111111111111111';
const message =
  '{"ToUserName":"g","CreateTime":1,"Event":"product_category_audit","ProductCategoryAudit":{"audit_id":9007199254741001,"status":"3"}}';
const settings = { token, encodingAesKeys: [key], tailAppId: appId };

/** What it answers, or why it was refused; anything else that is thrown fails the test. */
function outcome<T>(call: () => T): { value: T } | { rejected: string } {
  try {
    return { value: call() };
  } catch (error) {
    if (!(error instanceof PushRejected)) throw error;
    return { rejected: error.reason };
  }
}

/** Text that nearly is JSON or XML, with the names and marks that parsers trip over. */
const piece = fc.constantFrom(
  '<',
  '>',
  '</',
  '/>',
  '<!',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '<?xml version="1.0"?>',
  '<!DOCTYPE x>',
  '&',
  '&amp;',
  '&#0;',
  '&#x110000;',
  '&lol;',
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\u0000',
  '\\ud800',
  '\ud800',
  '\u0000',
  '\ufeff',
  ' ',
  '\n',
  '1e999',
  '-0',
  'xml',
  'Encrypt',
  'Event',
  'InfoType',
  'ToUserName',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'product_category_audit',
  'wxa_category_audit',
  'component_verify_ticket',
  'authorized',
  '9007199254741001',
  'null',
  'true',
);
const nearlyText = fc.oneof(
  fc.array(piece, { maxLength: 40 }).map((parts) => parts.join('')),
  fc.array(piece, { maxLength: 30 }).map((parts) => `<xml>${parts.join('')}</xml>`),
  fc.array(piece, { maxLength: 30 }).map((parts) => `{"Event":"product_category_audit",${parts.join('')}}`),
  fc.json({ maxDepth: 6 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('['.repeat(50_000), '{"a":'.repeat(20_000), '<a>'.repeat(5_000), `<a ${'b="c" '.repeat(3_000)}/>`),
);

describe('a sealed push', () => {
  test('L7 with any one bit changed, in body or query, is refused; whitespace and names around Encrypt may change', () => {
    for (const format of ['json', 'xml'] as const) {
      const sealed = sealPush({
        ...settings,
        encodingAesKey: key,
        format,
        message,
        toUserName: 'gh_0',
        timestamp: '1796000000',
        nonce: '415670741',
      });
      const { timestamp = '', nonce = '', msg_signature = '' } = sealed.query;
      const query = { timestamp, nonce, msg_signature };
      const body = Buffer.from(sealed.body);
      const accepted: string[] = [];
      for (let bit = 0; bit < body.length * 8; bit += 1) {
        const changed = Buffer.from(body);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const result = outcome(() => openPush({ ...settings, query, body: changed }));
        if ('value' in result) {
          expect(result.value.message).toBe(message);
          accepted.push(changed.toString('latin1'));
        }
      }
      // Only what the signature does not cover: the original id and the marks around it.
      const encrypt = /[A-Za-z0-9+/=]{60,}/.exec(sealed.body)?.[0] ?? '';
      expect(encrypt.length).toBeGreaterThan(100);
      for (const text of accepted) expect(text).toContain(encrypt);
      for (const [name, value] of Object.entries(query)) {
        const bytes = Buffer.from(value);
        for (let bit = 0; bit < bytes.length * 8; bit += 1) {
          const changed = Buffer.from(bytes);
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          const text = changed.toString('latin1');
          expect(outcome(() => openPush({ ...settings, query: { ...query, [name]: text }, body }))).toEqual({
            rejected: 'bad-signature',
          });
        }
      }
    }
  });

  test('L7 comes out as it went in, under the right Token, key and appid, and under no other', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.constantFrom('json' as const, 'xml' as const),
        fc.stringMatching(/^[0-9]{1,12}$/),
        fc.stringMatching(/^[0-9A-Za-z]{1,32}$/),
        (text, format, timestamp, nonce) => {
          const { query, body } = sealPush({
            ...settings,
            encodingAesKey: key,
            format,
            message: text,
            toUserName: 'gh_0',
            timestamp,
            nonce,
          });
          expect(openPush({ ...settings, query, body })).toEqual({ message: text, format });
          expect(
            openPush({ ...settings, token: ['new', token], encodingAesKeys: [otherKey, key], query, body }).message,
          ).toBe(text);
          expect(outcome(() => openPush({ ...settings, token: 'other', query, body }))).toEqual({
            rejected: 'bad-signature',
          });
          expect(outcome(() => openPush({ ...settings, encodingAesKeys: [otherKey], query, body }))).toHaveProperty(
            'rejected',
          );
          expect(outcome(() => openPush({ ...settings, tailAppId: 'wx2', query, body }))).toEqual({
            rejected: 'wrong-appid',
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  test('L7 whose frame is nonsense, though it is signed and encrypted with the right key, is refused', () => {
    const raw = Buffer.from(`${key}=`, 'base64');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 320 }), fc.boolean(), (bytes, isPadded) => {
        const size = Math.max(32, Math.ceil(bytes.length / 32) * 32);
        const frame = Buffer.concat([bytes], size);
        if (isPadded) frame.fill(size - bytes.length || 32, bytes.length);
        const cipher = createCipheriv('aes-256-cbc', raw, raw.subarray(0, 16)).setAutoPadding(false);
        const encrypt = Buffer.concat([cipher.update(frame), cipher.final()]).toString('base64');
        const parts = { timestamp: '1', nonce: '2' };
        const query = { ...parts, msg_signature: signatureOf({ token, ...parts, encrypt }) };
        expect(
          outcome(() => openPush({ ...settings, query, body: JSON.stringify({ Encrypt: encrypt }) })),
        ).toHaveProperty('rejected');
      }),
      { numRuns: 500 },
    );
  });

  test('any text as Encrypt is refused or decrypts to what was encrypted', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.base64String(), fc.string(), fc.constant(encryptMessage(key, appId, message))),
        (encrypt) => {
          const result = outcome(() => decryptMessage(key, encrypt));
          if ('value' in result) expect(result.value).toEqual({ message, appId });
        },
      ),
      { numRuns: 400 },
    );
    for (const bad of ['', 'A'.repeat(42), 'A'.repeat(44), '='.repeat(43), '\u0000'.repeat(43)]) {
      expect(outcome(() => decryptMessage(bad, encryptMessage(key, appId, message)))).toEqual({ rejected: 'bad-key' });
    }
  });
});

describe('a body', () => {
  test('that is nearly a push is refused, whatever it is', () => {
    fc.assert(
      fc.property(
        nearlyText,
        fc.dictionary(fc.constantFrom('timestamp', 'nonce', 'msg_signature'), fc.string()),
        (body, query) => {
          expect(outcome(() => openPush({ ...settings, query, body }))).toHaveProperty('rejected');
          const parts = { timestamp: '1', nonce: '2' };
          const signed = { ...parts, msg_signature: signatureOf({ token, ...parts, encrypt: body }) };
          expect(outcome(() => openPush({ ...settings, query: signed, body }))).toHaveProperty('rejected');
        },
      ),
      { numRuns: 1000 },
    );
    for (let run = 0; run < 200; run += 1) {
      expect(
        outcome(() =>
          openPush({ ...settings, query: { timestamp: '1', nonce: '2', msg_signature: '3' }, body: randomBytes(run) }),
        ),
      ).toHaveProperty('rejected');
    }
  });
});

describe('a decrypted message', () => {
  test('is an event with ids that are ids, another event, or refused; and pollutes nothing', () => {
    fc.assert(
      fc.property(nearlyText, (text) => {
        const event = outcome(() => parsePushEvent(text));
        if ('value' in event && event.value.type === 'product_category_audit')
          expect(event.value.auditId).toMatch(/^[1-9]\d{0,19}$/);
        if ('value' in event && event.value.type === 'wxa_category_audit') {
          expect([event.value.first, event.value.second].join()).toMatch(/^[1-9]\d{0,19},[1-9]\d{0,19}$/);
        }
        outcome(() => parsePlatformEvent(text));
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test('keeps every digit of any uint64, quoted or not, in JSON and in XML', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 18446744073709551615n }), (id) => {
        const json = (audit: string): string =>
          `{"ToUserName":"g","CreateTime":1,"Event":"product_category_audit","ProductCategoryAudit":{"audit_id":${audit},"status":"3"}}`;
        const xml = `<xml><ToUserName>g</ToUserName><CreateTime>1</CreateTime><Event>product_category_audit</Event><ProductCategoryAudit><audit_id>${id}</audit_id><status>3</status></ProductCategoryAudit></xml>`;
        for (const text of [json(String(id)), json(`"${id}"`), xml])
          expect(parsePushEvent(text)).toMatchObject({ auditId: String(id) });
      }),
      { numRuns: 300 },
    );
  });
});
