/** The accounts file as people write it, with its mistakes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { AccountsError } from '../../src/store/account-file.ts';
import { loadAccounts, parseAccounts } from '../../src/store/accounts.ts';

const key = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';
const shop = { appId: 'wxshop', secret: 'shop-secret-1', callback: { token: 'push-token-1', encodingAesKey: [key] } };
const platform = {
  componentAppId: 'wxcomponent',
  tokenService: { url: 'https://tokens.example/get', bearer: 'bearer-1' },
  callback: { token: 'push-token-2', encodingAesKey: [key, key.toLowerCase()] },
};

function noFile(path: string): string {
  throw Object.assign(new Error('no such file'), { code: 'ENOENT', path });
}

function parse(content: unknown, env = {}, readFile = noFile) {
  return parseAccounts(JSON.stringify(content), env, readFile);
}

function findingsOf(content: unknown, env = {}) {
  try {
    parse(content, env);
  } catch (error) {
    if (error instanceof AccountsError) return error.findings;
    throw error;
  }
  throw new Error('the accounts were accepted');
}

describe('looking accounts up', () => {
  const accounts = parse({ shops: [shop], platforms: [platform] });

  test('a shop speaks for itself, and through a platform with the token service of the platform', () => {
    expect(accounts.credentialsOf({ appId: 'wxshop' })).toEqual({ secret: 'shop-secret-1' });
    expect(accounts.credentialsOf({ appId: 'wxshop', componentAppId: 'wxcomponent' })).toEqual({
      tokenService: { url: 'https://tokens.example/get', bearer: 'bearer-1' },
    });
    expect(accounts.credentialsOf({ appId: 'wxanybody', componentAppId: 'wxcomponent' })).toBeDefined();
  });

  test('an account that is not in the file, and a platform without a token service, have no credentials', () => {
    expect(accounts.credentialsOf({ appId: 'wxother' })).toBeUndefined();
    expect(accounts.credentialsOf({ appId: 'wxshop', componentAppId: 'wxother' })).toBeUndefined();
    const own = parse({ platforms: [{ componentAppId: 'wxcomponent', secret: 'component-secret' }] });
    expect(own.credentialsOf({ appId: 'wxshop', componentAppId: 'wxcomponent' })).toBeUndefined();
    expect(accounts.shop('constructor')).toBeUndefined();
  });

  test('several keys of a push address stay in their order', () => {
    expect(accounts.platform('wxcomponent')?.callback?.encodingAesKey).toEqual([key, key.toLowerCase()]);
    expect(accounts.shop('wxshop')?.callback?.token).toBe('push-token-1');
  });

  test('a shop may use a token service of its own', () => {
    const own = parse({ shops: [{ appId: 'wxshop', tokenService: { url: 'http://127.0.0.1:9/t' } }] });
    expect(own.credentialsOf({ appId: 'wxshop' })).toEqual({ tokenService: { url: 'http://127.0.0.1:9/t' } });
  });
});

describe('secrets', () => {
  test('env: and file: are resolved, for every kind of secret', () => {
    const env = { SHOP_SECRET: 'from-env', PUSH_KEY: key };
    const readFile = (path: string): string => `content of ${path}\n`;
    const accounts = parse(
      {
        shops: [
          {
            appId: 'wxshop',
            secret: 'env:SHOP_SECRET',
            callback: { token: 'file:token.txt', encodingAesKey: ['env:PUSH_KEY'] },
          },
        ],
        platforms: [
          {
            componentAppId: 'wxc',
            tokenService: { url: 'https://tokens.example', bearer: 'file:///run/secrets/bearer' },
          },
        ],
      },
      env,
      readFile,
    );
    expect(accounts.shop('wxshop')).toMatchObject({
      credentials: { secret: 'from-env' },
      callback: { token: 'content of token.txt', encodingAesKey: [key] },
    });
    expect(accounts.platform('wxc')?.tokenService?.bearer).toBe('content of /run/secrets/bearer');
  });

  test('what an entry says besides is there to read: where pushes go on to, the principal, names', () => {
    const facts = {
      forward: { url: 'https://orders.example/wechat', timeoutMs: 3000 },
      principal: '上海某某贸易有限公司',
      name: 'first shop',
      ghId: 'gh_0123456789ab',
    };
    const accounts = parse({ shops: [{ ...shop, ...facts }], platforms: [{ ...platform, ...facts }] });
    expect(accounts.shop('wxshop')).toMatchObject(facts);
    expect(accounts.platform('wxcomponent')).toMatchObject(facts);
    const forward = { url: 'ftp://orders.example', timeoutMs: 5000 };
    expect(findingsOf({ shops: [{ ...shop, forward }] }).map(({ path }) => path)).toEqual([
      'shops[0].forward.url',
      'shops[0].forward.timeoutMs',
    ]);
  });

  test('a secret file is found beside the accounts file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wxq-accounts-'));
    await writeFile(join(folder, 'secret.txt'), 'beside\n');
    await writeFile(
      join(folder, 'accounts.json'),
      JSON.stringify({ shops: [{ appId: 'wxshop', secret: 'file:secret.txt' }] }),
    );
    expect(loadAccounts(join(folder, 'accounts.json'), {}).credentialsOf({ appId: 'wxshop' })).toEqual({
      secret: 'beside',
    });
    await rm(folder, { recursive: true });
  });

  test('no way of printing an account shows a secret, token or key', () => {
    const accounts = parse({ shops: [shop], platforms: [{ ...platform, secret: 'component-secret' }] });
    const found = [
      accounts,
      accounts.shop('wxshop'),
      accounts.platform('wxcomponent'),
      accounts.credentialsOf({ appId: 'wxshop' }),
      accounts.credentialsOf({ appId: 'wxshop', componentAppId: 'wxcomponent' }),
    ];
    const printed = found.map((each) => `${inspect(each, { depth: 9 })} ${JSON.stringify(each)} ${each}`).join('\n');
    expect(printed).toContain('wxshop');
    for (const secret of ['shop-secret-1', 'component-secret', 'bearer-1', 'push-token', key]) {
      expect(printed).not.toContain(secret);
    }
  });

  test('a mistake in the file is told without quoting what stands around it', () => {
    const failure = (() => {
      try {
        parseAccounts('{"shops": [{"secret": "very-secret" oops', {}, noFile);
      } catch (error) {
        return String(error);
      }
      return '';
    })();
    expect(failure).toContain('it is not JSON');
    expect(failure).not.toContain('very-secret');
  });
});

describe('findings', () => {
  test('all are told at once, each with its path', () => {
    const findings = findingsOf(
      {
        shops: [
          { appId: 'wx1', secret: 'env:MISSING' },
          {
            appId: 'wx2',
            secret: 'file:gone.txt',
            callback: { token: 't', encodingAesKey: ['short-secret-key', key] },
          },
          { appId: 'wx3', secret: 's', callback: { token: 't', encodingAesKey: [] } },
        ],
        platforms: [{ componentAppId: 'wx4', tokenService: { url: 'ftp://x' }, secert: 'typo' }],
      },
      { MISSING: '' },
    );
    const byPath = Object.fromEntries(findings.map(({ path, problem }) => [path, problem]));
    expect(byPath['shops[0].secret']).toBe('the environment variable MISSING is not set');
    expect(byPath['shops[1].secret']).toBe("the file gone.txt can't be read (ENOENT)");
    expect(byPath['shops[1].callback.encodingAesKey[0]']).toContain('43 characters');
    expect(byPath['shops[2].callback.encodingAesKey']).toContain('at least one');
    expect(byPath['platforms[0].tokenService.url']).toBeDefined();
    expect(byPath['platforms[0]']).toContain('secert');
    expect(JSON.stringify(findings)).not.toContain('short-secret-key');
  });

  test('a shop needs a secret or a token service, and not both', () => {
    expect(findingsOf({ shops: [{ appId: 'wx1' }] })).toEqual([
      { path: 'shops[0]', problem: expect.stringContaining('either secret or tokenService') },
    ]);
    expect(findingsOf({ shops: [{ ...shop, tokenService: platform.tokenService }] })).toHaveLength(1);
  });

  test('an account that is there twice is refused', () => {
    expect(findingsOf({ shops: [shop, shop], platforms: [platform, platform] }).map(({ path }) => path)).toEqual([
      'shops[1]',
      'platforms[1]',
    ]);
  });

  test('a file that is not there, and one that is a list, are told in a sentence', () => {
    expect(() => loadAccounts('/no/such/accounts.json', {})).toThrow("/no/such/accounts.json can't be read (ENOENT)");
    expect(() => parse([])).toThrow(AccountsError);
  });
});
