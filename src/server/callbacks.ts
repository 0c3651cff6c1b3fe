/** The routes that WeChat calls: the check of the address (GET) and the pushes (POST). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isSignedWithAny, PushRejected } from '../wechat/push/index.ts';
import { type Answer, answerOf, answerOfBoth, answers } from './answers.ts';
import type { CallbackAccounts, CallbackLimits, ServerLogger } from './dependencies.ts';
import { type Forwarded, type Forwarder, forwardedHeader, type ReceivedRequest } from './forward.ts';
import type { CallbackRoute, ServerMetrics } from './metrics.ts';
import {
  authenticMessage,
  findAddress,
  forwardUrl,
  isSigned,
  isText,
  type PushAddress,
  type Query,
  resultOfRejection,
  tokensOf,
} from './push-address.ts';
import { noteOf, type PushNotes } from './push-notes.ts';
import type { Refusals } from './refusals.ts';
import type { EventTaker, SortedEvent, TakenEvent } from './take-event.ts';

export interface CallbackDependencies {
  accounts: CallbackAccounts;
  events: EventTaker;
  forwarder: Forwarder;
  refusals: Refusals;
  pushes: PushNotes;
  limits: Pick<CallbackLimits, 'answerMs' | 'forwardMs' | 'pushAgeMs'>;
  metrics: ServerMetrics;
  logger: ServerLogger;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * `GET` and `POST` on `/callback/channels-shop/:appId`, `/callback/platform/:componentAppId/:appId`, and, for tickets and
 * authorizations, `/callback/platform/:componentAppId`.
 */
export function registerCallbacks(app: FastifyInstance, dependencies: CallbackDependencies): void {
  registerAddress(app, '/callback/channels-shop/:appId', 'channels-shop', dependencies);
  registerAddress(app, '/callback/platform/:componentAppId/:appId', 'platform', dependencies);
  registerAddress(app, '/callback/platform/:componentAppId', 'platform-events', dependencies);
}

function registerAddress(
  app: FastifyInstance,
  url: string,
  route: CallbackRoute,
  dependencies: CallbackDependencies,
): void {
  const { accounts, metrics } = dependencies;
  const addressOf = (request: FastifyRequest): PushAddress | undefined =>
    findAddress(accounts, request.params as { appId?: string; componentAppId?: string });

  // Before the body is read: whoever guesses addresses gets nothing parsed, and the same 404 as anywhere else.
  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (addressOf(request) === undefined) await accounts.lookAgain?.();
    if (addressOf(request) === undefined) {
      metrics.pushEnded(route, 'unknown_account');
      return send(reply, answers.unknown);
    }
    // Nothing that WeChat sends is compressed, so nothing is unpacked here.
    if ((request.headers['content-encoding'] ?? 'identity') === 'identity') return undefined;
    metrics.pushEnded(route, 'malformed');
    return send(reply, answers.encoded);
  };

  app.get(url, { onRequest, exposeHeadRoute: false }, async (request, reply) => {
    const address = addressOf(request);
    return send(reply, address === undefined ? answers.unknown : await echo(dependencies, address, request));
  });

  app.post(url, { onRequest }, async (request, reply) => {
    const address = addressOf(request);
    if (address === undefined) return send(reply, answers.unknown);
    const startedAt = performance.now();
    const answer = await receive(dependencies, address, request);
    metrics.took(route, (performance.now() - startedAt) / 1000);
    return send(reply, answer);
  });
}

/**
 * The check of the address: the bare `echostr`, if the signature over Token, timestamp and nonce is right. The other
 * receiver is asked too, and its answer counts if it is that one: there is no other right answer, and ours must not wait
 * for a receiver that is down.
 */
async function echo(
  dependencies: CallbackDependencies,
  address: PushAddress,
  request: FastifyRequest,
): Promise<Answer> {
  const { metrics, logger } = dependencies;
  const { signature: expected, timestamp, nonce, echostr } = request.query as Query;
  const isGenuine =
    isText(expected) &&
    isText(timestamp) &&
    isText(nonce) &&
    Number(timestamp) >= oldest(dependencies) &&
    isSignedWithAny(tokensOf(address.settings), { timestamp, nonce, expected });
  if (!isGenuine || !isText(echostr)) {
    metrics.echo(address.route, 'refused');
    return isGenuine ? answers.malformed : answers.forbidden;
  }
  metrics.echo(address.route, 'answered');
  const own = { status: 200, body: echostr };
  if (address.forward === undefined || isForwarded(request)) return own;
  const theirs = await passOn(dependencies, address, request, dependencies.limits.answerMs);
  if ('answer' in theirs && theirs.answer.status === 200 && theirs.answer.body.toString().trim() === echostr) {
    return theirs.answer;
  }
  logger.warn(
    { route: address.route, ...address.account },
    'the other receiver did not answer the check of the address',
  );
  return own;
}

