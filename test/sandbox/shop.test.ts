/** The shop's calls: what category/add refuses, and what forms and permissions show. */
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

describe('category/add', () => {
  test('gives growing audit ids that a bare JSON.parse would round', async () => {
    const first = await submitted(shop, byHand(0));
    const second = await submitted(shop, byHand(1));
    expect(BigInt(second)).toBeGreaterThan(BigInt(first));
    for (const id of [first, second]) expect(String(Number(id))).not.toBe(id);
  });

  test('is served under both prefixes and takes ids as numbers or as strings', async () => {
    const fileId = await shop.fileId();
    const info = categoryInfo(byHand(), fileId, { cats_v2: byHand().catsV2.map((id) => ({ cat_id: id })) });
    expect((await shop.post('/shop/ec/category/add', { category_info: info })).errcode).toBe(0);
  });

  test('with documented request types only, an id as a string is refused', async () => {
    stage.sandbox.setDrift({ requestIds: 'documented' });
    const fileId = await shop.fileId();
    expect((await add(categoryInfo(byHand(), fileId, { cats_v2: [{ cat_id: '6201' }] }))).errcode).toBe(47001);
    const { audit_id } = await add(categoryInfo(byHand(), fileId));
    const id = String(audit_id).replace('exactly ', '');
    const cancel = '/shop/ec/category/audit/cancel';
    expect((await shop.post(cancel, `{"audit_id":${id}}`)).errcode).toBe(47001);
    expect((await shop.post(cancel, { audit_id: id })).errcode).toBe(0);
  });

  const bad: [string, () => Promise<unknown>, number][] = [
    ['an unknown member', async () => info({ licence_group_list: [] }), 47001],
    ['a text where a list belongs', async () => info({ baobeihan: 'file' }), 47001],
    ['a flag as a string', async () => info({ is_new_apply_cat: 'true' }), 47001],
    ['an id that is no integer', async () => info({ cats_v2: [{ cat_id: 6201.5 }] }), 47001],
    ['a path that misses a level', async () => info({ cats_v2: [{ cat_id: 10000600 }, { cat_id: 6201 }] }), 10020063],
    ['an unknown leaf', async () => info({ cats_v2: [{ cat_id: 1 }] }), 10020063],
    ['no category at all', async () => info({ cats_v2: undefined }), 10020063],
    [
      'a non-leaf of the old tree in the new',
      async () => info({ cats_v2: [{ cat_id: 7601 }, { cat_id: 7610 }, { cat_id: 6201 }] }),
      10020063,
    ],
    ['eleven images in a list', async () => info({ buchongcailiao: Array(11).fill(await shop.fileId()) }), 10020062],
    ['an unknown file id', async () => info({ baobeihan: ['nonsense'] }), 10020087],
    [
      "another shop's file id",
      async () => info({ baobeihan: [await callerFor(stage.sandbox, fixtures.platformShop.appId).fileId()] }),
      10020087,
    ],
    [
      'an id of the other image upload',
      async () =>
        info({
          baobeihan: [(await shop.upload('/shop/ec/basics/img/upload?upload_type=0&resp_type=0')).pic_file.media_id],
        }),
      10020094,
    ],
    ['a licence group left out', async () => info({ license_group_list: [] }), 9700234],
    ['a platform outside the list', async () => info({ jingyingpingtai: 'amazon' }), 40097],
    ["somebody else's brand", async () => info({ brand_list: [{ brand_id: Number(brands.foreign) }] }), 10020127],
    ['the older form without a certificate', async () => info({ is_new_apply_cat: false }), 40097],
    [
      'a brand category without a brand',
      async () => categoryInfo(categories.needsBrands, await shop.fileId()),
      10020127,
    ],
    ['a brand that is too weak', async () => categoryInfo(categories.brandTooWeak, await shop.fileId(), own), 10020232],
    [
      'the older form where it is over',
      async () => categoryInfo(categories.olderFormRefused, await shop.fileId(), olderForm),
      9700250,
    ],
  ];
  const own = { brand_list: [{ brand_id: Number(brands.own) }] };
  const olderForm = { is_new_apply_cat: false, license_group_list: undefined, certificate: ['x'] };
  const info = async (changes: Record<string, unknown>) => categoryInfo(byHand(), await shop.fileId(), changes);

  test.each(bad)('refuses %s, and keeps nothing', async (_what, body, errcode) => {
    expect((await add(await body())).errcode).toBe(errcode);
    expect(stage.sandbox.audits()).toEqual([]);
  });

  test('refuses an empty body, no JSON, a member given twice, a GET and a member beside category_info', async () => {
    const path = '/channels/ec/category/add';
    expect((await shop.post(path, '')).errcode).toBe(44002);
    expect((await shop.post(path, '{"category_info":')).errcode).toBe(47001);
    expect((await shop.post(path, '{"category_info":{"level1":1,"level1":2}}')).errcode).toBe(47001);
    expect((await shop.get(path)).errcode).toBe(43002);
    expect((await shop.post(path, { category_info: {}, category: 1 })).errcode).toBe(47001);
    expect((await shop.post(path, JSON.stringify({ x: 'y'.repeat(1024 * 1024) }))).errcode).toBe(45002);
  });

  test('says that a category is under review already, until it is decided', async () => {
    const auditId = await submitted(shop, byHand());
    const again = categoryInfo(byHand(), await shop.fileId());
    expect((await add(again)).errcode).toBe(10020064);
    stage.sandbox.decide(auditId, 'rejected');
    expect((await add(again)).errcode).toBe(0);
  });

  test('takes the older form with level1 to level3, as numbers or as strings, where it is still accepted', async () => {
    const { level1, level2, level3 } = categories.olderFormAccepted;
    const form = { level1, level2, level3: Number(level3), certificate: [await shop.fileId()] };
    expect((await add({ ...form, level2: '7610' })).errcode).toBe(10020063);
    expect((await add(form)).errcode).toBe(0);
  });

  test('takes a category without groups in the newer form with an empty list', async () => {
    expect((await add(categoryInfo(categories.olderFormAccepted, await shop.fileId()))).errcode).toBe(0);
  });

  test('takes a brand of the shop, also one about to expire', async () => {
    const changes = { brand_list: [{ brand_id: Number(brands.aboutToExpire) }] };
    expect((await add(categoryInfo(categories.needsBrands, await shop.fileId(), changes))).errcode).toBe(0);
  });

  test('a brand is being rated for an hour of sandbox clock, then the application goes through', async () => {
    const body = categoryInfo(categories.brandBeingRated, await shop.fileId(), own);
    expect((await add(body)).errcode).toBe(10020233);
    stage.sandbox.setClock({ advanceSeconds: 3599 - 10 });
    expect((await add(body)).errcode).toBe(10020233);
    stage.sandbox.setClock({ advanceSeconds: 11 });
    expect((await add(body)).errcode).toBe(0);
  });
});

