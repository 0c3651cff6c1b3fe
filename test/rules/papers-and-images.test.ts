/** What is told about papers, images and the age of the rules, on either platform. */
import { describe, expect, it } from 'vitest';
import type { Circumstances, ImageFact } from '../../src/rules/category-rules.ts';
import { checkChannelsShop, checkMiniProgram } from '../../src/rules/check.ts';
import { circumstances, license, lines, miniCase, miniRules, now, shopCase, shopRules, withLicense } from './inputs.ts';

const shop = (input = shopCase(), changes: Partial<Circumstances> = {}) =>
  lines(checkChannelsShop(input, shopRules(), circumstances(changes)));

describe('validity', () => {
  it.each([
    ['2025-12-31', ['error validity-over material.licenses[0].validUntil']],
    ['2026-02-28', ['warning validity-short material.licenses[0].validUntil']],
    ['2026-03-15', []],
    ['permanent', []],
  ])('until %s', (validUntil, findings) => {
    expect(shop(withLicense({ validUntil }))).toEqual(findings);
  });

  it('is looked at on a Mini Program as well', () => {
    const certificates = [{ key: '《法人证书》', images: ['a.png'], validUntil: '2025-06-01' }];
    expect(lines(checkMiniProgram(miniCase({ certificates }), miniRules(), circumstances()))).toEqual([
      'error validity-over certificates[0].validUntil',
    ]);
  });
});

describe('the holder', () => {
  const input = withLicense({ holder: { name: '甲公司（广州）' } });

  it('that is not the principal is a warning; the width of brackets is no difference', () => {
    expect(shop(input, { principal: '乙公司' })).toEqual([
      'warning holder-not-principal material.licenses[0].holder.name',
    ]);
    expect(shop(input, { principal: '甲公司(广州)' })).toEqual([]);
    expect(shop(input)).toEqual([]);
  });

  it('that differs between two papers is a warning when the principal is not known', () => {
    const licenses = [
      license({ holder: { name: '甲' } }),
      { groupId: '5', licenseId: '6', images: ['b.png'], holder: { name: '乙' } },
    ];
    expect(shop(shopCase({ material: { form: 'licenses', licenses } }))).toEqual(['warning holders-differ']);
  });
});

describe('images', () => {
  const path = 'material.licenses[0].images[0]';
  const problem = { reason: 'this is a PDF', advice: 'send JPEG or PNG', isCertain: true };

  it.each<[string, ImageFact, string[]]>([
    ['that are good', { path, bytes: 9, width: 600, height: 800 }, []],
    ['that can never be sent', { path, problem }, [`error image-refused ${path}`]],
    [
      'that could not be looked at',
      { path, problem: { ...problem, isCertain: false } },
      [`warning image-unchecked ${path}`],
    ],
    ['of low resolution', { path, bytes: 9, width: 799, height: 500 }, [`warning image-small ${path}`]],
    [
      'that will be shrunk',
      { path, bytes: 9e6, width: 4000, height: 3000, change: 'JPEG' },
      [`note image-changed ${path}`],
    ],
  ])('%s', (_, fact, findings) => {
    expect(shop(shopCase(), { images: [fact] })).toEqual(findings);
  });

  it('more than ten in a list, or none, are errors, in every list', () => {
    const eleven = Array.from({ length: 11 }, () => 'a.png');
    expect(shop(withLicense({ images: eleven }))).toEqual(['error image-count material.licenses[0].images']);
    expect(shop(withLicense({ images: [] }))).toEqual(['error image-missing material.licenses[0].images']);
    const material = { ...shopCase().material, buchongcailiao: eleven };
    expect(shop(shopCase({ material }))).toEqual(['error image-count material.buchongcailiao']);
  });
});

describe('the rules themselves', () => {
  it('are a warning when they are older than a day', () => {
    expect(shop(shopCase(), { rulesReadAt: now - 25 * 3_600_000 })).toEqual(['warning rules-old']);
    expect(shop(shopCase(), { rulesReadAt: now - 23 * 3_600_000 })).toEqual([]);
  });
});

it('errors come first, and each finding says it in both languages, with advice', () => {
  const input = withLicense({ groupId: '7', validUntil: '2026-02-01' });
  const findings = checkChannelsShop(input, shopRules({}, { tips: '提示' }), circumstances());
  expect(findings.map(({ level }) => level)).toEqual(['error', 'error', 'warning', 'note']);
  for (const { zh, en, advice } of findings) {
    expect(`${zh}${advice.zh}`).toMatch(/\p{Script=Han}/u);
    expect(en).toMatch(/^[A-Z].*\.$|: /);
    expect(advice.en).not.toBe('');
  }
});
