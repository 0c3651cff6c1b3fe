/** `POST /token` on the private port: the server that holds the database gives access tokens to the worker beside it. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { type AccessTokens, WeChatError } from '../wechat/index.ts';

export interface TokenEndpoint {
  tokens: AccessTokens;
  /** What a caller has to show. */
  bearer: string;
}

/** Short, so that a worker hears soon of an authorization that was withdrawn. */
const lifeSeconds = 60;

/**
 * The shape of every token service: `{appId, componentAppId?, rejectedToken?}` -> `{accessToken, expiresInSeconds}`. What
 * only a person can mend is 403 with `{reason, advice}`, everything else 503.
 */
export function registerTokenEndpoint(app: FastifyInstance, { tokens, bearer }: TokenEndpoint): void {
  app.post('/token', async (request, reply) => {
    if (!isSame(request.headers.authorization ?? '', `Bearer ${bearer}`)) return reply.code(401).send({});
    const { appId, componentAppId, rejectedToken } = (request.body ?? {}) as Record<string, unknown>;
    if (typeof appId !== 'string') return reply.code(400).send({ reason: 'appId is missing' });
    try {
      const accessToken = await tokens.get({
        appId,
        ...(typeof componentAppId === 'string' ? { componentAppId } : {}),
        ...(typeof rejectedToken === 'string' ? { rejectedToken } : {}),
      });
      return await reply.send({ accessToken, expiresInSeconds: lifeSeconds });
    } catch (error) {
      if (!(error instanceof WeChatError)) throw error;
      const isForPerson = error.kind === 'needs-person' || error.kind === 'bug' || error.kind === 'mend-data';
      return reply.code(isForPerson ? 403 : 503).send({ reason: error.reason, advice: error.advice });
    }
  });
}

/** Constant in time, whatever the lengths. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
