/** Corrections of a Channels Shop case: every form of path, and what is refused with a sentence. */
import { describe, expect, test } from 'vitest';
import type { ChannelsShopInput } from '../../src/contract/channels-shop.ts';
import { joinPath, patchChannelsShop } from '../../src/contract/material-path.ts';
import type { Resubmission } from '../../src/contract/qualification.ts';
import { licence, olderFormCase, patched, problems, shopCase } from './inputs.ts';

const licencesOf = (input: ChannelsShopInput) => {
  if (input.material.form !== 'licenses') throw new Error('an older form');
  return input.material.licenses;
};
const imagesAfter = (patch: Resubmission, images = ['first.png', 'second.png', 'third.png']) => {
  const input = shopCase({ material: { form: 'licenses', licenses: [licence({ images })] } });
  return licencesOf(patched(patchChannelsShop(input, patch)))[0]?.images;
};
const numbered = (count: number) => Array.from({ length: count }, (_, n) => `${n}.png`);

describe('images of a licence', () => {
  const at = (n: number) => `licenses/9/11/images/${n}`;

  test('a number that exists replaces that image, with or without a sha256', () => {
    const pinned = { source: 'https://example.com/a.png', sha256: 'a'.repeat(64) };
    expect(imagesAfter({ set: { [at(1)]: pinned } })).toEqual(['first.png', pinned, 'third.png']);
  });

  test('a number equal to the length appends; one more than that leaves a gap and is refused', () => {
    expect(imagesAfter({ set: { [at(3)]: 'fourth.png' } })).toEqual([
      'first.png',
      'second.png',
      'third.png',
      'fourth.png',
    ]);
    expect(problems(patchChannelsShop(shopCase(), { set: { [at(4)]: 'x.png' } }))).toEqual([
      'licenses/9/11/images/4: leaves a gap: the next free number is 3',
    ]);
  });

  test('images/10 is appended after images/9, in whatever order the person wrote them', () => {
    const set = { [at(10)]: 'ten.png', [at(8)]: 'eight.png', [at(9)]: 'nine.png' };
    expect(imagesAfter({ set }, numbered(8))).toEqual([...numbered(8), 'eight.png', 'nine.png', 'ten.png']);
  });

  test('removing one does not renumber the others within the same correction', () => {
    expect(imagesAfter({ remove: [at(0)], set: { [at(2)]: 'new third.png' } })).toEqual([
      'second.png',
      'new third.png',
    ]);
    expect(imagesAfter({ remove: [at(0)], set: { [at(3)]: 'fourth.png' } })).toEqual([
      'second.png',
      'third.png',
      'fourth.png',
    ]);
    expect(imagesAfter({ remove: [at(2), at(0)] })).toEqual(['second.png']);
  });

  test('remove comes before set: a place that is both removed and set holds the new image', () => {
    expect(imagesAfter({ remove: [at(1)], set: { [at(1)]: 'new.png' } })).toEqual([
      'first.png',
      'new.png',
      'third.png',
    ]);
  });

  test('a place that is not there cannot be removed, and a licence is never left without an image', () => {
    expect(problems(patchChannelsShop(shopCase(), { remove: [at(3)] }))).toEqual([
      'licenses/9/11/images/3: there is no such image',
    ]);
    expect(problems(patchChannelsShop(shopCase(), { remove: [at(0), at(1), at(2)] }))).toEqual([
      'licenses/9/11/images: would be left without an image',
    ]);
  });

  test('a whole licence is taken away by its group and its id', () => {
    const { material } = patched(patchChannelsShop(shopCase(), { remove: ['licenses/9/11'] }));
    expect(material.form === 'licenses' && material.licenses.map(({ groupId }) => groupId)).not.toContain('9');
    expect(problems(patchChannelsShop(shopCase(), { remove: ['licenses/9/99'] }))).toEqual([
      'licenses/9/99: there is no such licence',
    ]);
    expect(problems(patchChannelsShop(shopCase(), { set: { 'licenses/9/11': 'x.png' } }))).toEqual([
      expect.stringMatching(/^licenses\/9\/11: must read /),
    ]);
  });

  test.each(['01', '-1', '1.5', '', 'x', '1000', ' 1'])('%j is no number of an image', (index) => {
    expect(problems(patchChannelsShop(shopCase(), { set: { [`licenses/9/11/images/${index}`]: 'x.png' } }))).toEqual([
      `licenses/9/11/images/${index}: must end with the number of an image`,
    ]);
  });

  test.each([
    ['an empty path', ''],
    ['an empty source', { source: '' }],
    ['a list', ['x.png']],
    ['nothing', null],
    ['a number', 5],
    ['a sha256 that is none', { source: 'x.png', sha256: 'ABC' }],
  ])('%s is no image', (_what, value) => {
    const set = { [at(0)]: value } as Resubmission['set'];
    expect(problems(patchChannelsShop(shopCase(), { ...(set === undefined ? {} : { set }) }))).toEqual([
      'licenses/9/11/images/0: must be an image: a path, an address, or {source, sha256}',
    ]);
  });
});

