/** No image source leads into a private network: by address, by name, by redirect, or by a name that changes its mind. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { isPublicAddress, type Resolve } from '../../src/images/address-guard.ts';
import { createImageFetcher } from '../../src/images/source.ts';
import type { SourceRules } from '../../src/images/source-rules.ts';
import { isNamed } from '../../src/images/source-rules.ts';
import { failure } from './source-failure.ts';

test.each([
  ...[
    '127.0.0.1',
    '127.8.8.8',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
  ],
  ...[
    '100.64.0.1',
    '100.100.100.200',
    '192.0.0.192',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
  ],
  ...[
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
  ],
  ...[
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'fec0::1',
    '3fff::1',
  ],
  ...['localhost', '', '1.2.3', '2001:4860:4860::8888%1'],
])('%s is not on the public internet', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each([
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.1',
  '172.15.0.1',
  '172.32.0.1',
  '2001:4860:4860::8888',
  '240e:1::1',
])('%s is', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test('a pattern names what lies below a domain, and neither the domain nor a name that ends alike', () => {
  expect(isNamed('a.images.example', ['*.images.example'])).toBe(true);
  expect(isNamed('A.Images.Example.', ['*.images.example'])).toBe(true);
  expect(isNamed('images.example', ['*.images.example'])).toBe(false);
  expect(isNamed('evilimages.example', ['*.images.example'])).toBe(false);
  expect(isNamed('images.example.evil', ['images.example', '*.images.example'])).toBe(false);
  expect(isNamed('images.example', ['Images.example'])).toBe(true);
});

describe('a fetch', () => {
  let server: Server | undefined;
  let asked = 0;
  afterEach(async () => {
    await new Promise<unknown>((resolve) => (server === undefined ? resolve(0) : server.close(resolve)));
    server = undefined;
    asked = 0;
  });

  /** A server of this machine that redirects to `location`, or gives an image. */
  async function serve(location?: string): Promise<number> {
    server = createServer((_, response) => {
      asked += 1;
      response.writeHead(location === undefined ? 200 : 302, { connection: 'close', location: location ?? '' });
      response.end('internal');
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  const names =
    (table: Record<string, string[]>): Resolve =>
    (host, _options, done) =>
      done(
        null,
        (table[host] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
  const fetcher = (rules: Partial<SourceRules>, table: Record<string, string[]> = {}) =>
    createImageFetcher({ folders: [], ...rules }, { resolve: names(table) });

  test.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://100.100.100.200/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://[64:ff9b::a9fe:a9fe]/',
    'https://0/',
  ])('of %s is refused, for a person to mend', async (source) => {
    const port = await serve();
    const fetch = fetcher({});
    expect(await failure(source.replace(/(?<=\w|\])\/(?!\/)/, `:${port}/`), { fetch })).toMatchObject({
      kind: 'unsupported',
      message: expect.stringContaining('private network'),
    });
    expect(asked).toBe(0);
  });

  test.each([
    ['a private address', ['10.0.0.7']],
    ['a private address among public ones', ['8.8.8.8', '10.0.0.7']],
    ['a mapped address', ['::ffff:127.0.0.1']],
    ['nothing', []],
  ])('of a name that leads to %s is refused before a connection is made', async (_what, addresses) => {
    const fetch = fetcher({}, { 'images.example': addresses });
    const error = await failure('https://images.example/a.png?signature=s3cret', { fetch });
    expect(error).toMatchObject({ kind: 'unsupported', message: expect.stringContaining('private network') });
    expect(error.message).not.toMatch(/s3cret|10\.0\.0\.7/);
  });

  test('looks at every connection anew: a name that was public a moment ago leads nowhere private', async () => {
    let asks = 0;
    const rebinding: Resolve = (_host, _options, done) => {
      asks += 1;
      // Port 9 of a public address that is never asked: the signal has gone by then.
      done(null, [{ address: asks === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }]);
    };
    const port = await serve();
    const fetch = createImageFetcher({ folders: [] }, { resolve: rebinding });
    for (let round = 0; round < 3; round += 1)
      expect((await failure(`https://images.example:${port}/`, { fetch })).kind).toBe('unsupported');
    expect([asks, asked]).toEqual([3, 0]);
  });

  test.each(['https://internal.example/', 'https://10.0.0.7/', 'https://other.example/'])(
    'that is redirected to %s is refused',
    async (location) => {
      const port = await serve(location);
      const fetch = fetcher(
        { privateHosts: ['127.0.0.1'], hosts: ['internal.example', '10.0.0.7'] },
        { 'internal.example': ['10.0.0.7'], 'other.example': ['8.8.8.8'] },
      );
      expect((await failure(`http://127.0.0.1:${port}/`, { fetch })).kind).toBe('unsupported');
      expect(asked).toBe(1);
    },
  );

  test('of this machine by http: needs its host to be named; a named host gets through', async () => {
    const port = await serve();
    const source = `http://127.0.0.1:${port}/a.png`;
    expect(await failure(source, { fetch: fetcher({}) })).toMatchObject({
      kind: 'unsupported',
      message: `http://127.0.0.1:${port}/a.png: this is an http: address of this machine`,
    });
    expect(asked).toBe(0);
    expect(Buffer.from(await fetcher({ privateHosts: ['127.0.0.1'] })(source)).toString()).toBe('internal');
    const byName = fetcher({ privateHosts: ['localhost'] }, { localhost: ['127.0.0.1'] });
    expect(Buffer.from(await byName(`http://localhost:${port}/`)).toString()).toBe('internal');
  });

  test('of a host that is not named is refused when hosts are named, and says which host', async () => {
    const fetch = fetcher({ hosts: ['*.oss-cn-hangzhou.aliyuncs.com'] });
    expect((await failure('https://images.example/a.png?sig=1', { fetch })).message).toBe(
      'https://images.example/a.png: this is an address at images.example, a host that images are not fetched from',
    );
  });
});