/** One push, from its raw body to its answer. Authentic first, then told apart, then taken and passed on at once. */
async function receive(
  dependencies: CallbackDependencies,
  address: PushAddress,
  request: FastifyRequest,
): Promise<Answer> {
  const { metrics, limits, logger, pushes, now = Date.now } = dependencies;
  const { route, account } = address;
  let sorted: SortedEvent;
  try {
    sorted = sort(dependencies, address, request);
  } catch (error) {
    if (!(error instanceof PushRejected)) throw error;
    sorted = refused(dependencies, address, error);
    if (!isSigned(error)) {
      const isHeldBack = await dependencies.refusals.isHeldBack(request);
      const { result } = isHeldBack ? { result: resultOfRejection[error.reason] } : await sorted.take();
      metrics.pushEnded(route, result);
      return answerOf(result);
    }
  }
  dependencies.refusals.excuse(request);
  if (address.forward === undefined) {
    const taken = await sorted.take();
    metrics.pushEnded(route, taken.result);
    pushes.note(noteOf('wechat', address, sorted, taken, now()));
    return answerOf(taken.result);
  }
  if (isForwarded(request)) {
    // It has been here before, and was taken then. To acknowledge it would hide that nobody else ever got it.
    logger.error({ route, ...account }, 'forward leads back to this program: check its url in the accounts');
    metrics.pushEnded(route, 'loop');
    return answerOf('loop');
  }
  // Ours are answered in our own time, whatever the other side was granted.
  const limitMs = sorted.isOurs ? limits.answerMs : Number.POSITIVE_INFINITY;
  const [taken, theirs] = await Promise.all([sorted.take(), passOn(dependencies, address, request, limitMs)]);
  metrics.pushEnded(route, taken.result);
  const forwarded = 'failure' in theirs ? theirs.failure : String(theirs.answer.status);
  pushes.note({ ...noteOf('wechat', address, sorted, taken, now()), forwarded });
  return answerOfBoth(taken.result, theirs);
}

/** Throws only `PushRejected`. */
function sort(dependencies: CallbackDependencies, address: PushAddress, request: FastifyRequest): SortedEvent {
  const { events } = dependencies;
  const message = authenticMessage(address, request.query as Query, request.body, oldest(dependencies));
  return events.sort(address.route, address.account, message);
}

/** Seconds since 1970. Only the past is bounded: nobody can sign for the future who could not sign for now. */
function oldest({ limits, now = Date.now }: CallbackDependencies): number {
  return (now() - limits.pushAgeMs) / 1000;
}

/** A push that can't be read, as an event that nothing is done about. */
function refused({ logger }: CallbackDependencies, address: PushAddress, { reason }: PushRejected): SortedEvent {
  const fields = { route: address.route, ...address.account, rejected: reason };
  const result = resultOfRejection[reason];
  const take = async (): Promise<TakenEvent> => {
    // After the signature was right, a message that can't be opened means our EncodingAESKey or appid is not theirs.
    if (reason === 'bad-ciphertext' || reason === 'wrong-appid' || reason === 'bad-key') {
      logger.error(fields, 'a signed push does not fit the configured keys');
    } else {
      logger.warn(fields, 'push refused');
    }
    return { result };
  };
  return { name: 'unreadable', isOurs: false, take };
}

async function passOn(
  { forwarder, limits, metrics, logger }: CallbackDependencies,
  address: PushAddress,
  request: FastifyRequest,
  limitMs: number,
): Promise<Forwarded> {
  const { route, account, forward } = address;
  if (forward === undefined) return { failure: 'unreachable' };
  const wanted = forward.timeoutMs ?? limits.forwardMs;
  const passed = await forwarder.pass(forwardUrl(forward, account), asReceived(request), Math.min(wanted, limitMs));
  if ('failure' in passed) {
    metrics.forwarded(route, passed.failure);
    logger.warn({ route, ...account, failure: passed.failure }, 'push not passed on');
  } else {
    metrics.forwarded(route, passed.answer.status < 300 ? 'accepted' : 'refused');
  }
  return passed;
}

function asReceived({ raw, body }: FastifyRequest): ReceivedRequest {
  const { url = '', rawHeaders, headers } = raw;
  const queryStart = url.indexOf('?');
  // The app takes Content-Type out of the parsed headers: see `acceptRawBodies`.
  const at = rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-type');
  return {
    method: raw.method === 'GET' ? 'GET' : 'POST',
    rawQuery: queryStart < 0 ? '' : url.slice(queryStart + 1),
    contentType: at < 0 ? undefined : rawHeaders[at + 1],
    userAgent: headers['user-agent'],
    body: body instanceof Uint8Array ? body : undefined,
  };
}

function isForwarded(request: FastifyRequest): boolean {
  return request.headers[forwardedHeader] !== undefined;
}

function send(reply: FastifyReply, { status, body, contentType }: Answer): FastifyReply {
  return reply
    .code(status)
    .type(contentType ?? 'text/plain; charset=utf-8')
    .header('x-content-type-options', 'nosniff')
    .send(body);
}