describe('what else a licence has', () => {
  const paper = (patch: Resubmission, change = {}) =>
    licencesOf(
      patched(patchChannelsShop(shopCase({ material: { form: 'licenses', licenses: [licence(change)] } }), patch)),
    )[0];

  test('fields, validity and holder are set and removed by their own paths', () => {
    const set = {
      'licenses/9/11/fields/audit_license_no': '京1',
      'licenses/9/11/validUntil': '2031-02-28',
      'licenses/9/11/holder/creditCode': '91110000600037341L',
      'licenses/9/11/holder/name': '某公司',
    };
    const full = paper({ set });
    expect(full).toEqual(
      licence({
        fields: { audit_license_no: '京1' },
        validUntil: '2031-02-28',
        holder: { name: '某公司', creditCode: '91110000600037341L' },
      }),
    );
    expect(paper({ remove: Object.keys(set) }, full)).toEqual(licence({ fields: {} }));
    expect(paper({ remove: ['licenses/9/11/holder/creditCode'] }, full)?.holder).toEqual({ name: '某公司' });
  });

  test('removing a credit code that is not there invents no holder; a holder without a name is refused', () => {
    expect(paper({ remove: ['licenses/9/11/holder/creditCode'] })).toEqual(licence());
    expect(problems(patchChannelsShop(shopCase(), { set: { 'licenses/9/11/holder/creditCode': '91' } }))).toEqual([
      'licenses/9/11/holder/name: is missing',
    ]);
  });

  test.each(['2031-02-29', '31-12-2030', 'forever', '2031-13-01', ''])('%j is no date for validUntil', (date) => {
    expect(problems(patchChannelsShop(shopCase(), { set: { 'licenses/9/11/validUntil': date } }))).toHaveLength(1);
  });

  test('permanent is a validity', () => {
    expect(paper({ set: { 'licenses/9/11/validUntil': 'permanent' } })?.validUntil).toBe('permanent');
  });

  test('a field key is taken as it is: blanks at its ends, slashes and percent signs survive', () => {
    const key = ' a/b%20 ';
    expect(paper({ set: { [joinPath('licenses', '9', '11', 'fields', key)]: 'v' } })?.fields).toEqual({ [key]: 'v' });
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a field named %s is a field like any other, and changes no prototype',
    (key) => {
      const fields = paper({ set: { [`licenses/9/11/fields/${key}`]: 'v' } })?.fields ?? {};
      expect(Object.entries(fields)).toEqual([[key, 'v']]);
      expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
      expect(Object.keys(Object.prototype)).toEqual([]);
    },
  );

  test('a licence of another number in the group takes its place, with nothing of the old one', () => {
    const input = shopCase({
      material: { form: 'licenses', licenses: [licence({ validUntil: '2030-01-01', fields: { a: '1' } })] },
    });
    expect(licencesOf(patched(patchChannelsShop(input, { set: { 'licenses/9/14/images/0': 'other.png' } })))).toEqual([
      { groupId: '9', licenseId: '14', images: ['other.png'] },
    ]);
    expect(problems(patchChannelsShop(input, { set: { 'licenses/9/14/fields/a': '1' } }))).toEqual([
      'licenses/9/14/images: would be left without an image',
    ]);
  });

  test('a new group is added beside the others', () => {
    const groups = licencesOf(patched(patchChannelsShop(shopCase(), { set: { 'licenses/10/12/images/0': 'x.png' } })));
    expect(groups.map(({ groupId, licenseId }) => [groupId, licenseId])).toEqual([
      ['9', '11'],
      ['10', '12'],
    ]);
  });

  test.each(['licenses/9/14/images/0', 'licenses/10/12/validUntil', 'licenses/9/14/fields/a'])(
    'nothing can be removed from a licence that is not there: %s',
    (path) => {
      expect(problems(patchChannelsShop(shopCase(), { remove: [path] }))).toEqual([
        `${path}: there is no such licence`,
      ]);
    },
  );
});

describe('the form, the lists and the words of a shop case', () => {
  test('setting licenses/… on a case of the older form switches the form and drops the certificates', () => {
    const next = patched(patchChannelsShop(olderFormCase(), { set: { 'licenses/1/2/images/0': 'licence.png' } }));
    expect(next.material).toEqual({
      form: 'licenses',
      licenses: [{ groupId: '1', licenseId: '2', images: ['licence.png'] }],
      baobeihan: ['letter.png'],
    });
  });

  test('certificates of the older form are replaced, appended and removed, but never all of them', () => {
    const after = (patch: Resubmission) => patched(patchChannelsShop(olderFormCase(), patch)).material;
    expect(after({ remove: ['certificate/0'], set: { 'certificate/2': 'new.png' } })).toMatchObject({
      form: 'certificate',
      certificate: ['old-2.png', 'new.png'],
    });
    expect(problems(patchChannelsShop(olderFormCase(), { remove: ['certificate/0', 'certificate/1'] }))).toEqual([
      'certificate: would be left without an image',
    ]);
    expect(problems(patchChannelsShop(shopCase(), { set: { 'certificate/0': 'x.png' } }))).toEqual([
      'certificate/0: belongs to the older form; this case uses licenses/…',
    ]);
  });

  test.each(['baobeihan', 'jingyingzhengming', 'daihuokoubei', 'ruzhuzhizhi', 'jingyingliushui', 'buchongcailiao'])(
    '%s is begun, filled up to ten, and goes away with its last image',
    (list) => {
      const set = Object.fromEntries(numbered(10).map((name, n) => [`${list}/${n}`, name]));
      const full = patched(patchChannelsShop(shopCase(), { set }));
      expect(full.material).toHaveProperty(list, numbered(10));
      expect(problems(patchChannelsShop(full, { set: { [`${list}/10`]: 'x.png' } }))).toEqual([
        `${list}: takes at most 10 images`,
      ]);
      expect(patched(patchChannelsShop(full, { remove: Object.keys(set) })).material).not.toHaveProperty(list);
    },
  );

  test('platform, account name and brands are whole values', () => {
    const set = { jingyingpingtai: 'jd', zhanghaomingcheng: '某店', brandIds: ['10000083', '18446744073709551615'] };
    const next = patched(patchChannelsShop(shopCase(), { set }));
    expect(next.brandIds).toEqual(set.brandIds);
    expect(next.material).toMatchObject({ jingyingpingtai: 'jd', zhanghaomingcheng: '某店' });
    const without = patched(patchChannelsShop(next, { remove: Object.keys(set) }));
    expect(without).toEqual(shopCase());
  });

  test.each([
    ['jingyingpingtai', 'amazon', 'must be one of taobao, jd, douyin, kuaishou, pdd, other'],
    ['zhanghaomingcheng', '', 'must be a text that is not empty'],
    ['zhanghaomingcheng', ['x'], 'must be a text that is not empty'],
    ['brandIds', '10000083', 'takes the whole list of brand ids, each a decimal string'],
    ['brandIds', ['07'], 'takes the whole list of brand ids, each a decimal string'],
    ['brandIds/0', '10000083', 'names nothing that a case has'],
    ['jingyingpingtai/0', 'jd', 'names nothing that a case has'],
    ['', 'x', 'names nothing that a case has'],
    ['appId', 'wx', 'names nothing that a case has'],
    ['__proto__', 'x', 'names nothing that a case has'],
    ['constructor/prototype', 'x', 'names nothing that a case has'],
    ['certificates/key/images/0', 'x.png', 'names nothing that a case has'],
    ['licenses/9/11/colour', 'x', 'names nothing that a licence has'],
    ['licenses/9/11/holder', 'x', 'names nothing that a licence has'],
    ['licenses/9/11/holder/__proto__', 'x', 'names nothing that a licence has'],
    ['licenses/9/11/images', 'x.png', 'must end with the number of an image'],
    ['licenses/9/11/images/0/1', 'x.png', 'must end with the number of an image'],
    ['licenses/%zz/11/images/0', 'x.png', 'is not properly percent-encoded'],
  ])('%j = %j is refused: %s', (path, value, message) => {
    expect(problems(patchChannelsShop(shopCase(), { set: { [path]: value } }))).toEqual([`${path}: ${message}`]);
  });

  test.each(['licenses', 'licenses/9', 'licenses/9/11', 'licenses/__proto__/11/images/0', 'licenses/9/0/images/0'])(
    '%s is told how a path of a licence reads',
    (path) => {
      expect(problems(patchChannelsShop(shopCase(), { set: { [path]: 'x.png' } }))[0]).toContain(
        'must read licenses/{groupId}/{licenseId}/images/{n}',
      );
    },
  );

  test('all wrong paths are named at once', () => {
    expect(
      problems(patchChannelsShop(shopCase(), { remove: ['baobeihan/0'], set: { colour: 'red', brandIds: 'x' } })),
    ).toHaveLength(3);
  });
});
