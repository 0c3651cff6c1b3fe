/** `POST /token` on the private port: the server that holds the database gives access tokens to the worker beside it. */
import type { FastifyInstance } from 'fastify';
import { type AccessTokens, WeChatError } from '../wechat/index.ts';
import { registerPrivateCall } from './private-calls.ts';

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
  registerPrivateCall(app, { path: '/token', bearer }, async ({ appId, componentAppId, rejectedToken }) => {
    if (typeof appId !== 'string') return { status: 400, body: { reason: 'appId is missing' } };
    try {
      const accessToken = await tokens.get({
        appId,
        ...(typeof componentAppId === 'string' ? { componentAppId } : {}),
        ...(typeof rejectedToken === 'string' ? { rejectedToken } : {}),
      });
      return { body: { accessToken, expiresInSeconds: lifeSeconds } };
    } catch (error) {
      if (!(error instanceof WeChatError)) throw error;
      const isForPerson = error.kind === 'needs-person' || error.kind === 'bug' || error.kind === 'mend-data';
      // WeChat's own words too: of an address that is not allowed they say which.
      const reason = error.errmsg === undefined ? error.reason : `${error.reason}: ${error.errmsg}`;
      return { status: isForPerson ? 403 : 503, body: { reason: reason.slice(0, 500), advice: error.advice } };
    }
  });
}
