/** `/healthz`, `/readyz` and `/metrics`, on both ports. */
import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { ReadinessCheck, ServerLogger } from './dependencies.ts';
import { within } from './time-limit.ts';

/** A part that has not answered by then counts as down. */
const checkMs = 1500;

export interface HealthDependencies {
  /** What `/metrics` shows; no name may stand in two of them. */
  registries: readonly Pick<Registry, 'metrics' | 'contentType'>[];
  readiness: readonly ReadinessCheck[];
  /** Once true, it is ready no more, whatever its parts say. */
  isStopping?: (() => boolean) | undefined;
  logger: ServerLogger;
}

/**
 * `/healthz` answers 200 while the process serves; `/readyz` 200, or 503 with the parts that are down by name (never an
 * exception's text) or while it stops; `/metrics` Prometheus text.
 */
export function registerHealth(app: FastifyInstance, dependencies: HealthDependencies): void {
  const { registries, readiness, isStopping = () => false, logger } = dependencies;
  let running: Promise<Record<string, 'ok' | 'down'>> | undefined;

  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    if (isStopping()) return reply.code(503).send({ status: 'stopping', parts: {} });
    // One look at a time, shared by all who ask meanwhile: a flood of requests must not become a flood of calls.
    running ??= lookAtParts(readiness, logger).finally(() => {
      running = undefined;
    });
    const parts = await running;
    const isReady = Object.values(parts).every((state) => state === 'ok');
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', parts });
  });

  app.get('/metrics', async (_request, reply) => {
    const texts = await Promise.all(registries.map((registry) => registry.metrics()));
    return reply.type(registries[0]?.contentType ?? 'text/plain').send(texts.join('\n'));
  });
}

/** A port with nothing but these, for a process that serves nothing else. Not listening yet. */
export function createHealthServer(dependencies: HealthDependencies): FastifyInstance {
  const app = fastify({ logger: false, bodyLimit: 1, requestTimeout: 5_000, forceCloseConnections: true });
  registerHealth(app, dependencies);
  return app;
}

async function lookAtParts(
  readiness: readonly ReadinessCheck[],
  logger: ServerLogger,
): Promise<Record<string, 'ok' | 'down'>> {
  const states = await Promise.all(
    readiness.map(async ({ name, check }): Promise<[string, 'ok' | 'down']> => {
      try {
        await within(checkMs, check);
        return [name, 'ok'];
      } catch (error) {
        logger.warn({ part: name, error: error instanceof Error ? error.name : 'unknown' }, 'a part is not reachable');
        return [name, 'down'];
      }
    }),
  );
  return Object.fromEntries(states);
}
