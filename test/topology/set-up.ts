/** Global set-up of the tests on the topology: all parts as they are installed, on PostgreSQL. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleWorkflows } from '../../scripts/bundle-workflows.ts';
import { startTopology } from '../../scripts/topology/topology.ts';

/** Vitest calls it once before the first test file and awaits what it returns after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'wxq-topology-test-'));
  // Only what all test files share; the drill starts a whole one of its own, to kill its parts.
  const topology = await startTopology({ env: process.env, say, workers: 0, servers: 0 });
  const stop = async (): Promise<void> => {
    await topology.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const bundlePath = join(folder, 'workflow-bundle.js');
    await bundleWorkflows(join(import.meta.dirname, '../../src/workflows/index.ts'), bundlePath);
    project.provide('temporalAddress', topology.temporalAddress);
    project.provide('postgresAdminUrl', topology.postgresAdminUrl);
    project.provide('workflowBundlePath', bundlePath);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
