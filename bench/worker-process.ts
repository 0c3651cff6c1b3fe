/** A worker process, bare or product (first argument); it takes work from `start` on. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { ActivityDependencies } from '../src/activities/index.ts';
import { createImagePreparation } from '../src/images/preparation.ts';
import { createImageFetcher } from '../src/images/source.ts';
import { createLogger } from '../src/runtime/logger.ts';
import { installTelemetry } from '../src/runtime/telemetry.ts';
import { createLocalStores } from '../src/store/account-stores.ts';
import { createMaterialStore } from '../src/store/material.ts';
import { createAccessTokens, createWeChatClient } from '../src/wechat/index.ts';
import { createDispatcher } from '../src/wechat/transport.ts';
import { createQualificationWorker, workerTuning } from '../src/worker.ts';
import { createBareActivities } from './bare/activities.ts';
import { taskQueues } from './cases.ts';
import { answerParent } from './child.ts';

const isProduct = process.argv[2] === 'product';
const { TEMPORAL_ADDRESS: address = '', WXQ_WECHAT_BASE_URL: baseUrl = '', BENCH_IMAGE: image = '' } = process.env;

// The product's worker carries its log and metrics, as in production.
if (isProduct) {
  const logger = await createLogger({ level: 'error', name: 'worker' });
  await installTelemetry({ logger, metrics: { port: 0, host: '127.0.0.1' } });
} else Runtime.install({ logger: new DefaultLogger('WARN') });
const connection = await NativeConnection.connect({ address });
const create = isProduct ? productWorkers() : await bareWorkers();

function productWorkers(): (bundlePath: string) => Promise<Worker> {
  const dispatcher = createDispatcher();
  const tokens = createAccessTokens({ baseUrl, credentialsOf: () => ({ secret: 'bench-secret' }), dispatcher });
  const dependencies: ActivityDependencies = {
    wechat: createWeChatClient({ baseUrl, tokens, dispatcher }),
    images: createImagePreparation(),
    fetchImage: createImageFetcher({ folders: 'any' }),
    materialStore: createMaterialStore({ folder: process.env.WXQ_MATERIAL_STORE ?? '' }),
    ...createLocalStores(),
    mode: 'normal',
  };
  return (bundlePath) =>
    createQualificationWorker({
      connection,
      namespace: 'default',
      taskQueue: taskQueues.product,
      dependencies,
      workflowBundlePath: bundlePath,
    });
}

async function bareWorkers(): Promise<(bundlePath: string) => Promise<Worker>> {
  const activities = createBareActivities(baseUrl, await readFile(image));
  return (bundlePath) =>
    Worker.create({
      connection,
      namespace: 'default',
      taskQueue: taskQueues.bare,
      workflowBundle: { codePath: bundlePath },
      activities,
      ...workerTuning,
    });
}

answerParent({
  async start(bundlePath: string) {
    const worker = await create(bundlePath);
    worker.run().catch((error: unknown) => process.stderr.write(`the worker died: ${String(error)}\n`));
  },
  /** Frees what nobody needs, so that resident memory is what is held. */
  async collectGarbage() {
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc?.();
      await pause(100);
    }
  },
});
