/** One HTTP exchange: bytes out, status and text in; tells whether a request that failed had left this machine. */
import { Agent, type Dispatcher, request } from 'undici';
import { unlessAborted } from './deadline.ts';

/** A request, complete. */
export interface HttpRequest {
  method: 'GET' | 'POST';
  url: string;
  headers?: Record<string, string>;
  /** Sent with Content-Length: WeChat refuses chunked uploads. */
  body?: Buffer;
}

/** Thrown by `exchange` for a lost exchange. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure';
  /** False: certainly nothing was sent (refused, DNS, no connection). True: WeChat may have acted. */
  readonly isSent: boolean;

  constructor(isSent: boolean, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.isSent = isSent;
  }
}

/** The connections to WeChat: kept alive, given up when not made within 3 s, answers of at most 64 MiB. */
export function createDispatcher(): Dispatcher {
  return new Agent({ connect: { timeout: 3_000 }, maxResponseSize: 64 * 1024 * 1024 });
}

/** One try, no redirects. Throws only `TransportFailure`. */
export async function exchange(
  dispatcher: Dispatcher,
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> {
  const progress = { isSent: false };
  try {
    signal.throwIfAborted();
    const sending = request(url, {
      dispatcher: watched(dispatcher, progress),
      method,
      signal,
      ...(headers === undefined ? {} : { headers }),
      ...(body === undefined ? {} : { body }),
    }).then(async (response) => ({ status: response.statusCode, text: await response.body.text() }));
    // undici does not look at the signal while it connects; the race does.
    return await unlessAborted(signal, sending);
  } catch (cause) {
    throw new TransportFailure(progress.isSent, cause);
  }
}

/** Notes the moment just before the first byte. A request that is given up before it is never sent: undici looks then. */
function watched(dispatcher: Dispatcher, progress: { isSent: boolean }): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => {
    const watching: Dispatcher.DispatchHandler = {
      onRequestStart(controller, context) {
        progress.isSent = true;
        handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
      onResponseError: (...args) => handler.onResponseError?.(...args),
    };
    return dispatch(options, watching);
  });
}
