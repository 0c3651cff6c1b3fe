/** The codec: what it hides, what it reads back, and what it refuses. */
import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { CodecKeysError, parseCodecKeys } from '../../src/codec/keys.ts';
import { createPayloadCodec, payloadCodecsOf } from '../../src/codec/payload-codec.ts';
import { loadConfig } from '../../src/runtime/config.ts';

const newKey = (): string => randomBytes(32).toString('base64');
const oldKey = newKey();
const presentKey = newKey();
const codecOf = (text: string) => createPayloadCodec(parseCodecKeys(text));
const old = codecOf(`old:${oldKey}`);
const rotated = codecOf(`new:${presentKey},old:${oldKey}`);
const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const one = async (payloads: Promise<Payload[]>): Promise<Payload> => (await payloads)[0] ?? {};
const asText = (payload: Payload): string =>
  JSON.stringify([
    Object.entries(payload.metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('latin1')]),
    Buffer.from(payload.data ?? []).toString('latin1'),
  ]);

describe('a payload', () => {
  test.each([
    ['an object', { holder: { name: '张三' }, n: 1 }],
    ['nothing', undefined],
    ['null', null],
    ['bytes', new Uint8Array([0, 255, 1])],
    ['an empty text', ''],
    ['a megabyte', 'x'.repeat(1_000_000)],
  ])('comes back as it was: %s', async (_, value) => {
    const sealed = await one(old.encode([payloadOf(value)]));
    expect(defaultPayloadConverter.fromPayload(await one(old.decode([sealed])))).toEqual(value);
  });

  test('shows the id of its key and nothing of its content, not even the kind, and never looks the same twice', async () => {
    const value = payloadOf({ holder: 'ZHANG-SAN' });
    const [first, second] = await old.encode([value, value]);
    expect(asText(first ?? {})).toContain('["encryption-key-id","old"]');
    expect(asText(first ?? {})).not.toMatch(/ZHANG|holder|json/);
    expect(first?.data).not.toEqual(second?.data);
  });

  test('that was written before the keys were set is read as it is', async () => {
    const plain = payloadOf('from before');
    expect(await old.decode([plain])).toEqual([plain]);
  });

  test('of the old key is read after a rotation, and new ones take the new key', async () => {
    const before = await one(old.encode([payloadOf('before')]));
    expect(defaultPayloadConverter.fromPayload(await one(rotated.decode([before])))).toBe('before');
    const after = await one(rotated.encode([payloadOf('after')]));
    expect(Buffer.from(after.metadata?.['encryption-key-id'] ?? []).toString()).toBe('new');
    await expect(old.decode([after])).rejects.toThrow('encrypted with the key new, which WXQ_CODEC_KEYS does not have');
  });

  test.each<[string, (sealed: Payload) => Payload]>([
    ['a changed byte', ({ data, ...rest }) => ({ ...rest, data: flipped(data, 20) })],
    ['a changed nonce', ({ data, ...rest }) => ({ ...rest, data: flipped(data, 0) })],
    ['a changed tag', ({ data, ...rest }) => ({ ...rest, data: flipped(data, (data?.length ?? 0) - 1) })],
    ['a cut end', ({ data, ...rest }) => ({ ...rest, data: data?.subarray(0, -1) ?? null })],
    ['a shorter tag', ({ data, ...rest }) => ({ ...rest, data: data?.subarray(0, 16) ?? null })],
    ['no data', ({ data: _, ...rest }) => rest],
  ])('with %s is refused', async (_, change) => {
    const sealed = await one(old.encode([payloadOf({ a: 'SECRET-CONTENT' })]));
    const failed = await old.decode([change(sealed)]).catch((error: Error) => error);
    expect(failed).toMatchObject({
      name: 'CodecError',
      message: expect.stringContaining("can't be decrypted with the key old"),
    });
    expect(String(failed)).not.toContain('SECRET-CONTENT');
  });

  test('does not pass as one of another key id, even with the same key', async () => {
    const twins = codecOf(`a:${oldKey},b:${oldKey}`);
    const sealed = await one(twins.encode([payloadOf('x')]));
    const renamed = { ...sealed, metadata: { ...sealed.metadata, 'encryption-key-id': Buffer.from('b') } };
    await expect(twins.decode([renamed])).rejects.toThrow("can't be decrypted with the key b");
  });

  test('whose key id is no id is refused without the id in the message', async () => {
    const sealed = await one(old.encode([payloadOf('x')]));
    for (const id of ['<script>', '', '__proto__ ']) {
      const failed = await old
        .decode([{ ...sealed, metadata: { ...sealed.metadata, 'encryption-key-id': Buffer.from(id) } }])
        .catch((error: Error) => error);
      expect(String(failed)).toMatch(/a key without a usable id/);
    }
  });
});

function flipped(data: Uint8Array | null | undefined, at: number): Buffer {
  const copy = Buffer.from(data ?? []);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

describe('WXQ_CODEC_KEYS', () => {
  test('that is not set, or empty, means no encryption', () => {
    expect(payloadCodecsOf(undefined)).toEqual([]);
    expect(payloadCodecsOf('')).toEqual([]);
    expect(loadConfig({ WXQ_CODEC_KEYS: '' }).codecKeys).toBeUndefined();
  });

  const short = randomBytes(16).toString('base64');
  test.each([
    ['a key alone', presentKey, /entry 1 must be id:key/],
    ['a short key', `a:${short}`, /entry 1 must have a key of 32 bytes/],
    ['a key that is no base64', `a:${presentKey.slice(0, -4)}?!?!`, /entry 1 must have a key of 32 bytes/],
    ['an empty second entry', `a:${presentKey},`, /entry 2 must be id:key/],
    ['an id with a blank', `a b:${presentKey}`, /entry 1 must be id:key/],
    ['the key before the id', `${presentKey}:a`, /entry 1 must (be id:key|have a key)/],
    ['one id twice', `a:${presentKey},a:${oldKey}`, /key id a twice/],
  ])('with %s is refused, by every process, in words that show no key', (_, text, why) => {
    expect(() => parseCodecKeys(text)).toThrow(CodecKeysError);
    const say = [() => parseCodecKeys(text), () => loadConfig({ WXQ_CODEC_KEYS: text })].map((work) => {
      try {
        return String(work());
      } catch (error) {
        return `${error} ${JSON.stringify(error)}`;
      }
    });
    for (const words of say) {
      expect(words).toMatch(why);
      for (const key of [presentKey, oldKey, short]) expect(words).not.toContain(key.slice(0, 8));
    }
  });

  test('keys that were read do not show when settings are printed', () => {
    const config = loadConfig({ WXQ_CODEC_KEYS: `a:${presentKey}` });
    expect(JSON.stringify(config)).not.toContain(presentKey.slice(0, 8));
    expect(config.codecKeys?.map(({ id }) => id)).toEqual(['a']);
  });
});
