/** The shop's other calls: what forms, permissions, categories and brands show. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import {
  type Answer,
  byHand,
  type Caller,
  callerFor,
  categoryInfo,
  exact,
  type Stage,
  startStage,
  submitted,
} from './harness.ts';

let stage: Stage;
let shop: Caller;
beforeEach(async () => {
  stage = await startStage();
  shop = callerFor(stage.sandbox, fixtures.shop.appId);
});
afterEach(() => stage.close());

const add = (info: unknown): Promise<Answer> => shop.post('/channels/ec/category/add', { category_info: info });
const { categories, brands } = fixtures;

describe('forms', () => {
  const detail = (auditId: string) => shop.post('/shop/ec/category/getbizcatflowdetail', `{"audit_id":${auditId}}`);

  test.each([
    ['approved', 3],
    ['rejected', 2],
    ['cancelled', 4],
  ] as const)('a form that was %s shows status %i, its reason and its times', async (verdict, status) => {
    const auditId = await submitted(shop, byHand());
    const before = (await detail(auditId)).info;
    expect(before).toMatchObject({ status: 1, audit_time: 0, audit_reason: '', cat_id: Number(byHand().leaf) });
    expect(before.audit_id).toBe(`exactly ${auditId}`);
    stage.sandbox.decide(auditId, verdict, '营业执照不清晰');
    const after = (await detail(auditId)).info;
    expect(after).toMatchObject({ status, audit_reason: '营业执照不清晰' });
    expect(after.audit_time).toBe(after.update_time);
  });

  test('a form shows addresses of its images, never the file ids', async () => {
    const fileId = await shop.fileId();
    const { audit_id } = await add(categoryInfo(byHand(), fileId, { baobeihan: [fileId] }));
    const { info } = await detail(String(audit_id).replace('exactly ', ''));
    expect(info.audit_info.baobeihan[0]).toMatch(/^https:/);
    expect(JSON.stringify(info)).not.toContain(fileId);
  });

  test("an unknown audit id, and another shop's, get 9401020", async () => {
    expect((await detail('1')).errcode).toBe(9401020);
    const auditId = await submitted(callerFor(stage.sandbox, fixtures.platformShop.appId), byHand());
    expect((await detail(auditId)).errcode).toBe(9401020);
  });

  test('the list is newest first, pages, and leaks one form of another status unless that is switched off', async () => {
    const ids = [];
    for (const index of [0, 1, 2]) ids.push(await submitted(shop, byHand(index)));
    const [first = '', second = '', third = ''] = ids;
    stage.sandbox.decide(first, 'approved');
    stage.sandbox.decide(second, 'rejected');
    const list = async (body: object): Promise<string[]> => {
      const answer = await shop.post('/shop/ec/category/getbizcatflowlist', body);
      return answer.list.map((form: Answer) => String(form.audit_id).replace('exactly ', ''));
    };
    const all = { is_filter_status: false, offset: 0, limit: 10 };
    expect(await list(all)).toEqual([third, second, first]);
    expect(await list({ ...all, offset: 1, limit: 1 })).toEqual([second]);
    expect(await list({ ...all, is_filter_status: true, status: 1 })).toEqual([third, second]);
    stage.sandbox.setDrift({ filterLeak: false });
    expect(await list({ ...all, is_filter_status: true, status: 1 })).toEqual([third]);
  });

  test.each([
    [{ offset: 0, limit: 10 }, 9401020],
    [{ is_filter_status: false, offset: 0, limit: 0 }, 9401020],
    [{ is_filter_status: false, offset: -1, limit: 10 }, 9401020],
    [{ is_filter_status: 0, offset: 0, limit: 10 }, 47001],
    [{ is_filter_status: false, offset: '0', limit: 10 }, 47001],
  ])('the list refuses %j with %i', async (body, errcode) => {
    expect((await shop.post('/shop/ec/category/getbizcatflowlist', body)).errcode).toBe(errcode);
  });

  test('cancelling works once, and only for an open form of this shop', async () => {
    const cancel = (auditId: string) => shop.post('/shop/ec/category/audit/cancel', { audit_id: auditId });
    const auditId = await submitted(shop, byHand());
    expect((await cancel('123')).errcode).toBe(10020006);
    expect((await cancel(auditId)).errcode).toBe(0);
    expect((await cancel(auditId)).errcode).toBe(10020006);
    expect(stage.sandbox.audits()[0]?.status).toBe('cancelled');
  });

  test.each(['/channels/ec/category/audit/get', '/channels/ec/category/list/get', '/shop/ec/category/nonsense'])(
    '%s is not there any more: 40066',
    async (path) => {
      expect((await shop.post(path, { audit_id: '1' })).errcode).toBe(40066);
    },
  );
});

describe('permissions', () => {
  const relation = (leaf: string) =>
    shop.post('/shop/ec/category/get_category_relation_detail', { category_id: Number(leaf) });

  test('a category that was never held answers with nothing but its id; one that does not exist with 9401020', async () => {
    const category_id = Number(byHand().leaf);
    expect(await relation(byHand().leaf)).toEqual({ errcode: 0, errmsg: 'ok', category_id });
    expect((await relation('1')).errcode).toBe(9401020);
  });

  test('an approval puts the permission in force, and a second one changes qua_id and effective_time', async () => {
    stage.sandbox.decide(await submitted(shop, byHand()), 'approved');
    const first = await relation(byHand().leaf);
    expect(first).toMatchObject({ status: 1, uneffective_time: 0 });
    stage.sandbox.setClock({ advanceSeconds: 100 });
    stage.sandbox.decide(await submitted(shop, byHand()), 'approved');
    const second = await relation(byHand().leaf);
    expect(second.qua_id).not.toBe(first.qua_id);
    expect(second.effective_time).toBeGreaterThanOrEqual(first.effective_time + 100);
  });

  test('a rejection after an approval leaves the permission in force', async () => {
    stage.sandbox.decide(await submitted(shop, byHand()), 'approved');
    stage.sandbox.decide(await submitted(shop, byHand()), 'rejected');
    expect((await relation(byHand().leaf)).status).toBe(1);
  });

  test('a permission that lapsed shows status 2 with its reason, in the list as well', async () => {
    stage.sandbox.decide(await submitted(shop, byHand(0)), 'approved');
    stage.sandbox.decide(await submitted(shop, byHand(1)), 'approved');
    const change = { appId: fixtures.shop.appId, categoryId: byHand(0).leaf, inForce: false, reason: '类目下线' };
    stage.sandbox.setPermission(change);
    expect(await relation(byHand(0).leaf)).toMatchObject({ status: 2, uneffective_reason: '类目下线' });
    stage.sandbox.setDrift({ filterLeak: false });
    const list = await shop.post('/shop/ec/category/get_category_relation_list', { is_filter_status: true, status: 2 });
    expect(list.list.map((item: Answer) => String(item.id))).toEqual([byHand(0).leaf]);
  });
});

describe('around the category', () => {
  test('detail tells a leaf, a node above the leaves and an unknown id apart', async () => {
    const detail = (id: number) => shop.post('/shop/ec/category/detail', { cat_id: id });
    expect((await detail(Number(categories.needsBrands.leaf))).attr.is_limit_brand).toBe(true);
    expect((await detail(10000600)).errcode).toBe(10020079);
    expect((await detail(1)).errcode).toBe(10020063);
  });

  test("the shop's valid brands come in pages of at most 50", async () => {
    const list = (body: object) => shop.post('/channels/ec/brand/valid/list/get', body);
    const first = await list({ page_size: 2 });
    expect(first).toMatchObject({ total_num: 3, next_key: '2' });
    const second = await list({ page_size: 2, next_key: first.next_key });
    expect([...first.brands, ...second.brands].map((brand: Answer) => [brand.brand_id, brand.status])).toEqual([
      [brands.own, 3],
      [brands.ownToo, 3],
      [brands.aboutToExpire, 5],
    ]);
    expect((await list({ page_size: 51 })).errcode).toBe(10020055);
  });

  test('shop info is a GET and names the original id; a POST gets 43001', async () => {
    expect((await shop.get('/channels/ec/basics/info/get')).info.username).toBe(fixtures.shop.ghId);
    expect((await shop.post('/channels/ec/basics/info/get')).errcode).toBe(43001);
  });

  test('the precheck passes once the category is in force', async () => {
    const check = (body: object) => shop.post('/channels/ec/product/categoryprecheck', body);
    const cat_id = Number(byHand().leaf);
    expect((await check({ cat_id })).all_pass).toBe(false);
    stage.sandbox.decide(await submitted(shop, byHand()), 'approved');
    expect((await check({ cat_id })).all_pass).toBe(true);
    expect((await check({ cat_id: 10000600 })).errcode).toBe(10020504);
    expect((await check({ cat_id: 1 })).errcode).toBe(10020017);
  });
});

test('every id and status can be switched between number and string', async () => {
  const auditId = await submitted(shop, byHand());
  const raw = async (): Promise<Answer> => {
    const answer = await fetch(`${stage.sandbox.url}/shop/ec/category/getbizcatflowdetail?access_token=${shop.token}`, {
      method: 'POST',
      body: JSON.stringify({ audit_id: auditId }),
    });
    return exact(await answer.text());
  };
  stage.sandbox.setDrift({ idsAs: 'string', statusAs: 'string', auditIdAs: 'string', errcodeAs: 'string' });
  expect(await raw()).toMatchObject({
    errcode: '0',
    info: { cat_id: byHand().leaf, status: '1', audit_id: auditId, qua_id: expect.any(String) },
  });
  stage.sandbox.setDrift({ idsAs: 'number', statusAs: 'number', auditIdAs: 'number', errcodeAs: 'number' });
  expect(await raw()).toMatchObject({ errcode: 0, info: { status: 1, audit_id: `exactly ${auditId}` } });
  expect((await shop.upload('/shop/ec/basics/qualification/upload')).errcode).toBe(0);
  const { cats } = await shop.get('/shop/ec/category/all');
  expect(typeof cats[0].cat_and_qua[0].cat.cat_id).toBe('number');
});
