/** Two real processes on one real PostgreSQL: whatever happens to one, WeChat sees one call, and no token is lost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { parseEntries } from '../../src/store/account-file.ts';
import { createAccountRecords } from '../../src/store/account-records.ts';
import { openDurableStore } from '../../src/store/durable-store.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import { type ChainStage, componentAppId, mini, secretKey, startChain } from './chain-stage.ts';

let postgres: Postgres;
const refresh = 'component/api_authorizer_token';

beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());

interface Other {
  process: ChildProcess;
  ask(line: string): Promise<string>;
}

async function startProcess(stage: ChainStage, databaseUrl: string): Promise<Other> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('./chain-process.ts', import.meta.url))],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        WECHAT: stage.sandbox.url,
        DATABASE: databaseUrl,
        SECRET_KEY: secretKey,
        ACCOUNT: JSON.stringify(mini),
      },
    },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  expect(await next()).toBe('ready');
  return {
    process: child,
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
  };
}

async function startAll(): Promise<{ stage: ChainStage; first: Other; second: Other }> {
  const databaseUrl = await postgres.newDatabase();
  const stage = await startChain({ databaseUrl });
  onTestFinished(() => stage.close());
  await stage.chain.tokens.syncAuthorizers(componentAppId, 0);
  const store = await openDurableStore({ databaseUrl, secretKey, dataDir: '.' });
  const file = JSON.stringify(stage.sandbox.accountsFile('chain'));
  await createAccountRecords(store).takeIn(parseEntries(file, {}, () => ''));
  await store.close();
  const [first, second] = await Promise.all([startProcess(stage, databaseUrl), startProcess(stage, databaseUrl)]);
  return { stage, first, second };
}

test('two processes that refresh the same authorizer at the same moment make one call', async () => {
  const { stage, first, second } = await startAll();
  stage.sandbox.setChaos({ rules: [{ operation: refresh, delayMs: 400, times: 9 }] });
  const [one, other] = await Promise.all([first.ask('get'), second.ask('get')]);
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(other).toBe(one);
  expect(stage.calls(refresh)).toBe(1);
  // And when WeChat refuses that token to both of them.
  const rejected = await stage.chain.tokens.get(mini);
  const [next, same] = await Promise.all([first.ask(`get ${rejected}`), second.ask(`get ${rejected}`)]);
  expect(next).toMatch(/^[0-9a-f]{64}$/);
  expect(next).not.toBe(one);
  expect(same).toBe(next);
  expect(stage.calls(refresh)).toBe(2);
}, 60_000);

test('two processes that need the component token anew at the same moment make one call', async () => {
  const { stage, first, second } = await startAll();
  const operation = 'component/api_component_token';
  const before = stage.calls(operation);
  stage.sandbox.setChaos({ rules: [{ operation, delayMs: 400, times: 9 }] });
  const rejected = await stage.chain.tokens.get({ appId: componentAppId });
  const [one, other] = await Promise.all([first.ask(`component ${rejected}`), second.ask(`component ${rejected}`)]);
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(other).toBe(one);
  expect(stage.calls(operation)).toBe(before + 1);
}, 60_000);

test('a process that is killed while it refreshes does not stop the other one', async () => {
  const { stage, first, second } = await startAll();
  stage.sandbox.setChaos({ rules: [{ operation: refresh, delayMs: 1_500 }] });
  void first.ask('get');
  const began = performance.now();
  while ((await stage.chain.database.query('SELECT name FROM wxq_lease')).length === 0) {
    expect(performance.now() - began).toBeLessThan(5_000);
  }
  first.process.kill('SIGKILL');
  // The lease would last 15 s; the database is asked to believe that they have passed.
  await stage.chain.database.query(`UPDATE wxq_lease SET held_until = held_until - interval '15 seconds'`);
  expect(await second.ask('get')).toMatch(/^[0-9a-f]{64}$/);
}, 60_000);
