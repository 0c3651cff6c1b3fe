import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { MockAgent } from 'undici';
import { afterEach, describe, expect, test } from 'vitest';
import { inspectImage } from '../../src/images/inspect.ts';
import { createImageFetcher } from '../../src/images/source.ts';
import { noise } from './samples.ts';
import { failure, fetchImage } from './source-failure.ts';

const content = Buffer.from('the bytes of an image');

describe('an image on a server', () => {
  let server: Server | undefined;
  const sockets = new Set<Socket>();

  /** Starts a server and gives its base address. */
  async function serve(answer: RequestListener): Promise<string> {
    const started = createServer(answer);
    server = started;
    return listen(started);
  }

  async function listen(started: Server | ReturnType<typeof createTcpServer>): Promise<string> {
    started.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const address = started.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** Answers each connection with exactly these bytes. */
  async function serveRaw(answer: string | Buffer, then: 'close' | 'reset' | 'stay'): Promise<string> {
    const raw = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write(answer, () => {
          if (then === 'close') socket.end();
          if (then === 'reset') setTimeout(() => socket.resetAndDestroy(), 20);
        });
      });
    });
    raw.unref();
    return listen(raw);
  }

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
    server = undefined;
  });

  test('it is downloaded, with a signed query string', async () => {
    const base = await serve((request, response) => {
      response.end(request.url === '/a.png?signature=1' ? content : '');
    });
    expect(Buffer.from(await fetchImage(`${base}/a.png?signature=1`)).equals(content)).toBe(true);
  });

  test.each([
    [401, 'missing'],
    [403, 'missing'],
    [404, 'missing'],
    [410, 'missing'],
    [204, 'unsupported'],
    [408, 'unavailable'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ] as const)('an answer of %i is %s', async (status, kind) => {
    const base = await serve((_, response) => response.writeHead(status).end());
    expect(await failure(`${base}/a.png`)).toMatchObject({
      kind,
      message: `${base}/a.png: the server answered ${status}`,
    });
  });

  test('an empty answer is for a person to mend', async () => {
    const base = await serve((_, response) => response.end());
    expect((await failure(base)).kind).toBe('missing');
  });

  test('three redirects are followed, relative ones too; a fourth and a loop are not', async () => {
    let asked = 0;
    const base = await serve((request, response) => {
      asked += 1;
      const left = Number(request.url?.slice(1));
      if (Number.isNaN(left)) response.writeHead(302, { location: '/loop' }).end();
      else if (left > 0) response.writeHead(307, { location: `/${left - 1}` }).end('moved');
      else response.end(content);
    });
    expect(await fetchImage(`${base}/3`)).toHaveLength(content.length);
    expect((await failure(`${base}/4`)).message).toContain('redirected more than 3 times');
    asked = 0;
    expect((await failure(`${base}/loop`)).kind).toBe('missing');
    expect(asked).toBe(4);
  });

  test.each(['http://192.0.2.1/a.png', 'file:///etc/hostname', 'http://user:pw@127.0.0.1/', 'http://['])(
    'a redirect to %s is not followed',
    async (location) => {
      const base = await serve((_, response) => response.writeHead(302, { location }).end());
      expect((await failure(base)).kind).toBe('unsupported');
    },
  );

  test('a redirect without a target is worth another try', async () => {
    const base = await serve((_, response) => response.writeHead(302).end());
    expect((await failure(base)).kind).toBe('unavailable');
  });

  test('a server out there cannot redirect into this machine', async () => {
    const base = await serve((_, response) => response.end('secret of an internal service'));
    const network = new MockAgent();
    network.enableNetConnect('127.0.0.1');
    network
      .get('https://images.example')
      .intercept({ path: '/a.png' })
      .reply(302, '', { headers: { location: `${base}/admin` } });
    expect(
      await failure('https://images.example/a.png', {
        fetch: createImageFetcher({ folders: [] }, { dispatcher: network }),
      }),
    ).toMatchObject({
      kind: 'unsupported',
      message: 'https://images.example/a.png: the server redirects to an address that is not https:',
    });
    await network.close();
  });

  test('http: is only for this machine, and a name or password in the address is refused without repeating it', async () => {
    expect((await failure('http://images.example/a.png')).kind).toBe('unsupported');
    expect((await failure('http://127.0.0.1.example/a.png')).kind).toBe('unsupported');
    const error = await failure('https://anna:hunter2@images.example/a.png');
    expect(error.kind).toBe('unsupported');
    expect(inspect(error, { depth: 9 })).not.toMatch(/anna|hunter2/);
  });

  test('a server that never answers, and one that stops in the middle, are given up after the time limit', async () => {
    const silent = await serve(() => {});
    expect(await failure(`${silent}/a.png`, { timeoutMs: 150 })).toMatchObject({
      kind: 'unavailable',
      message: `${silent}/a.png: no whole answer in 150 ms`,
    });
    const stalling = await serveRaw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'stay');
    expect((await failure(stalling, { timeoutMs: 150 })).kind).toBe('unavailable');
  });

  test('a server that sends a byte now and then cannot outlast the time limit', async () => {
    const base = await serve((_, response) => {
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    });
    const before = performance.now();
    expect((await failure(base, { timeoutMs: 200 })).kind).toBe('unavailable');
    expect(performance.now() - before).toBeLessThan(2000);
  });

  test('an abort during the download ends it at once with the reason that was given', async () => {
    const base = await serveRaw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'stay');
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(new Error('worker stops')), 50);
    await expect(fetchImage(base, { signal: stopping.signal })).rejects.toThrow('worker stops');
  });

  test('a connection that is refused, reset or closed too early is worth another try', async () => {
    const refused = createTcpServer();
    const base = await listen(refused);
    await new Promise((resolve) => refused.close(resolve));
    expect(await failure(base)).toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    expect((await failure(await serveRaw('', 'reset'))).kind).toBe('unavailable');
    expect((await failure(await serveRaw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'reset'))).kind).toBe(
      'unavailable',
    );
    expect((await failure(await serveRaw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'close'))).kind).toBe(
      'unavailable',
    );
    expect((await failure(await serveRaw('nonsense\r\n\r\n', 'close'))).kind).toBe('unavailable');
  });

  test('what a server sends beyond its Content-Length is not taken, and the image that is cut off by it is refused', async () => {
    const image = await noise({ width: 60, height: 60 }).png().toBuffer();
    const base = await serveRaw(
      Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${image.length - 40}\r\n\r\n`), image]),
      'close',
    );
    const bytes = await fetchImage(base);
    expect(bytes).toHaveLength(image.length - 40);
    await expect(inspectImage(bytes)).rejects.toMatchObject({ reason: 'this PNG image is cut off or damaged' });
  });

  test('an announced size above the limit is refused before it is downloaded', async () => {
    let sent = 0;
    const base = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 50_000_000 });
      const more = setInterval(() => {
        sent += 1000;
        response.write(Buffer.alloc(1000));
      }, 5);
      response.on('close', () => clearInterval(more));
    });
    expect(await failure(base, { maxBytes: 1_000_000 })).toMatchObject({ kind: 'too-large' });
    expect(sent).toBeLessThan(1_000_000);
  });

  test('an endless answer without a size is cut off at the limit', async () => {
    let closed = () => {};
    const ended = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const base = await serve((_, response) => {
      const more = setInterval(() => response.write(Buffer.alloc(50_000)), 1);
      response.on('close', () => {
        clearInterval(more);
        closed();
      });
    });
    expect(await failure(base, { maxBytes: 200_000 })).toMatchObject({
      kind: 'too-large',
      message: expect.stringContaining('more than 0.2 MB'),
    });
    await ended;
  });

  test('a compressed answer is refused instead of being taken for an image', async () => {
    const base = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(content));
    expect((await failure(base)).message).toContain('compressed');
  });

  test('no error shows a query string, whatever goes wrong', async () => {
    const base = await serve((request, response) => {
      if (request.url?.startsWith('/reset')) request.socket.resetAndDestroy();
      else if (request.url?.startsWith('/redirect'))
        response.writeHead(302, { location: 'http://x.example/?token=s3cret' }).end();
      else response.writeHead(404).end();
    });
    for (const source of [
      `${base}/a?token=s3cret`,
      `${base}/reset?token=s3cret`,
      `${base}/redirect`,
      'https://[?token=s3cret',
      's3://b/k?token=s3cret#s3cret',
    ]) {
      expect(inspect(await failure(source), { depth: 9 })).not.toContain('s3cret');
    }
  });
});
