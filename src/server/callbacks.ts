/** The routes that WeChat calls: the check of the address (GET) and the pushes (POST). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  openPush,
  type PushEvent,
  PushRejected,
  type PushRejectedReason,
  parsePushEvent,
  verifySignature,
} from '../wechat/push/index.ts';
import type {
  CallbackAccount,
  CallbackAccounts,
  CallbackLimits,
  CallbackSettings,
  PlatformAuthorizations,
  ServerLogger,
} from './dependencies.ts';
import type { CallbackRoute, PushResult, ServerMetrics } from './metrics.ts';
import { receivePlatformEvent } from './platform-events.ts';
import type { AuditRouter, Routed } from './route-audit.ts';

export interface CallbackDependencies {
  accounts: CallbackAccounts;
  router: AuditRouter;
  authorizations?: PlatformAuthorizations | undefined;
  limits: Pick<CallbackLimits, 'answerMs'>;
  metrics: ServerMetrics;
  logger: ServerLogger;
}

/** Whose push address was called, and how to tell that it was WeChat. */
interface Address {
  route: CallbackRoute;
  account: CallbackAccount;
  settings: CallbackSettings;
  /** Pushes through a third-party platform carry the platform's appid, not the shop's. */
  tailAppId: string;
}

type FindAddress = (parameters: Record<string, string>) => Address | undefined;
type Query = Record<string, string | string[] | undefined>;

/** An answer's status; the texts say nothing that the caller does not know. */
const answers = {
  success: [200, 'success'],
  again: [503, 'try again'],
  forbidden: [403, 'forbidden'],
  malformed: [400, 'bad request'],
  unknown: [404, 'not found'],
  tooLarge: [413, 'too large'],
} as const;

type Answer = (typeof answers)[keyof typeof answers];

/**
 * WeChat looks at the status alone: 2xx ends a push, anything else or 5 s without an answer brings it again, up to ten
 * times. So 503 is for what can mend itself, and everything that another push could not change is `success`.
 */
const answerTo: Record<PushResult, Answer> = {
  delivered: answers.success,
  hinted: answers.success,
  no_case: answers.success,
  in_review: answers.success,
  early: answers.success,
  not_ours: answers.success,
  other_event: answers.success,
  stored: answers.success,
  old_event: answers.success,
  unreadable: answers.again,
  undeliverable: answers.again,
  misconfigured: answers.again,
  forged: answers.forbidden,
  malformed: answers.malformed,
  too_large: answers.tooLarge,
  unknown_account: answers.unknown,
};

const resultOfRejection: Record<PushRejectedReason, PushResult> = {
  'bad-query': 'malformed',
  'bad-body': 'malformed',
  'bad-signature': 'forged',
  'bad-key': 'misconfigured',
  'bad-ciphertext': 'malformed',
  'wrong-appid': 'forged',
  'bad-message': 'malformed',
};

/**
 * `GET` and `POST` on `/callback/channels-shop/:appId`, `/callback/platform/:componentAppId/:appId`, and, for tickets and
 * authorizations, `/callback/platform/:componentAppId`.
 */
export function registerCallbacks(app: FastifyInstance, dependencies: CallbackDependencies): void {
  const { accounts } = dependencies;
  registerAddress(app, '/callback/channels-shop/:appId', 'channels-shop', dependencies, ({ appId = '' }) => {
    const settings = accounts.shop(appId)?.callback;
    return settings && { route: 'channels-shop', account: { appId }, settings, tailAppId: appId };
  });
  registerAddress(
    app,
    '/callback/platform/:componentAppId/:appId',
    'platform',
    dependencies,
    ({ componentAppId = '', appId = '' }) => {
      const settings = accounts.platform(componentAppId)?.callback;
      // The appid becomes part of a workflow id and of a token request; a `$APPID$` that was not filled in is refused too.
      if (settings === undefined || !/^[0-9A-Za-z_-]{1,64}$/.test(appId)) return undefined;
      return { route: 'platform', account: { appId, componentAppId }, settings, tailAppId: componentAppId };
    },
  );
  registerAddress(
    app,
    '/callback/platform/:componentAppId',
    'platform-events',
    dependencies,
    ({ componentAppId = '' }) => {
      const settings = accounts.platform(componentAppId)?.callback;
      const account = { appId: componentAppId };
      return settings && { route: 'platform-events', account, settings, tailAppId: componentAppId };
    },
  );
}

