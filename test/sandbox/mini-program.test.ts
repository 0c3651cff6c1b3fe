/** The Mini Program's calls: what add, modify and delete refuse, and what the setting shows. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtureAccounts, fixtures } from '../../src/sandbox/index.ts';
import { type Answer, type Caller, callerFor, png, type Stage, startStage } from './harness.ts';

let stage: Stage;
let mini: Caller;
beforeEach(async () => {
  stage = await startStage();
  mini = callerFor(stage.sandbox, fixtures.miniProgram.appId);
});
afterEach(() => stage.close());

type Category = (typeof fixtures.miniProgramCategories)['alternatives'];
const { miniProgramCategories: categories } = fixtures;
const { appId } = fixtures.miniProgram;
const byHand = (index = 0): Category => {
  const category = categories.byHand[index];
  if (category === undefined) throw new Error('no such fixture');
  return category;
};
const certificates = (keys: string[], value: string) => keys.map((key) => ({ key, value }));

async function wire(category: Category, keys = category.alternatives[0] ?? []) {
  const certicates = certificates(keys, await mini.mediaId());
  return { first: Number(category.first), second: Number(category.second), certicates };
}
const add = (...items: unknown[]) => mini.post('/cgi-bin/wxopen/addcategory', { categories: items });
const modify = (item: unknown) => mini.post('/cgi-bin/wxopen/modifycategory', item);
const remove = ({ first, second }: Category) =>
  mini.post('/cgi-bin/wxopen/deletecategory', { first: Number(first), second: Number(second) });
const setting = (): Promise<Answer> => mini.get('/cgi-bin/wxopen/getcategory');
const auditId = ({ first, second }: Category) => `${appId}:${first}-${second}`;

describe('addcategory', () => {
  test('has no audit id in its answer; the setting shows 1, then what was decided', async () => {
    expect(await add(await wire(byHand()))).toEqual({ errcode: 0, errmsg: 'ok' });
    expect((await setting()).categories).toEqual([
      { first: 8, first_name: '教育', second: 39, second_name: '出国移民', audit_status: 1 },
    ]);
    stage.sandbox.decide(auditId(byHand()), 'rejected', '许可证已过期');
    expect((await setting()).categories[0]).toMatchObject({ audit_status: 2, audit_reason: '许可证已过期' });
  });

  test('any one alternative is enough, but the whole of it', async () => {
    const [both = [], other = []] = categories.alternatives.alternatives;
    expect((await add(await wire(categories.alternatives, both.slice(0, 1)))).errcode).toBe(53311);
    expect((await add(await wire(categories.alternatives, other))).errcode).toBe(0);
    expect((await remove(categories.alternatives)).errcode).toBe(53308);
    stage.sandbox.decide(auditId(categories.alternatives), 'rejected');
    expect((await remove(categories.alternatives)).errcode).toBe(0);
    expect((await add(await wire(categories.alternatives, both))).errcode).toBe(0);
  });

  test.each([
    [53302, categories.wrongSubject],
    [53305, categories.icpMissing],
    [53310, categories.applyReasonNeeded],
  ])('refuses with %i a category that this account may not have', async (errcode, category) => {
    expect((await add(await wire(category))).errcode).toBe(errcode);
    expect((await setting()).categories).toEqual([]);
  });

  test('refuses an unknown category, a missing or unknown key, and no category at all', async () => {
    expect((await add({ first: 8, second: 9999, certicates: [] })).errcode).toBe(53303);
    expect((await add({ first: 8, second: 39 })).errcode).toBe(53311);
    expect((await add(await wire(byHand(), ['因私出入境中介机构经营许可证']))).errcode).toBe(53311);
    expect((await add(await wire(byHand(), [...(byHand().alternatives[0] ?? []), '《营业执照》']))).errcode).toBe(
      53303,
    );
    expect((await add()).errcode).toBe(53303);
  });

  test('refuses a misspelt member and wrong types with 47001', async () => {
    const { certicates, ...rest } = await wire(byHand());
    expect((await add({ ...rest, certificates: certicates })).errcode).toBe(47001);
    expect((await add({ ...rest, certicates: [{ ...certicates[0], is_permanent: 2 }] })).errcode).toBe(47001);
    expect((await add({ ...rest, certicates: [{ ...certicates[0], expire_time: '1' }] })).errcode).toBe(47001);
    expect((await add({ ...rest, certicates: [{ ...certicates[0], is_permanent: 1, expire_time: 1 }] })).errcode).toBe(
      0,
    );
  });

  test('refuses with 53304 a category that is there already, whatever its state', async () => {
    await add(await wire(byHand()));
    expect((await add(await wire(byHand()))).errcode).toBe(53304);
    stage.sandbox.decide(auditId(byHand()), 'rejected');
    expect((await add(await wire(byHand()))).errcode).toBe(53304);
  });

  test('several categories go in together or not at all', async () => {
    expect((await add(await wire(byHand(0)), await wire(byHand(1), []))).errcode).toBe(53311);
    expect((await setting()).categories).toEqual([]);
    expect((await add(await wire(byHand(0)), await wire(byHand(1)))).errcode).toBe(0);
    expect(await setting()).toMatchObject({ limit: 20, quota: 18, category_limit: 20 });
  });

  test('a category without a review is in force at once', async () => {
    expect((await add({ first: 1, second: 101 })).errcode).toBe(0);
    expect((await setting()).categories[0].audit_status).toBe(3);
  });
});

describe('media ids', () => {
  const refusedWith = async (value: unknown) => {
    const { certicates, ...rest } = await wire(byHand());
    return (await add({ ...rest, certicates: [{ key: certicates[0]?.key, value }] })).errcode;
  };

  test('empty, unknown and absent ones are refused', async () => {
    expect(await refusedWith('')).toBe(40007);
    expect(await refusedWith('nonsense')).toBe(40007);
    expect(await refusedWith(undefined)).toBe(41006);
  });

  test("another account's, and one of another upload, are refused", async () => {
    const { componentAppId } = fixtures.platform;
    const authorizers = [{ appId: 'wxother', platform: 'mini-program' as const }];
    stage.sandbox.setAccounts({ shops: [], platforms: [{ componentAppId, authorizers }] });
    expect(await refusedWith(await callerFor(stage.sandbox, 'wxother').mediaId())).toBe(40007);
    expect(await refusedWith(await callerFor(stage.sandbox, fixtures.platformShop.appId).fileId())).toBe(40007);
  });

  test('one dies after three days of sandbox clock, at add and at modify', async () => {
    const young = await wire(byHand(0));
    const old = await wire(byHand(1));
    stage.sandbox.setClock({ advanceSeconds: 3 * 86_400 - 60 });
    mini = callerFor(stage.sandbox, appId);
    expect((await add(young)).errcode).toBe(0);
    stage.sandbox.setClock({ advanceSeconds: 61 });
    mini = callerFor(stage.sandbox, appId);
    expect((await add(old)).errcode).toBe(40007);
    stage.sandbox.decide(auditId(byHand(0)), 'rejected');
    expect((await modify(young)).errcode).toBe(40007);
  });
});

describe('modifycategory and deletecategory', () => {
  test('modify works on a rejected category only, and counts the submissions', async () => {
    expect((await modify(await wire(byHand()))).errcode).toBe(53306);
    await add(await wire(byHand()));
    expect((await modify(await wire(byHand()))).errcode).toBe(53307);
    stage.sandbox.decide(auditId(byHand()), 'rejected');
    expect((await modify(await wire(byHand()))).errcode).toBe(0);
    expect(stage.sandbox.audits()[0]).toMatchObject({ status: 'open', submissions: 2, reason: '', decidedAt: null });
    stage.sandbox.decide(auditId(byHand()), 'approved');
    expect((await modify(await wire(byHand()))).errcode).toBe(53307);
  });

  test('modify takes one category flat, not wrapped as add does', async () => {
    expect((await modify({ categories: [await wire(byHand())] })).errcode).toBe(47001);
  });

  test('delete refuses what is not there, what is in review and what may never go', async () => {
    expect((await remove(byHand())).errcode).toBe(53303);
    await add({ first: Number(categories.neverDeleted.first), second: Number(categories.neverDeleted.second) });
    expect((await remove(categories.neverDeleted)).errcode).toBe(53309);
  });

  test('every call is as strict about its method as the page', async () => {
    expect((await mini.get('/cgi-bin/wxopen/addcategory')).errcode).toBe(43002);
    expect((await mini.post('/cgi-bin/wxopen/modifycategory', '')).errcode).toBe(44002);
    expect((await mini.post('/cgi-bin/wxopen/deletecategory', '{')).errcode).toBe(47001);
    expect((await mini.post('/cgi-bin/wxopen/getcategory')).errcode).toBe(0);
  });
});

describe('limits', () => {
  test('the monthly number of changes (53300) comes back next month; the number of categories (53301) does not', async () => {
    await stage.close();
    const accounts = fixtureAccounts();
    for (const authorizer of accounts.platforms[0]?.authorizers ?? []) {
      Object.assign(authorizer, { monthlyLimit: 1, categoryLimit: 2 });
    }
    stage = await startStage({ accounts });
    mini = callerFor(stage.sandbox, appId);
    expect((await add(await wire(byHand(0)))).errcode).toBe(0);
    expect((await setting()).quota).toBe(0);
    expect((await add(await wire(byHand(1)))).errcode).toBe(53300);
    const nextMonth = async () => {
      stage.sandbox.setClock({ advanceSeconds: 32 * 86_400 });
      mini = callerFor(stage.sandbox, appId);
    };
    await nextMonth();
    expect((await add(await wire(byHand(1)))).errcode).toBe(0);
    await nextMonth();
    expect((await add(await wire(byHand(2)))).errcode).toBe(53301);
  });
});

describe('the catalogue', () => {
  test('shows a root with id 0, alternatives of documents that belong together, and who may hold what', async () => {
    const { categories_list } = await mini.get('/cgi-bin/wxopen/getallcategories');
    const entries: Answer[] = categories_list.categories;
    expect(entries[0]).toEqual({ id: 0, children: expect.arrayContaining([8, 3]) });
    const entry = entries.find(({ id }) => String(id) === categories.alternatives.second);
    expect(entry).toMatchObject({ level: 2, father: 8, sensitive_type: 1 });
    const names = entry.qualify.exter_list.map(({ inner_list }: Answer) => inner_list.map(({ name }: Answer) => name));
    expect(names).toEqual(categories.alternatives.alternatives);
    const personal = await mini.post('/cgi-bin/wxopen/getcategoriesbytype', { verify_type: 0 });
    expect(personal.categories_list.categories.some(({ sensitive_type }: Answer) => sensitive_type === 1)).toBe(false);
    expect((await mini.post('/cgi-bin/wxopen/getcategoriesbytype', { verify_type: 5 })).errcode).toBe(53303);
  });
});

test('a passed qualification that ran out keeps audit_status 3 and shows is_expired', async () => {
  await add(await wire(byHand()));
  stage.sandbox.decide(auditId(byHand()), 'approved');
  stage.sandbox.setPermission({ appId, categoryId: '8-39', inForce: false });
  expect((await setting()).categories[0]).toMatchObject({ audit_status: 3, is_expired: 1 });
});

test('an image is kept by its own id each time it is uploaded', async () => {
  expect(await mini.mediaId()).not.toBe(await mini.mediaId());
  expect(stage.sandbox.uploads().files.map(({ bytes }) => bytes)).toEqual([png.length, png.length]);
});
