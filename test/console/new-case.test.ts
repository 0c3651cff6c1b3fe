/** The form of a new case: what it makes of what was filled in, and the names of categories. */
import { expect, test } from 'vitest';
import { createCategoryNames } from '../../src/console/category-names.ts';
import { listedPaths, readNamesBy, treePaths } from '../../src/console/category-paths.ts';
import type { FormData } from '../../src/console/mend.ts';
import { inputOf } from '../../src/console/new-routes.tsx';

const form = (values: Record<string, string>, images: Record<string, string> = {}): FormData => ({
  values: new Map(Object.entries(values)),
  images: new Map(Object.entries(images)),
  remove: [],
  brands: [],
  problems: [],
});
const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];

test('of a group only the licence that was chosen is sent, and empty texts are left out', () => {
  const made = inputOf(
    form(
      {
        appId: 'wx5a2d8f1c3b7e9046',
        category: '6201',
        material: 'licenses',
        'licence:1': '2',
        'text:licenses/1/2/fields/code': '91440300',
        'text:licenses/1/2/validUntil': '',
        'text:licenses/1/3/fields/other': 'not sent',
        externalId: ' 42 ',
      },
      { 'licenses/1/2/images/0': a, 'licenses/1/3/images/0': b },
    ),
  );
  expect(made).toEqual({
    input: {
      appId: 'wx5a2d8f1c3b7e9046',
      externalId: '42',
      category: { leaf: '6201' },
      material: {
        form: 'licenses',
        licenses: [{ groupId: '1', licenseId: '2', images: [`material:${a}`], fields: { code: '91440300' } }],
      },
    },
  });
});

test('the older form names the old path; a Mini Program keeps the names of its certificates', () => {
  const older = form(
    { appId: 'wx1', category: '9', material: 'certificate', level1: '7', level2: '8', level3: '9' },
    { 'certificate/0': a },
  );
  expect(inputOf({ ...older, brands: ['5'] })).toMatchObject({
    input: {
      category: { level1: '7', level2: '8', level3: '9' },
      brandIds: ['5'],
      material: { form: 'certificate', certificate: [`material:${a}`] },
    },
  });
  const path = `certificates/${encodeURIComponent('《医疗/许可》')}/images`;
  expect(inputOf(form({ appId: 'wx1', via: 'wx2', category: '8-39' }, { [`${path}/0`]: a, [`${path}/1`]: b }))).toEqual(
    {
      input: {
        appId: 'wx1',
        via: { componentAppId: 'wx2' },
        first: '8',
        second: '39',
        certificates: [{ key: '《医疗/许可》', images: [`material:${a}`, `material:${b}`] }],
      },
    },
  );
});

test('a file that was refused keeps the case from being made', () => {
  const problems = [{ zh: 'a.bmp：这是BMP 图片', en: 'a.bmp: this is a BMP image' }];
  expect(inputOf({ ...form({ category: '6201' }), problems })).toEqual({ problems });
});

test('paths of categories: by parent ids, without going round in circles', () => {
  const nodes = [
    { catId: '2', name: '零食', parentId: '1' },
    { catId: '1', name: '食品' },
    { catId: '3', parentId: '3' },
  ];
  expect(treePaths([nodes])).toEqual(
    new Map([
      ['2', '食品 > 零食'],
      ['1', '食品'],
      ['3', '3'],
    ]),
  );
  const listed = (id: string, name: string, children: string[]) => ({ id, name, children, isSensitive: false });
  expect(
    listedPaths([listed('0', 'root', ['8']), listed('8', '医疗', ['39', '40']), listed('39', '医院', [])]),
  ).toEqual(new Map([['8-39', '医疗 > 医院']]));
});

test('names are read once for an account in the background; one that refuses shows ids, and another platform is tried', async () => {
  const asked: string[] = [];
  const read = readNamesBy({
    shopTrees: async ({ appId, componentAppId = '' }) => {
      asked.push(`${appId} ${componentAppId}`);
      if (componentAppId === 'wxp1' || appId === 'wxbad') throw new Error('not authorised');
      const qua = {
        licenseGroups: [
          {
            licenseGroupId: '1',
            licenses: [
              { licenseId: '2', name: '营业执照', fields: [{ key: 'no', name: '证照编号' }, { key: 'bare' }] },
            ],
          },
        ],
      };
      return { cats: [], catsV2: [[{ catId: '6201', name: '坚果', qua }]] };
    },
    miniProgramCategories: async () => [],
    platformsOf: (appId) => (appId === 'wxvia' ? ['wxp1', 'wxp2'] : []),
  });
  const names = createCategoryNames(read);
  const shown = (appId: string) => ({ platform: 'channels-shop' as const, appId, categoryId: '6201' });
  expect(names.pathOf('channels-shop', '6201')).toBeUndefined();
  for (const appId of ['wxbad', 'wxbad', 'wxvia']) {
    names.lookFor([shown(appId)]);
    await names.settled();
  }
  expect(names.pathOf('channels-shop', '6201')).toBe('坚果');
  expect(names.papersOf('channels-shop', '6201')).toEqual(
    new Map([
      ['licenses/1/2', '营业执照'],
      ['licenses/1/2/fields/no', '证照编号'],
    ]),
  );
  expect(asked).toEqual(['wxbad ', 'wxvia wxp1', 'wxvia wxp2']);
});
