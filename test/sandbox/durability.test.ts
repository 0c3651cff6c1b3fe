/** The state file: a sandbox that was killed comes back as it was; and which port it takes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSandbox, fixtures } from '../../src/sandbox/index.ts';
import {
  byHand,
  callerFor,
  categoryInfo,
  control,
  exact,
  opened,
  startReceiver,
  startStage,
  submitted,
} from './harness.ts';

let folder: string;
let stateFile: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-state-'));
  stateFile = join(folder, 'deep', 'sandbox.json');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** The sandbox as a process of its own, as an operator starts it. */
async function startProcess() {
  const entry = fileURLToPath(new URL('../../src/sandbox.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', entry, '--port', '0', '--state-file', stateFile]);
  children.push(child);
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.once('exit', () => reject(new Error(said)));
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /http:\S+/.exec(said)?.[0];
      if (found !== undefined) resolve(found);
    });
  });
  const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, url, gone };
}

test('a killed sandbox comes back with its audits, tokens, uploads, verdict rules and pending pushes', async () => {
  const receiver = await startReceiver();
  receiver.answer = (_push, response) => response.writeHead(503).end();
  try {
    const before = await startProcess();
    const { appId } = fixtures.shop;
    const ask = async (url: string, method: string, path: string, body?: unknown) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return exact(await answer.text());
    };
    await ask(before.url, 'PUT', '/sandbox/accounts', {
      shops: [{ appId, callback: { url: `${receiver.url}/push` } }],
    });
    const { accessToken } = await ask(before.url, 'POST', '/sandbox/token', { appId });
    const token = `?access_token=${accessToken}`;
    const form = new FormData();
    form.append('media', new File([Buffer.from('89504e470d0a1a0a', 'hex')], 'a.png'));
    const encoded = new Response(form);
    const uploaded = await fetch(`${before.url}/shop/ec/basics/qualification/upload${token}`, {
      method: 'POST',
      headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
      body: Buffer.from(await encoded.arrayBuffer()),
    });
    const fileId = exact(await uploaded.text()).data.file_id;
    await ask(before.url, 'PUT', '/sandbox/verdicts', {
      categoryId: byHand(1).leaf,
      when: 'at-once',
      verdict: 'rejected',
    });
    const first = await ask(before.url, 'POST', `/channels/ec/category/add${token}`, {
      category_info: categoryInfo(byHand(0), fileId),
    });
    await ask(before.url, 'POST', `/channels/ec/category/add${token}`, {
      category_info: categoryInfo(byHand(1), fileId),
    });
    before.child.kill('SIGKILL');
    await before.gone;

    receiver.answer = (_push, response) => response.end('success');
    const told = receiver.pushes.length;
    const after = await startProcess();
    const { audits } = await ask(after.url, 'GET', '/sandbox/audits');
    expect(audits.map(({ status }: { status: string }) => status)).toEqual(['open', 'rejected']);
    expect(audits[0].id).toBe(String(first.audit_id).replace('exactly ', ''));
    await ask(after.url, 'PUT', '/sandbox/clock', { advanceSeconds: 10 });
    await receiver.waitFor(told + 1);
    const push = receiver.pushes.at(-1);
    if (push === undefined) throw new Error('no push');
    expect(opened(push, 'shop')).toMatchObject({ auditId: audits[1].id, status: '2' });
    // The token still works, the file id is still known, and the counter of audits goes on.
    const third = await ask(after.url, 'POST', `/channels/ec/category/add${token}`, {
      category_info: categoryInfo(byHand(1), fileId),
    });
    expect(BigInt(String(third.audit_id).replace('exactly ', ''))).toBeGreaterThan(BigInt(audits[1].id));
    expect((await ask(after.url, 'GET', '/sandbox/audits')).audits.at(-1).status).toBe('rejected');
  } finally {
    await receiver.close();
  }
});

