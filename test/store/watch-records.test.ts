/** What the watch remembers, in PostgreSQL: nothing is found or told twice, whoever reads, and whose accounts are walked. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { KnownCategory, WatchFinding } from '../../src/contract/watch.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createSecretBox } from '../../src/store/secrets.ts';
import { answerWatchStore, watchStoreBeside } from '../../src/store/watch-desk.ts';
import { createWatchStore, type WatchStore } from '../../src/store/watch-records.ts';
import { type Postgres, startPostgres } from '../postgres.ts';

const platform = 'channels-shop' as const;
const [own, shopOfPlatform, program, unknownKind] = ['wx01', 'wx02', 'wx03', 'wx04'];
const secrets = createSecretBox(Buffer.alloc(32, 3).toString('base64'));
const shops = [own, 'wx09'].map((appId) => ({ appId, credentials: { secret: 's' } }));

let postgres: Postgres;
let database: Database;
let store: WatchStore;
/** A worker without PostgreSQL: everything goes over the server's private call. */
let beside: WatchStore;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
beforeEach(async () => {
  database = await openDatabase({ url: await postgres.newDatabase(), dataDir: '.' });
  store = createWatchStore({ database, secrets }, { shops });
  beside = watchStoreBeside({
    async ask(_path, body) {
      const wired = JSON.parse(JSON.stringify(body)) as Record<string, unknown>;
      const { status = 200, body: answer } = await answerWatchStore(store, wired);
      return { status, json: JSON.parse(JSON.stringify(answer)) };
    },
  });
  return () => database.close();
});
afterAll(() => postgres.stop());

const category: KnownCategory = { categoryId: '6201', standing: 'in_force', since: '2026-11-23T20:00:00.000Z' };
const lapse: WatchFinding = { kind: 'lapsed', categoryId: '6201', occasion: 'lapsed/1', standing: 'lapsed' };
const reading = (readAt: number, standing: KnownCategory['standing'], findings: WatchFinding[] = []) => ({
  platform,
  account: { appId: 'wx01' },
  readAt,
  categories: [{ ...category, standing }],
  findings,
});

describe('findings', () => {
  test('the same one is kept once, handed out until it is told, and shown for good', async () => {
    expect(await beside.save(reading(1, 'lapsed', [lapse]))).toBe(1);
    expect(await store.save(reading(2, 'lapsed', [lapse]))).toBe(0);
    const [finding, ...more] = await beside.untold({ platform, limit: 10 });
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      kind: 'lapsed',
      appId: 'wx01',
      categoryId: '6201',
      foundAt: new Date(1).toISOString(),
    });
    expect(await store.untold({ platform: 'mini-program', limit: 10 })).toEqual([]);
    await beside.told({ id: finding?.id ?? '', how: 'told' });
    await store.told({ id: finding?.id ?? '', how: 'nobody' });
    expect(await store.untold({ platform, limit: 10 })).toEqual([]);
    expect(await beside.overview({ appId: 'wx01' })).toMatchObject({
      accounts: [{ appId: 'wx01', readAt: new Date(2).toISOString() }],
      categories: [{ platform, appId: 'wx01', categoryId: '6201', standing: 'lapsed' }],
      findings: [{ id: finding?.id, told: 'told' }],
    });
  });

  test('a walk that comes late does not undo what a later one has read', async () => {
    await store.save(reading(20, 'lapsed'));
    await store.save(reading(10, 'in_force'));
    expect(await beside.known({ platform, appId: 'wx01' })).toMatchObject([{ standing: 'lapsed' }]);
  });
});

