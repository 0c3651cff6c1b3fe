import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe } from 'vitest';
import { type DevServer, startDevServer } from '../../src/runtime/dev-server.ts';
import { fixtures } from '../../src/sandbox/index.ts';
import { expect, image, test } from '../stage.ts';

const add = 'category/add';
const threeImages = ['business-licence.png', 'food-permit.jpg', 'icp-filing.png'].map(image);

describe('a worker that is killed', () => {
  test('L3 during uploads: the case goes on by itself and every image arrives', async ({ stageOf }) => {
    const stage = await stageOf({});
    const worker = await stage.workerProcess();
    await worker.start();
    stage.sandbox.setChaos({ rules: [{ operation: 'qualification/upload', delayMs: 5000, times: 3 }] });
    const input = stage.shopInput();
    if (input.material.form === 'licenses') for (const license of input.material.licenses) license.images = threeImages;
    const handle = await stage.startShop(input);
    await stage.until(handle.workflowId, 'preparing');
    await pause(1500);
    await worker.kill();
    await worker.start();
    const view = await stage.until(handle.workflowId, 'in_review', 40_000);
    expect(view.material.every(({ uploadedAt }) => uploadedAt !== undefined)).toBe(true);
    expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(1);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('L4 during the submission, which took effect: found by reading, never sent a second time', async ({
    stageOf,
  }) => {
    const stage = await stageOf({});
    const worker = await stage.workerProcess();
    await worker.start();
    stage.sandbox.setChaos({ rules: [{ operation: add, delayMs: 2000 }] });
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'submitting');
    await pause(1000);
    await worker.kill();
    await worker.start();
    await pause(1500);
    await stage.advance(handle.workflowId, 35);
    const view = await stage.until(handle.workflowId, 'in_review', 40_000);
    expect(view.attempts).toMatchObject([{ auditId: stage.openAudit().id }]);
    expect(stage.sandbox.requests(add)).toHaveLength(1);
    expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(1);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
  });

  test('L7 while nobody works the verdict comes: it is there when the worker is back', async ({ stageOf }) => {
    const stage = await stageOf({});
    const worker = await stage.workerProcess();
    await worker.start();
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'in_review');
    await worker.kill();
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'rejected', '证件模糊');
    await pause(500);
    await worker.start();
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts).toMatchObject([{ reason: '证件模糊' }]);
    await worker.kill();
    await worker.start();
    await handle.withdraw();
    expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
  });

  test('L4 again and again at any moment: every case is approved, with exactly one audit each', async ({ stageOf }) => {
    const stage = await stageOf({});
    const worker = await stage.workerProcess();
    await worker.start();
    stage.sandbox.addVerdictRule({ when: { afterSeconds: 1 }, verdict: 'approved' });
    const cases = fixtures.categories.byHand.slice(0, 6);
    const handles = await Promise.all(cases.map((category) => stage.startShop(stage.shopInput({}, category))));
    for (let kill = 0; kill < 4; kill += 1) {
      await pause(100 + Math.random() * 900);
      await worker.kill();
      await worker.start();
    }
    const results = await Promise.all(handles.map((handle) => handle.result()));
    for (const result of results) expect(result).toMatchObject({ outcome: 'approved', by: 'us' });
    expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(cases.length);
  }, 240_000);
});

describe('a Temporal server that is killed', () => {
  test('L1 with its database in a file loses nothing: the case goes on where it was', async ({ stageOf }) => {
    const folder = await mkdtemp(join(tmpdir(), 'wxq-server-'));
    const path = join(folder, 'temporal.db');
    const begin = (port?: number): Promise<DevServer> =>
      startDevServer({
        // It is killed, so it is its own one also where the others share that of TEMPORAL_ADDRESS.
        env: { ...process.env, TEMPORAL_ADDRESS: '' },
        persistence: { kind: 'file', path },
        ...(port === undefined ? {} : { port }),
      });
    let server = await begin();
    const port = Number(server.address.split(':')[1]);
    try {
      const stage = await stageOf({ temporalAddress: server.address });
      const worker = await stage.workerProcess();
      await worker.start();
      const handle = await stage.startShop(stage.shopInput());
      await stage.until(handle.workflowId, 'in_review');
      if (server.pid !== undefined) process.kill(server.pid, 'SIGKILL');
      await server.exited;
      server = await begin(port);
      expect(server.address.endsWith(`:${port}`)).toBe(true);
      stage.sandbox.decide(stage.openAudit().id, 'approved');
      expect(await handle.result()).toMatchObject({ outcome: 'approved', by: 'us' });
      expect(stage.sandbox.requests(add)).toHaveLength(1);
      await stage.close();
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
