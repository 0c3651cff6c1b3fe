/** The least that a callback receiver can do: JSON in, one signal to Temporal, 200 out. No signature, no read-back. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { answerParent } from './child.ts';

const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '' });
const client = new Client({ connection });

const server = createServer((request, response) => {
  signal(request).then(
    () => response.end('success'),
    () => response.writeHead(503).end(),
  );
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

async function signal(request: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const message = JSON.parse(Buffer.concat(chunks).toString()) as {
    workflowId: string;
    signal: string;
    argument: unknown;
  };
  await client.workflow.getHandle(message.workflowId).signal(message.signal, message.argument);
}

answerParent({ url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
