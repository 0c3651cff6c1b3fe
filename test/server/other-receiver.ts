/** The other receiver of an account's pushes, as a test plays it over real HTTP. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it arrived there. */
export interface Arrived {
  method: string;
  path: string;
  rawQuery: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface OtherReceiver {
  url: string;
  arrived: Arrived[];
  /** How it answers; changed by tests. */
  answer: (response: ServerResponse, request: Arrived) => void;
  close(): Promise<void>;
}

export async function otherReceiver(): Promise<OtherReceiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [path = '', rawQuery = ''] = (request.url ?? '').split(/\?(.*)/s);
      const { method = '', headers } = request;
      const one = { method, path, rawQuery, headers, body: Buffer.concat(chunks) };
      receiver.arrived.push(one);
      receiver.answer(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: OtherReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/their/path`,
    arrived: [],
    answer: (response) => void response.end('success'),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