describe('licence groups', () => {
  const { needsLicenses } = fixtures.categories;
  const groupOf = (groupId: string, licenseId: string, fileIds: string[], fields: Record<string, string> = {}) => ({
    license_group_id: Number(groupId),
    license: {
      license_id: Number(licenseId),
      file_id_list: fileIds,
      license_field_list: Object.entries(fields).map(([key, value]) => ({ key, value })),
    },
  });
  const permit = { audit_license_no: '京朝药监械经营许20240001号', audit_license_validty_period: '长期' };

  async function answered(groups: (fileId: string) => unknown[]) {
    const fileId = await shop.fileId();
    const info = { ...categoryInfo(needsLicenses, fileId), license_group_list: groups(fileId) };
    return (await add(info)).errcode;
  }

  test('any one licence of a group is right', async () => {
    expect(
      await answered((id) => [
        groupOf('10', '12', [id]),
        groupOf('9', '14', [id], { audit_license_registration_no: '京朝药监械经营备20240001号' }),
      ]),
    ).toBe(0);
  });

  test.each([
    ['one of two groups', (id: string) => [groupOf('10', '12', [id])]],
    [
      'a group twice',
      (id: string) => [groupOf('10', '12', [id]), groupOf('10', '12', [id]), groupOf('9', '11', [id], permit)],
    ],
    [
      'a group that is not asked for',
      (id: string) => [groupOf('10', '12', [id]), groupOf('9', '11', [id], permit), groupOf('1', '2', [id])],
    ],
    [
      'a licence of the other group',
      (id: string) => [groupOf('10', '11', [id], permit), groupOf('9', '11', [id], permit)],
    ],
    ['a licence without images', (id: string) => [groupOf('10', '12', []), groupOf('9', '11', [id], permit)]],
    [
      'a field that the regex does not match',
      (id: string) => [
        groupOf('10', '12', [id]),
        groupOf('9', '11', [id], { ...permit, audit_license_validty_period: '31.12.2030' }),
      ],
    ],
    ['a necessary field left out', (id: string) => [groupOf('10', '12', [id]), groupOf('9', '11', [id])]],
    [
      'the field key in its right spelling',
      (id: string) => [
        groupOf('10', '12', [id]),
        groupOf('9', '11', [id], { ...permit, audit_license_validity_period: '长期' }),
      ],
    ],
  ])('%s is refused with 9700234', async (_what, groups) => {
    expect(await answered(groups)).toBe(9700234);
  });

  test('getallcategory shows the groups in the old tree only, with their fields and regexes', async () => {
    const { cats, cats_v2 } = await shop.get('/shop/ec/category/all');
    const leafIn = (tree: Answer[]) =>
      tree.map((entry) => entry.cat_and_qua[0]).find(({ cat }) => cat.cat_id === needsLicenses.leaf);
    expect(leafIn(cats).qua.cert_group_list.map((group: Answer) => String(group.license_group_id))).toEqual([
      '10',
      '9',
    ]);
    expect(leafIn(cats_v2).qua.cert_group_list).toBeUndefined();
    const path = cats_v2.find((entry: Answer) => entry.cat_and_qua[0].cat.cat_id === needsLicenses.leaf).cat_and_qua;
    expect(path.map((node: Answer) => node.cat.cat_id).reverse()).toEqual(needsLicenses.catsV2);
  });
});

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
