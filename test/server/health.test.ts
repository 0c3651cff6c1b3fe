/** What the health addresses say, on both ports. */
import { expect, test } from 'vitest';
import { createPrivateServer } from '../../src/server/app.ts';
import { createServerMetrics } from '../../src/server/metrics.ts';
import { createStage, never, send, shopEvent, shopPush } from './callback-server.ts';

test('the server is ready while all its parts answer', async () => {
  const { app } = createStage({ readiness: [{ name: 'temporal', check: async () => {} }] });
  const answer = await app.inject('/readyz');
  expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ready', parts: { temporal: 'ok' } }]);
});

test.each([
  ['refuses', async () => Promise.reject(new Error('SECRET 10.0.0.1'))],
  ['does not answer', () => never<void>()],
])('a part that %s is named in a 503, and the server stays alive', async (_what, check) => {
  const { app } = createStage({
    readiness: [
      { name: 'temporal', check },
      { name: 'other', check: async () => {} },
    ],
  });
  const startedAt = performance.now();
  const answer = await app.inject('/readyz');
  expect(performance.now() - startedAt).toBeLessThan(2500);
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toEqual({ status: 'not ready', parts: { temporal: 'down', other: 'ok' } });
  expect((await app.inject('/healthz')).statusCode).toBe(200);
});

test('many who ask at once cause one look', async () => {
  let looks = 0;
  const check = async () => {
    looks += 1;
    await new Promise((resolve) => setTimeout(resolve, 30));
  };
  const { app } = createStage({ readiness: [{ name: 'temporal', check }] });
  await app.ready();
  await Promise.all(Array.from({ length: 20 }, () => app.inject('/readyz')));
  expect(looks).toBeLessThanOrEqual(2);
  await app.inject('/readyz');
  expect(looks).toBeGreaterThanOrEqual(2);
});

test('the metrics show pushes by result, with no appid in any label', async () => {
  const stage = createStage();
  const push = shopPush(shopEvent());
  await send(stage.app, push);
  await send(stage.app, { ...push, body: 'x' });
  const { body, headers } = await stage.app.inject('/metrics');
  expect(headers['content-type']).toContain('text/plain');
  expect(body).toContain('wxq_callback_pushes_total{route="channels-shop",result="delivered"} 1');
  expect(body).toContain('wxq_callback_pushes_total{route="channels-shop",result="malformed"} 1');
  expect(body).not.toMatch(/wx\d{16}/);
});

test('the private port shows the same health and metrics, and takes no pushes', async () => {
  const metrics = createServerMetrics();
  metrics.pushEnded('platform', 'forged');
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const app = createPrivateServer({
    logger: silent,
    metrics,
    readiness: [{ name: 'temporal', check: async () => {} }],
  });
  expect((await app.inject('/healthz')).statusCode).toBe(200);
  expect((await app.inject('/readyz')).statusCode).toBe(200);
  expect((await app.inject('/metrics')).body).toContain('result="forged"} 1');
  const push = shopPush(shopEvent());
  expect((await send(app, push)).statusCode).toBe(404);
  await app.close();
});

test('two servers in one process count for themselves', async () => {
  const [one, other] = [createStage(), createStage()];
  await send(one.app, shopPush(shopEvent()));
  const sample = 'wxq_callback_pushes_total{route="channels-shop",result="delivered"}';
  expect([await one.counted(sample), await other.counted(sample)]).toEqual([1, 0]);
});
