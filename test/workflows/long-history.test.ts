import { describe } from 'vitest';
import { startDevServer } from '../../src/runtime/dev-server.ts';
import { expect, image, test } from '../stage.ts';

describe('a history that grows long', () => {
  test('L13 is started anew while parked, and the case keeps everything it knows', async ({ stageOf }) => {
    const server = await startDevServer({
      env: process.env,
      persistence: { kind: 'memory' },
      extraArgs: ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=45'],
    });
    try {
      const stage = await stageOf({ temporalAddress: server.address });
      await stage.startWorker();
      const handle = await stage.startShop(stage.shopInput());
      const firstRun = (await stage.workflow(handle.workflowId).describe()).runId;
      const files = ['food-permit.jpg', 'icp-filing.png', 'brand-authorisation.png'];
      for (const file of files) {
        await stage.until(handle.workflowId, 'in_review');
        stage.sandbox.decide(stage.openAudit().id, 'rejected', `请更换 ${file}`);
        await stage.until(handle.workflowId, 'needs_material');
        await stage.client.get(handle.workflowId).resubmit({ set: { 'licenses/1/2/images/0': image(file) } });
      }
      const view = await stage.until(handle.workflowId, 'in_review');
      const now = await stage.workflow(handle.workflowId).describe();
      expect(now.runId).not.toBe(firstRun);
      expect(view.attempts).toHaveLength(4);
      expect(now.typedSearchAttributes.getAll().length).toBeGreaterThanOrEqual(5);
      stage.sandbox.decide(stage.openAudit().id, 'approved');
      const result = await stage.client.get(handle.workflowId).result();
      expect(result).toMatchObject({ outcome: 'approved', by: 'us' });
      expect(result.attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
      await stage.close();
    } finally {
      await server.stop();
    }
  });
});
