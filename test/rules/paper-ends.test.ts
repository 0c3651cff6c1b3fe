/** Until when papers are valid: dates that are clearly dates, and nothing guessed. */
import { expect, test } from 'vitest';
import { endWrittenAs, lastDateIn, paperEndsGiven, paperEndsShown } from '../../src/rules/paper-ends.ts';

test.each([
  ['2031-06-30', '2031-06-30'],
  ['2031.6.3', '2031-06-03'],
  ['2031年6月30日', '2031-06-30'],
  ['2011-07-01至2031-06-30', '2031-06-30'],
  ['2011-07-01 至 长期', undefined],
  ['长期', undefined],
  ['2031-02-30', undefined],
  ['20310630', undefined],
  ['1203106-30-1', undefined],
  ['', undefined],
])('%j ends %j', (text, end) => {
  expect(lastDateIn(text)).toBe(end);
});

test.each([
  ['2026-11-30', '2036-05-02', '2036-05-02'],
  ['2026/11/30', '2036-05-02', '2036/05/02'],
  ['2026.6.3', '2036-05-02', '2036.5.2'],
  ['2026年6月30日', '2036-05-02', '2036年5月2日'],
  ['20261130', '2036-05-02', '20360502'],
  ['2026-11-30', 'permanent', '长期'],
  ['长期', '2036-05-02', '2036-05-02'],
  ['长期有效', 'permanent', '长期有效'],
  // Where a new paper begins is known to nobody here.
  ['2016-12-01至2026-11-30', '2036-05-02', undefined],
  ['见附件', '2036-05-02', undefined],
])('%j becomes, with a paper that is valid until %j, %j', (old, validUntil, written) => {
  expect(endWrittenAs(old, validUntil)).toBe(written);
});

test('a licence says it as validUntil or in the field of WeChat; one that is valid for good has no end', () => {
  const license = (licenseId: string, more: object) => ({ groupId: '1', licenseId, images: ['a.png'], ...more });
  const field = { audit_license_validty_period: '2030-01-31' };
  expect(
    paperEndsGiven({
      appId: 'wx1',
      category: { leaf: '6201' },
      material: {
        form: 'licenses',
        licenses: [
          license('2', { validUntil: '2029-12-31', fields: field }),
          license('3', { fields: field }),
          license('4', { validUntil: 'permanent' }),
          license('5', {}),
        ],
      },
    }),
  ).toEqual([
    { path: 'licenses/1/2', validUntil: '2029-12-31' },
    { path: 'licenses/1/3', validUntil: '2030-01-31' },
  ]);
  expect(
    paperEndsGiven({
      appId: 'wx1',
      first: '8',
      second: '39',
      certificates: [{ key: ' 《许可证》', images: [], validUntil: '2029-12-31' }],
    }),
  ).toEqual([{ path: `certificates/${encodeURIComponent(' 《许可证》')}`, validUntil: '2029-12-31' }]);
  const fields = [{ key: 'audit_license_validty_period', value: '2030-01-31' }];
  expect(
    paperEndsShown([
      { groupId: '1', licenseId: '2', fields },
      { groupId: '2', licenseId: '3', fields: [] },
    ]),
  ).toEqual([{ path: 'licenses/1/2', validUntil: '2030-01-31' }]);
});
