/** `wxq watch` on a real Temporal server with a worker that runs stub workflows. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connect, type QualificationClient } from '../../src/index.ts';
import { run } from '../cli/run.ts';
import { shopInput } from './inputs.ts';
import { type StubWorker, startStubWorker } from './stub-worker.ts';

const address = inject('temporalAddress');
const taskQueue = 'watch-with-stub-workflows';
const context = {
  connect: () => connect({ address, taskQueue }),
  sleep: (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 50))),
};
let client: QualificationClient;
let stub: StubWorker;

beforeAll(async () => {
  stub = await startStubWorker(address, taskQueue);
  client = stub.client;
});
afterAll(() => stub.close());

it('a case: what people asked for before and while it is watched, with their names, and at last the result', async () => {
  const { handle } = await client.channelsShop.start(shopInput({ requestedBy: 'alice' }));
  const { workflowId } = handle;
  await handle.resubmit({ set: { 'certificate/0': '/srv/better.png' }, by: 'bob', note: '更清晰' });
  const watching = run(['watch', workflowId, '--json'], context);
  await handle.withdraw({ by: 'carol' });
  const done = await watching;
  expect(done).toMatchObject({ status: 1, stderr: '' });
  const lines = done.lines();
  const moments = lines.flatMap(({ moments = [] }) => moments as { kind: string; by?: string; text: string }[]);
  const asked = moments.filter(({ kind }) => kind === 'asked').map(({ by, text }) => `${by}: ${text}`);
  expect(asked).toEqual(['bob: resubmit  certificate/0  "更清晰"', 'carol: withdraw']);
  expect(moments).toContainEqual(expect.objectContaining({ kind: 'started', by: 'alice' }));
  expect(lines.at(-1)).toMatchObject({ workflowId, result: { outcome: 'withdrawn' } });
});

it('a case that ended long ago is told at once; one that never was is status 1', async () => {
  const { handle } = await client.channelsShop.start(shopInput());
  await handle.withdraw();
  await handle.result();
  const text = await run(['watch', handle.workflowId], context);
  expect(text.status).toBe(1);
  expect(text.stdout.trimEnd().split('\n').at(-1)).toContain('withdrawn');
  const nowhere = await run(['watch', 'channels-shop/wxnevernever/1'], context);
  expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringContaining('There is no case') });
});
