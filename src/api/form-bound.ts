/** A form with files is as long as it says, or is not read at all: its parser knows a limit for each file alone. */
import type { FastifyRequest } from 'fastify';

/** The status that refuses a form before its body is read: it is larger than its route takes, or does not say how large it is. */
export function formBound({ headers, routeOptions }: FastifyRequest): 411 | 413 | undefined {
  // `isMultipart` is known only after the body's parser has been chosen.
  if (!/^multipart\//i.test(headers['content-type'] ?? '')) return undefined;
  const length = headers['content-length'];
  if (length === undefined) return 411;
  return Number(length) > routeOptions.bodyLimit ? 413 : undefined;
}
