/** The codec server: decrypts payloads for Temporal's Web UI and CLI, which have no keys of their own. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Payload, PayloadCodec } from '@temporalio/common';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CodecError, createPayloadCodec } from './codec/payload-codec.ts';
import { type Config, ConfigError } from './runtime/config.ts';
import { createLogger, type Logger } from './runtime/logger.ts';
import { nextFreePort } from './runtime/ports.ts';
import { closeOnSignal, stopLimitMs } from './runtime/shutdown.ts';

/** A page of a history in base64 stays below it; Temporal's own limit for one answer is 4 MiB. */
const bodyLimitBytes = 16 * 1024 * 1024;
/** Where `npm run dev` and docker compose serve the Web UI. */
export const defaultUiOrigin = 'http://localhost:8233';
export const defaultCodecPort = 8086;
/** How long a browser keeps a sign-in; until then Web UI decodes without asking again. */
const signInSeconds = 12 * 60 * 60;
const cookieName = 'wxq_codec';

export interface CodecServerOptions {
  codec: PayloadCodec;
  /** `WXQ_CODEC_TOKEN`. */
  token: string;
  /** The only origin whose pages may ask. */
  uiOrigin: string;
  /** Told what went wrong by name; never a key, a token or a payload. */
  logger: Logger;
}

/** Bytes in protobuf's JSON are base64, of either alphabet. */
const bytes = z
  .string()
  .regex(/^[A-Za-z0-9+/_-]*={0,2}$/)
  .transform((text) => Buffer.from(text, 'base64'));
const payloadsShape = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), bytes).optional(), data: bytes.optional() })).default([]),
});

/**
 * The server, not listening yet. `POST …/encode` and `POST …/decode` take and give `{payloads}` as protobuf's JSON
 * (https://docs.temporal.io/codec-server). Without the bearer token, or the cookie that `/sign-in` gives for it: 401. From
 * another origin than the Web UI's: 403. More than 16 MiB: 413. What can't be decrypted: 400 with the reason.
 */
