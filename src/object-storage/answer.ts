/** Reading answers of HTTP requests: a header, not the rest, not past an abort. */
import type { Dispatcher } from 'undici';

export function headerOf(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Stops the transfer; whatever error comes of that is expected. */
export function discard({ body }: Dispatcher.ResponseData): void {
  body.on('error', () => {});
  body.destroy();
}

/** The whole body, or what `tooLarge` makes as soon as it is longer than allowed; at most that much is held. */
export async function collect(
  { body }: Dispatcher.ResponseData,
  maxBytes: number,
  tooLarge: () => Error,
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const content = Buffer.concat(chunks, length);
  return new Uint8Array(content.buffer, content.byteOffset, length);
}

/** Settles with `work`, or rejects with the signal's reason as soon as it is aborted: undici does not look while it connects. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}
