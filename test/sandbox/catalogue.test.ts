/** The catalogues and brands that the sandbox shows: what a program that reads rules has to stand. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixtures } from '../../src/sandbox/index.ts';
import { type Answer, type Caller, callerFor, control, type Stage, startStage } from './harness.ts';

let stage: Stage;
let shop: Caller;
let mini: Caller;
const { appId } = fixtures.shop;
beforeEach(async () => {
  stage = await startStage();
  shop = callerFor(stage.sandbox, appId);
  mini = callerFor(stage.sandbox, fixtures.miniProgram.appId);
});
afterEach(() => stage.close());

describe("the shop's trees", () => {
  test('share their leaves and nothing else; at least thirty leaves under several roots', async () => {
    const { cats, cats_v2: newer } = await shop.get('/shop/ec/category/all');
    const leaf = (entry: Answer) => entry.cat_and_qua[0].cat.cat_id;
    const above = (tree: Answer[]) =>
      tree.flatMap((entry) => entry.cat_and_qua.slice(1).map(({ cat }: Answer) => cat.cat_id));
    expect(newer.map(leaf)).toEqual(cats.map(leaf));
    expect(new Set(cats.map(leaf)).size).toBeGreaterThanOrEqual(30);
    const shared = above(cats).filter((id: string) => above(newer).includes(id));
    expect(shared).toEqual([]);
    expect(new Set(newer.map((entry: Answer) => entry.cat_and_qua.at(-1).cat.cat_id)).size).toBeGreaterThanOrEqual(8);
    expect(newer.some((entry: Answer) => entry.cat_and_qua.length === 4)).toBe(true);
    for (const entry of [...cats, ...newer]) {
      const path: Answer[] = entry.cat_and_qua.map(({ cat }: Answer) => cat).reverse();
      path.forEach((cat, index) => {
        expect(cat.name).not.toBe('');
        expect([cat.level, cat.f_cat_id]).toEqual([index + 1, index === 0 ? '0' : path[index - 1].cat_id]);
      });
    }
  });

  test('say which group may be left out, and which category takes no applications', async () => {
    const { cats, cats_v2: newer } = await shop.get('/shop/ec/category/all');
    const qua = (tree: Answer[], leaf: string) =>
      tree.find((entry) => entry.cat_and_qua[0].cat.cat_id === leaf).cat_and_qua[0].qua;
    const { optionalGroup, takesNoApplications, needsTwoGroups } = fixtures.categories;
    expect(qua(cats, optionalGroup.leaf).cert_group_list.map((group: Answer) => group.is_necessary)).toEqual([1, 0]);
    expect(qua(newer, takesNoApplications.leaf)).toMatchObject({ need_to_apply: false, mandatory: false });
    expect(qua(newer, needsTwoGroups.leaf).tips).toContain('\n');
    for (const group of cats.flatMap((entry: Answer) => entry.cat_and_qua[0].qua.cert_group_list))
      for (const field of group.license_list.flatMap((licence: Answer) => licence.license_field_list))
        expect(() => new RegExp(field.info, 'u')).not.toThrow();
  });
});

describe("the Mini Program's catalogue", () => {
  test('has at least thirty entries, whose fathers and children agree', async () => {
    const { categories } = (await mini.get('/cgi-bin/wxopen/getallcategories')).categories_list;
    const leaves = categories.filter(({ level }: Answer) => level === 2);
    expect(leaves.length).toBeGreaterThanOrEqual(30);
    const [root] = categories;
    expect(root).toEqual({ id: 0, children: expect.any(Array) });
    for (const leaf of leaves) {
      const father = categories.find(({ id }: Answer) => id === leaf.father);
      expect(father).toMatchObject({ level: 1, father: 0, children: expect.arrayContaining([leaf.id]) });
      expect(root.children).toContain(leaf.father);
    }
  });

  test('has names with leading blanks, one of them in one of several alternatives, remarks, and a sensitive entry without papers', async () => {
    const { categories } = (await mini.get('/cgi-bin/wxopen/getallcategories')).categories_list;
    const papers = (entry: Answer): string[][] =>
      (entry.qualify?.exter_list ?? []).map(({ inner_list }: Answer) => inner_list.map(({ name }: Answer) => name));
    const blanked = categories.filter((entry: Answer) =>
      papers(entry)
        .flat()
        .some((name) => /^\s/.test(name)),
    );
    expect(blanked.length).toBeGreaterThanOrEqual(2);
    expect(blanked.some((entry: Answer) => papers(entry).length > 1)).toBe(true);
    expect(categories.some((entry: Answer) => entry.sensitive_type === 1 && papers(entry).length === 0)).toBe(true);
    expect(categories.some((entry: Answer) => /\S/.test(entry.qualify?.remark ?? ''))).toBe(true);
  });

  test('a sensitive entry that names no papers takes any, and refuses none', async () => {
    const { first, second } = fixtures.miniProgramCategories.unnamedPapers;
    const add = (certicates: object[]) =>
      mini.post('/cgi-bin/wxopen/addcategory', {
        categories: [{ first: Number(first), second: Number(second), certicates }],
      });
    expect((await add([])).errcode).toBe(53311);
    expect((await add([{ key: '任意资质', value: await mini.mediaId() }])).errcode).toBe(0);
  });
});

describe('brands', () => {
  const valid = (next_key = '') => shop.post('/channels/ec/brand/valid/list/get', { page_size: 2, next_key });
  const given = [
    { brandId: '1', state: 'in-force' },
    { brandId: '2', state: 'in-review' },
    { brandId: '3', state: 'rejected' },
    { brandId: '4', state: 'expired' },
    { brandId: '5', expiresAt: '2027-01-10T00:00:00Z' },
    { brandId: '6', state: 'withdrawn' },
    { brandId: '7', state: 'about-to-expire' },
  ];
  beforeEach(async () => {
    await control(stage.sandbox, 'PUT', '/sandbox/clock', { now: '2026-11-25T00:00:00Z' });
    shop = callerFor(stage.sandbox, appId);
    expect((await control(stage.sandbox, 'PUT', '/sandbox/brands', { appId, brands: given })).status).toBe(200);
  });

  test('that are in force or about to expire are valid, page by page; the clock makes one expire', async () => {
    const first = await valid();
    expect(first).toMatchObject({ total_num: 3, next_key: '2' });
    expect(first.brands.map(({ brand_id, status }: Answer) => [brand_id, status])).toEqual([
      ['1', 3],
      ['5', 3],
    ]);
    const second = await valid(first.next_key);
    expect(second.brands.map(({ brand_id, status }: Answer) => [brand_id, status])).toEqual([['7', 5]]);
    expect(second.next_key).toBe('');
    stage.sandbox.setClock({ now: Date.parse('2026-12-20T00:00:00Z') });
    shop = callerFor(stage.sandbox, appId);
    expect((await valid()).brands.map(({ status }: Answer) => status)).toEqual([3, 5]);
    stage.sandbox.setClock({ now: Date.parse('2027-01-10T00:00:01Z') });
    shop = callerFor(stage.sandbox, appId);
    expect((await valid()).total_num).toBe(2);
  });

  test('brand/list/get calls the expired ones approved, as the real one does; it is no source for brand_list', async () => {
    const list = async (status: number) =>
      (await shop.post('/channels/ec/brand/list/get', { page_size: 50, status })).brands.map(
        (brand: Answer) => brand.brand_id,
      );
    expect(await list(3)).toEqual(['1', '4', '5', '7']);
    expect(await list(1)).toEqual(['2']);
    expect(await list(4)).toEqual(['6']);
    expect(await list(0)).toHaveLength(7);
    expect((await shop.post('/channels/ec/brand/list/get', { page_size: 50, status: 9 })).errcode).toBe(10020055);
  });

  test('of one shop are not those of another; the library has them all', async () => {
    const other = callerFor(stage.sandbox, fixtures.platformShop.appId);
    const theirs = await other.post('/channels/ec/brand/valid/list/get', { page_size: 50 });
    expect(theirs.brands.map(({ brand_id }: Answer) => brand_id)).toContain(fixtures.brands.own);
    const library = await shop.post('/shop/ec/brand/all', { page_size: 50 });
    expect(library.brands.map(({ brand_id }: Answer) => brand_id)).toContain(fixtures.brands.foreign);
  });
});