export function createCodecServer({ codec, token, uiOrigin, logger }: CodecServerOptions): FastifyInstance {
  const app = fastify({ logger: false, bodyLimit: bodyLimitBytes, requestTimeout: 10_000, trustProxy: false });
  const session = createHash('sha256').update(`session:${token}`).digest('base64url');

  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('vary', 'origin').header('x-content-type-options', 'nosniff');
    const { origin } = request.headers;
    if (origin === undefined) return;
    if (origin === uiOrigin) {
      // Credentials: Web UI's switch "include cross-origin credentials" sends the cookie.
      reply.header('access-control-allow-origin', uiOrigin).header('access-control-allow-credentials', 'true');
    } else if (!isSignIn(request)) {
      await reply.code(403).send({ message: 'This origin may not ask; see --ui-origin.' });
    }
  });

  app.options('/*', async (_request, reply) =>
    reply
      .header('access-control-allow-methods', 'POST')
      .header('access-control-allow-headers', 'authorization, content-type, x-namespace')
      .header('access-control-max-age', '600')
      .code(204)
      .send(),
  );

  const isAllowed = (request: FastifyRequest): boolean => {
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const cookie = new RegExp(`(?:^|; *)${cookieName}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1];
    return isSame(bearer, token) || isSame(cookie, session);
  };

  const work = { encode: codec.encode.bind(codec), decode: codec.decode.bind(codec) };
  app.post('/*', {
    // Before the body is read: who may not ask can't make us hold 16 MiB either.
    onRequest: async (request, reply) => {
      if (!isAllowed(request)) await reply.code(401).send({ message: 'The bearer token is missing or wrong.' });
    },
    handler: async (request, reply) => {
      // Only the end of the path counts: a proxy may put it anywhere (the protocol's own rule).
      const what = /\/(encode|decode)$/.exec(request.url.split('?', 1)[0] ?? '')?.[1];
      if (what !== 'encode' && what !== 'decode') return reply.code(404).send({ message: 'POST /encode or /decode.' });
      const body = payloadsShape.safeParse(request.body);
      if (!body.success) return reply.code(400).send({ message: 'The body is not {"payloads": […]}.' });
      return { payloads: (await work[what](body.data.payloads.map(asPayload))).map(inJson) };
    },
  });

  app.get('/healthz', async () => ({ status: 'ok' }));
  addSignIn(app, token, session);
  app.setNotFoundHandler((_request, reply) => void reply.code(404).send({ message: 'POST /encode or /decode.' }));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    // The message of an error from outside may quote the body.
    if (error instanceof CodecError) {
      logger.warn({ reason: error.message }, 'a payload was not decrypted');
      return reply.code(400).send({ message: error.message });
    }
    const status = error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 500;
    if (status === 500) logger.error({ error: error.name }, 'a request failed');
    return reply.code(status).send({ message: status === 413 ? 'The body is too large.' : 'The request failed.' });
  });
  return app;
}

/** The page's own form; it needs the token, whoever sends it. */
const isSignIn = ({ method, url }: FastifyRequest): boolean => method === 'POST' && url === '/sign-in';

/** For a Web UI that has no sign-in of its own, and so no token to pass on: a page that gives the browser a cookie. */
function addSignIn(app: FastifyInstance, token: string, session: string): void {
  const page = (note: string): string =>
    `<!doctype html><meta charset="utf-8"><title>wxq codec-server</title><form method="post" action="sign-in">
<p>${note}</p><label>WXQ_CODEC_TOKEN <input name="token" type="password" autocomplete="off" autofocus></label> <button>Sign in</button></form>`;
  const show = (reply: FastifyReply, status: number, note: string): FastifyReply =>
    reply
      .code(status)
      .header('content-security-policy', "default-src 'none'; form-action 'self'; frame-ancestors 'none'")
      .type('text/html')
      .send(page(note));
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 4096 },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  app.get('/', (_request, reply) =>
    show(reply, 200, 'Signs this browser in, so that Web UI can show what is encrypted.'),
  );
  app.post('/sign-in', { bodyLimit: 4096 }, async (request, reply) => {
    const given = z.object({ token: z.string() }).safeParse(request.body);
    if (!given.success || !isSame(given.data.token, token)) return show(reply, 401, 'That is not the token.');
    const secure = request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
    reply.header(
      'set-cookie',
      `${cookieName}=${session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${signInSeconds}${secure}`,
    );
    return show(reply, 200, 'Signed in. In Web UI: this address as codec endpoint, with cross-origin credentials.');
  });
}

/** In a time that says nothing about how much of it was right. */
function isSame(given: string | undefined, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(wanted));
}

type GivenPayload = z.infer<typeof payloadsShape>['payloads'][number];
const asPayload = ({ metadata, data }: GivenPayload): Payload => ({
  ...(metadata === undefined ? {} : { metadata }),
  ...(data === undefined ? {} : { data }),
});

const inJson = ({ metadata, data }: Payload): object => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});

export interface RunningCodecServer {
  url: string;
  close(): Promise<void>;
}

/**
 * Listens on `WXQ_PRIVATE_HOST`; a port that is taken is replaced by the next free one.
 * @throws ConfigError without `WXQ_CODEC_KEYS` or `WXQ_CODEC_TOKEN`, or when the origin is none.
 */
export async function startCodecServer(
  config: Config,
  options: { logger: Logger; port?: number; uiOrigin?: string },
): Promise<RunningCodecServer> {
  const { codecKeys, codecToken, privateHost } = config;
  const { logger, port = defaultCodecPort, uiOrigin = defaultUiOrigin } = options;
  if (codecKeys === undefined || codecToken === undefined)
    throw new ConfigError([
      ...(codecKeys === undefined ? ['WXQ_CODEC_KEYS must be set: without keys nothing can be decrypted'] : []),
      ...(codecToken === undefined ? ['WXQ_CODEC_TOKEN must be set: whoever may ask can read every case'] : []),
    ]);
  if (!URL.canParse(uiOrigin) || !/^https?:\/\//.test(uiOrigin))
    throw new ConfigError([`--ui-origin must be an http: or https: address, such as ${defaultUiOrigin}`]);
  const { origin } = new URL(uiOrigin);
  const app = createCodecServer({ codec: createPayloadCodec(codecKeys), token: codecToken, uiOrigin: origin, logger });
  await app.listen({ port: await nextFreePort(port, privateHost), host: privateHost });
  const { port: bound } = app.server.address() as AddressInfo;
  const url = `http://${privateHost === '0.0.0.0' ? '127.0.0.1' : privateHost}:${bound}`;
  logger.info({ url, uiOrigin: origin, keys: codecKeys.map(({ id }) => id) }, 'codec server is listening');
  return { url, close: () => app.close() };
}

/** As a process of its own: log on standard error, an orderly end on SIGTERM or Ctrl-C. */
export async function runCodecServer(
  config: Config,
  options: { port?: number; uiOrigin?: string },
): Promise<RunningCodecServer> {
  const logger = await createLogger({ level: config.logLevel, name: 'codec-server' });
  const server = await startCodecServer(config, { ...options, logger });
  closeOnSignal({ logger, close: server.close, limitMs: stopLimitMs['codec-server'] });
  return server;
}
