/** Secrets at rest: what is sealed opens with the right key, at the right place, and not otherwise. */
import { describe, expect, test } from 'vitest';
import { createSecretBox, SecretError } from '../../src/store/secrets.ts';

const older = Buffer.alloc(32, 1).toString('base64');
const newer = Buffer.alloc(32, 2).toString('hex');

describe('sealed secrets', () => {
  test('come back as they were, and look different each time', () => {
    const box = createSecretBox(older);
    const sealed = box.seal('刷新令牌 refresh', 'here');
    expect(box.open(sealed, 'here')).toBe('刷新令牌 refresh');
    expect(box.seal('刷新令牌 refresh', 'here')).not.toBe(sealed);
    expect(sealed).not.toContain('refresh');
  });

  test('do not open at another place: rows cannot be exchanged for each other', () => {
    const box = createSecretBox(older);
    const sealed = box.seal('secret', 'refresh_token of a');
    expect(() => box.open(sealed, 'refresh_token of b')).toThrow(SecretError);
  });

  test('that were changed by a single bit do not open', () => {
    const box = createSecretBox(older);
    const [version, id, body = ''] = box.seal('secret', 'here').split('.');
    for (const at of [0, 15, body.length - 2]) {
      const bytes = [...body];
      bytes[at] = bytes[at] === 'A' ? 'B' : 'A';
      expect(() => box.open(`${version}.${id}.${bytes.join('')}`, 'here')).toThrow(SecretError);
    }
    expect(() => box.open(`${version}.${id}.AAAA`, 'here')).toThrow(/damaged/);
  });

  test('of the key before open while both keys are there, and say which key is missing afterwards', () => {
    const sealed = createSecretBox(older).seal('secret', 'here');
    const both = createSecretBox(`${newer},${older}`);
    expect(both.open(sealed, 'here')).toBe('secret');
    expect(both.isCurrent(sealed)).toBe(false);
    expect(both.isCurrent(both.seal('secret', 'here'))).toBe(true);
    const id = sealed.split('.')[1] ?? '';
    expect(() => createSecretBox(newer).open(sealed, 'here')).toThrow(id);
  });

  test('a derived key depends on key and purpose', () => {
    const box = createSecretBox(older);
    expect(box.derive('a')).toBe(createSecretBox(older).derive('a'));
    expect(new Set([box.derive('a'), box.derive('b'), createSecretBox(newer).derive('a')]).size).toBe(3);
  });

  test.each(['', ' , ', 'short', Buffer.alloc(31).toString('base64'), `${older},x`])(
    '%j is refused as a key',
    (key) => {
      expect(() => createSecretBox(key)).toThrow(/WXQ_SECRET_KEY/);
      try {
        createSecretBox(key);
      } catch (error) {
        expect(String(error)).not.toContain(older);
      }
    },
  );
});