function registerAddress(
  app: FastifyInstance,
  url: string,
  route: CallbackRoute,
  dependencies: CallbackDependencies,
  findAddress: FindAddress,
): void {
  const { metrics } = dependencies;
  const addressOf = (request: FastifyRequest): Address | undefined =>
    findAddress(request.params as Record<string, string>);

  // Before the body is read: whoever guesses addresses gets nothing parsed, and the same 404 as anywhere else.
  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (addressOf(request) !== undefined) return undefined;
    metrics.pushEnded(route, 'unknown_account');
    return answer(reply, answers.unknown);
  };

  app.get(url, { onRequest }, async (request, reply) => {
    const address = addressOf(request);
    return address === undefined
      ? answer(reply, answers.unknown)
      : echo(reply, address, request.query as Query, metrics);
  });

  app.post(url, { onRequest }, async (request, reply) => {
    const address = addressOf(request);
    if (address === undefined) return answer(reply, answers.unknown);
    const startedAt = performance.now();
    const result = await receive(dependencies, address, request.query as Query, request.body);
    metrics.pushEnded(route, result);
    metrics.took(route, (performance.now() - startedAt) / 1000);
    return answer(reply, answerTo[result]);
  });
}

/** The check of the address: the bare `echostr`, if the signature over Token, timestamp and nonce is right. */
function echo(reply: FastifyReply, address: Address, query: Query, metrics: ServerMetrics): FastifyReply {
  const { signature: expected, timestamp, nonce, echostr } = query;
  const isGenuine =
    isText(expected) &&
    isText(timestamp) &&
    isText(nonce) &&
    verifySignature({ token: address.settings.token, timestamp, nonce, expected });
  if (!isGenuine || !isText(echostr)) {
    metrics.echo(address.route, 'refused');
    return answer(reply, isGenuine ? answers.malformed : answers.forbidden);
  }
  metrics.echo(address.route, 'answered');
  return answer(reply, [200, echostr]);
}

/** One push, from its raw body to how it ended. Authentic first, then parsed, then routed; see `route-audit.ts`. */
async function receive(
  dependencies: CallbackDependencies,
  address: Address,
  query: Query,
  body: unknown,
): Promise<PushResult> {
  const { metrics, logger } = dependencies;
  const { route, account } = address;
  let event: PushEvent;
  try {
    const message = authenticMessage(address, query, body);
    if (route === 'platform-events') {
      return await receivePlatformEvent(dependencies, account.appId, message);
    }
    event = parsePushEvent(message);
  } catch (error) {
    if (!(error instanceof PushRejected)) throw error;
    const result = resultOfRejection[error.reason];
    // After the signature was right, a message that can't be opened means our EncodingAESKey or appid is not theirs.
    if (error.reason === 'bad-ciphertext' || error.reason === 'wrong-appid' || error.reason === 'bad-key') {
      logger.error({ route, ...account, rejected: error.reason }, 'a signed push does not fit the configured keys');
    } else {
      logger.warn({ route, ...account, rejected: error.reason }, 'push refused');
    }
    return result;
  }
  if (event.type === 'other') {
    const label = metrics.otherEvent(event.event || event.infoType || '');
    logger.info({ route, ...account, event: label }, 'push of another kind acknowledged');
    return 'other_event';
  }
  const routed =
    event.type === 'product_category_audit'
      ? await dependencies.router.shopAudit(account, event)
      : await dependencies.router.miniProgramAudit(account, event);
  logRouted(logger, address, event, routed);
  return routed.result;
}

/** Throws only `PushRejected`. */
function authenticMessage({ settings, tailAppId }: Address, query: Query, body: unknown): string {
  const { timestamp, nonce, msg_signature } = query;
  if (!isText(timestamp) || !isText(nonce) || !isText(msg_signature) || !(body instanceof Uint8Array)) {
    throw new PushRejected('bad-query', 'incomplete');
  }
  // The signature covers the parts without separators: bounds on them keep the ciphertext from being moved into the nonce.
  if (!/^\d{1,20}$/.test(timestamp) || nonce.length > 100) throw new PushRejected('bad-query', 'out of bounds');
  const { message } = openPush({
    query: { timestamp, nonce, msg_signature },
    body,
    token: settings.token,
    encodingAesKeys: [...settings.encodingAesKey],
    tailAppId,
  });
  return message;
}

function logRouted(
  logger: ServerLogger,
  { route, account }: Address,
  event: Exclude<PushEvent, { type: 'other' }>,
  { result, workflowId, problem }: Routed,
): void {
  const fields = {
    route,
    ...account,
    event: event.type,
    ...(event.type === 'product_category_audit' ? { auditId: event.auditId } : {}),
    result,
    ...(workflowId === undefined ? {} : { workflowId }),
    ...(problem === undefined ? {} : { problem }),
  };
  if (answerTo[result][0] === 503) logger.warn(fields, 'push not delivered; WeChat will push again');
  else logger.info(fields, 'push routed');
}

function answer(reply: FastifyReply, [status, text]: readonly [number, string]): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').header('x-content-type-options', 'nosniff').send(text);
}

/** A parameter that stands in the query twice is an array. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