test('standing, limits, refused addresses, quotas, brands, permission sets and counts outlive the sandbox', async () => {
  const { appId } = fixtures.shop;
  const { componentAppId } = fixtures.platform;
  const miniProgram = fixtures.miniProgram.appId;
  const before = await createSandbox({ port: 0, stateFile });
  before.setStanding({ appId, standing: 'closing' });
  before.setRefusedIp({ appId, address: '203.0.113.9', as: 'http-403' });
  before.setLimits({ appId: miniProgram, perDay: 1 });
  before.setQuota({ appId: miniProgram, monthlyLimit: 4, left: 1 });
  before.setBrands({ appId, brands: [{ brandId: '77', chName: '牌', enName: '', state: 'in-force' }] });
  before.changeAuthorization({ componentAppId, appId: miniProgram, event: 'updateauthorized', permissionSets: [30] });
  const read = (sandbox: typeof before) => callerFor(sandbox, miniProgram).get('/cgi-bin/wxopen/getcategory');
  expect((await read(before)).errcode).toBe(0);
  const shown = before.accounts();
  await before.close();
  const after = await createSandbox({ port: 0, stateFile });
  try {
    expect(after.accounts()).toEqual(shown);
    expect((await read(after)).errcode).toBe(45009);
    after.setStanding({ appId, standing: 'good' });
    after.setRefusedIp({ appId, address: null });
    const brands = await callerFor(after, appId).post('/channels/ec/brand/valid/list/get', { page_size: 10 });
    expect(brands.brands.map((brand: { brand_id: string }) => brand.brand_id)).toEqual(['77']);
  } finally {
    await after.close();
  }
});

test('a process that is told to stop ends well', async () => {
  const { child, gone } = await startProcess();
  child.kill('SIGTERM');
  expect(await gone).toBe(0);
});

test('an answer that reports success of a write comes only after the write is on disk', async () => {
  const stage = await startStage({ stateFile });
  try {
    const auditId = await submitted(callerFor(stage.sandbox, fixtures.shop.appId), byHand());
    // No waiting here: the file must hold it by the time that the answer is read.
    expect(Object.keys(JSON.parse(await readFile(stateFile, 'utf8')).audits)).toEqual([auditId]);
    await control(stage.sandbox, 'POST', `/sandbox/audits/${auditId}/verdict`, { verdict: 'approved' });
    expect(JSON.parse(await readFile(stateFile, 'utf8')).audits[auditId].status).toBe('approved');
  } finally {
    await stage.close();
  }
});

test('many submissions at the same time all land in the file', async () => {
  const stage = await startStage({ stateFile });
  try {
    const shop = callerFor(stage.sandbox, fixtures.shop.appId);
    const ids = await Promise.all([...Array(14).keys()].map((index) => submitted(shop, byHand(index))));
    const kept = Object.keys(JSON.parse(await readFile(stateFile, 'utf8')).audits);
    expect(kept.sort()).toEqual(ids.sort());
  } finally {
    await stage.close();
  }
});

test('a write that cannot be kept is not reported as a success, and is kept once the disk is back', async () => {
  const stage = await startStage({ stateFile });
  try {
    const shop = callerFor(stage.sandbox, fixtures.shop.appId);
    const fileId = await shop.fileId();
    const address = `${stage.sandbox.url}/channels/ec/category/add?access_token=${shop.token}`;
    const body = JSON.stringify({ category_info: categoryInfo(byHand(), fileId) });
    // A folder stands where the next state is to be written.
    await mkdir(`${stateFile}.next`);
    expect((await fetch(address, { method: 'POST', body })).status).toBe(500);
    await rm(`${stateFile}.next`, { recursive: true });
    expect((await shop.get('/shop/ec/category/all')).errcode).toBe(0);
    expect(Object.keys(JSON.parse(await readFile(stateFile, 'utf8')).audits)).toHaveLength(1);
  } finally {
    await stage.close();
  }
});

test('a state file that cannot be read is said by name, and is left alone', async () => {
  const broken = join(folder, 'broken.json');
  await writeFile(broken, '{"version":1,');
  await expect(createSandbox({ port: 0, stateFile: broken })).rejects.toThrow(broken);
  expect(await readFile(broken, 'utf8')).toBe('{"version":1,');
  await writeFile(broken, '{"version":99}');
  await expect(createSandbox({ port: 0, stateFile: broken })).rejects.toThrow(broken);
});

test('without a port of its own a sandbox takes the next free one; a port that was asked for is refused when taken', async () => {
  const first = await createSandbox();
  const second = await createSandbox();
  try {
    expect(first.port).toBeGreaterThanOrEqual(8090);
    expect(second.port).toBeGreaterThan(first.port);
    expect((await fetch(`${second.url}/healthz`)).status).toBe(200);
    await expect(createSandbox({ port: first.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  } finally {
    await first.close();
    await second.close();
  }
});
