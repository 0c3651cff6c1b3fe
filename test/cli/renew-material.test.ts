/** `wxq renew-material`: shown first, confirmed by typing, only for accounts of the principal. */
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CaseRow, QualificationClient } from '../../src/client/index.ts';
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
/** Histories that hold nothing but an input. */
const temporalWith = (licence: object) => {
  const material = { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', ...licence }] };
  const input = { payloads: [defaultPayloadConverter.toPayload({ appId, category: { leaf: '6201' }, material })] };
  const handle = {
    describe: async () => ({ runId: 'run-1', startTime: new Date(0) }),
    fetchHistory: async () => ({ events: [{ workflowExecutionStartedEventAttributes: { input } }] }),
  };
  return {
    options: { loadedDataConverter: { payloadConverter: defaultPayloadConverter, payloadCodecs: [] } },
    connection: { withDeadline: (_deadline: number, call: () => Promise<unknown>) => call() },
    workflow: { getHandle: () => handle },
  } as unknown as QualificationClient['temporal'];
};
const clientWithCase = (
  licence: object = { images: [] },
  material: object = { sha256 },
  more: { path: string }[] = [],
) =>
  scriptedClient({
    rows: [rowOf(appId), rowOf('wxother0001')],
    temporal: temporalWith(licence),
    handle: {
      view: async () => someView({ material: [{ path: 'licenses/1/2/images/0', ...material }, ...more] }),
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

test('a case that has not read its image is found by its address, or by the bytes there, and the preview says so', async () => {
  await copyFile(old, join(folder, 'copy.png'));
  const dry = async (image: string) => {
    const client = clientWithCase({ images: [image] }, {});
    const shown = await renewing([...ours, '--dry-run'], client);
    const json = (await renewing([...ours, '--dry-run', '--json'], clientWithCase({ images: [image] }, {}))).json();
    return { text: shown.stdout, json };
  };
  const path = 'licenses/1/2/images/0';
  const same = await dry(old);
  expect(same.text).toContain(`${path} (not read yet; the same address)`);
  expect(same.json).toMatchObject({ ready: 1, uses: [{ matchedBy: { [path]: 'address' } }], unsure: [] });
  const copy = await dry(join(folder, 'copy.png'));
  expect(copy.text).toContain('(not read yet; the same bytes at its address)');
  expect((await dry(renewed)).json).toMatchObject({ ready: 0, uses: [], unsure: [] });
  const gone = await dry(join(folder, 'nowhere.png'));
  expect(gone.json).toMatchObject({ ready: 0, uses: [], unsure: [`channels-shop/${appId}/6201`] });
  expect(gone.text).toContain('1 open case with images that were never read');
});

test('status 1 while a case may have been overlooked, also when every case that was found took it', async () => {
  const licence = { images: [old, join(folder, 'nowhere.png')] };
  const workflowId = `channels-shop/${appId}/6201`;
  for (const options of [['--dry-run'], ['--confirm', '1']]) {
    const shown = await renewing(
      [...ours, ...options, '--json'],
      clientWithCase(licence, { sha256 }, [{ path: 'licenses/1/2/images/1' }]),
    );
    expect(shown.json()).toMatchObject({ ready: 1, unsure: [workflowId] });
    expect(shown.status, options.join(' ')).toBe(1);
  }
});

test("--valid-until also sets WeChat's own field, as its old value is written, and the preview shows both", async () => {
  const field = 'licenses/1/2/fields/audit_license_validty_period';
  const licence = (value: string) => ({ images: [], fields: { audit_license_validty_period: value } });
  const options = [...ours, '--valid-until', '2036-05-20', '--confirm', '1'];
  const client = clientWithCase(licence('2026/05/20'));
  const done = await renewing(options, client);
  expect(done.stderr).toContain(`${field}: 2026/05/20 -> 2036/05/20`);
  expect(sent(client)[0]?.[2]).toMatchObject({
    set: { 'licenses/1/2/validUntil': '2036-05-20', [field]: '2036/05/20' },
  });
  const span = clientWithCase(licence('2016-05-21至2026-05-20'));
  expect((await renewing(options, span)).stderr).toContain('goes on telling WeChat 2016-05-21至2026-05-20');
  expect(sent(span)[0]?.[2]).not.toHaveProperty(['set', field]);
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
