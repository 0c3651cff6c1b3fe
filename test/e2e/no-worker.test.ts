/** The JSON API over HTTP when Temporal is there and no worker is: a start is taken, and who waits for a worker is told soon. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connect, type QualificationClient } from '../../src/client/index.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { type RunningServer, startServer } from '../../src/server.ts';
import { uniqueAppId } from '../stage-accounts.ts';
import { createStageStore, type StageStore } from '../stage-store.ts';

const appId = uniqueAppId();
const caseUrl = `/v1/cases/channels-shop/${appId}/6201`;
const input = {
  appId,
  category: { leaf: '6201' },
  material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: ['https://files.example/a.jpg'] }] },
};
let store: StageStore;
let client: QualificationClient;
let server: RunningServer;

beforeAll(async () => {
  store = await createStageStore('postgresql');
  const env = {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    ...store.settings,
    WXQ_TASK_QUEUE: `nobody-${randomUUID()}`,
    // Nobody is asked: what would ask WeChat is a worker.
    WXQ_WECHAT_BASE_URL: 'http://127.0.0.1:1',
    WXQ_CALLBACK_PORT: '0',
    WXQ_CONSOLE_PORT: '0',
  };
  const logger = await createLogger({ level: 'silent', name: 'server' });
  server = await startServer(loadConfig(env), { env, logger, callbackHost: '127.0.0.1' });
  client = await connect({ env });
});

afterAll(async () => {
  // Other tests share the Temporal server.
  await client?.temporal.workflow
    .getHandle(`channels-shop/${appId}/6201`)
    .terminate()
    .catch(() => undefined);
  await client?.close();
  await server?.close();
  await store?.remove();
});

async function ask(path: string, body?: object) {
  const answer = await fetch(`${server.privateUrl}${path}`, {
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    // Far beyond the 10 s that docs/http-api.md promises, and far below the two minutes of waiting for a check's images.
    signal: AbortSignal.timeout(60_000),
  });
  return { status: answer.status, headers: answer.headers, json: (await answer.json()) as Record<string, unknown> };
}

test('without a worker a start is a 202, and view, check and resubmission are a 503 that says when to try again', async () => {
  const started = await ask('/v1/cases', input);
  expect(started).toMatchObject({ status: 202, json: { workflowId: `channels-shop/${appId}/6201`, existing: false } });
  expect(started.headers.get('location')).toBe(caseUrl);

  const [view, checked, resubmitted] = await Promise.all([
    ask(caseUrl),
    ask('/v1/check', input),
    ask(`${caseUrl}/resubmit`, { set: { 'licenses/1/2/images/0': 'https://files.example/b.jpg' } }),
  ]);
  for (const { status, headers, json } of [view, checked, resubmitted]) {
    expect([status, json]).toMatchObject([
      503,
      { type: 'urn:problem-type:wechat-qualification:no-worker', status: 503 },
    ]);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(json.advice).toContain('wxq worker');
  }
  // What needs no worker goes on.
  expect(await ask(`${caseUrl}/result`)).toMatchObject({ status: 202, json: { open: true } });
  expect(await ask('/v1/cases', input)).toMatchObject({ status: 202, json: { existing: true, sameInput: true } });
});
