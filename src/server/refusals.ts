/** Holds back addresses that send what is refused again and again; what WeChat signed is never held back. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface Refusals {
  /** This request was authentic: whatever it is answered is not its sender's fault. */
  excuse(request: FastifyRequest): void;
  /** Whether its sender has been refused too often already: no log line then, which would be what it wants. */
  isHeldBack(request: FastifyRequest): Promise<boolean>;
}

const windowMs = 60_000;
/** Addresses (of IPv6 networks of /64) that are remembered. */
const remembered = 10_000;

/**
 * Counts the 4xx that an app answers, by address. Over `max` a minute they become 429: the sender learns not even whether
 * it was refused for its account, its signature or its size. Only refusals are counted and only refusals are changed, since
 * an attacker and WeChat may come from one address, that of a proxy.
 */
export function limitRefusals(app: FastifyInstance, max: number, onLimited: () => void): Refusals {
  const excused = new WeakSet<FastifyRequest>();
  let check: ReturnType<FastifyInstance['createRateLimit']> | undefined;
  void app.register(rateLimit, { global: false, cache: remembered });
  app.after(() => {
    check = app.createRateLimit({ max, timeWindow: windowMs });
  });

  const isOver = async (request: FastifyRequest, increment: boolean): Promise<boolean> => {
    const counted = await check?.(request, { increment });
    return counted !== undefined && !counted.isAllowed && counted.isExceeded;
  };

  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode < 400 || reply.statusCode >= 500 || excused.has(request)) return payload;
    if (!(await isOver(request, true))) return payload;
    onLimited();
    reply.code(429).header('retry-after', String(windowMs / 1000));
    return 'too many requests';
  });

  return { excuse: (request) => void excused.add(request), isHeldBack: (request) => isOver(request, false) };
}
