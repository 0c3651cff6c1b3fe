/** The server process with a platform's own chain of tokens: what one process is told, every process has. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { createSandbox, fixtures } from '../../src/sandbox/index.ts';
import { startServer } from '../../src/server.ts';
import { createSecretBox } from '../../src/store/secrets.ts';
import { type Postgres, startPostgres } from '../postgres.ts';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

test('two servers start at once on an empty database; a ticket pushed to one opens tokens at the other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wxq-server-tokens-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const sandbox = await createSandbox({ port: 0 });
  onTestFinished(() => sandbox.close());
  const accountsFile = join(folder, 'accounts.json');
  await writeFile(accountsFile, JSON.stringify(sandbox.accountsFile('chain')));
  const secretKey = Buffer.alloc(32, 3).toString('base64');
  const config = loadConfig({
    WXQ_WECHAT_BASE_URL: sandbox.url,
    WXQ_ACCOUNTS_FILE: accountsFile,
    WXQ_DATABASE_URL: await postgres.newDatabase(),
    WXQ_SECRET_KEY: secretKey,
    // With PostgreSQL the data folder is not needed.
    WXQ_DATA_DIR: join(folder, 'not', 'there'),
    WXQ_CALLBACK_PORT: '0',
    WXQ_CONSOLE_PORT: '0',
  });
  const logger = await createLogger({ level: 'silent', name: 'server' });
  const start = () =>
    startServer(config, { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' }, logger, callbackHost: '127.0.0.1' });
  const [one, other] = await Promise.all([start(), start()]);
  onTestFinished(async () => {
    await one.close();
    await other.close();
  });

  const { componentAppId } = fixtures.platform;
  const { appId } = fixtures.miniProgram;
  const eventsUrl = `${one.callbackUrl}/callback/platform/${componentAppId}`;
  sandbox.setAccounts({ shops: [], platforms: [{ componentAppId, eventsUrl }] });
  await expect.poll(() => sandbox.pushes()[0]?.status, { timeout: 5_000 }).toBe('delivered');

  const bearer = createSecretBox(secretKey).derive('token service of the server');
  const ask = async (authorization: string): Promise<Response> =>
    await fetch(`${other.privateUrl}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ appId, componentAppId }),
    });
  expect((await ask('Bearer guessed')).status).toBe(401);
  const answer = await ask(`Bearer ${bearer}`);
  expect(await answer.json()).toEqual({ accessToken: expect.stringMatching(/^80_/), expiresInSeconds: 60 });
  expect(sandbox.requests('component/api_component_token').filter(({ errcode }) => errcode === 0)).toHaveLength(1);
  const onPublicPort = await fetch(`${other.callbackUrl}/token`, { method: 'POST', body: '{}' });
  expect(onPublicPort.status).toBe(404);
}, 30_000);
