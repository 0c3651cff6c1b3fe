/** `/healthz`, `/readyz` and `/metrics`, on both ports. */
import type { FastifyInstance } from 'fastify';
import type { ReadinessCheck, ServerLogger } from './dependencies.ts';
import type { ServerMetrics } from './metrics.ts';
import { within } from './time-limit.ts';

/** A part that has not answered by then counts as down. */
const checkMs = 1500;

export interface HealthDependencies {
  metrics: ServerMetrics;
  readiness: readonly ReadinessCheck[];
  logger: ServerLogger;
}

/**
 * `/healthz` answers 200 while the process serves; `/readyz` 200, or 503 with the parts that are down by name (never an
 * exception's text); `/metrics` Prometheus text.
 */
export function registerHealth(app: FastifyInstance, { metrics, readiness, logger }: HealthDependencies): void {
  let running: Promise<Record<string, 'ok' | 'down'>> | undefined;

  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    // One look at a time, shared by all who ask meanwhile: a flood of requests must not become a flood of calls.
    running ??= lookAtParts(readiness, logger).finally(() => {
      running = undefined;
    });
    const parts = await running;
    const isReady = Object.values(parts).every((state) => state === 'ok');
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', parts });
  });

  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
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
