/** A worker process, bare or product (first argument); its worker runs from `start` to `stop`, the process stays warm in between. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { ActivityDependencies } from '../src/activities/index.ts';
import { createImagePreparation, type ImagePreparation } from '../src/images/preparation.ts';
import { fetchImage } from '../src/images/source.ts';
import { createLogger } from '../src/runtime/logger.ts';
import { installTelemetry } from '../src/runtime/telemetry.ts';
import { createMaterialStore } from '../src/store/material.ts';
import { createAccessTokens, createWeChatClient } from '../src/wechat/index.ts';
import { createDispatcher } from '../src/wechat/transport.ts';
import { createQualificationWorker, workerTuning } from '../src/worker.ts';
import { createBareActivities } from './bare/activities.ts';
import { taskQueues } from './cases.ts';
import { answerParent } from './child.ts';

/** What `start` is told. */
export interface WorkerStart {
  bundlePath: string;
  /** Images go as they are, to see what decoding them costs. */
  decodes: boolean;
}

const isProduct = process.argv[2] === 'product';
const { TEMPORAL_ADDRESS: address = '', WXQ_WECHAT_BASE_URL: baseUrl = '', BENCH_IMAGE: image = '' } = process.env;

// The product's worker carries its log and metrics, as in production.
if (isProduct) {
  const logger = await createLogger({ level: 'warn', name: 'worker' });
  await installTelemetry({ logger, metrics: { port: 0, host: '127.0.0.1' } });
} else Runtime.install({ logger: new DefaultLogger('WARN') });
const connection = await NativeConnection.connect({ address });
const create = isProduct ? productWorkers() : await bareWorkers();
let running: { worker: Worker; done: Promise<void> } | undefined;

function productWorkers(): (start: WorkerStart) => Promise<Worker> {
  const dispatcher = createDispatcher();
  const tokens = createAccessTokens({ baseUrl, credentialsOf: () => ({ secret: 'bench-secret' }), dispatcher });
  const dependencies: ActivityDependencies = {
    wechat: createWeChatClient({ baseUrl, tokens, dispatcher }),
    images: createImagePreparation(),
    fetchImage,
    materialStore: createMaterialStore({ folder: process.env.WXQ_MATERIAL_STORE ?? '' }),
    mode: 'normal',
  };
  return ({ bundlePath, decodes }) =>
    createQualificationWorker({
      connection,
      namespace: 'default',
      taskQueue: taskQueues.product,
      dependencies: decodes ? dependencies : { ...dependencies, images: asTheyAre },
      workflowBundlePath: bundlePath,
    });
}

/** In the place of image preparation: whatever it is goes out as a JPEG. */
const asTheyAre: ImagePreparation = {
  inspect: async (bytes) => ({ format: 'jpeg', width: 0, height: 0, bytes: bytes.length, frames: 1 }),
  prepare: async ([bytes = new Uint8Array()]) => ({
    bytes,
    contentType: 'image/jpeg',
    extension: 'jpg',
    notes: [undefined],
  }),
};

async function bareWorkers(): Promise<(start: WorkerStart) => Promise<Worker>> {
  const activities = createBareActivities(baseUrl, await readFile(image));
  return ({ bundlePath }) =>
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
  async start(start: WorkerStart) {
    const worker = await create(start);
    running = { worker, done: worker.run() };
    running.done.catch((error: unknown) => process.stderr.write(`the worker died: ${String(error)}\n`));
  },
  async stop() {
    running?.worker.shutdown();
    await running?.done;
    running = undefined;
  },
  /** Frees what nobody needs, so that resident memory is what is held. */
  async collectGarbage() {
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc?.();
      await pause(100);
    }
  },
});
