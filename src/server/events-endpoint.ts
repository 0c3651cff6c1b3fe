/** `POST /events` on the private port: events that a gateway of the user's own received, decrypted or as they came. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PushRejected } from '../wechat/push/index.ts';
import { isBearer } from './bearer.ts';
import { type CallbackAccounts, defaultCallbackLimits } from './dependencies.ts';
import { type EventRequest, EventRequestError, readEventRequest } from './event-request.ts';
import type { ServerMetrics } from './metrics.ts';
import { authenticMessage, findAddress, type PushAddress, type Query } from './push-address.ts';
import { noteOf, type PushNotes } from './push-notes.ts';
import type { EventTaker, SortedEvent } from './take-event.ts';

export interface EventsEndpoint {
  /** What a caller has to show; `undefined`: there is no such address here. */
  bearer: string | undefined;
  accounts: CallbackAccounts;
  events: EventTaker;
  pushes: PushNotes;
  metrics: ServerMetrics;
  now?: () => number;
}

/** What is wrong with a relayed push, by the part that a caller can mend. */
const fieldOfRejection: Record<PushRejected['reason'], { field: string; message: string }> = {
  'bad-query': { field: 'query', message: 'timestamp, nonce and msg_signature are needed, each once' },
  'bad-body': { field: 'body', message: 'must be the body as WeChat sent it: JSON or XML with Encrypt' },
  'bad-signature': { field: 'query.msg_signature', message: "is not that of this body under the account's Token" },
  'too-old': { field: 'query.timestamp', message: 'is too long ago' },
  'bad-key': { field: 'body', message: "can't be decrypted: the account's EncodingAESKey is none" },
  'bad-ciphertext': { field: 'body', message: "can't be decrypted with the account's EncodingAESKeys" },
  'wrong-appid': { field: 'body', message: 'belongs to another account' },
  'bad-message': { field: 'event', message: 'is not one clean event in JSON or XML with all that its kind needs' },
};

/**
 * An event by bearer token: plain (`appId` in the query, or `{appId, componentAppId?, event}`), or relayed as it came
 * (`{appId, componentAppId?, body, query}`), of any age. The caller is believed as far as WeChat's pushes are (rule L7): an
 * event says what to read. 200 with the result; 4xx with the field that is wrong; 503 when it can't be delivered now.
 * Nothing that comes here is passed on to an account's other receiver: it comes from there.
 */
export function registerEvents(app: FastifyInstance, endpoint: EventsEndpoint): void {
  const { bearer, metrics } = endpoint;
  if (bearer === undefined) return;
  void app.register(async (scope) => {
    // Ids beyond 2^53 would not survive the parser that fastify brings.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.addHook('onRequest', async (request, reply) => {
      if (!isBearer(request.headers.authorization, bearer)) {
        metrics.eventEnded('unauthorized');
        return reply.code(401).send({ error: 'unauthorized', message: 'Authorization: Bearer WXQ_EVENTS_TOKEN' });
      }
      // Whatever it says, what counts is the first character.
      delete request.raw.headers['content-type'];
      return undefined;
    });
    scope.setErrorHandler(async (error: { statusCode?: number }, _request, reply) => {
      if (error.statusCode === 413) return refuse(endpoint, reply, 413, { field: 'body', message: 'at most 64 KiB' });
      throw error;
    });
    // The private port's own limit is wider, for the calls of our processes.
    scope.post('/events', { bodyLimit: defaultCallbackLimits.maxBodyBytes }, async (request, reply) => {
      try {
        return await receive(endpoint, request, reply);
      } catch (error) {
        if (error instanceof EventRequestError) return refuse(endpoint, reply, error.status, error);
        if (error instanceof PushRejected) return refuse(endpoint, reply, 422, fieldOfRejection[error.reason]);
        throw error;
      }
    });
  });
}

/** @throws EventRequestError, PushRejected */
async function receive(endpoint: EventsEndpoint, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { events, pushes, metrics, now = Date.now } = endpoint;
  const asked = readEventRequest(request.query as Query, request.body);
  const { address, sorted } = sort(endpoint, events, asked);
  const taken = await sorted.take();
  metrics.eventEnded(taken.result);
  pushes.note(noteOf('gateway', address, sorted, taken, now()));
  const isDelivered = taken.result !== 'unreadable' && taken.result !== 'undeliverable';
  const { result, workflowId } = taken;
  return reply.code(isDelivered ? 200 : 503).send({
    ...(isDelivered ? {} : { error: 'not_delivered', message: 'send it again later' }),
    result,
    ...(workflowId === undefined ? {} : { workflowId }),
  });
}

function sort(
  { accounts }: EventsEndpoint,
  events: EventTaker,
  asked: EventRequest,
): { address: PushAddress; sorted: SortedEvent } {
  const address = findAddress(accounts, asked);
  if (address === undefined) {
    const field = asked.componentAppId === undefined ? 'appId' : 'componentAppId';
    throw new EventRequestError(422, field, 'is no account with a callback here');
  }
  const message = 'event' in asked ? asked.event : authenticMessage(address, asked.query, Buffer.from(asked.body));
  return { address, sorted: events.sort(address.route, address.account, message) };
}

function refuse(
  { metrics }: EventsEndpoint,
  reply: FastifyReply,
  status: number,
  { field, message }: { field: string; message: string },
): FastifyReply {
  metrics.eventEnded('refused');
  return reply.code(status).send({ error: 'bad_event', field, message: `${field} ${message}` });
}
