import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Notification } from '../../src/contract/notification.ts';
import { webhookRequest } from '../../src/notify/webhook-request.ts';

const script = resolve(import.meta.dirname, '../../examples/php/webhook.php');
const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;

const lapsed: Notification = {
  version: 1,
  id: 'evt_run_1',
  type: 'category.lapsed',
  timestamp: '2026-11-25T06:01:40.000Z',
  data: { platform: 'channels-shop', appId: 'wx5a2d8f1c3b7e9046', categoryId: '6201' },
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

test('the PHP receiver takes what is signed, once, during a rotation too, and refuses the rest', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wxq-php-'));
  const port = await freePort();
  const php = spawn('php', ['-S', `127.0.0.1:${port}`, script], {
    env: { ...process.env, WXQ_WEBHOOK_SECRET: secretOf(1), EVENTS_FOLDER: folder },
    stdio: 'ignore',
  });
  try {
    const url = `http://127.0.0.1:${port}/`;
    const send = async (secrets: string[], change: { now?: Date; body?: string } = {}) => {
      const target = { kind: 'webhook' as const, url, secrets };
      const { headers, body } = webhookRequest(target, lapsed, change.now ?? new Date());
      const answer = await fetch(url, { method: 'POST', headers, body: change.body ?? body });
      return answer.status;
    };
    await expect.poll(() => send([secretOf(2)]).catch(() => 0), { timeout: 15_000 }).toBe(401);
    expect(await send([secretOf(1)], { body: '{"type":"case.approved"}' })).toBe(401);
    expect(await send([secretOf(1)], { now: new Date(Date.now() - 600_000) })).toBe(401);
    expect(await readdir(folder)).toEqual([]);
    expect(await send([secretOf(2), secretOf(1)])).toBe(204);
    expect(await send([secretOf(1)])).toBe(204);
    expect(await readdir(folder)).toEqual(['evt_run_1.json']);
  } finally {
    php.kill();
    await rm(folder, { recursive: true });
  }
});
