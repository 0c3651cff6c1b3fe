/** Programs that are not TypeScript, as they stand, against server, worker and sandbox: the PHP examples, and every command of docs/http-api.md. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problemKinds } from '../../src/api/problem.ts';
import { fixtures } from '../../src/sandbox/index.ts';
import { perform } from '../callers/auditor.ts';
import { commands, exampleRunId, page, paths } from '../callers/documented-commands.ts';
import { accountsOfOurOwn, type Installation, startInstallation, tokens } from '../callers/installation.ts';
import { runToEnd } from '../callers/run-to-end.ts';
import { blocks, table } from '../docs/pages.ts';

const root = resolve(import.meta.dirname, '../..');
const php = join(root, 'examples/php');
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const { accounts, appId } = accountsOfOurOwn();
let installation: Installation;
let receiver: ChildProcess | undefined;
let events: string;

beforeAll(async () => {
  events = await mkdtemp(join(tmpdir(), 'wxq-php-events-'));
  const address = `127.0.0.1:${await freePort()}`;
  receiver = spawn('php', ['-S', address, join(php, 'webhook.php')], {
    env: { PATH: process.env.PATH, WXQ_WEBHOOK_SECRET: secret, EVENTS_FOLDER: events },
    stdio: 'ignore',
  });
  const settings = { WXQ_WEBHOOK_URL: `http://${address}/`, WXQ_WEBHOOK_SECRET: secret };
  installation = await startInstallation({ accounts, settings });
}, 400_000);

afterAll(async () => {
  receiver?.kill();
  await installation?.stop();
  await rm(events, { recursive: true, force: true });
}, 100_000);

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
  const env = {
    PATH: process.env.PATH,
    WXQ_API_URL: installation.url,
    WXQ_API_TOKEN: tokens.starter,
    EVENTS_FOLDER: events,
    APP_ID: appId,
    ORDER: 'order-from-php',
  };
  const { sandbox } = installation.stack;
  const first = await perform('php', [join(php, 'caller.php')], env, { sandbox, appId });
  expect(first, first.complaints).toMatchObject({ status: 0 });
  expect(first.lines.filter((line) => !line.startsWith('  told: '))).toEqual([
    `202 /v1/cases/channels-shop/${appId}/6203`,
    'rejected: 营业执照不清晰',
    'resubmitted: attempt 2',
    expect.stringMatching(/^approved/),
    expect.stringMatching(/^409 case-closed: /),
  ]);
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
});

test('every operation has an example, and every kind of problem its row', () => {
  const operations = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId));
  expect([...new Set(commands.map(({ operationId }) => operationId))].sort()).toEqual(operations.sort());
  const typed = blocks(page, 'sh')
    .join('\n')
    .match(/^curl /gm);
  expect(typed).toHaveLength(commands.length);
  expect(table(page, 'Problems')).toEqual(
    Object.entries(problemKinds).map(([kind, [status, title]]) => [`\`${kind}\``, String(status), title]),
  );
});

const until = (leaf: string, status: string): Promise<void> =>
  expect
    .poll(async () => (await installation.client.get(`channels-shop/${appId}/${leaf}`).view()).status, {
      timeout: 60_000,
    })
    .toBe(status);

/** What has to be so before a command is typed. */
const before: Record<string, () => Promise<void>> = {
  listCases: () => until('6201', 'in_review'),
  resubmit: async () => {
    const { sandbox } = installation.stack;
    for (const { id } of sandbox.audits({ appId, status: 'open' })) sandbox.decide(id, 'rejected', '营业执照不清晰');
    await until('6201', 'needs_material');
  },
  withdraw: () => until('6201', 'in_review'),
  retry: async () => {
    const { client, stack } = installation;
    await stack.sandbox.applyInBackOffice({ appId, categoryId: '6202' });
    const image = resolve(root, 'examples/images/business-licence.png');
    await client.channelsShop.start({
      appId,
      category: { leaf: '6202' },
      material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: [image] }] },
    });
    await until('6202', 'blocked');
  },
  adopt: () => until('6202', 'blocked'),
};

test('every command of docs/http-api.md is answered as it says there', { timeout: 300_000 }, async () => {
  const quiet = 'curl() { command curl -sS --max-time 120 -w "\\n%{http_code}" "$@"; }';
  for (const { text, status, operationId } of commands) {
    await before[operationId ?? '']?.();
    const settings = `API=${installation.url}/v1 TOKEN=${tokens.starter}`;
    let typed = text.replaceAll(fixtures.shop.appId, appId);
    if (typed.includes(exampleRunId)) {
      const { runId } = await installation.client.temporal.workflow.getHandle(`channels-shop/${appId}/6201`).describe();
      typed = typed.replaceAll(exampleRunId, runId);
    }
    const { output } = await runToEnd('bash', ['-c', `${quiet}\n${settings}\n${typed}`], root);
    expect(output.trim().split('\n').at(-1), `${typed}\n${output}`).toBe(status);
  }
  await until('6202', 'in_review');
});
