/** A real HTTP server on loopback whose behaviour is a function, and clients that talk to it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type AccessTokens, type CallReport, createWeChatClient, type WeChatClient } from '../../src/wechat/index.ts';

export interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export interface Loopback {
  url: string;
  seen: Seen[];
}

/** Starts a server for this test; `handle` gets each request with its whole body. */
export async function loopback(handle: (seen: Seen, response: ServerResponse) => void): Promise<Loopback> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks) };
      seen.push(one);
      handle(one, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** An address on which nobody listens. */
export async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

export function answer(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A token that no error may show. */
export const token = 'TOKEN_zY8x/7Qw+secret-part';

/** Tokens that are always at hand: `token`, then `RENEWED_TOKEN` once the first was rejected. */
export const fixedTokens: AccessTokens = {
  get: async ({ rejectedToken }) => (rejectedToken === undefined ? token : 'RENEWED_TOKEN'),
};

export function clientFor(
  baseUrl: string,
  options: { tokens?: AccessTokens; onCall?: (report: CallReport) => void } = {},
): WeChatClient {
  const client = createWeChatClient({ baseUrl, tokens: fixedTokens, ...options });
  onTestFinished(() => client.close());
  return client;
}
