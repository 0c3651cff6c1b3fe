/** Passes an account's pushes on to its other receiver, untouched, and brings that one's answer back. */
import { Agent, type Dispatcher, request } from 'undici';
import { within } from './time-limit.ts';

/** A request of WeChat's as it came. */
export interface ReceivedRequest {
  method: 'GET' | 'POST';
  /** As it stood in the address, without the question mark. */
  rawQuery: string;
  contentType?: string | undefined;
  userAgent?: string | undefined;
  body?: Uint8Array | undefined;
}

/** The other side's own words. */
export interface ForwardAnswer {
  status: number;
  contentType?: string;
  body: Buffer;
}

/** Why there is no answer to give back. */
export type ForwardFailure = 'timeout' | 'unreachable' | 'redirect' | 'too_large' | 'busy';
export type Forwarded = { answer: ForwardAnswer } | { failure: ForwardFailure };

export interface Forwarder {
  /** One try. Never throws. */
  pass(url: string, received: ReceivedRequest, limitMs: number): Promise<Forwarded>;
  close(): Promise<void>;
}

/** On every request that is passed on: whoever gets one back knows that it went in a circle. */
export const forwardedHeader = 'x-wxq-forwarded';

/** More at once to one host are not sent: a side that hangs must cost neither memory nor the others. */
const maxUnderWay = 128;
const maxAnswerBytes = 256 * 1024;

/** With connections of its own: those to WeChat are never waited for behind a slow receiver. */
export function createForwarder(
  dispatcher: Dispatcher = new Agent({
    connections: maxUnderWay,
    connect: { timeout: 2_000 },
    maxResponseSize: maxAnswerBytes,
  }),
): Forwarder {
  const underWay = new Map<string, number>();

  async function exchange(url: URL, received: ReceivedRequest, signal: AbortSignal): Promise<Forwarded> {
    const { method, contentType, userAgent, body } = received;
    const response = await request(url, {
      dispatcher,
      method,
      signal,
      headers: {
        [forwardedHeader]: '1',
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
        ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
      },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const { statusCode: status, headers } = response;
    const answer = Buffer.from(await response.body.arrayBuffer());
    if (status >= 300 && status < 400) return { failure: 'redirect' };
    const type = headers['content-type'];
    return { answer: { status, body: answer, ...(typeof type === 'string' ? { contentType: type } : {}) } };
  }

  return {
    async pass(address, received, limitMs) {
      const url = addressOf(address, received.rawQuery);
      const waiting = underWay.get(url.host) ?? 0;
      if (waiting >= maxUnderWay) return { failure: 'busy' };
      underWay.set(url.host, waiting + 1);
      try {
        return await within(limitMs, (signal) => exchange(url, received, signal));
      } catch (error) {
        return { failure: failureOf(error) };
      } finally {
        const left = (underWay.get(url.host) ?? 1) - 1;
        if (left === 0) underWay.delete(url.host);
        else underWay.set(url.host, left);
      }
    },
    close: () => dispatcher.destroy(),
  };
}

/** The receiver's own address with WeChat's query behind what it may have of its own; its path stays as it is. */
function addressOf(address: string, rawQuery: string): URL {
  const separator = rawQuery === '' ? '' : address.includes('?') ? '&' : '?';
  return new URL(`${address}${separator}${rawQuery}`);
}

function failureOf(error: unknown): ForwardFailure {
  const { name = '', code = '' } = error as { name?: string; code?: string };
  if (name === 'TimeLimitReached') return 'timeout';
  return code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE' ? 'too_large' : 'unreachable';
}
