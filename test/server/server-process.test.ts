/** The server process: what it starts with, where it listens, and how it is with Temporal away. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';
import { type RunningServer, startServer } from '../../src/server.ts';
import { run } from '../cli/run.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import {
  miniProgramEvent,
  type PushRequest,
  shopAppId,
  shopEvent,
  shopKey,
  shopPush,
  shopToken,
} from './callback-server.ts';
import { otherReceiver } from './other-receiver.ts';

const secretKey = Buffer.alloc(32, 4).toString('base64');
let postgres: Postgres;
let databaseUrl: string;
let folder: string;
let running: RunningServer[];
let log: string;
const logger = pino(
  { level: 'info' },
  {
    write: (line: string) => {
      log += line;
    },
  },
);

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.newDatabase();
}, 60_000);
afterAll(() => postgres.stop());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-server-'));
  running = [];
  log = '';
  const shops = [
    { appId: shopAppId, secret: 'env:SHOP_SECRET', callback: { token: shopToken, encodingAesKey: [shopKey] } },
  ];
  await writeFile(join(folder, 'accounts.json'), JSON.stringify({ shops }));
});

afterEach(async () => {
  for (const server of running) await server.close();
  await rm(folder, { recursive: true });
});

async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server whose WeChat and Temporal are both away. */
async function start(changes: Record<string, string> = {}): Promise<RunningServer> {
  const env = {
    WXQ_ACCOUNTS_FILE: join(folder, 'accounts.json'),
    WXQ_DATABASE_URL: databaseUrl,
    WXQ_SECRET_KEY: secretKey,
    WXQ_CALLBACK_PORT: '0',
    WXQ_CONSOLE_PORT: '0',
    WXQ_WECHAT_BASE_URL: `http://127.0.0.1:${await deadPort()}`,
    SHOP_SECRET: 'SECRET-OF-THE-SHOP',
    TEMPORAL_ADDRESS: `127.0.0.1:${await deadPort()}`,
    ...changes,
  };
  const server = await startServer(loadConfig(env), { env, logger, callbackHost: '127.0.0.1' });
  running.push(server);
  return server;
}

/** Signed now: the process has a real clock. */
const freshPush = (message: string): PushRequest =>
  shopPush(message, { timestamp: String(Math.floor(Date.now() / 1000)) });

test('it serves both ports, and tells who asks that Temporal is away', async () => {
  const { callbackUrl, privateUrl } = await start();
  for (const url of [callbackUrl, privateUrl]) {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    const parts = { temporal: 'down', database: 'ok' };
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', parts }]);
  }
});

