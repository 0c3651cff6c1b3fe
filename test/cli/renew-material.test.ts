/** `wxq renew-material`: shown first, confirmed by typing, only for accounts of the principal. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CaseRow } from '../../src/client/index.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import { run, scriptedClient, someView } from './run.ts';

const images = resolve(import.meta.dirname, '../../examples/images');
const [old, renewed] = [join(images, 'business-licence.png'), join(images, 'business-licence-sharp.jpg')];
const appId = 'wx5a2d8f1c3b7e9046';
let postgres: Postgres;
let folder: string;
let env: NodeJS.ProcessEnv;
let sha256: string;

beforeAll(async () => {
  postgres = await startPostgres();
  folder = await mkdtemp(join(tmpdir(), 'wxq-renew-'));
  env = {
    WXQ_DATABASE_URL: await postgres.newDatabase(),
    WXQ_SECRET_KEY: Buffer.alloc(32, 8).toString('base64'),
    WXQ_ACCOUNTS_FILE: join(folder, 'accounts.json'),
  };
  sha256 = createHash('sha256')
    .update(await readFile(old))
    .digest('hex');
  const shop = (id: string, principal: string) => ({ appId: id, secret: 'not-used-here', principal });
  const inDatabase = { shops: [shop(appId, '样本食品有限公司')], platforms: [] };
  await writeFile(join(folder, 'set.json'), JSON.stringify(inDatabase));
  // The file was never taken in: what the database says of an account is what counts.
  const inFile = { shops: [shop(appId, '另一家有限公司'), shop('wxother0001', '另一家有限公司')], platforms: [] };
  await writeFile(join(folder, 'accounts.json'), JSON.stringify(inFile));
  expect(await run(['accounts', 'set', 'set.json'], { env, cwd: folder })).toMatchObject({ status: 0 });
}, 60_000);
afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true });
});

const rowOf = (id: string): CaseRow =>
  ({ workflowId: `channels-shop/${id}/6201`, appId: id, categoryId: '6201', execution: 'running' }) as CaseRow;
const clientWithCase = () =>
  scriptedClient({
    rows: [rowOf(appId), rowOf('wxother0001')],
    handle: {
      view: async () => someView({ material: [{ path: 'licenses/1/2/images/0', sha256 }] }),
      resubmit: async () => ({ attempt: 2, status: 'preparing' }),
    },
  });
const renewing = (options: string[], client = clientWithCase(), more = {}) =>
  run(['renew-material', old, renewed, ...options], { env, cwd: folder, connect: client.connect, ...more });
const ours = ['--principal', '样本食品有限公司'];
const sent = (client: ReturnType<typeof clientWithCase>) => client.calls.filter(([name]) => name === 'resubmit');

test('shows the cases of the principal and the reason, and sends nothing with --dry-run', async () => {
  const client = clientWithCase();
  const shown = await renewing([...ours, '--dry-run'], client);
  expect(shown.status).toBe(0);
  expect(shown.stdout).toContain(`channels-shop/${appId}/6201`);
  expect(shown.stdout).toContain('营业执照不清晰');
  expect(shown.stdout).toContain('样本食品有限公司, 1 account: 1 case would get it.');
  expect(shown.stdout).toContain('Without --valid-until');
  expect(client.calls.filter(([name]) => name === 'view').map(([, id]) => id)).toEqual([`channels-shop/${appId}/6201`]);
  expect(sent(client)).toEqual([]);
});

test('without a terminal it needs the text, which must be the number of cases or the principal', async () => {
  for (const [options, status, count] of [
    [[], 2, 0],
    [['--confirm', '2'], 2, 0],
    [['--confirm', '另一家有限公司'], 2, 0],
    [['--confirm', '1'], 0, 1],
    [['--confirm', '样本食品有限公司'], 0, 1],
  ] as const) {
    const client = clientWithCase();
    expect(await renewing([...ours, ...options], client), options.join(' ')).toMatchObject({ status });
    expect(sent(client)).toHaveLength(count);
  }
  const client = clientWithCase();
  const questions: string[] = [];
  const typing = (answer: string) => ({
    ask: async (question: string) => {
      questions.push(question);
      return answer;
    },
  });
  expect(await renewing(ours, client, typing('y'))).toMatchObject({ status: 1, stdout: 'Nothing was sent.\n' });
  expect(await renewing(ours, client, typing(' 1 '))).toMatchObject({ status: 0 });
  expect(questions[0]).toContain('(1)');
  expect(sent(client)[0]?.[2]).toMatchObject({
    set: { 'licenses/1/2/images/0': { source: renewed, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
  });
});

test('an unknown principal, an image that is none, twice the same image: status 2, nothing is looked at', async () => {
  const client = clientWithCase();
  const unknown = await renewing(['--principal', '无此公司', '--dry-run'], client);
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toContain('Known are: 另一家有限公司, 样本食品有限公司.');
  await writeFile(join(folder, 'broken.png'), 'no image');
  const broken = (image: string) =>
    run(['renew-material', old, image, ...ours], { env, cwd: folder, connect: client.connect });
  expect(await broken('broken.png')).toMatchObject({ status: 2, stderr: expect.stringContaining('broken.png') });
  expect(await broken('nowhere.png')).toMatchObject({ status: 2 });
  expect(await broken(old)).toMatchObject({ status: 2, stderr: expect.stringContaining('the same') });
  expect(
    await run(['renew-material', 'nowhere.png', renewed, ...ours], { env, cwd: folder, connect: client.connect }),
  ).toMatchObject({ status: 2, stderr: expect.stringContaining('neither a sha256 nor a file') });
  expect(client.calls).toEqual([]);
});
