/** `GET /pushes` and `POST /pushes/{id}/deliver` on the private port: what was pushed, and one of ours once more. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PushRejected } from '../wechat/push/index.ts';
import { isBearer } from './bearer.ts';
import { type PushNotes, redeliver } from './push-notes.ts';
import type { EventTaker } from './take-event.ts';

export interface PushesEndpoint {
  pushes: PushNotes;
  events: EventTaker;
  /** What a caller has to show: that of our own processes. */
  bearer: string;
}

/**
 * `GET /pushes?appId=&before=&limit=` -> `{pushes: [{id, at, source, route, appId, componentAppId?, event, isOurs, result,
 * forwarded?, workflowId?, canDeliver}]}`, newest first, `at` as ISO 8601. `POST /pushes/{id}/deliver` -> `{result,
 * workflowId?}`; 404 when there is nothing to deliver, 422 when its text can't be read, 503 when it can't be delivered now.
 */
export function registerPushes(app: FastifyInstance, { pushes, events, bearer }: PushesEndpoint): void {
  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> =>
    isBearer(request.headers.authorization, bearer) ? undefined : reply.code(401).send({});

  app.get('/pushes', { onRequest }, async (request, reply) => {
    const { appId, before, limit } = request.query as Record<string, unknown>;
    const found = await pushes.list({
      ...(typeof appId === 'string' ? { appId } : {}),
      ...(typeof before === 'string' ? { before } : {}),
      ...(typeof limit === 'string' && /^\d{1,4}$/.test(limit) ? { limit: Number(limit) } : {}),
    });
    return reply.send({ pushes: found.map(({ at, ...push }) => ({ ...push, at: new Date(at).toISOString() })) });
  });

  app.post('/pushes/:id/deliver', { onRequest }, async (request, reply) => {
    const { id } = request.params as { id: string };
    try {
      const taken = await redeliver({ pushes, events }, id);
      if (taken === undefined) return await reply.code(404).send({ error: 'nothing to deliver' });
      const isDelivered = taken.result !== 'unreadable' && taken.result !== 'undeliverable';
      return await reply.code(isDelivered ? 200 : 503).send(taken);
    } catch (error) {
      if (error instanceof Error && error.name === 'SecretError') {
        return reply.code(422).send({ error: 'it was sealed with a key that is not in WXQ_SECRET_KEY of the server' });
      }
      // Kept by another version of this program, which could read it.
      if (error instanceof PushRejected) return reply.code(422).send({ error: 'it can not be read any more' });
      throw error;
    }
  });
}
