/** Global set-up of every test that needs Temporal: one server in memory, one PostgreSQL and one workflow bundle for the whole run. */
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleWorkflows } from '../scripts/bundle-workflows.ts';
import { startDevServer } from '../src/runtime/dev-server.ts';
import { startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** host:port of the server; each test takes a task queue of its own. */
    temporalAddress: string;
    /** Of a PostgreSQL; each test makes a database of its own. */
    postgresAdminUrl: string;
    /** For `workflowBundle: { codePath }`. */
    workflowBundlePath: string;
  }
}

const workflowsPath = join(import.meta.dirname, '../src/workflows/index.ts');

/** Vitest calls it once before the first test file and awaits what it returns after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'wxq-test-'));
  const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
  const server = await startDevServer({ env: process.env, persistence: { kind: 'memory' }, onProgress });
  const postgres = await startPostgres().catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const bundlePath = join(folder, 'workflow-bundle.js');
    if (await isThere(workflowsPath)) await bundleWorkflows(workflowsPath, bundlePath);
    project.provide('temporalAddress', server.address);
    project.provide('postgresAdminUrl', postgres.adminUrl);
    project.provide('workflowBundlePath', bundlePath);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
