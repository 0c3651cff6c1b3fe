/** From rows to cases: what a row becomes, and that whatever is wrong is told with row and column before anything is sent. */
import { expect, it } from 'vitest';
import { type Checked, RulesUnavailableError } from '../../src/client/index.ts';
import { readTable } from '../../src/importing/import-file.ts';
import { type PreviewAround, previewImport } from '../../src/importing/preview.ts';

const header = [
  'appId',
  'componentAppId',
  'category',
  'intent',
  'auditId',
  'externalId',
  'licenses/1/2/images',
  'licenses/1/2/validUntil',
  'licenses/1/2/fields/audit_license_no',
  'certificate',
  'certificates/《许可证》/images',
  'correction',
] as const;
type Cells = Partial<Record<(typeof header)[number], string>>;

const preview = (rows: Cells[], around: PreviewAround = {}) => {
  const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
  const lines = [header.join(','), ...rows.map((row) => header.map((name) => quoted(row[name] ?? '')).join(','))];
  return previewImport(readTable(new TextEncoder().encode(lines.join('\n'))), around);
};
const shop: Cells = { appId: 'wx5a2d8f1c3b7e9046', category: '6201', 'licenses/1/2/images': 'a.png' };
const findingsOf = async (row: Cells, around?: PreviewAround) =>
  (await preview([row], around))[0]?.findings.map(({ column, code, level, zh }) => ({ column, code, level, zh }));
const trees = async () =>
  new Map([
    ['100', '食品饮料'],
    ['200', '食品饮料 > 茶叶'],
    ['6201', '食品饮料 > 茶叶 > 绿茶'],
    ['6202', '食品饮料 > 茶叶/花茶 > 花茶'],
    ['6203', '酒类 > 花茶'],
  ]);

it('a row of a shop becomes its case: images in order, dates as Excel writes them, days without a unit', async () => {
  const [row] = await preview([
    {
      ...shop,
      externalId: 'A-7',
      'licenses/1/2/images': 'a.png | https://cdn.example.com/b.png',
      'licenses/1/2/validUntil': '2031/1/5',
      'licenses/1/2/fields/audit_license_no': '91440101MA5SAMPLE0',
      correction: '30',
    },
  ]);
  expect(row).toMatchObject({
    row: 2,
    platform: 'channels-shop',
    workflowId: 'channels-shop/wx5a2d8f1c3b7e9046/6201',
    intent: 'new',
    findings: [],
    isReady: true,
  });
  expect(row?.input).toEqual({
    appId: 'wx5a2d8f1c3b7e9046',
    externalId: 'A-7',
    category: { leaf: '6201' },
    deadlines: { correction: '30 days' },
    material: {
      form: 'licenses',
      licenses: [
        {
          groupId: '1',
          licenseId: '2',
          images: ['a.png', 'https://cdn.example.com/b.png'],
          validUntil: '2031-01-05',
          fields: { audit_license_no: '91440101MA5SAMPLE0' },
        },
      ],
    },
  });
});

it('a Mini Program is told by its pair of ids; adopted rows need no material; 长期 is permanent', async () => {
  const [mini, adopted, certificate] = await preview([
    {
      appId: 'wx1f6b3d8a5c2e7094',
      componentAppId: 'wx7c4e0b9d2a6f8135',
      category: '8-39',
      'certificates/《许可证》/images': 'p.jpg',
    },
    { appId: 'wx5a2d8f1c3b7e9046', category: '6202', intent: '接管', auditId: '9007199254741001' },
    { appId: 'wx5a2d8f1c3b7e9046', category: '6203', certificate: 'c.png' },
  ]);
  expect(mini?.input).toEqual({
    appId: 'wx1f6b3d8a5c2e7094',
    via: { componentAppId: 'wx7c4e0b9d2a6f8135' },
    first: '8',
    second: '39',
    certificates: [{ key: '《许可证》', images: ['p.jpg'] }],
  });
  expect(adopted).toMatchObject({
    isReady: true,
    intent: 'adopt',
    input: { intent: { adopt: { auditId: '9007199254741001' } } },
  });
  expect(certificate?.input).toMatchObject({ material: { form: 'certificate', certificate: ['c.png'] } });
  const [permanent] = await preview([{ ...shop, 'licenses/1/2/validUntil': '长期' }]);
  expect(permanent?.input).toMatchObject({ material: { licenses: [{ validUntil: 'permanent' }] } });
});

it('a category is found by its path, by its last names, also with slashes; what is unknown or ambiguous is told', async () => {
  const around = { categoryPaths: trees };
  for (const [category, leaf] of [
    ['食品饮料 > 茶叶 > 绿茶', '6201'],
    ['食品饮料/茶叶/绿茶', '6201'],
    ['绿茶', '6201'],
    ['茶叶/花茶＞花茶', '6202'],
    ['酒类>花茶', '6203'],
  ] as const) {
    const [row] = await preview([{ ...shop, category }], around);
    expect(row, category).toMatchObject({ input: { category: { leaf } }, isReady: true });
  }
  expect((await preview([shop], around))[0]?.categoryPath).toBe('食品饮料 > 茶叶 > 绿茶');
  expect(await findingsOf({ ...shop, category: '花茶' }, around)).toMatchObject([
    { column: 'category', code: 'category-ambiguous' },
  ]);
  expect(await findingsOf({ ...shop, category: '红茶' }, around)).toMatchObject([
    { column: 'category', code: 'category-unknown' },
  ]);
  const away = { categoryPaths: () => Promise.reject(new Error('40164')) };
  expect(await findingsOf({ ...shop, category: '绿茶' }, away)).toMatchObject([{ code: 'category-names' }]);
  expect((await preview([shop], away))[0]?.isReady).toBe(true);
});

