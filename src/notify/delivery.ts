/** One try to tell one receiver: what is sent, within ten seconds, and what the answer means for the next try. */
import { Agent, type Dispatcher, request } from 'undici';
import type { Notification } from '../contract/notification.ts';
import { robotCode, robotPauseMs, robotRequest } from './robot-request.ts';
import type { Target } from './targets.ts';
import { type OutgoingRequest, webhookRequest } from './webhook-request.ts';

/** A receiver that takes longer is asked again later. */
export const answerWithinMs = 10_000;

/** How a try ended. `refused`: it will hardly be taken sooner, so the next try comes `againInMs` later. */
export type Tried =
  | { outcome: 'taken'; httpStatus: number }
  | { outcome: 'unreachable'; reason: string; httpStatus?: number }
  | { outcome: 'refused'; reason: string; httpStatus: number; againInMs: number }
  | { outcome: 'gone'; reason: string; httpStatus: number };

const hour = 3_600_000;
/** What a receiver may ask for with Retry-After. */
const longestPauseMs = 6 * hour;

export interface DeliveryOptions {
  consoleUrl?: string;
  dispatcher: Dispatcher;
  now?: () => Date;
  answerWithinMs?: number;
}

/** Connections to receivers; apart from those to WeChat. */
export const createNotifyDispatcher = (): Dispatcher => new Agent({ connect: { timeout: 5_000 } });

/** Never throws; what it says holds neither query nor path of the address, where robots have their keys. */
export async function tryToDeliver(
  target: Target,
  notification: Notification,
  options: DeliveryOptions,
): Promise<Tried> {
  const now = options.now?.() ?? new Date();
  const { consoleUrl } = options;
  const outgoing =
    target.kind === 'webhook'
      ? webhookRequest(target, notification, now)
      : robotRequest(target, notification, { now, ...(consoleUrl === undefined ? {} : { consoleUrl }) });
  if (outgoing === undefined) return { outcome: 'gone', reason: 'robots are not told of this', httpStatus: 0 };
  const answer = await exchange(outgoing, target.kind !== 'webhook', options);
  if (typeof answer === 'string') return { outcome: 'unreachable', reason: answer };
  const { httpStatus } = answer;
  if (httpStatus < 200 || httpStatus >= 300) return notTaken(answer);
  if (target.kind === 'webhook') return { outcome: 'taken', httpStatus };
  const { code, message = '' } = robotCode(target.kind, answer.text);
  if (code === 0) return { outcome: 'taken', httpStatus };
  const reason = code === undefined ? 'the robot gave an answer that is none' : `the robot said ${code} ${message}`;
  const againInMs = code === undefined ? undefined : robotPauseMs(target.kind, code);
  return { outcome: 'refused', reason, httpStatus, againInMs: againInMs ?? hour };
}

interface Answer {
  httpStatus: number;
  retryAfter?: string;
  text: string;
}

function notTaken({ httpStatus, retryAfter }: Answer): Tried {
  const reason = `the receiver answered ${httpStatus}`;
  if (httpStatus === 410) return { outcome: 'gone', reason: `${reason}: it wants no more`, httpStatus };
  const asked = retryAfterMs(retryAfter);
  if (httpStatus === 429) return { outcome: 'refused', reason, httpStatus, againInMs: asked ?? 60_000 };
  if (httpStatus === 503 && asked !== undefined) return { outcome: 'refused', reason, httpStatus, againInMs: asked };
  if (httpStatus < 400)
    return {
      outcome: 'refused',
      reason: `${reason}: redirects are not followed, give the address itself`,
      httpStatus,
      againInMs: hour,
    };
  // Nobody mends a 404 in seconds. 408 and 425 say themselves that it is worth while.
  if (httpStatus < 500 && httpStatus !== 408 && httpStatus !== 425)
    return { outcome: 'refused', reason, httpStatus, againInMs: hour };
  return { outcome: 'unreachable', reason, httpStatus };
}

/** Seconds only; a date would compare two clocks. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header)) return undefined;
  return Math.min(longestPauseMs, Math.max(1_000, Number(header) * 1_000));
}

/** A string says why there was no answer. The body is read only where it decides (robots), and never beyond 64 KiB. */
async function exchange(
  { url, headers, body }: OutgoingRequest,
  reads: boolean,
  options: DeliveryOptions,
): Promise<Answer | string> {
  const within = options.answerWithinMs ?? answerWithinMs;
  const signal = AbortSignal.timeout(within);
  try {
    const response = await request(url, {
      dispatcher: options.dispatcher,
      method: 'POST',
      headers,
      body,
      signal,
    });
    const retryAfter = response.headers['retry-after'];
    const text = reads ? await beginningOf(response.body) : '';
    if (!reads) {
      response.body.on('error', () => undefined);
      response.body.destroy();
    }
    return {
      httpStatus: response.statusCode,
      text,
      ...(typeof retryAfter === 'string' ? { retryAfter } : {}),
    };
  } catch (error) {
    if (signal.aborted) return `no answer within ${within / 1000} s`;
    return `not reachable (${codeOf(error)})`;
  }
}

async function beginningOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > 65_536) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A code such as ECONNREFUSED: messages of errors may hold the address. */
function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== '' ? code : error instanceof Error ? error.name : 'unknown';
}
