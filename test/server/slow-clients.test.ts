/** The public port against clients that are slow, broken or still there at the end. */

import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { createStage, never, shopAppId, shopEvent, shopPush } from './callback-server.ts';

const opened: { app: FastifyInstance; sockets: Socket[] }[] = [];

afterEach(async () => {
  for (const { app, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await app.close();
  }
});

async function listening(app: FastifyInstance): Promise<{ port: number; dial(): Socket }> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const entry = { app, sockets: [] as Socket[] };
  opened.push(entry);
  const dial = (): Socket => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    entry.sockets.push(socket);
    return socket;
  };
  return { port, dial };
}

/** Everything the server says until it hangs up. */
async function untilHangUp(socket: Socket): Promise<string> {
  let said = '';
  socket.on('data', (bytes) => {
    said += bytes.toString();
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return said;
}

const limits = { requestMs: 300, headersMs: 200, drainMs: 300 };
const path = `/callback/channels-shop/${shopAppId}`;

test('a client that trickles its headers, or never sends its body, is cut off', async () => {
  const { dial } = await listening(createStage({ limits }).app);
  const trickle = dial();
  trickle.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nX-A: `);
  const headless = dial();
  headless.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{`);
  const startedAt = performance.now();
  const said = await Promise.all([untilHangUp(trickle), untilHangUp(headless)]);
  expect(performance.now() - startedAt).toBeLessThan(2500);
  for (const answer of said) expect(answer).toMatch(/^HTTP\/1.1 408 /);
});

test('a client that talks no HTTP gets 400 without a word about why', async () => {
  const { dial } = await listening(createStage({ limits }).app);
  const socket = dial();
  socket.write('\x16\x03\x01nonsense\r\n\r\n');
  expect(await untilHangUp(socket)).toBe('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
});

test('a body sent in chunks is cut off at 64 KiB with 413', async () => {
  const stage = createStage();
  const { dial } = await listening(stage.app);
  const socket = dial();
  const answer = untilHangUp(socket);
  socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
  for (let sent = 0; sent < 6; sent += 1) socket.write(chunk);
  expect(await answer).toMatch(/^HTTP\/1.1 413 /);
  expect(stage.reports).toEqual([]);
});

test('many pushes go over one connection', async () => {
  const stage = createStage();
  const { dial } = await listening(stage.app);
  const { query, body } = shopPush(shopEvent());
  const request = `POST ${path}?${new URLSearchParams(query)} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const socket = dial();
  let said = '';
  socket.on('data', (bytes) => {
    said += bytes.toString();
  });
  for (let sent = 1; sent <= 3; sent += 1) {
    socket.write(request);
    await expect.poll(() => said.match(/HTTP\/1.1 200 /g)?.length).toBe(sent);
  }
  expect(stage.reports).toHaveLength(3);
  expect(socket.destroyed).toBe(false);
});

test('at shutdown, a push that is under way is still answered, and new ones are not taken', async () => {
  const stage = createStage();
  let release: (() => void) | undefined;
  stage.report = () =>
    new Promise((resolve) => {
      release = () => resolve('delivered');
    });
  const { port } = await listening(stage.app);
  const { query, body } = shopPush(shopEvent());
  const url = `http://127.0.0.1:${port}${path}?${new URLSearchParams(query)}`;
  const answer = fetch(url, { method: 'POST', body });
  await expect.poll(() => release !== undefined).toBe(true);
  const closed = stage.app.close();
  await sleep(20);
  await expect(fetch(url, { method: 'POST', body })).rejects.toThrow();
  release?.();
  expect((await answer).status).toBe(200);
  const answeredAt = performance.now();
  await closed;
  expect(performance.now() - answeredAt).toBeLessThan(1500);
  expect(stage.reports).toHaveLength(1);
});

test('at shutdown, a client that never finishes does not hold up the end', async () => {
  const stage = createStage({ limits: { ...limits, requestMs: 60_000 } });
  stage.report = never;
  const { dial } = await listening(stage.app);
  const half = dial();
  half.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{`);
  await sleep(50);
  const startedAt = performance.now();
  await stage.app.close();
  expect(performance.now() - startedAt).toBeLessThan(1500);
});
