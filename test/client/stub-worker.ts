/** A worker that runs stub workflows (`stub-workflows.ts`), and a client of the same task queue. */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { connect, type QualificationClient } from '../../src/index.ts';

export interface StubWorker {
  client: QualificationClient;
  /** One more worker, of another task queue: its own `close` ends it. */
  another(taskQueue: string): Promise<{ close(): Promise<void> }>;
  close(): Promise<void>;
}

/** Once per test file: the SDK has one Runtime per process. */
export async function startStubWorker(address: string, taskQueue: string): Promise<StubWorker> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const client = await connect({ address, taskQueue });
  const connection = await NativeConnection.connect({ address });
  const workflowsPath = new URL('./stub-workflows.ts', import.meta.url).pathname;
  const start = async (queue: string) => {
    const worker = await Worker.create({ connection, taskQueue: queue, workflowsPath });
    const running = worker.run();
    return {
      async close() {
        worker.shutdown();
        await running;
      },
    };
  };
  const first = await start(taskQueue);
  return {
    client,
    another: start,
    async close() {
      await first.close();
      await connection.close();
      await client.close();
    },
  };
}
