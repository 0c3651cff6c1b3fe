/** examples/php/caller.php and webhook.php as they stand, against server, worker and sandbox: rejected, resubmitted, approved. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { perform } from '../callers/auditor.ts';
import { accountsOfOurOwn, startInstallation, tokens } from '../callers/installation.ts';

const php = resolve(import.meta.dirname, '../../examples/php');
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

test('the PHP caller is told by the PHP receiver, sends a better image when it is rejected, and is approved', {
  timeout: 240_000,
}, async () => {
  const { accounts, appId } = accountsOfOurOwn();
  const events = await mkdtemp(join(tmpdir(), 'wxq-php-events-'));
  const address = `127.0.0.1:${await freePort()}`;
  const receiver = spawn('php', ['-S', address, join(php, 'webhook.php')], {
    env: { PATH: process.env.PATH, WXQ_WEBHOOK_SECRET: secret, EVENTS_FOLDER: events },
    stdio: 'ignore',
  });
  const { stack, url, stop } = await startInstallation({
    accounts,
    settings: { WXQ_WEBHOOK_URL: `http://${address}/`, WXQ_WEBHOOK_SECRET: secret },
  });
  try {
    const env = {
      PATH: process.env.PATH,
      WXQ_API_URL: url,
      WXQ_API_TOKEN: tokens.starter,
      EVENTS_FOLDER: events,
      APP_ID: appId,
      ORDER: 'order-17',
    };
    const { sandbox } = stack;
    const first = await perform('php', [join(php, 'caller.php')], env, { sandbox, appId });
    expect(first, first.complaints).toMatchObject({ status: 0 });
    expect(first.lines.filter((line) => !line.startsWith('  told: '))).toEqual([
      `202 /v1/cases/channels-shop/${appId}/6203`,
      'rejected: 营业执照不清晰',
      'resubmitted: attempt 2',
      expect.stringMatching(/^approved/),
      expect.stringMatching(/^409 case-closed: /),
    ]);
    expect(first.lines).toContain('  told: case.rejected');
    await expect.poll(() => readdir(events), { timeout: 60_000 }).toHaveLength(4);

    // The same order again: the answers of the first time, and no second case.
    const again = await perform('php', [join(php, 'caller.php')], env, { sandbox, appId });
    expect(again.lines.filter((line) => !line.startsWith('  told: ')).slice(0, 2)).toEqual([
      `202 /v1/cases/channels-shop/${appId}/6203`,
      expect.stringMatching(/^approved/),
    ]);
    expect(sandbox.audits({ appId })).toHaveLength(2);
    const wrong = await perform('php', [join(php, 'caller.php')], { ...env, APP_ID: 'shop' }, { sandbox, appId });
    expect(wrong).toMatchObject({ status: 1, complaints: expect.stringMatching(/^422 invalid-input: .*appId/s) });
  } finally {
    receiver.kill();
    await stop();
    await rm(events, { recursive: true, force: true });
  }
});
