import { expect, test } from 'vitest';
import { createPatternMatch } from '../../src/checking/pattern-match.ts';
import { checkChannelsShop } from '../../src/rules/check.ts';
import { circumstances, groups, shopRules, withLicense } from '../rules/inputs.ts';

const matches = createPatternMatch();

test('an honest expression is matched, with its flags', () => {
  expect(matches(/^\d{14}$/, '12345678901234')).toBe(true);
  expect(matches(/^\d{14}$/, '1234')).toBe(false);
  expect(matches(/^\p{Script=Han}+$/u, '京械备')).toBe(true);
});

test('an expression that would take for ever is given up, and hides nothing from the next one', () => {
  const begun = performance.now();
  expect(matches(/^(a+)+$/, `${'a'.repeat(60)}!`)).toBeUndefined();
  // Without the limit it would take longer than the machine lives; the machine may be slow, so this is generous.
  expect(performance.now() - begun).toBeLessThan(20_000);
  expect(matches(/^a$/, 'a')).toBe(true);
});

test('a case with such an expression is checked all the same: it is shown, not held against the case', () => {
  const [first, ...others] = groups;
  if (first === undefined) throw new Error('there is no group');
  const [license] = first.licenses;
  if (license === undefined) throw new Error('there is no licence');
  const fields = [{ key: 'audit_license_no', pattern: '^(a+)+$', isNecessary: true }];
  const hostile = [{ ...first, licenses: [{ ...license, fields }] }, ...others];
  const findings = checkChannelsShop(
    withLicense({ fields: { audit_license_no: `${'a'.repeat(60)}!` } }),
    shopRules({}, { licenseGroups: hostile }),
    circumstances({ matches }),
  );
  expect(findings.map(({ code, level }) => `${level} ${code}`)).toEqual(['note license-field-hint']);
});
