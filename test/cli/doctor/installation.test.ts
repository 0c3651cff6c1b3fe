/** What `wxq doctor` says about the installation: settings, storage, server, clocks; and the shape of its report. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'csv-parse/sync';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { comparedClock } from '../../../src/cli/doctor/clock-checks.ts';
import { carryOut, inTurn } from '../../../src/cli/doctor/examination.ts';
import type { Installation } from '../../../src/cli/doctor/installation.ts';
import { csvHead, csvOf } from '../../../src/cli/doctor/report.ts';
import { versions } from '../../../src/cli/doctor/settings-checks.ts';
import { isOlder, temporalChecks } from '../../../src/cli/doctor/temporal-checks.ts';
import { fixtures } from '../../../src/sandbox/index.ts';
import { parseEntries } from '../../../src/store/account-file.ts';
import { createAccountRecords } from '../../../src/store/account-records.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { openDurableStore } from '../../../src/store/durable-store.ts';
import { createStoreDouble, doubleKey } from '../../object-storage/object-store-double.ts';
import { type Postgres, startPostgres } from '../../postgres.ts';
import { type Place, place } from './examined.ts';

const { shop, platform } = fixtures;
const secretKey = Buffer.alloc(32, 7).toString('base64');
let here: Place;
afterEach(() => here?.close());

describe('a material store in a bucket', () => {
  it('takes and gives, or says why it does not', async () => {
    here = await place();
    const storage = await createStoreDouble();
    const settings = {
      WXQ_MATERIAL_STORE: 's3://papers/wxq',
      WXQ_S3_ENDPOINT: storage.endpoint,
      WXQ_S3_REGION: 'cn-north-1',
      WXQ_S3_ACCESS_KEY_ID: doubleKey.accessKeyId,
      WXQ_S3_SECRET_ACCESS_KEY: doubleKey.secretAccessKey,
    };
    try {
      const good = await here.examine([shop.appId], {}, settings);
      expect(good.of('material')).toMatchObject([{ state: 'ok', message: 's3://papers/wxq takes and gives' }]);
      const bad = await here.examine([shop.appId], {}, { ...settings, WXQ_S3_SECRET_ACCESS_KEY: 'not-the-key' });
      expect(bad.of('material')).toMatchObject([{ state: 'fail', message: expect.stringContaining('403') }]);
      expect(bad.text).not.toContain('not-the-key');
    } finally {
      await storage.close();
    }
  });
});

describe('settings', () => {
  it('every one that is wrong is named, and everything else is looked at all the same', async () => {
    here = await place();
    const wrong = {
      WXQ_MODE: 'perhaps',
      WXQ_WORKER_METRICS_PORT: 'many',
      WXQ_DATABASE_URL: 'postgres://wxq@127.0.0.1:1/wxq',
    };
    const { status, of } = await here.examine([shop.appId], {}, wrong);
    expect(status).toBe(1);
    const names = of('settings').map(({ message }) => message.split(' ')[0]);
    expect(names.sort()).toEqual(['WXQ_MODE', 'WXQ_SECRET_KEY', 'WXQ_WORKER_METRICS_PORT']);
    expect(of('token', shop.appId)).toMatchObject([{ state: 'ok' }]);
    expect(of('database')).toMatchObject([{ state: 'fail' }]);
  });

  it('a key of another size, accounts that can not be used, and an old Node.js are red', async () => {
    here = await place();
    await here.accounts((file) => {
      for (const one of file.shops) one.callback.encodingAesKey = ['too-short'];
    });
    const { of } = await here.examine([], {}, { WXQ_SECRET_KEY: 'c2hvcnQ=' });
    expect(of('secret-key')).toMatchObject([{ state: 'fail', message: expect.stringContaining('32 bytes') }]);
    expect(of('accounts')[0]).toMatchObject({ state: 'fail', message: expect.stringContaining('43 characters') });
    expect(versions('v18.20.0')).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('20.19.0 is needed'),
    });
  });

  it('says LIVE or SANDBOX in words', async () => {
    here = await place();
    const sandbox = (await here.examine([shop.appId])).of('target');
    expect(sandbox).toMatchObject([{ state: 'warn', message: expect.stringMatching(/^SANDBOX: /) }]);
    const asked: string[] = [];
    const fetch = async (url: string | URL | Request) => {
      asked.push(String(url));
      throw new Error('nobody is asked in a test');
    };
    const live = await here.examine(
      [],
      { fetch },
      { WXQ_WECHAT_BASE_URL: 'https://api.weixin.qq.com', WXQ_ACCOUNTS_FILE: '' },
    );
    expect(live.of('target')).toMatchObject([
      { state: 'ok', message: expect.stringMatching(/^LIVE: the real WeChat/) },
    ]);
  });
});

describe('Temporal', () => {
  it('that can not be reached is red, status 1, and what needs it is skipped', async () => {
    here = await place();
    const { status, of } = await here.examine([shop.appId]);
    expect(status).toBe(1);
    expect(of('temporal')).toMatchObject([{ state: 'fail', message: expect.stringContaining('127.0.0.1:1') }]);
    for (const check of ['namespace', 'search-attributes', 'worker', 'hosts'])
      expect(of(check), check).toMatchObject([{ state: 'skipped' }]);
  });

  it('workers of both worlds on one queue are red: a case would go to either', async () => {
    const of = async (...identities: string[]) => {
      const pollers = identities.flatMap((identity) =>
        (['workflow', 'activity'] as const).map((kind) => ({ kind, identity, lastSeenAt: 0 })),
      );
      const installation = { config: { taskQueue: 'queue' }, pollers: async () => pollers, now: () => 1_000 };
      const check = temporalChecks.find(({ name }) => name === 'worker');
      return await check?.run(installation as unknown as Installation, new AbortController().signal);
    };
    expect(await of('1@host (live)', '2@host (live)', '3@host')).toMatchObject({ state: 'ok' });
    expect(await of('1@host (live)', '2@host (sandbox)')).toMatchObject({
      state: 'fail',
      message: expect.stringContaining('1@host (live), 2@host (sandbox)'),
      advice: { en: expect.stringContaining('WXQ_TASK_QUEUE') },
    });
  });

  it.each([
    ['1.27.9', '1.28.0', true],
    ['1.28.0', '1.28.0', false],
    ['1.32.0-154.2', '1.32.0', false],
    ['1.9.1', '1.28.0', true],
    ['2.0', '1.32.0', false],
    ['unknown', '1.28.0', false],
  ])('version %s older than %s: %s', (version, than, older) => expect(isOlder(version, than)).toBe(older));
});

describe('storage', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it('a database that is dead is red and shows no password; the accounts that do not need it are looked at', async () => {
    here = await place();
    const dead = { WXQ_DATABASE_URL: 'postgres://wxq:the-password@127.0.0.1:1/wxq', WXQ_SECRET_KEY: secretKey };
    const { of, text } = await here.examine([], {}, dead);
    expect(of('database')).toMatchObject([{ state: 'fail', message: expect.stringContaining('ECONNREFUSED') }]);
    expect(of('token', shop.appId)).toMatchObject([{ state: 'ok' }]);
    expect(text).not.toContain('the-password');
  });

  it('tables that are behind are red, and are not made by looking', async () => {
    here = await place();
    const env = { WXQ_DATABASE_URL: await postgres.newDatabase(), WXQ_SECRET_KEY: secretKey };
    for (let look = 0; look < 2; look += 1) {
      const [database] = (await here.examine([shop.appId], {}, env)).of('database');
      expect(database).toMatchObject({ state: 'fail', message: expect.stringContaining('the tables are behind: 1 (') });
    }
  });

  it.each([
    ['never came', undefined, 'fail', 'never pushed a component_verify_ticket'],
    ['stopped 13 hours ago', 13 * 60, 'fail', '13 hours old; it lives for 12 hours'],
    ['is 90 minutes late', 90, 'warn', '90 minutes old'],
    ['is fresh', 3, 'ok', '3 minutes old'],
  ])('a ticket that %s', async (_, ageMinutes, state, words) => {
    here = await place();
    await here.accounts(undefined, 'chain');
    const url = await postgres.newDatabase();
    const database = await openDatabase({ url, dataDir: here.folder });
    if (ageMinutes !== undefined) {
      const { createSecretBox } = await import('../../../src/store/secrets.ts');
      const { createPlatformRecords } = await import('../../../src/store/platform-records.ts');
      const at = Date.now() - ageMinutes * 60_000;
      const records = createPlatformRecords(database, createSecretBox(secretKey));
      await records.saveTicket(platform.componentAppId, 'ticket@@@not-a-real-one', Math.floor(at / 1000), at);
    }
    await database.close();
    const env = { WXQ_DATABASE_URL: url, WXQ_SECRET_KEY: secretKey };
    const { of, text } = await here.examine([platform.componentAppId], {}, env);
    expect(of('database')).toMatchObject([{ state: 'ok' }]);
    expect(of('ticket', platform.componentAppId)).toMatchObject([{ state, message: expect.stringContaining(words) }]);
    expect(text).not.toContain('ticket@@@not-a-real-one');
    // Asking for tickets is the server's.
    expect(here.sandbox.requests().filter(({ operation }) => operation.endsWith('api_start_push_ticket'))).toEqual([]);
  });

  it('accounts that only the database has are looked at, without an accounts file', async () => {
    here = await place();
    const url = await postgres.newDatabase();
    const env = { WXQ_DATABASE_URL: url, WXQ_SECRET_KEY: secretKey };
    const store = await openDurableStore({ databaseUrl: url, secretKey, dataDir: here.folder });
    await createAccountRecords(store).set(
      parseEntries(JSON.stringify(here.sandbox.accountsFile('chain')), {}, () => ''),
    );
    await store.close();
    const { of } = await here.examine([], {}, { ...env, WXQ_ACCOUNTS_FILE: '' });
    expect(of('accounts')).toMatchObject([{ state: 'ok', message: '1 of their own, 1 third-party platforms' }]);
    expect(of('token', shop.appId)).toMatchObject([{ state: 'ok' }]);
    expect(of('ticket', platform.componentAppId)).toMatchObject([{ state: 'fail' }]);
  });

  it('a key that the database still needs is red when it is gone, and a warning while it is the older one', async () => {
    here = await place();
    const url = await postgres.newDatabase();
    const store = await openDurableStore({ databaseUrl: url, secretKey, dataDir: here.folder });
    await createAccountRecords(store).set(
      parseEntries(JSON.stringify(here.sandbox.accountsFile('chain')), {}, () => ''),
    );
    await store.close();
    const newKey = Buffer.alloc(32, 9).toString('base64');
    const under = async (key: string) => {
      const { status, of } = await here.examine([], {}, { WXQ_DATABASE_URL: url, WXQ_SECRET_KEY: key });
      return { status, found: of('secret-key') };
    };
    const gone = { state: 'fail', message: expect.stringContaining('(wxq_account)') };
    expect(await under(newKey)).toMatchObject({ status: 1, found: [gone] });
    expect((await under(`${newKey},${secretKey}`)).found).toMatchObject([{ state: 'warn' }]);
    expect((await under(secretKey)).found).toMatchObject([{ state: 'ok', message: 'one key' }]);
  });

  it('a material store where nothing can be written is red', async () => {
    here = await place();
    const { of } = await here.examine([shop.appId], {}, { WXQ_MATERIAL_STORE: '/proc/wxq-material' });
    expect(of('material')).toMatchObject([
      { state: 'fail', message: expect.stringMatching(/nothing can be written in \/proc/) },
    ]);
  });
});

describe('the server', () => {
  it('that is not there is red on both ports', async () => {
    here = await place();
    const { of } = await here.examine([shop.appId]);
    expect(of('server')).toMatchObject([{ state: 'fail', message: 'http://127.0.0.1:1/readyz does not answer' }]);
    expect(of('callback', shop.appId)).toMatchObject([
      { state: 'fail', message: expect.stringContaining("can't be reached") },
    ]);
    expect(of('last-push', shop.appId)).toMatchObject([{ state: 'skipped' }]);
  });

  it('pushes that no EncodingAESKey opens are red, by the counters of the server', async () => {
    here = await place();
    const counters =
      'wxq_callback_pushes_total{route="channels-shop",result="misconfigured"} 3\nwxq_callback_pushes_total{route="channels-shop",result="forged"} 2\n';
    const answering = createServer((request, response) => response.end(request.url === '/metrics' ? counters : '{}'));
    await new Promise<void>((done) => answering.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(answering.address() as AddressInfo).port}`;
    const { of } = await here.examine([shop.appId, '--private-url', url, '--callback-url', url]);
    answering.close();
    const [key, token] = of('pushes');
    expect(key).toMatchObject({ state: 'fail', message: expect.stringContaining('3 pushes') });
    expect(key?.advice?.zh).toContain('EncodingAESKey');
    expect(token).toMatchObject({ state: 'warn', message: expect.stringContaining('2 pushes') });
    // It answers 200 to anything: not our server.
    expect(of('callback', shop.appId)).toMatchObject([
      { state: 'fail', message: expect.stringContaining('wrong signature') },
    ]);
  });
});

describe('clocks', () => {
  it('a machine that is two minutes off is red, by the Date of WeChat', async () => {
    here = await place();
    const fetch = async (url: string | URL | Request) =>
      new Response(
        '',
        String(url) === here.env.WXQ_WECHAT_BASE_URL
          ? { headers: { date: new Date(Date.now() - 120_000).toUTCString() } }
          : {},
      );
    const [wechat] = (await here.examine([shop.appId], { fetch })).of('clock');
    expect(wechat).toMatchObject({
      state: 'fail',
      message: expect.stringMatching(/^WeChat's clock is 1[12]\d s behind this machine$/),
    });
  });

  it.each([
    [61_000, 'fail'],
    [-61_000, 'fail'],
    [59_000, 'ok'],
  ])('%i ms is %s', (ahead, state) => expect(comparedClock('it', ahead).state).toBe(state));
});

describe('checks', () => {
  it('one that never ends is over after its time, and says so', async () => {
    let isGivenUp = false;
    const endless = (_: unknown, signal: AbortSignal) =>
      new Promise<never>(() => {
        signal.addEventListener('abort', () => {
          isGivenUp = true;
        });
      });
    const found = await carryOut({ name: 'endless', run: endless }, undefined, 50, { appId: 'wx1' });
    expect(found).toMatchObject([
      { check: 'endless', appId: 'wx1', state: 'fail', message: 'no answer within 0.05 s' },
    ]);
    expect(isGivenUp).toBe(true);
  });

  it('one that breaks shows no secret', async () => {
    const found = await carryOut(
      { name: 'broken', run: async () => Promise.reject(new Error('https://x/?access_token=81_verysecret')) },
      undefined,
      1000,
    );
    expect(found[0]?.state).toBe('fail');
    expect(JSON.stringify(found)).not.toContain('81_verysecret');
  });

  it('thousands are looked at a few at a time, in their order', async () => {
    let [running, most] = [0, 0];
    const items = Array.from({ length: 3_800 }, (_, index) => index);
    const results = await inTurn(items, 5, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return item;
    });
    expect(most).toBe(5);
    expect(results).toEqual(items);
  });
});

describe('CSV', () => {
  it('comes out of a reader as it went in, and begins no formula', () => {
    const nasty = ['=HYPERLINK("http://x")', '+1', '-1', '@x', '\t=1', 'a,b', 'say "no"', 'two\r\nlines', '中文'];
    const text =
      csvHead + nasty.map((message) => csvOf({ check: 'token', state: 'fail', appId: 'wx1', message })).join('');
    const rows = parse(text, { columns: true }) as { message: string; account: string }[];
    expect(rows.map(({ message }) => message.replace(/^'/, ''))).toEqual(nasty);
    expect(rows.every(({ account, message }) => account === 'wx1' && !/^[=+\-@\t\r]/.test(message))).toBe(true);
  });
});
