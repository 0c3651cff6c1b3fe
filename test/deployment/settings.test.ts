/** `.env`: the example names every setting, a fresh one starts everything, and what is missing is said before anything starts. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';
import { parseAccounts } from '../../src/store/accounts.ts';
import { compose, composeText, composeWith, root, settingsOf, textOf } from './compose-file.ts';

const run = promisify(execFile);
const example = settingsOf(textOf('.env.example'));
const sources = textOf('src/runtime/config.ts') + textOf('src/runtime/material-settings.ts');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-env-'));
  await mkdir(join(folder, 'docker'));
  await cp(join(root, 'docker/new-env.sh'), join(folder, 'docker/new-env.sh'));
  await cp(join(root, '.env.example'), join(folder, '.env.example'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const newEnv = (...args: string[]) => run('/bin/sh', [join(folder, 'docker/new-env.sh'), ...args]);
const written = async (): Promise<Map<string, string>> => settingsOf(await readFile(join(folder, '.env'), 'utf8'));

describe('.env.example', () => {
  test('it has every setting that a process or the compose file reads', () => {
    const read = [
      ...[...sources.matchAll(/^\s+((?:WXQ|AWS)_[A-Z0-9_]+):/gm)].map((match) => match[1] ?? ''),
      ...[...composeText.matchAll(/\$\{([A-Z0-9_]+)/g)].map((match) => match[1] ?? ''),
      ...['TEMPORAL_ADDRESS', 'TEMPORAL_CLI_PATH', 'WXQ_CACHE_DIR', 'COMPOSE_PROFILES'],
    ];
    expect(read.length).toBeGreaterThan(14);
    expect(read.filter((name) => !example.has(name))).toEqual([]);
  });

  test('as it stands compose refuses it, and says for each secret what makes one', () => {
    const required = [...composeText.matchAll(/\$\{([A-Z0-9_]+):\?([^}]*)\}/g)];
    expect(new Set(required.map(([, name]) => name))).toEqual(
      new Set(['POSTGRES_PASSWORD', 'WXQ_DATABASE_PASSWORD', 'WXQ_SECRET_KEY', 'GRAFANA_ADMIN_PASSWORD']),
    );
    for (const [, , advice] of required) expect(advice).toContain('sh docker/new-env.sh');
    expect(() => composeWith(example)).toThrow('is missing in .env; sh docker/new-env.sh makes one');
  });
});

describe('docker/new-env.sh', () => {
  test('it writes what compose needs and nothing else: secrets of its own each time, readable by the owner alone', async () => {
    await newEnv();
    const first = await written();
    expect((await stat(join(folder, '.env'))).mode & 0o777).toBe(0o600);
    const secrets = ['POSTGRES_PASSWORD', 'WXQ_DATABASE_PASSWORD', 'GRAFANA_ADMIN_PASSWORD'];
    for (const name of secrets) expect(first.get(name)).toMatch(/^[0-9a-f]{48}$/);
    expect(Buffer.from(first.get('WXQ_SECRET_KEY') ?? '', 'base64')).toHaveLength(32);
    const changed = [...example].filter(([name, value]) => first.get(name) !== value).map(([name]) => name);
    const filled = [...secrets, 'WXQ_SECRET_KEY', 'WXQ_CONSOLE_USERS', 'WXQ_API_TOKENS'];
    expect(changed.sort()).toEqual(filled.sort());
    expect([...first.keys()]).toEqual([...example.keys()]);
    await rm(join(folder, '.env'));
    await newEnv();
    const second = await written();
    for (const name of filled) expect(second.get(name)).not.toBe(first.get(name));
  });

  test('it never touches an .env that is there, and refuses what it does not know', async () => {
    await newEnv();
    const before = await readFile(join(folder, '.env'), 'utf8');
    await expect(newEnv()).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('.env is there already') });
    expect(await readFile(join(folder, '.env'), 'utf8')).toBe(before);
    await expect(newEnv('--sandbocks')).rejects.toMatchObject({ code: 2 });
  });

  test.each([[[]], [['--sandbox']]])('with %j worker and server take what they are given', async (args) => {
    await newEnv(...args);
    const settings = await written();
    const { services } = composeWith(settings);
    for (const name of ['worker', 'server']) {
      const service = services[name];
      const config = loadConfig({ ...Object.fromEntries(settings), ...service?.environment });
      expect(config).toMatchObject({
        databaseUrl: `postgres://wxq:${settings.get('WXQ_DATABASE_PASSWORD')}@postgresql:5432/wxq`,
        secretKey: settings.get('WXQ_SECRET_KEY'),
        privateHost: '0.0.0.0',
        console: { users: [{ name: 'admin' }] },
        apiTokens: [{ name: 'backend', role: 'starter' }],
        materialStore: '/data/material',
        materialSources: { folders: ['/images'] },
        wechatBaseUrl: args.length === 0 ? 'https://api.weixin.qq.com' : 'http://sandbox:8090',
      });
      // Theirs are the database `wxq` and no other, and no key of Grafana.
      expect(service?.environment).toMatchObject({ POSTGRES_PASSWORD: '', GRAFANA_ADMIN_PASSWORD: '' });
    }
  });

  test('with --sandbox WeChat is the sandbox: its accounts, its pushes to the server', async () => {
    await newEnv('--sandbox');
    const settings = await written();
    expect(settings.get('COMPOSE_PROFILES')).toBe('sandbox');
    const { services } = composeWith(settings);
    expect(services.sandbox?.profiles).toEqual(['sandbox']);
    expect(services.sandbox?.command?.join(' ')).toContain('--callback-url http://server:8080');
    const file = settings.get('WXQ_ACCOUNTS_FILE') ?? '';
    expect(services.worker?.volumes).toContainEqual(expect.objectContaining({ source: file }));
    const ofSandbox = parseAccounts(textOf(file), {}, () => '');
    const example = parseAccounts(textOf('examples/accounts.sandbox.json'), {}, () => '');
    expect(ofSandbox.shops).toEqual(example.shops);
    expect(ofSandbox.platforms.map(({ tokenService: _, ...platform }) => platform)).toEqual(
      example.platforms.map(({ tokenService: _, ...platform }) => platform),
    );
    expect(ofSandbox.platforms).toMatchObject([{ tokenService: { url: 'http://sandbox:8090/sandbox/token' } }]);
  });
});

test('the accounts that compose starts with, where none are named, are none', () => {
  expect(composeText).toMatch(/\$\{WXQ_ACCOUNTS_FILE:-\.\/docker\/accounts\.json\}/);
  expect(parseAccounts(textOf('docker/accounts.json'), {}, () => '')).toMatchObject({ shops: [], platforms: [] });
});

test('a setting of ours that compose gives to a process is one that it reads', () => {
  const given = ['worker', 'server', 'codec-server', 'sandbox'].flatMap((name) =>
    Object.keys(compose.services[name]?.environment ?? {}).filter((setting) => setting.startsWith('WXQ_')),
  );
  expect(given.length).toBeGreaterThan(20);
  expect(given.filter((name) => !new RegExp(`^\\s+${name}:`, 'm').test(sources))).toEqual([]);
});
