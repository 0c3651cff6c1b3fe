/** Calls of our own processes on the private port: `POST` with a bearer that is derived from the secret key. */
import type { FastifyInstance } from 'fastify';
import { isBearer } from './bearer.ts';

/** What a call answers: a status and a body of JSON. */
export interface PrivateAnswer {
  status?: number;
  body: object;
}

/** Gets the fields of the body, which it has to check. */
export type PrivateCall = (body: Readonly<Record<string, unknown>>) => Promise<PrivateAnswer>;

/**
 * Registers `POST path`, answered only to who shows `bearer`. The other side is `ServerBeside.ask`.
 */
export function registerPrivateCall(
  app: FastifyInstance,
  { path, bearer }: { path: string; bearer: string },
  call: PrivateCall,
): void {
  app.post(path, async (request, reply) => {
    if (!isBearer(request.headers.authorization, bearer)) return reply.code(401).send({});
    const { body } = request;
    const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    const answer = await call(fields);
    return reply.code(answer.status ?? 200).send(answer.body);
  });
}