it.each<[string, Cells, string, RegExp]>([
  ['no appid', { ...shop, appId: '' }, 'appId', /缺失/],
  ['a wrong appid', { ...shop, appId: 'gh_123' }, 'appId', /wx/],
  ['an audit id without adopt', { ...shop, auditId: '9007199254741001' }, 'auditId', /接管/],
  ['an intent that is none', { ...shop, intent: '变更' }, 'intent', /新办、续期、接管/],
  ['an id that Excel shortened', { ...shop, intent: 'adopt', auditId: '9.00720E+15' }, 'auditId', /科学计数法/],
  [
    'a date that does not exist',
    { ...shop, 'licenses/1/2/validUntil': '2031-02-30' },
    'licenses/1/2/validUntil',
    /真实日期/,
  ],
  [
    'an image that is an http address',
    { ...shop, 'licenses/1/2/images': 'http://x.example/a.png' },
    'licenses/1/2/images',
    /https/,
  ],
  ['no material', { ...shop, 'licenses/1/2/images': '' }, '', /没有任何图片/],
  [
    'a licence without an image',
    { ...shop, 'licenses/1/2/images': '', 'licenses/1/2/validUntil': '长期' },
    'licenses/1/2/images',
    /./,
  ],
  [
    'material of the other platform',
    { ...shop, 'certificates/《许可证》/images': 'p.jpg' },
    'certificates/《许可证》/images',
    /另一个平台/,
  ],
  ['both forms at once', { ...shop, certificate: 'c.png' }, 'certificate', /旧版/],
  [
    'a renewal of a Mini Program',
    { appId: 'wx1f6b3d8a5c2e7094', category: '8-39', intent: 'renew', 'certificates/《许可证》/images': 'p.jpg' },
    'intent',
    /续期/,
  ],
  ['a duration without a unit that means anything', { ...shop, correction: 'soon' }, 'correction', /时长/],
])('%s is an error at its column', async (_, row, column, zh) => {
  const [looked] = await preview([row]);
  expect(looked).toMatchObject({ isReady: false, findings: [{ level: 'error', column }] });
  expect(looked?.findings[0]?.zh).toMatch(zh);
});

it('a number that Excel may have cut is a warning', async () => {
  const [row] = await preview([{ ...shop, intent: 'adopt', auditId: '9007199254741000' }]);
  expect(row).toMatchObject({
    isReady: true,
    findings: [{ level: 'warning', code: 'spreadsheet-number', column: 'auditId' }],
  });
});

it('two rows for the same account and category: the second is refused and names the first', async () => {
  const rows = await preview([shop, { ...shop, externalId: 'other' }]);
  expect(rows.map(({ isReady }) => isReady)).toEqual([true, false]);
  expect(rows[1]?.findings).toMatchObject([{ code: 'repeated', zh: '与第 2 行是同一账号的同一类目。' }]);
});

it('images are asked for as they are written, and what is missing is told at its column', async () => {
  const image = async (written: string) =>
    written === 'gone.png'
      ? { zh: '没有这个文件。', en: 'There is no such file.' }
      : { source: `material:${'a'.repeat(64)}` };
  const [row] = await preview([{ ...shop, 'licenses/1/2/images': 'a.png|gone.png' }], { image });
  expect(row).toMatchObject({ isReady: false, findings: [{ column: 'licenses/1/2/images', zh: '没有这个文件。' }] });
  const [found] = await preview([shop], { image });
  expect(found?.input).toMatchObject({ material: { licenses: [{ images: [`material:${'a'.repeat(64)}`] }] } });
});

it('the live rules are asked for rows that are good so far and will be submitted; their findings get a column', async () => {
  const asked: unknown[] = [];
  const said = { zh: '缺字段。', en: 'A field is missing.' };
  const check = async (input: unknown): Promise<Checked> => {
    asked.push(input);
    return {
      findings: [
        { code: 'field-missing', path: 'material.licenses[0].fields', level: 'error', ...said, advice: said },
        { code: 'image-small', path: 'material.licenses[0].images[0]', level: 'warning', ...said, advice: said },
      ],
    };
  };
  const progress: number[] = [];
  const rows = await preview([shop, { ...shop, category: '6202', intent: 'adopt' }, { ...shop, appId: 'x' }], {
    check,
    onRow: (done) => void progress.push(done),
  });
  expect(asked).toHaveLength(1);
  expect(progress).toEqual([1, 2, 3]);
  expect(rows.map(({ isReady }) => isReady)).toEqual([false, true, false]);
  expect(rows[0]?.findings.map(({ column }) => column)).toEqual([
    'licenses/1/2/fields/audit_license_no',
    'licenses/1/2/images',
  ]);
});

it('an account whose rules cannot be read is a finding of its rows; a missing worker ends the preview', async () => {
  const away = new RulesUnavailableError({ reason: '40164 not in whitelist', advice: 'Add the address.' });
  const rows = await preview([shop, { ...shop, category: '6202', intent: 'adopt' }], {
    check: () => Promise.reject(away),
  });
  expect(rows[0]).toMatchObject({ isReady: false, findings: [{ code: 'not-checked' }] });
  expect(rows[1]?.isReady).toBe(true);
  await expect(preview([shop], { check: () => Promise.reject(new Error('no worker')) })).rejects.toThrow('no worker');
});
