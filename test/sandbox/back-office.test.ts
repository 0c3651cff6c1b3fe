/** What persons do: the merchant in the back office, the auditor who takes his time; and what the clock does to papers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import {
  type Answer,
  byHand,
  type Caller,
  callerFor,
  categoryInfo,
  control,
  type Stage,
  startStage,
  submitted,
  until,
} from './harness.ts';

let stage: Stage;
let shop: Caller;
let mini: Caller;
const { appId } = fixtures.shop;
const miniAppId = fixtures.miniProgram.appId;
const certified = fixtures.miniProgramCategories.byHand[0];
const miniCategory = `${certified?.first}-${certified?.second}`;

beforeEach(async () => {
  stage = await startStage();
  shop = callerFor(stage.sandbox, appId);
  mini = callerFor(stage.sandbox, miniAppId);
});
afterEach(() => stage.close());

const work = (deed: string, body: object) => control(stage.sandbox, 'POST', `/sandbox/back-office/${deed}`, body);
const setting = async (): Promise<Answer> => (await mini.get('/cgi-bin/wxopen/getcategory')).categories[0];
const permission = (leaf: string): Promise<Answer> =>
  shop.post('/shop/ec/category/get_category_relation_detail', { category_id: Number(leaf) });
const add = async (certificate: object) => {
  const certicates = [{ key: certified?.alternatives[0]?.[0], value: await mini.mediaId(), ...certificate }];
  const category = { first: Number(certified?.first), second: Number(certified?.second), certicates };
  return (await mini.post('/cgi-bin/wxopen/addcategory', { categories: [category] })).errcode;
};

describe('the back office', () => {
  test('a shop applies, withdraws, corrects and renews; each is a form of its own that WeChat pushes about', async () => {
    const who = { appId, categoryId: byHand().leaf };
    const applied = (await work('apply', who)).body.audit;
    expect(applied).toMatchObject({ status: 'open', origin: 'back-office' });
    expect((await work('correct', who)).status).toBe(409);
    expect((await work('withdraw', who)).body.audit).toMatchObject({ id: applied.id, status: 'cancelled' });
    expect((await work('withdraw', who)).status).toBe(409);
    expect((await work('renew', who)).status).toBe(409);
    await work('apply', { ...who, status: 'rejected', reason: '图片不清晰' });
    const corrected = (await work('correct', { ...who, status: 'approved' })).body.audit;
    const before = (await permission(byHand().leaf)).qua_id;
    const renewed = (await work('renew', { ...who, status: 'approved' })).body.audit;
    expect(new Set([applied.id, corrected.id, renewed.id]).size).toBe(3);
    expect((await permission(byHand().leaf)).qua_id).not.toBe(before);
    expect(await work('delete', who)).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('no such') },
    });
    await stage.receiver.waitFor(4);
  });

  test('a Mini Program: one setting that goes under review again; deleted it is gone, but not in review', async () => {
    const who = { appId: miniAppId, categoryId: miniCategory };
    await work('apply', who);
    expect((await work('withdraw', who)).status).toBe(409);
    expect((await work('delete', who)).status).toBe(409);
    stage.sandbox.decide(`${miniAppId}:${miniCategory}`, 'rejected', '主体不一致');
    expect(await setting()).toMatchObject({ audit_status: 2, audit_reason: '主体不一致' });
    expect((await work('correct', { ...who, status: 'approved' })).body.audit).toMatchObject({ submissions: 2 });
    await work('renew', who);
    expect(await setting()).toMatchObject({ audit_status: 1 });
    stage.sandbox.decide(`${miniAppId}:${miniCategory}`, 'approved');
    expect((await work('delete', who)).body.audit).toMatchObject({ status: 'approved' });
    expect(await setting()).toBeUndefined();
  });

  test.each([
    ['apply', { categoryId: '6201' }, 'appId'],
    ['apply', { appId: 'wx5a2d8f1c3b7e9046' }, 'categoryId'],
    ['renew', { appId: 'wx5a2d8f1c3b7e9046', categoryId: '6201', status: 'done' }, 'status'],
    ['withdraw', { appId: 'wx5a2d8f1c3b7e9046', categoryId: '6201', status: 'open' }, 'status'],
  ])('%s %j is refused with the field %s', async (deed, body, field) => {
    expect(await work(deed, body)).toMatchObject({ status: 400, body: { error: expect.stringContaining(field) } });
  });
});

describe('papers run out by the clock', () => {
  test('a permission lapses after the last day that the licence names, with a reason and without a push', async () => {
    const category = fixtures.categories.needsLicenses;
    stage.sandbox.setClock({ now: Date.parse('2030-12-30T00:00:00Z') });
    shop = callerFor(stage.sandbox, appId);
    const auditId = await submitted(shop, category);
    stage.sandbox.decide(auditId, 'approved');
    expect(await permission(category.leaf)).toMatchObject({ status: 1, uneffective_time: 0 });
    await stage.receiver.waitFor(1);
    stage.sandbox.setClock({ now: Date.parse('2030-12-31T16:00:00Z') });
    shop = callerFor(stage.sandbox, appId);
    const lapsed = await permission(category.leaf);
    expect(lapsed).toMatchObject({ status: 2, uneffective_reason: expect.stringContaining('过期') });
    expect(lapsed.uneffective_time).toBe(Date.parse('2030-12-31T15:59:59Z') / 1000);
    expect(stage.sandbox.pushes()).toHaveLength(1);
  });

  test('a Mini Program keeps audit_status 3 and shows is_expired; wxa/get_category does not list it any more', async () => {
    const end = Math.floor(Date.now() / 1000) + 1_000;
    expect(await add({ expire_time: end, is_permanent: 0 })).toBe(0);
    stage.sandbox.decide(`${miniAppId}:${miniCategory}`, 'approved');
    expect(await setting()).not.toHaveProperty('is_expired');
    expect((await mini.get('/wxa/get_category')).category_list).toHaveLength(1);
    stage.sandbox.setClock({ advanceSeconds: 1_001 });
    expect(await setting()).toMatchObject({ audit_status: 3, is_expired: 1 });
    expect((await mini.get('/wxa/get_category')).category_list).toEqual([]);
  });

  test('permanent papers do not run out', async () => {
    expect(await add({ expire_time: 1, is_permanent: 1 })).toBe(0);
    stage.sandbox.decide(`${miniAppId}:${miniCategory}`, 'approved');
    stage.sandbox.setClock({ advanceSeconds: 3_600 });
    expect(await setting()).not.toHaveProperty('is_expired');
  });

  test('by hand a permission may be given an end', async () => {
    await stage.sandbox.applyInBackOffice({ appId, categoryId: byHand().leaf, status: 'approved' });
    const change = { appId, categoryId: byHand().leaf, inForce: true, lapsesInSeconds: 60 };
    expect((await control(stage.sandbox, 'PUT', '/sandbox/permissions', change)).status).toBe(200);
    stage.sandbox.setClock({ advanceSeconds: 61 });
    expect(await permission(byHand().leaf)).toMatchObject({ status: 2 });
  });
});

describe('the auditor', () => {
  test('instant decides at once, by-hand not at all', async () => {
    await control(stage.sandbox, 'PUT', '/sandbox/auditor', { kind: 'instant' });
    await submitted(shop, byHand(0));
    await control(stage.sandbox, 'PUT', '/sandbox/auditor', { kind: 'by-hand' });
    await submitted(shop, byHand(1));
    expect(stage.sandbox.audits().map(({ status }) => status)).toEqual(['approved', 'open']);
  });

  test('a human takes his time, and rejects some with a reason; the same submission gets the same verdict again', async () => {
    const run = async () => {
      stage.sandbox.reset();
      shop = callerFor(stage.sandbox, appId);
      const auditor = { kind: 'human', betweenSeconds: [600, 86_400], rejectOneIn: 3 };
      await control(stage.sandbox, 'PUT', '/sandbox/auditor', auditor);
      for (let n = 0; n < 12; n += 1) await submitted(shop, byHand(n));
      expect(stage.sandbox.audits({ status: 'open' })).toHaveLength(12);
      stage.sandbox.setClock({ advanceSeconds: 590 });
      expect(stage.sandbox.audits({ status: 'open' })).toHaveLength(12);
      stage.sandbox.setClock({ advanceSeconds: 86_400 });
      await until(() => stage.sandbox.audits({ status: 'open' }).length === 0);
      return stage.sandbox.audits().map(({ status, reason }) => `${status} ${reason}`);
    };
    const verdicts = await run();
    expect(verdicts.filter((one) => /^rejected [一-龥]{4}/.test(one)).length).toBeGreaterThan(0);
    expect(verdicts.filter((one) => one === 'approved ').length).toBeGreaterThan(3);
    expect(await run()).toEqual(verdicts);
  });
});

test("a Mini Program's month turns at midnight in Beijing", async () => {
  stage.sandbox.setClock({ now: Date.parse('2026-11-30T15:00:00Z') });
  mini = callerFor(stage.sandbox, miniAppId);
  stage.sandbox.setQuota({ appId: miniAppId, monthlyLimit: 3, left: 0 });
  expect(await add({})).toBe(53300);
  stage.sandbox.setClock({ now: Date.parse('2026-11-30T16:00:00Z') });
  expect((await mini.get('/cgi-bin/wxopen/getcategory')).quota).toBe(3);
  expect(await add({})).toBe(0);
  expect(await mini.get('/cgi-bin/wxopen/getcategory')).toMatchObject({ limit: 3, quota: 2 });
});

test('a licence that may be left out is left out; a directed category takes its brands only; a free one takes nothing', async () => {
  const { optionalGroup, directedEntry, takesNoApplications, needsTwoGroups } = fixtures.categories;
  const info = async (category: typeof optionalGroup, changes = {}) =>
    (
      await shop.post('/channels/ec/category/add', {
        category_info: categoryInfo(category, await shop.fileId(), changes),
      })
    ).errcode;
  const [necessary] = categoryInfo(optionalGroup, await shop.fileId()).license_group_list;
  expect(await info(optionalGroup, { license_group_list: [] })).toBe(9700234);
  expect(await info(optionalGroup, { license_group_list: [necessary] })).toBe(0);
  const brands = (brandId: string) => ({ brand_list: [{ brand_id: Number(brandId) }] });
  expect(await info(directedEntry, brands(fixtures.brands.ownToo))).toBe(10020127);
  expect(await info(directedEntry, brands(fixtures.brands.own))).toBe(0);
  expect(await info(takesNoApplications)).toBe(10020063);
  const { leaf } = takesNoApplications;
  expect((await shop.post('/channels/ec/product/categoryprecheck', { cat_id: Number(leaf) })).all_pass).toBe(true);
  expect(await info(needsTwoGroups)).toBe(0);
});
