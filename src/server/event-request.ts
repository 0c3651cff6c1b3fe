/** Reads what is sent to `POST /events`: which account, and its event in plain text or as WeChat pushed it. */
import { parseJson, stringifyJson } from '../wechat/index.ts';
import type { Query } from './push-address.ts';

/** An event for an account; of a platform itself when there is no `appId`. */
export type EventRequest = { appId?: string; componentAppId?: string } & (
  | { event: string }
  | { body: string; query: Query }
);

/** A request that its sender must change: `field` names what, `message` goes on after it. Neither holds a value. */
export class EventRequestError extends Error {
  override readonly name = 'EventRequestError';
  readonly status: number;
  readonly field: string;
  constructor(status: number, field: string, message: string) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

const fields = new Set(['appId', 'componentAppId', 'event', 'body', 'query']);
const appIdPattern = /^[0-9A-Za-z_-]{1,64}$/;

/** @throws EventRequestError */
export function readEventRequest(query: Query, body: unknown): EventRequest {
  const text = textOf(body);
  const envelope = envelopeOf(text);
  const inQuery = accountOf({ appId: query.appId, componentAppId: query.componentAppId });
  if (envelope === undefined) {
    if (Object.keys(inQuery).length > 0) return { ...inQuery, event: text };
    throw new EventRequestError(400, 'appId', 'is needed, in the query or in {"appId": …, "event": …}');
  }
  for (const name of envelope.keys()) {
    if (!fields.has(name))
      throw new EventRequestError(400, 'body', `may hold ${[...fields].join(', ')} and nothing else`);
  }
  const inEnvelope = accountOf({ appId: envelope.get('appId'), componentAppId: envelope.get('componentAppId') });
  for (const field of ['appId', 'componentAppId'] as const) {
    if (inQuery[field] !== undefined && inEnvelope[field] !== undefined && inQuery[field] !== inEnvelope[field]) {
      throw new EventRequestError(400, field, 'is another one in the query than in the body');
    }
  }
  const account = { ...inQuery, ...inEnvelope };
  if (Object.keys(account).length === 0) throw new EventRequestError(400, 'appId', 'is needed');
  const [event, relayed] = [envelope.get('event'), envelope.get('body')];
  if ((event === undefined) === (relayed === undefined)) {
    throw new EventRequestError(400, 'event', 'or body is needed, and not both');
  }
  if (relayed !== undefined)
    return { ...account, body: relayedBody(relayed), query: relayedQuery(envelope.get('query')) };
  if (envelope.has('query')) throw new EventRequestError(400, 'query', 'goes with body, not with event');
  if (typeof event === 'string') return { ...account, event };
  if (isObject(event)) return { ...account, event: stringifyJson(event) };
  throw new EventRequestError(400, 'event', 'must be an object, or the text of the event');
}

function accountOf(given: { appId: unknown; componentAppId: unknown }): { appId?: string; componentAppId?: string } {
  const named = (['appId', 'componentAppId'] as const).flatMap((field) => {
    const value = given[field];
    if (value === undefined) return [];
    if (typeof value !== 'string' || !appIdPattern.test(value)) {
      throw new EventRequestError(400, field, 'must be an appid, and stand there once');
    }
    return [[field, value] as const];
  });
  return Object.fromEntries(named);
}

function textOf(body: unknown): string {
  try {
    if (body instanceof Uint8Array && body.length > 0) return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new EventRequestError(400, 'body', 'must be UTF-8');
  }
  throw new EventRequestError(400, 'body', 'is empty');
}

/** An event of WeChat's own says what it is in one of these; whatever else is JSON must be our envelope. */
const ownNames = ['Event', 'MsgType', 'InfoType'];

function envelopeOf(text: string): Map<string, unknown> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    // The parser's own message quotes the text.
    throw new EventRequestError(400, 'body', 'is not JSON');
  }
  const envelope = new Map(Object.entries(isObject(value) ? value : {}));
  return ownNames.some((name) => envelope.has(name)) ? undefined : envelope;
}

function relayedBody(body: unknown): string {
  if (typeof body === 'string' && body !== '') return body;
  // A gateway that parsed the push and writes it again: the signature is over Encrypt alone.
  if (isObject(body)) return stringifyJson(body);
  throw new EventRequestError(400, 'body', 'must be the body of the push, as text');
}

function relayedQuery(query: unknown): Query {
  if (typeof query === 'string') {
    const parameters = new URLSearchParams(query);
    return Object.fromEntries(
      [...new Set(parameters.keys())].map((name) => {
        const values = parameters.getAll(name);
        return [name, values.length === 1 ? values[0] : values];
      }),
    );
  }
  if (isObject(query)) {
    return Object.fromEntries(
      Object.entries(query).flatMap(([name, value]) =>
        typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
      ),
    );
  }
  throw new EventRequestError(400, 'query', 'must be the query of the push, as text or as an object');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
