/** The two HTTP apps of the server process: the public one that WeChat calls, and the private one. */
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import { registerCallbacks } from './callbacks.ts';
import {
  type AuditReader,
  type CallbackAccounts,
  type CallbackLimits,
  type CaseSignals,
  defaultCallbackLimits,
  type PlatformAuthorizations,
  type ReadinessCheck,
  type ServerLogger,
} from './dependencies.ts';
import { type EventsEndpoint, registerEvents } from './events-endpoint.ts';
import { createForwarder, type Forwarder } from './forward.ts';
import { registerHealth } from './health.ts';
import { createServerMetrics, type ServerMetrics } from './metrics.ts';
import { type PrivateCall, registerPrivateCall } from './private-calls.ts';
import { bugOf, placeOf } from './problem.ts';
import { noNotes, type PushNotes } from './push-notes.ts';
import { type PushesEndpoint, registerPushes } from './pushes-endpoint.ts';
import { limitRefusals } from './refusals.ts';
import { createAuditRouter } from './route-audit.ts';
import { createEventTaker, type EventTaker } from './take-event.ts';
import { registerTokenEndpoint, type TokenEndpoint } from './token-endpoint.ts';

export interface CallbackServerDependencies {
  accounts: CallbackAccounts;
  wechat: AuditReader;
  cases: CaseSignals;
  /** Where tickets and authorizations of platforms are kept; without it they are acknowledged and ignored. */
  authorizations?: PlatformAuthorizations | undefined;
  /** Passes pushes on where an account says so. */
  forwarder?: Forwarder;
  /** Takes what is authentic; both apps of a process share one. */
  events?: EventTaker;
  /** Addresses and ranges whose X-Forwarded-For is believed. */
  trustedProxies?: readonly string[];
  /** Where pushes are written down; without it nowhere. */
  pushes?: PushNotes;
  logger: ServerLogger;
  /** Both apps of a process share one. */
  metrics?: ServerMetrics;
  /** What `/readyz` looks at. */
  readiness?: readonly ReadinessCheck[];
  /** `/readyz` says 503 from then on. */
  isStopping?: () => boolean;
  limits?: Partial<CallbackLimits>;
  now?: () => Date;
}

/**
 * The public app: `/callback/…` for WeChat, `/healthz`, `/readyz`, `/metrics`. Not listening yet. `close()` lets requests
 * that are under way finish, at most `limits.drainMs`.
 */
export function createCallbackServer(dependencies: CallbackServerDependencies): FastifyInstance {
  const { accounts, logger, readiness = [], pushes = noNotes, now } = dependencies;
  const limits = { ...defaultCallbackLimits, ...dependencies.limits };
  const metrics = dependencies.metrics ?? createServerMetrics();
  const events = dependencies.events ?? createEvents({ ...dependencies, metrics });
  const forwarder = dependencies.forwarder ?? createForwarder();
  const app = createApp(logger, metrics, limits, dependencies.trustedProxies);
  acceptRawBodies(app);
  const refusals = limitRefusals(app, limits.refusalsPerMinute, () => metrics.limited());
  app.addHook('onClose', () => forwarder.close());
  registerCallbacks(app, {
    accounts,
    events,
    forwarder,
    refusals,
    pushes,
    limits,
    metrics,
    logger,
    ...(now === undefined ? {} : { now: () => now().getTime() }),
  });
  registerHealth(app, { registries: [metrics.registry], readiness, isStopping: dependencies.isStopping, logger });
  return app;
}

/** What both apps of a process hand authentic events to. */
export function createEvents(
  dependencies: Pick<
    CallbackServerDependencies,
    'wechat' | 'cases' | 'authorizations' | 'logger' | 'limits' | 'now'
  > & {
    metrics: ServerMetrics;
  },
): EventTaker {
  const { wechat, cases, authorizations, logger, metrics, now } = dependencies;
  const limits = { ...defaultCallbackLimits, ...dependencies.limits };
  const router = createAuditRouter({ wechat, cases, limits, ...(now === undefined ? {} : { now }) });
  return createEventTaker({ router, authorizations, limits, metrics, logger });
}

