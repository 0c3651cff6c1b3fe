/** What `wxq doctor` says about accounts: each red state once, against the sandbox. */
import { afterEach, describe, expect, it } from 'vitest';
import { ipSeen } from '../../../src/cli/doctor/account-checks.ts';
import { fixtureAccounts, fixtures } from '../../../src/sandbox/index.ts';
import { type Place, place } from './examined.ts';

const { shop, platform, miniProgram, platformShop } = fixtures;
let here: Place;
afterEach(() => here.close());

describe('a token', () => {
  it('that is refused for the address names the IP that WeChat saw, and whose list it must stand on', async () => {
    here = await place();
    here.sandbox.setChaos({ rules: [{ operation: 'cgi-bin/stable_token', errcode: 40164, times: 9 }] });
    const { status, of } = await here.examine([shop.appId]);
    expect(status).toBe(1);
    const [token] = of('token', shop.appId);
    expect(token).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/40164.*WeChat saw the IP 203\.0\.113\.9$/),
    });
    expect(token?.advice?.zh).toContain(`请在 ${shop.appId} 的微信后台把 IP 203.0.113.9 加入白名单`);
    expect(token?.advice?.en).toContain('Add 203.0.113.9 to the IP allow-list');
    // What needs it is not red as well.
    expect(of('permission', shop.appId)).toMatchObject([{ state: 'skipped' }]);
  });

  it('that the wrong secret does not get says so, and shows no secret', async () => {
    here = await place();
    await here.accounts((file) => {
      for (const one of file.shops) one.secret = 'this-is-not-the-secret';
    });
    const { of, text } = await here.examine([shop.appId]);
    expect(of('token', shop.appId)).toMatchObject([{ state: 'fail', message: expect.stringContaining('40125') }]);
    expect(text).not.toContain('this-is-not-the-secret');
    expect(text).not.toContain(shop.callback.token);
  });

  it.each([
    [40243, '解冻'],
    [89503, '确认'],
    [50007, '账号'],
  ])('that is refused with %i has the advice of the table', async (errcode, words) => {
    here = await place();
    here.sandbox.setChaos({ rules: [{ operation: 'cgi-bin/stable_token', errcode, times: 9 }] });
    const [token] = (await here.examine([shop.appId])).of('token', shop.appId);
    expect(token).toMatchObject({ state: 'fail', message: expect.stringContaining(String(errcode)) });
    expect(token?.advice?.zh).toContain(words);
  });

  it('is never renewed by force, and nothing is written to WeChat', async () => {
    here = await place();
    here.sandbox.setChaos({ rules: [{ operation: 'category/getbizcatflowlist', errcode: 40001, times: 9 }] });
    const { of } = await here.examine([shop.appId]);
    const [permission] = of('permission', shop.appId);
    expect(permission).toMatchObject({ state: 'fail', message: expect.stringContaining('40001') });
    // It can't say "refused again": it has not renewed it. What it says is what leads out.
    expect(permission?.advice?.en).toMatch(/This command renews none; a worker does.*clock/);
    expect(permission?.advice?.zh).toMatch(/自动刷新.*clock/);
    const operations = here.sandbox.requests().map(({ operation }) => operation);
    expect(operations.filter((one) => one === 'cgi-bin/stable_token')).toHaveLength(1);
    // The empty one asks for the time only.
    expect([...new Set(operations)].sort()).toEqual(['', 'category/getbizcatflowlist', 'cgi-bin/stable_token']);
  });

  it.each([
    ['40164', 'invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 65f0-1-2', '1.2.3.4'],
    ['61004', 'access clientip is not registered, requestIP: 10.20.30.40', '10.20.30.40'],
    ['45035', 'access clientip is not registered, not in ip-whitelist: 2001:db8::7', '2001:db8::7'],
    ['40125', 'invalid appsecret, 1.2.3.4', undefined],
    [undefined, '', '9.8.7.6'],
  ])('%s %s: the address is %s', (errcode, errmsg, ip) => {
    const reason = 'the token service refuses wx1: HTTP 403: 61004 …: requestIP: 9.8.7.6';
    expect(ipSeen({ reason, ...(errcode === undefined ? {} : { errcode, errmsg }) })).toBe(ip);
  });
});

describe('a permission', () => {
  it('that an authorizer did not grant is red: 48001 for a shop, 61007 for a Mini Program', async () => {
    const accounts = fixtureAccounts();
    for (const one of accounts.platforms[0]?.authorizers ?? []) one.permissionSets = [];
    here = await place(accounts);
    for (const [appId, code] of [
      [platformShop.appId, '48001'],
      [miniProgram.appId, '61007'],
    ] as const) {
      const { status, of } = await here.examine([appId]);
      expect(status).toBe(1);
      const [permission] = of('permission', appId);
      expect(permission).toMatchObject({ state: 'fail', via: platform.componentAppId });
      expect(permission?.message).toContain(code);
      expect(permission?.advice?.zh).toContain('小店 85 或 129(推送 174),小程序 30');
    }
  });

  it('that is there is found by the cheapest read, and a Mini Program tells its quota', async () => {
    here = await place();
    const { of } = await here.examine([miniProgram.appId]);
    expect(of('permission', miniProgram.appId)).toMatchObject([
      { state: 'ok', message: expect.stringContaining('Mini Program') },
    ]);
    expect(of('quota', miniProgram.appId)).toMatchObject([
      { state: 'ok', message: '20 of 20 category changes are left this month' },
      {},
    ]);
    const asShop = await here.examine([platformShop.appId]);
    expect(asShop.of('permission', platformShop.appId)[0]?.message).toContain('Channels Shop');
    expect(asShop.of('quota', platformShop.appId)).toEqual([]);
  });

  it('a quota that is used up is a warning that names next month', async () => {
    const accounts = fixtureAccounts();
    for (const one of accounts.platforms[0]?.authorizers ?? []) one.monthlyLimit = 0;
    here = await place(accounts);
    const [changes] = (await here.examine([miniProgram.appId])).of('quota', miniProgram.appId);
    expect(changes).toMatchObject({ state: 'warn', message: '0 of 0 category changes are left this month' });
    expect(changes?.advice?.zh).toContain('下月');
  });
});

describe('which accounts', () => {
  it('an appid that nobody knows is a usage error', async () => {
    here = await place();
    await here.accounts((file) => {
      file.platforms = [];
    });
    const { status, text } = await here.examine(['wx0123456789abcdef']);
    expect(status).toBe(2);
    expect(text).toContain('wx0123456789abcdef is neither in the accounts');
  });

  it('--all --csv has every check of an account as a row', async () => {
    here = await place();
    const { run } = await import('../run.ts');
    const done = await run(['doctor', '--all', '--csv', '--timeout', '3'], { env: here.env });
    const rows = done.stdout.split('\r\n');
    expect(rows[0]).toBe('account,via,check,state,message,advice_zh,advice_en');
    expect(rows.some((row) => row.startsWith(`${shop.appId},,token,ok,`))).toBe(true);
    expect(done.stderr).toMatch(/\d+ failed, \d+ warnings, \d+ ok, \d+ skipped/);
  });
});
