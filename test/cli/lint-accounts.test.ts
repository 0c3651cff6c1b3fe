/** Whose accounts `wxq lint` reads with: those of PostgreSQL, or of the server that has this data folder open; no file is needed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { startServer } from '../../src/server.ts';
import { createSandbox, fixtures, type Sandbox } from '../../src/testing/index.ts';
import { startPostgres } from '../postgres.ts';
import { run } from './run.ts';

const example = resolve(import.meta.dirname, '../../examples/channels-shop.json');
let folder: string;
let accountsFile: string;
let sandbox: Sandbox;
let said: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-lint-accounts-'));
  sandbox = await createSandbox({ port: 0 });
  said = `[SANDBOX] ${sandbox.url} 沙箱\n`;
  accountsFile = join(folder, 'accounts.json');
  await writeFile(accountsFile, JSON.stringify(sandbox.accountsFile()));
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

test('accounts that only PostgreSQL has are enough for lint and template', { timeout: 120_000 }, async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.stop());
  const env = {
    WXQ_WECHAT_BASE_URL: sandbox.url,
    WXQ_DATA_DIR: join(folder, 'postgres'),
    WXQ_DATABASE_URL: await postgres.newDatabase(),
    WXQ_SECRET_KEY: Buffer.alloc(32, 8).toString('base64'),
  };
  expect(await run(['accounts', 'set', accountsFile], { env })).toMatchObject({ status: 0 });
  expect(await run(['lint', example], { env })).toMatchObject({ status: 0, stderr: said });
  expect(await run(['template', fixtures.shop.appId, '6201'], { env })).toMatchObject({ status: 0 });
});

test('accounts that only the server of the data folder has are enough; without it that is said', {
  timeout: 120_000,
}, async () => {
  const env = {
    WXQ_WECHAT_BASE_URL: sandbox.url,
    WXQ_DATA_DIR: join(folder, 'beside'),
    WXQ_CALLBACK_PORT: '0',
    WXQ_CONSOLE_PORT: '0',
  };
  expect(await run(['lint', example], { env })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('WXQ_ACCOUNTS_FILE or WXQ_DATABASE_URL'),
  });
  const logger = await createLogger({ level: 'silent', name: 'server' });
  const server = await startServer(loadConfig({ ...env, WXQ_ACCOUNTS_FILE: accountsFile }), {
    env: { TEMPORAL_ADDRESS: '127.0.0.1:1' },
    logger,
    callbackHost: '127.0.0.1',
  });
  try {
    expect(await run(['lint', example], { env })).toMatchObject({ status: 0, stderr: said });
    // Nothing says which WeChat: it is that of the server, never by mistake the real one.
    const { WXQ_WECHAT_BASE_URL: _, ...rest } = env;
    expect(await run(['lint', example], { env: rest })).toMatchObject({ status: 0, stderr: said });
    // And the sandbox that is meant is that one, not whoever has the usual port.
    sandbox.setChaos({ rules: [{ operation: 'category/add', errcode: 45009, times: 9 }] });
    expect(await run(['trigger', 'calm', '--app', fixtures.shop.appId], { env: rest })).toMatchObject({ status: 0 });
    expect(sandbox.setChaos({}).rules).toEqual([]);
    // A worker beside it would carry its cases out: at the same WeChat, or not at all.
    const worker = await run(['worker', '--json'], { env: { ...rest, TEMPORAL_ADDRESS: '127.0.0.1:1' } });
    expect(worker).toMatchObject({ status: 3, stderr: expect.stringContaining(said) });
    expect(worker.json()).toMatchObject({
      error: {
        message: expect.stringContaining("127.0.0.1:1 can't be used: connection refused."),
        advice: expect.stringContaining('TEMPORAL_ADDRESS'),
      },
    });
    expect(await doctorOnTarget(rest)).toMatchObject([
      { state: 'warn', message: expect.stringContaining(`SANDBOX: ${sandbox.url}`) },
    ]);
  } finally {
    await server.close();
  }
  // Then it is not known which WeChat is meant, and nobody takes it for the real one.
  const { WXQ_WECHAT_BASE_URL: _, ...rest } = env;
  const unsaid = await run(['lint', example], { env: rest });
  expect(unsaid.status).toBe(3);
  expect(unsaid.stderr).toContain('does not answer');
  expect(unsaid.stderr).not.toContain('LIVE');
  expect(await doctorOnTarget(rest)).toMatchObject([{ state: 'warn', message: expect.stringContaining('not known') }]);
  const alone = await run(['lint', example], { env });
  expect(alone.status).toBe(3);
  expect(alone.stderr).toContain('the accounts of the database could not be read');
});

async function doctorOnTarget(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const nobody = { TEMPORAL_ADDRESS: '127.0.0.1:1', WXQ_CALLBACK_PORT: '1', WXQ_CONSOLE_PORT: '1' };
  const { findings } = (await run(['doctor', '--timeout', '3', '--json'], { env: { ...env, ...nobody } })).json() as {
    findings: Finding[];
  };
  return findings.filter(({ check }) => check === 'target');
}
