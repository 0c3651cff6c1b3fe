/** `wxq accounts`: accounts in the database, set, listed and removed; no secret is shown, and nothing is removed unasked. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../postgres.ts';
import { run } from './run.ts';

let postgres: Postgres;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  postgres = await startPostgres();
  folder = await mkdtemp(join(tmpdir(), 'wxq-accounts-'));
  const shop = {
    appId: 'wxshop',
    secret: 'env:SHOP_SECRET',
    callback: { token: 'push-token-1', encodingAesKey: ['k'.repeat(43)] },
    name: 'first shop',
  };
  await writeFile(join(folder, 'shop.json'), JSON.stringify({ shops: [shop] }));
  await writeFile(join(folder, 'broken.json'), JSON.stringify({ shops: [{ appId: 'wxshop' }] }));
  env = {
    WXQ_DATABASE_URL: await postgres.newDatabase(),
    WXQ_SECRET_KEY: Buffer.alloc(32, 8).toString('base64'),
    SHOP_SECRET: 'the-secret-of-the-shop',
  };
}, 60_000);
afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true });
});

const accounts = (argv: string[], more: Parameters<typeof run>[1] = {}) =>
  run(['accounts', ...argv], { env, cwd: folder, ...more });

test('what is set is listed, without a secret, as text and as JSON', async () => {
  expect((await accounts(['list'])).stdout).toContain('No accounts');
  expect((await accounts(['set', 'shop.json', '--json'])).json()).toEqual({ set: ['wxshop'] });
  const text = await accounts(['list']);
  expect(text.stdout).toMatch(/^shop\twxshop\tsecret; first shop$/m);
  const json = await accounts(['list', '--json']);
  expect(json.json()).toMatchObject({ accounts: [{ kind: 'shop', appId: 'wxshop', hasCallback: true }] });
  for (const secret of ['the-secret-of-the-shop', 'push-token-1', 'k'.repeat(43)])
    expect(text.stdout + json.stdout).not.toContain(secret);
});

test('a file that is none of accounts changes nothing, and every finding is told', async () => {
  const broken = await accounts(['set', 'broken.json']);
  expect(broken).toMatchObject({ status: 2, stdout: '' });
  expect(broken.stderr).toContain('needs either secret or tokenService');
});

test('nothing is removed unasked: on a terminal a person answers, elsewhere --yes is needed', async () => {
  await accounts(['set', 'shop.json']);
  expect(await accounts(['remove', 'wxshop'])).toMatchObject({ status: 2, stderr: expect.stringContaining('--yes') });
  expect(await accounts(['remove', 'wxshop'], { confirm: async () => false })).toMatchObject({ status: 2 });
  expect((await accounts(['list'])).stdout).toContain('wxshop');
  expect(await accounts(['remove', 'wxshop'], { confirm: async () => true })).toMatchObject({ status: 0 });
  expect((await accounts(['list'])).stdout).not.toContain('wxshop');
  expect(await accounts(['remove', 'wxshop', '--yes'])).toMatchObject({ status: 2 });
});
