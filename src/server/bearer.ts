/** Whether a request shows the token that it must. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** `Authorization: Bearer …`; constant in time, whatever the lengths. */
export function isBearer(authorization: string | undefined, bearer: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${bearer}`));
}