describe('accounts', () => {
  const authorized = async (appId: string, sets: string | null, isAuthorized = true, component = 'wxc') =>
    await database.query(
      `INSERT INTO wxq_authorizer (component_app_id, app_id, is_authorized, permission_sets) VALUES ($4, $1, $2, $3)`,
      [appId, isAuthorized, sets, component],
    );

  test('are of a platform by what they have granted; where nothing is known both are tried, until one is read', async () => {
    await authorized(shopOfPlatform, '129,30000');
    await authorized(program, '30,18');
    await authorized(unknownKind, null);
    await authorized('wx05', '30', false);
    const via = { componentAppId: 'wxc' };
    const guess = { appId: unknownKind, via, isGuess: true };
    expect(await beside.accounts({ platform, limit: 10 })).toEqual([
      { appId: own },
      { appId: shopOfPlatform, via },
      guess,
      { appId: 'wx09' },
    ]);
    expect(await beside.accounts({ platform, after: own, limit: 1 })).toEqual([{ appId: shopOfPlatform, via }]);
    expect(await beside.accounts({ platform: 'mini-program', limit: 10 })).toEqual([{ appId: program, via }, guess]);
    await store.save({ ...reading(1, 'in_force'), platform: 'mini-program', account: { appId: unknownKind, via } });
    expect(await store.accounts({ platform, after: shopOfPlatform, limit: 10 })).toEqual([{ appId: 'wx09' }]);
  });

  test('one of several third-party platforms is read by those that it granted the calls, known grants first', async () => {
    await authorized(program, null, true, 'wxa');
    await authorized(program, '1,2', true, 'wxb');
    await authorized(program, '30', true, 'wxc');
    await authorized(program, '30', false, 'wxd');
    await authorized(program, '30', true, 'wxe');
    const [via, ...otherVias] = ['wxc', 'wxe', 'wxa'].map((componentAppId) => ({ componentAppId }));
    expect(await beside.accounts({ platform: 'mini-program', limit: 10 })).toEqual([
      { appId: program, via, otherVias },
    ]);
    // Its grant elsewhere says that it is no shop.
    expect(await store.accounts({ platform, after: own, limit: 10 })).toEqual([{ appId: 'wx09' }]);
  });

  test('one that a whole walk no longer finds has left; it is back once it is tried again', async () => {
    const [gone, via] = [{ appId: 'wx07' }, { componentAppId: 'wxc' }];
    await store.save(reading(1, 'in_force'));
    await authorized(gone.appId, '85');
    await store.save({ ...reading(1, 'in_force'), account: { ...gone, via } });
    await store.save({ ...reading(1, 'in_force'), platform: 'mini-program', account: { ...gone, via } });
    const left = async () =>
      (await beside.overview({})).accounts.flatMap(({ platform: on, appId, leftAt }) =>
        leftAt === undefined ? [] : [[on, appId, leftAt]],
      );
    await beside.noteLeavers({ platform, at: 2 });
    expect(await left()).toEqual([]);
    await database.query(`UPDATE wxq_authorizer SET is_authorized = false`);
    await beside.noteLeavers({ platform, at: 3 });
    await beside.noteLeavers({ platform, at: 4 });
    expect(await left()).toEqual([[platform, gone.appId, new Date(3).toISOString()]]);
    await store.failed({ platform, account: { ...gone, via }, triedAt: 5, problem: { reason: 'r', advice: 'a' } });
    expect(await left()).toEqual([]);
  });

  test('one that could not be read is shown with its reason, and keeps what was known of it', async () => {
    await store.save(reading(1, 'in_force'));
    const problem = { reason: '61007', advice: 'grant it', errcode: '61007' };
    await beside.failed({ platform, account: { appId: 'wx01' }, triedAt: 2, problem });
    expect(await store.overview({ platform })).toMatchObject({
      accounts: [{ readAt: new Date(1).toISOString(), triedAt: new Date(2).toISOString(), problem }],
      categories: [{ standing: 'in_force' }],
    });
  });
});

describe('approved cases', () => {
  const kept = (closedAt: string, validUntil: string) => ({
    platform,
    appId: 'wx01',
    categoryId: '6201',
    workflowId: 'channels-shop/wx01/6201',
    closedAt,
    papers: [{ path: 'licenses/1/2', validUntil }],
    input: {
      appId: 'wx01',
      externalId: 'order-17',
      category: { leaf: '6201' },
      material: { form: 'certificate' as const, certificate: [`${validUntil}.png`] },
    },
  });

  test('the last one of a category is kept, sealed, and its papers are known with the category', async () => {
    await beside.keepCase(kept('2026-11-02T00:00:00.000Z', '2027-01-01'));
    await store.keepCase(kept('2026-11-01T00:00:00.000Z', '2026-12-31'));
    expect(await beside.caseOf({ platform, appId: 'wx01', categoryId: '6201' })).toEqual(
      kept('2026-11-02T00:00:00.000Z', '2027-01-01'),
    );
    const rows = await database.query('SELECT input_sealed FROM wxq_approved_case');
    expect(JSON.stringify(rows)).not.toContain('2027-01-01.png');
    await store.save(reading(1, 'in_force'));
    expect(await store.known({ platform, appId: 'wx01' })).toEqual([
      {
        ...category,
        given: [{ path: 'licenses/1/2', validUntil: '2027-01-01' }],
        workflowId: 'channels-shop/wx01/6201',
        externalId: 'order-17',
      },
    ]);
    expect(await store.casesSeenUntil({ platform })).toBeUndefined();
    await beside.sawCases({ platform, until: 7 });
    await beside.sawCases({ platform, until: 5 });
    expect(await beside.casesSeenUntil({ platform })).toBe(7);
  });
});

test('what is no call of the store is refused', async () => {
  for (const body of [{}, { call: 'constructor', request: {} }, { call: 'known' }])
    expect(await answerWatchStore(store, body)).toMatchObject({ status: 400 });
});
