/** category/add: what is taken, and every documented refusal. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import {
  type Answer,
  byHand,
  type Caller,
  callerFor,
  categoryInfo,
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