export interface PrivateServerDependencies {
  logger: ServerLogger;
  metrics: ServerMetrics;
  /** What `/metrics` shows besides, on this port only. */
  registries?: readonly Registry[];
  readiness?: readonly ReadinessCheck[];
  isStopping?: () => boolean;
  /** Gives tokens to the worker of this machine; see `token-endpoint.ts`. */
  tokens?: TokenEndpoint;
  /** Takes events from a gateway of the user's own; see `events-endpoint.ts`. */
  events?: Omit<EventsEndpoint, 'metrics'>;
  /** Shows the received pushes to our own programs. */
  pushes?: PushesEndpoint;
  /** Further calls of our own processes, all with the bearer of `tokens`. */
  calls?: readonly { path: string; call: PrivateCall }[];
  limits?: Partial<CallbackLimits>;
}

/** The private app: health and metrics, for a port that the outside can't reach. */
export function createPrivateServer(dependencies: PrivateServerDependencies): FastifyInstance {
  const { logger, metrics, registries = [], readiness = [], isStopping, tokens, events, pushes } = dependencies;
  const app = createApp(logger, metrics, { ...defaultCallbackLimits, ...dependencies.limits });
  registerHealth(app, { registries: [metrics.registry, ...registries], readiness, isStopping, logger });
  if (tokens !== undefined) {
    registerTokenEndpoint(app, tokens);
    for (const { path, call } of dependencies.calls ?? [])
      registerPrivateCall(app, { path, bearer: tokens.bearer }, call);
  }
  if (events !== undefined) registerEvents(app, { ...events, metrics });
  if (pushes !== undefined) registerPushes(app, pushes);
  return app;
}

/** An app that answers nothing about itself when something is wrong, and gives slow senders no room. */
function createApp(
  logger: ServerLogger,
  metrics: ServerMetrics,
  limits: CallbackLimits,
  trustedProxies: readonly string[] = [],
): FastifyInstance {
  const app = fastify({
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    // Its own lines would hold the query, and with it the signature; ours name the case instead.
    logger: false,
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    http: {
      headersTimeout: Math.min(limits.headersMs, limits.requestMs),
      connectionsCheckingInterval: Math.min(1000, limits.requestMs),
    },
    frameworkErrors: (error, request, reply) => {
      const plain = reply as unknown as FastifyReply;
      if (request.raw.url?.startsWith('/v1/')) return unreadableAddress(plain, error.statusCode === 414);
      void plain
        .code(error.statusCode === 414 ? 414 : 400)
        .type('text/plain')
        .send('bad request');
    },
    clientErrorHandler: (error, socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) {
        socket.destroy();
        return;
      }
      const status =
        error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? '408 Request Timeout'
          : error.code === 'HPE_HEADER_OVERFLOW'
            ? '431 Request Header Fields Too Large'
            : '400 Bad Request';
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, () => socket.destroy());
    },
  });

  app.setNotFoundHandler(async (_request, reply) => reply.code(404).type('text/plain').send('not found'));

  app.setErrorHandler(async (error: { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status === 413) {
      const route = request.routeOptions.url?.startsWith('/callback/platform') ? 'platform' : 'channels-shop';
      metrics.pushEnded(route, 'too_large');
      return reply.code(413).type('text/plain').send('too large');
    }
    if (status >= 400 && status < 500) return reply.code(status).type('text/plain').send('bad request');
    metrics.bug();
    logger.error({ ...placeOf(request), problem: bugOf(error) }, 'unexpected error in a request');
    return reply.code(500).type('text/plain').send('internal error');
  });

  // Once it no longer listens, Node neither watches for slow requests nor ends a kept-alive connection after its answer:
  // without the two hooks, either could hold up the end.
  let cut: NodeJS.Timeout | undefined;
  app.addHook('preClose', async () => {
    cut = setTimeout(() => app.server.closeAllConnections(), limits.drainMs);
  });
  app.addHook('onSend', async (_request, reply) => {
    if (cut !== undefined) reply.header('connection', 'close');
  });
  app.addHook('onClose', async () => clearTimeout(cut));
  return app;
}

/** The JSON API answers nothing but problem details, also to an address that no route gets to see. */
function unreadableAddress(reply: FastifyReply, isTooLong: boolean): void {
  const [status, title] = isTooLong ? [404, 'Not Found'] : [400, 'Bad Request'];
  const detail = isTooLong ? 'No case has an id of that length.' : 'The address is not properly percent-encoded.';
  void reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail }));
}

/** Bodies arrive as they were sent: a signature is over bytes, and the Content-Type says nothing reliable about them. */
function acceptRawBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request) => {
    // A malformed one would be refused before the body is looked at.
    delete request.raw.headers['content-type'];
  });
}
