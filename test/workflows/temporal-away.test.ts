/** The real server with its database at hand and Temporal not: every call says so, none hangs. */
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { startServer } from '../../src/server.ts';
import { caseUrl, shopCase } from '../api/api-stage.ts';
import { createStageStore } from '../stage-store.ts';

const image = resolve(import.meta.dirname, '../../examples/images/business-licence.png');
const json = (body: object): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

/** Every call that needs Temporal. */
const calls: readonly (readonly [path: string, init?: RequestInit])[] = [
  ['/v1/cases'],
  [caseUrl],
  [`${caseUrl}/result?waitSeconds=1`],
  ['/v1/cases', json(shopCase)],
  ['/v1/check', json(shopCase)],
  ['/v1/notifications?workflowId=channels-shop/wx5a2d8f1c3b7e9046/6201'],
  [`${caseUrl}/resubmit`, json({ force: true })],
  ...['withdraw', 'retry', 'adopt', 'read-now'].map((action) => [`${caseUrl}/${action}`, json({})] as const),
];

async function listening(): Promise<{ server: Server; sockets: Socket[]; address: string }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { server, sockets, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test.each([
  ['its port is closed', false],
  ['it takes connections and says nothing', true],
])(
  'Temporal away, %s: 503 with the time to wait, and images are taken all the same',
  { timeout: 120_000 },
  async (_how, isSilent) => {
    const store = await createStageStore('postgresql');
    const { server, sockets, address } = await listening();
    if (!isSilent) await new Promise((done) => server.close(done));
    const running = await startServer(
      loadConfig({ ...store.settings, WXQ_CALLBACK_PORT: '0', WXQ_CONSOLE_PORT: '0' }),
      {
        env: { TEMPORAL_ADDRESS: address },
        logger: await createLogger({ level: 'silent', name: 'server' }),
        callbackHost: '127.0.0.1',
      },
    );
    try {
      const answers = await Promise.all(
        calls.map(async ([path, init]) => {
          const answer = await fetch(`${running.privateUrl}${path}`, init);
          const { type } = (await answer.json()) as { type: string };
          return [path, answer.status, answer.headers.get('retry-after'), type];
        }),
      );
      expect(answers).toEqual(
        calls.map(([path]) => [path, 503, '5', 'urn:problem-type:wechat-qualification:temporal-away']),
      );
      const upload = { method: 'POST', body: await readFile(image), headers: { 'content-type': 'image/png' } };
      expect((await fetch(`${running.privateUrl}/v1/material`, upload)).status).toBe(201);
    } finally {
      await running.close();
      for (const socket of sockets) socket.destroy();
      if (isSilent) server.close();
      await store.remove();
    }
  },
);
