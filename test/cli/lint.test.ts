/** `wxq lint` and `wxq template` against a sandbox over HTTP: what they say, what they keep, the status they end with. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkInput, RulesUnavailableError } from '../../src/index.ts';
import { createSandbox, fixtures, type Sandbox } from '../../src/testing/index.ts';
import { type Run, run, scriptedClient } from './run.ts';

const examples = resolve(import.meta.dirname, '../../examples');
const { shop, miniProgram, platform, categories, miniProgramCategories } = fixtures;
let folder: string;
let sandbox: Sandbox;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-lint-'));
  sandbox = await createSandbox({ port: 0, callbackBaseUrl: 'http://127.0.0.1:1' });
  await writeFile(join(folder, 'accounts.json'), JSON.stringify(sandbox.accountsFile()));
  env = {
    WXQ_WECHAT_BASE_URL: sandbox.url,
    WXQ_ACCOUNTS_FILE: join(folder, 'accounts.json'),
    WXQ_DATA_DIR: join(folder, 'data'),
  };
  const sides = { width: 1000, height: 900, channels: 3, background: 'white' } as const;
  await writeFile(join(folder, 'good.png'), await sharp({ create: sides }).png().toBuffer());
  await writeFile(join(folder, 'page.pdf'), '%PDF-1.7');
  await writeFile(
    join(folder, 'small.png'),
    await sharp({ create: { ...sides, width: 90, height: 90 } })
      .png()
      .toBuffer(),
  );
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

const wxq = (argv: string[], changes: NodeJS.ProcessEnv = {}): Promise<Run> =>
  run(argv, { env: { ...env, ...changes }, cwd: folder });
const fileWith = async (content: unknown): Promise<string> => {
  const file = join(folder, `case-${Math.random()}.json`);
  await writeFile(file, JSON.stringify(content));
  return file;
};
interface Report {
  errors: number;
  warnings: number;
  rules: { source: string; ageSeconds: number };
  findings: { code: string; path: string; level: string; zh: string }[];
}
const report = (done: Run): Report => done.json() as Report;
const codes = (done: Run): string[] => report(done).findings.map(({ level, code, path }) => `${level} ${code} ${path}`);
const licenses = (images: unknown[]) => ({ form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images }] });
const shopCase = (images: unknown[]) => ({ appId: shop.appId, category: { leaf: '6201' }, material: licenses(images) });

describe('lint', () => {
  it('passes both examples, shows what the category says, and keeps the rules', async () => {
    const first = await wxq(['lint', join(examples, 'channels-shop.json'), '--json']);
    expect(first).toMatchObject({ status: 0, stderr: `[SANDBOX] ${sandbox.url} 沙箱\n` });
    expect(report(first)).toMatchObject({ errors: 0, rules: { source: 'live', ageSeconds: 0 } });
    expect(report(first).findings).toContainEqual(
      expect.objectContaining({ code: 'category-tips', zh: expect.stringContaining('营业执照') }),
    );
    expect(await wxq(['lint', join(examples, 'mini-program.json')])).toMatchObject({ status: 0 });
    expect((await readdir(join(folder, 'data/category-rules'))).sort()).toEqual([
      `channels-shop-${shop.appId}.json`,
      `mini-program-${miniProgram.appId}.json`,
    ]);
  });

  it('an error is status 1; the sentence stands in both languages, with advice', async () => {
    const wrong = { ...shopCase(['good.png']), category: { leaf: categories.needsBrands.leaf } };
    const done = await wxq(['lint', await fileWith(wrong)]);
    expect(done.status).toBe(1);
    expect(done.stdout).toContain('error brand-missing  brandIds');
    expect(done.stdout).toContain('该类目必须提供品牌（10020127）');
    expect(done.stdout).toContain('This category needs a brand (10020127).');
    expect(done.stdout).toContain('1 error, 0 warnings (rules read just now)');
  });

  it('looks at the images: what they are, not what they are called', async () => {
    const images = ['good.png', 'page.pdf', 'gone.png', 'small.png', { source: 'good.png', sha256: 'a'.repeat(64) }];
    const done = await wxq(['lint', await fileWith(shopCase(images)), '--json']);
    const at = 'material.licenses[0].images';
    expect(done.status).toBe(1);
    expect(codes(done).filter((line) => line.includes(at))).toEqual([
      `error image-refused ${at}[1]`,
      `error image-refused ${at}[2]`,
      `error image-refused ${at}[4]`,
      `warning image-small ${at}[3]`,
    ]);
  });

  it('a trimmed key is an error, the name as it is none', async () => {
    const { first, second, alternatives } = miniProgramCategories.blankedName;
    const key = alternatives[0]?.[0] ?? '';
    expect(key).toMatch(/^ {2}/);
    const input = (given: string) => ({
      appId: miniProgram.appId,
      via: { componentAppId: platform.componentAppId },
      first,
      second,
      certificates: [{ key: given, images: ['good.png'] }],
    });
    expect(codes(await wxq(['lint', await fileWith(input(key)), '--json']))).toEqual([]);
    expect(codes(await wxq(['lint', await fileWith(input(key.trim())), '--json']))).toEqual([
      'error certificate-key-not-exact certificates[0].key',
    ]);
  });

  it('says what is wrong with a file that is no case, and asks for no rules', async () => {
    const done = await wxq(['lint', await fileWith({ ...shopCase([]), appId: 7 }), '--json'], {
      WXQ_ACCOUNTS_FILE: '',
    });
    expect(done.status).toBe(1);
    expect(codes(done)).toContain('error input appId');
  });

  it('--principal makes a holder that differs a warning, which is status 0', async () => {
    const file = join(examples, 'channels-shop.json');
    const done = await wxq(['lint', file, '--principal', '别的公司', '--json']);
    expect(done.status).toBe(0);
    expect(codes(done)).toContain('warning holder-not-principal material.licenses[0].holder.name');
  });
});

describe('--offline', () => {
  it('uses what was kept, with its age, and asks neither WeChat nor an image host', async () => {
    const file = await fileWith(shopCase(['good.png', 'https://images.example.com/a.png']));
    await wxq(['lint', file, '--offline']);
    await wxq(['lint', join(examples, 'channels-shop.json')]);
    const before = sandbox.requests().length;
    const kept = join(folder, `data/category-rules/channels-shop-${shop.appId}.json`);
    const content = JSON.parse(await readFile(kept, 'utf8'));
    await writeFile(kept, JSON.stringify({ ...content, readAt: Date.now() - 30 * 3_600_000 }));
    const done = await wxq(['lint', file, '--offline', '--json'], { WXQ_ACCOUNTS_FILE: '' });
    expect(report(done).rules).toMatchObject({ source: 'kept', ageSeconds: 30 * 3600 });
    expect(codes(done)).toEqual([
      'warning image-unchecked material.licenses[0].images[1]',
      'warning rules-old ',
      'note category-tips category',
    ]);
    expect(sandbox.requests()).toHaveLength(before);
  });

  it('works where the secrets of the accounts are not there, as in CI', async () => {
    const file = await fileWith(shopCase(['good.png']));
    await wxq(['lint', file]);
    const accounts = join(folder, 'no-secrets.json');
    await writeFile(accounts, JSON.stringify({ shops: [{ appId: shop.appId, secret: 'env:NOT_SET_HERE' }] }));
    expect(await wxq(['lint', file, '--offline'], { WXQ_ACCOUNTS_FILE: accounts })).toMatchObject({ status: 0 });
    expect(await wxq(['lint', file], { WXQ_ACCOUNTS_FILE: accounts })).toMatchObject({ status: 2 });
  });

  it.each([['nothing'], ['half a file']])('says what to do when %s was kept: status 3', async (what) => {
    const data = join(folder, `empty-${what.length}`);
    const changes = { WXQ_DATA_DIR: data };
    const file = await fileWith(shopCase(['good.png']));
    if (what !== 'nothing') {
      await wxq(['lint', file], changes);
      await writeFile(join(data, `category-rules/channels-shop-${shop.appId}.json`), '{"version":1,"readAt":1,"ru');
    }
    const done = await wxq(['lint', file, '--offline'], changes);
    expect(done).toMatchObject({ status: 3, stdout: '' });
    expect(done.stderr).toContain('without --offline');
  });
});

describe('WeChat', () => {
  const file = join(examples, 'channels-shop.json');
  const wechatAt = async (answer: string): Promise<{ url: string; close(): void }> => {
    const server = createServer((_, response) => response.end(answer));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
  };

  it.each(['<html>', '{"errcode":40164,"errmsg":"invalid ip 1.2.3.4"}', '{"errcode":0}'])(
    'that answers %s is status 3, and --offline is offered; no secret is shown',
    async (answer) => {
      const wechat = await wechatAt(answer);
      const done = await wxq(['lint', file, '--json'], { WXQ_WECHAT_BASE_URL: wechat.url });
      wechat.close();
      expect(done.status).toBe(3);
      expect(done.json()).toMatchObject({ error: { name: 'RulesUnavailableError' } });
      expect(done.stderr).toContain('--offline');
      expect(done.stderr + done.stdout).not.toContain(shop.secret);
    },
  );

  it('that refuses the connection is status 3; without accounts it is status 2', async () => {
    expect(await wxq(['lint', file], { WXQ_WECHAT_BASE_URL: 'http://127.0.0.1:1' })).toMatchObject({ status: 3 });
    const done = await wxq(['lint', file], { WXQ_ACCOUNTS_FILE: '' });
    expect(done).toMatchObject({ status: 2, stderr: expect.stringContaining('WXQ_ACCOUNTS_FILE') });
  });

  it('that lets the brands of a shop not be read leaves the rest of the check as it is', async () => {
    sandbox.setChaos({ rules: [{ operation: 'list/get', errcode: 48001 }] });
    const input = { ...shopCase(['good.png']), brandIds: [fixtures.brands.own] };
    const done = await wxq(['lint', await fileWith(input), '--json']);
    sandbox.setChaos({ rules: [] });
    expect(codes(done)).toEqual(['warning brands-unknown brandIds', 'note category-tips category']);
  });
});

describe('template', () => {
  it('is a case with a licence of every group; only what a person fills in is missing', async () => {
    const done = await wxq(['template', shop.appId, categories.needsLicenses.leaf, '--out', 'shop.json']);
    expect(done.status).toBe(0);
    expect(done.stderr).toContain('第二类医疗器械经营备案凭证');
    const input = JSON.parse(await readFile(join(folder, 'shop.json'), 'utf8'));
    expect(checkInput('channels-shop', input)).toEqual([]);
    expect(input.material.licenses.map((one: { groupId: string }) => one.groupId)).toEqual(['10', '9']);
    const codesOfErrors = new Set(codes(await wxq(['lint', 'shop.json', '--json'])).map((line) => line.split(' ')[1]));
    expect([...codesOfErrors].sort()).toEqual(['category-tips', 'image-refused', 'license-field-missing']);
  });

  it('names the documents of a Mini Program byte for byte, and calls through the one platform', async () => {
    const { first, second, alternatives } = miniProgramCategories.alternatives;
    const done = await wxq(['template', miniProgram.appId, `${first}-${second}`]);
    const input = JSON.parse(done.stdout);
    expect(input.via).toEqual({ componentAppId: platform.componentAppId });
    expect(input.certificates.map((one: { key: string }) => one.key)).toEqual(alternatives[0]);
    expect(done.stderr).toContain('《事业单位法人证书》');
  });

  it('gives a brand where one is needed, and the older form where there are no groups', async () => {
    const brands = await wxq(['template', shop.appId, categories.needsBrands.leaf, '--json']);
    expect(brands.json()).toMatchObject({ input: { brandIds: [fixtures.brands.own] } });
    const older = await wxq(['template', shop.appId, categories.olderFormAccepted.leaf, '--json', '--offline']);
    expect(older.json()).toMatchObject({ input: { material: { form: 'certificate' } } });
  });

  it('leaves a file alone that is there, and knows when there is no such category', async () => {
    await writeFile(join(folder, 'there.json'), 'mine');
    expect(await wxq(['template', shop.appId, '6201', '--out', 'there.json'])).toMatchObject({ status: 2 });
    expect(await readFile(join(folder, 'there.json'), 'utf8')).toBe('mine');
    expect((await wxq(['template', shop.appId, '987'])).stderr).toContain('has no category 987');
  });
});

describe('the principal', () => {
  it('is that of the account’s entry, unless --principal names another', async () => {
    const accounts = sandbox.accountsFile();
    const known = { ...accounts, shops: accounts.shops.map((one) => ({ ...one, principal: '示例科技有限公司' })) };
    await writeFile(join(folder, 'principal.json'), JSON.stringify(known));
    const settings = { WXQ_ACCOUNTS_FILE: join(folder, 'principal.json') };
    const [license] = licenses(['good.png']).licenses;
    const held = { ...license, holder: { name: '另一家公司' } };
    const file = await fileWith({ ...shopCase([]), material: { form: 'licenses', licenses: [held] } });
    const path = 'material.licenses[0].holder.name';
    expect(codes(await wxq(['lint', file, '--json'], settings))).toContain(`warning holder-not-principal ${path}`);
    const named = await wxq(['lint', file, '--json', '--principal', '另一家公司'], settings);
    expect(codes(named).filter((code) => code.includes('holder'))).toEqual([]);
  });
});

describe('--remote', () => {
  const finding = {
    code: 'brand-missing',
    path: 'brandIds',
    level: 'error' as const,
    zh: '该类目必须提供品牌。',
    en: 'This category needs a brand.',
    advice: { zh: '填写。', en: 'Give one.' },
  };

  it('lets a worker check, by Temporal alone, and tells what it found', async () => {
    const { connect, calls, closed } = scriptedClient({
      checked: { findings: [finding], rules: { source: 'kept', readAt: '2026-01-01T00:00:00.000Z', ageSeconds: 120 } },
    });
    const file = await fileWith(shopCase(['good.png']));
    const done = await run(['lint', file, '--remote'], { connect, cwd: folder });
    expect(done.status).toBe(1);
    expect(done.stdout).toContain('error brand-missing  brandIds');
    expect(done.stdout).toContain('1 error, 0 warnings (rules kept 2 minutes ago)');
    expect(calls).toEqual([['check', shopCase(['good.png']), { relativeTo: folder }]]);
    expect(closed()).toBe(1);
  });

  it('ends with status 3 and the code when WeChat gives the worker no rules', async () => {
    const why = { reason: '61007 api unauthorized', advice: 'Grant set 85.', errcode: '61007', rid: 'a-b' };
    const { connect } = scriptedClient({ checked: new RulesUnavailableError(why) });
    const done = await run(['lint', await fileWith(shopCase(['good.png'])), '--remote'], { connect, cwd: folder });
    expect(done.status).toBe(3);
    expect(done.stderr).toContain('61007');
    expect(done.stderr).toContain('Grant set 85.');
  });
});
