/** The codec server over HTTP, as Web UI and the temporal program call it. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunningCodecServer, startCodecServer } from '../../src/codec-server.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { run } from '../cli/run.ts';

const key = randomBytes(32).toString('base64');
const token = 'a-token-for-the-codec-server';
const ui = 'https://temporal.example.com';
const env = { WXQ_CODEC_KEYS: `k1:${key}`, WXQ_CODEC_TOKEN: token };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const plain = { metadata: { encoding: base64('json/plain') }, data: base64('"MERCHANT-NAME"') };
let server: RunningCodecServer;
let log: string;

beforeEach(async () => {
  log = '';
  const stream = {
    write: (line: string) => {
      log += line;
    },
  };
  const logger = pino({ level: 'trace' }, stream);
  server = await startCodecServer(loadConfig(env), { logger, port: 0, uiOrigin: `${ui}/` });
});
afterEach(() => server.close());

type Headers = Record<string, string>;
const post = (path: string, body: unknown, headers: Headers = {}): Promise<Response> =>
  fetch(server.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'x-namespace': 'default',
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const payloadsOf = async (answer: Response): Promise<(typeof plain)[]> =>
  ((await answer.json()) as { payloads: (typeof plain)[] }).payloads;

describe('encode and decode', () => {
  test('undo each other, and nothing of the content is in what is stored', async () => {
    const sealed = await payloadsOf(await post('/encode', { payloads: [plain, plain] }));
    expect(Buffer.from(sealed[0]?.metadata.encoding ?? '', 'base64').toString()).toBe('binary/encrypted');
    expect(JSON.stringify(sealed)).not.toContain(plain.data);
    expect(await payloadsOf(await post('/decode', { payloads: sealed }))).toEqual([plain, plain]);
  });

  test('are found by the end of the path, wherever a proxy puts them', async () => {
    expect((await post('/codec/default/decode?x=1', { payloads: [plain] })).status).toBe(200);
    expect((await post('/decoder', { payloads: [plain] })).status).toBe(404);
  });

  test('a payload that is not encrypted, and a request without any, are given back', async () => {
    expect(await payloadsOf(await post('/decode', { payloads: [plain] }))).toEqual([plain]);
    expect(await payloadsOf(await post('/decode', {}))).toEqual([]);
  });

  test('a payload of an unknown key is refused with its id; the log has neither it nor the token nor the key', async () => {
    const foreign = {
      metadata: { encoding: base64('binary/encrypted'), 'encryption-key-id': base64('k0') },
      data: base64('x'.repeat(60)),
    };
    const answer = await post('/decode', { payloads: [foreign] });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ message: expect.stringContaining('the key k0, which') });
    await post('/encode', { payloads: [plain] });
    expect(log).toContain('was not decrypted');
    for (const secret of [token, key, plain.data, 'MERCHANT-NAME']) expect(log).not.toContain(secret);
  });

  test.each([
    ['no JSON', '{', 400],
    ['no payloads', { payloads: 'x' }, 400],
    ['no base64', { payloads: [{ data: 'ü' }] }, 400],
    ['more than 16 MiB', 'x'.repeat(17 * 1024 * 1024), 413],
  ])('a body with %s is refused without being quoted', async (_, body, status) => {
    const answer = await post('/decode', body);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(/^\{"message":"[^"]{10,60}"\}$|The body is not/);
  });
});

describe('who may ask', () => {
  test.each<[string, Headers]>([
    ['without a token', { authorization: '' }],
    ['with a wrong one', { authorization: 'Bearer wrong' }],
    ['with the beginning of it', { authorization: `Bearer ${token.slice(0, -1)}` }],
    ['with a made-up cookie', { authorization: '', cookie: `wxq_codec=${token}` }],
  ])('nobody %s', async (_, headers) => {
    for (const path of ['/decode', '/encode']) {
      const answer = await post(path, { payloads: [plain] }, headers);
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain(plain.data);
    }
  });

  test('a page of the Web UI: it may send the headers that it sends, and reads the answer', async () => {
    const asked = await fetch(`${server.url}/decode`, {
      method: 'OPTIONS',
      headers: { origin: ui, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-namespace' },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(ui);
    for (const name of ['authorization', 'x-namespace', 'content-type'])
      expect(asked.headers.get('access-control-allow-headers')).toContain(name);
    const answer = await post('/decode', { payloads: [plain] }, { origin: ui });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, ui]);
    const refused = await post('/decode', {}, { origin: ui, authorization: '' });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, ui]);
  });

  test.each(['https://evil.example.com', `${ui}.evil.com`, 'null', 'http://temporal.example.com'])(
    'no page of %s, even with the token',
    async (origin) => {
      for (const method of ['OPTIONS', 'POST']) {
        const answer = await fetch(`${server.url}/decode`, {
          method,
          headers: { origin, authorization: `Bearer ${token}` },
        });
        expect(answer.status).toBe(403);
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      }
    },
  );

  test('a browser that was signed in with the token, by a cookie that does not hold it', async () => {
    const signIn = (given: string): Promise<Response> =>
      fetch(`${server.url}/sign-in`, { method: 'POST', body: new URLSearchParams({ token: given }) });
    expect((await signIn('wrong')).headers.get('set-cookie')).toBeNull();
    const cookie = (await signIn(token)).headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect(cookie).not.toContain(token);
    const headers = { origin: ui, authorization: '', cookie: cookie.split(';', 1)[0] ?? '' };
    const answer = await post('/decode', { payloads: [plain] }, headers);
    expect([answer.status, answer.headers.get('access-control-allow-credentials')]).toEqual([200, 'true']);
  });
});

describe('wxq codec-server', () => {
  test.each([
    ['without keys', { WXQ_CODEC_KEYS: '' }, [], 'WXQ_CODEC_KEYS must be set'],
    ['without a token', { WXQ_CODEC_TOKEN: '' }, [], 'WXQ_CODEC_TOKEN must be set'],
    ['with a short token', { WXQ_CODEC_TOKEN: 'short' }, [], 'at least 16 characters'],
    ['with an origin that is none', {}, ['--ui-origin', 'everybody'], '--ui-origin must be'],
  ])('does not start %s, and says so with status 2', async (_, changes, args, why) => {
    const ended = await run(['codec-server', ...args], { env: { ...env, ...changes } });
    expect(ended.status).toBe(2);
    expect(ended.stderr).toContain(why);
    expect(ended.stderr).not.toContain(key);
  });
});