test('L7 with Temporal and WeChat away a push gets 503 within 3 s, and both ports count it', async () => {
  const { callbackUrl, privateUrl } = await start();
  for (const message of [shopEvent(), miniProgramEvent()]) {
    const { path, query, body } = freshPush(message);
    const startedAt = performance.now();
    const answer = await fetch(`${callbackUrl}${path}?${new URLSearchParams(query)}`, { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([503, 'try again']);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  }
  const metrics = await (await fetch(`${privateUrl}/metrics`)).text();
  expect(metrics).toContain('wxq_callback_pushes_total{route="channels-shop",result="unreadable"} 1');
  expect(metrics).toContain('wxq_callback_pushes_total{route="channels-shop",result="undeliverable"} 1');
  for (const secret of ['SECRET-OF-THE-SHOP', shopToken, shopKey]) expect(log).not.toContain(secret);
});

test('a port that is taken is replaced by a free one, which the log names', async () => {
  const first = await start();
  const taken = new URL(first.callbackUrl).port;
  const second = await start({ WXQ_CALLBACK_PORT: taken });
  expect(second.callbackUrl).not.toBe(first.callbackUrl);
  expect((await fetch(`${second.callbackUrl}/healthz`)).status).toBe(200);
  expect(log).toContain(second.callbackUrl);
});

test('a file of accounts that is not there ends the start; without one it works from the database, or says that it is empty', async () => {
  await expect(start({ WXQ_ACCOUNTS_FILE: join(folder, 'none.json') })).rejects.toThrow(/none\.json/);
  const settings = { WXQ_ACCOUNTS_FILE: '', WXQ_DATABASE_URL: await postgres.newDatabase() };
  await start(settings);
  expect(log).toContain('wxq accounts set');
});

test('an account that is set while the server runs is known without a restart', async () => {
  const settings = { WXQ_ACCOUNTS_FILE: '', WXQ_DATABASE_URL: await postgres.newDatabase() };
  const { callbackUrl } = await start(settings);
  const { path, query, body } = freshPush(miniProgramEvent());
  const push = async (): Promise<number> =>
    (await fetch(`${callbackUrl}${path}?${new URLSearchParams(query)}`, { method: 'POST', body })).status;
  expect(await push()).toBe(404);
  const env = { ...settings, WXQ_SECRET_KEY: secretKey, SHOP_SECRET: 'SECRET-OF-THE-SHOP' };
  const set = await run(['accounts', 'set', join(folder, 'accounts.json')], { env });
  expect(set).toMatchObject({ status: 0, stderr: '' });
  // Temporal is away: who is known gets 503.
  await expect.poll(push, { timeout: 10_000 }).toBe(503);
  expect(await run(['accounts', 'remove', shopAppId, '--yes'], { env })).toMatchObject({ status: 0 });
  await expect.poll(push, { timeout: 19_000, interval: 500 }).toBe(404);
}, 60_000);

test('pushes go on to the other receiver, events come from a gateway, and `wxq pushes` shows both', async () => {
  const other = await otherReceiver();
  onTestFinished(() => other.close());
  const url = await postgres.newDatabase();
  const callback = { token: ['newToken', shopToken], encodingAesKey: [shopKey] };
  const shops = [{ appId: shopAppId, secret: 'env:SHOP_SECRET', callback, forward: { url: other.url } }];
  await writeFile(join(folder, 'accounts.json'), JSON.stringify({ shops }));
  const eventsToken = 'events-token-of-16';
  const { callbackUrl, privateUrl } = await start({ WXQ_DATABASE_URL: url, WXQ_EVENTS_TOKEN: eventsToken });

  other.answer = (response) => void response.end('theirs');
  const foreign = freshPush('{"ToUserName":"g","CreateTime":1,"MsgType":"event","Event":"channels_ec_order_new"}');
  const answer = await fetch(`${callbackUrl}${foreign.path}?${new URLSearchParams(foreign.query)}`, {
    method: 'POST',
    body: foreign.body,
  });
  expect([answer.status, await answer.text()]).toEqual([200, 'theirs']);
  const bring = (path: string): Promise<Response> =>
    fetch(`${privateUrl}${path}`, {
      method: 'POST',
      body: miniProgramEvent(),
      headers: { authorization: `Bearer ${eventsToken}` },
    });
  // Temporal is away.
  expect((await bring(`/events?appId=${shopAppId}`)).status).toBe(503);

  const env = { WXQ_SECRET_KEY: secretKey, WXQ_DATA_DIR: folder };
  const pushes = async (): Promise<{ id: string }[]> => {
    const shown = await run(['pushes', '--server', privateUrl, '--json'], { env });
    return (shown.json() as { pushes: { id: string }[] }).pushes;
  };
  await expect.poll(async () => (await pushes()).length, { timeout: 10_000 }).toBe(2);
  const [brought = { id: '' }, pushed = { id: '' }] = await pushes();
  expect(pushed).toMatchObject({ event: 'channels_ec_order_new', result: 'other_event', forwarded: '200' });
  expect(brought).toMatchObject({ source: 'gateway', event: 'wxa_category_audit', result: 'undeliverable' });
  const again = await run(['pushes', '--server', privateUrl, '--deliver', brought.id], { env });
  expect(again).toMatchObject({ status: 1, stdout: `undeliverable mini-program/${shopAppId}/8-39\n` });
  const none = await run(['pushes', '--server', privateUrl, '--deliver', pushed.id], { env });
  expect(none).toMatchObject({ status: 2 });
  const shown = await run(['pushes', '--server', privateUrl, '--app-id', shopAppId], { env });
  expect(shown.stdout).toContain('forwarded: 200');
  const elsewhere = { ...env, WXQ_SECRET_KEY: Buffer.alloc(32, 5).toString('base64') };
  expect(await run(['pushes', '--server', privateUrl], { env: elsewhere })).toMatchObject({ status: 2 });
  const nobody = `http://127.0.0.1:${await deadPort()}`;
  expect(await run(['pushes', '--server', nobody], { env })).toMatchObject({ status: 3 });
}, 60_000);

test('after its end nobody listens, and ending takes no longer than its calls, also when asked twice', async () => {
  const server = await start();
  const { path, query, body } = freshPush(miniProgramEvent());
  await fetch(`${server.callbackUrl}${path}?${new URLSearchParams(query)}`, { method: 'POST', body });
  const startedAt = performance.now();
  await server.close();
  expect(performance.now() - startedAt).toBeLessThan(2500);
  await expect(fetch(`${server.callbackUrl}/healthz`)).rejects.toThrow();
  await expect(fetch(`${server.privateUrl}/healthz`)).rejects.toThrow();
});
