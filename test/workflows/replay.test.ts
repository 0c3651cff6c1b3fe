import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { describe, expect, inject, test } from 'vitest';
import * as workflows from '../../src/workflows/index.ts';
import { recordedHistories } from '../recorded-histories.ts';

const recorded = await recordedHistories();
interface Recorded {
  events: { workflowExecutionStartedEventAttributes: { workflowId: string; workflowType: { name: string } } }[];
}
const startOf = (history: unknown) => (history as Recorded).events[0]?.workflowExecutionStartedEventAttributes;
const typeOf = (history: unknown): string => startOf(history)?.workflowType.name ?? '';

describe('recorded histories', () => {
  test('L1 exist of every workflow type that the bundle registers: a new one without a recorded history fails here', () => {
    const types = new Set(recorded.map(({ history }) => typeOf(history)));
    expect([...types].sort()).toEqual(Object.keys(workflows).sort());
    expect(recorded.length).toBeGreaterThanOrEqual(10);
  });

  test.each(recorded)('L1 $name still replays', async ({ history }) => {
    const bundle = { workflowBundle: { codePath: inject('workflowBundlePath') } };
    await Worker.runReplayHistory(bundle, history, startOf(history)?.workflowId);
  });

  test('L1 a workflow that was changed without patched() is caught: the gate can fail', async () => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('./changed-workflows.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    });
    const history = recorded.find((one) => typeOf(one.history) === 'channelsShopQualification')?.history;
    await expect(
      Worker.runReplayHistory({ workflowBundle: { code } }, history, startOf(history)?.workflowId),
    ).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});
