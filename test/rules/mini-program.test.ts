/** What a Mini Program case is told by the rules of its category. */
import { describe, expect, it } from 'vitest';
import type { MiniProgramInput } from '../../src/contract/mini-program.ts';
import type { MiniProgramRules, SetCategory } from '../../src/rules/category-rules.ts';
import { checkMiniProgram } from '../../src/rules/check.ts';
import { circumstances, lines, miniCase, miniRules } from './inputs.ts';

const told = (input: MiniProgramInput, rules: MiniProgramRules = miniRules()) =>
  lines(checkMiniProgram(input, rules, circumstances()));
const keys = (...names: string[]) => miniCase({ certificates: names.map((key) => ({ key, images: ['a.png'] })) });
const held = (changes: Partial<SetCategory>) =>
  miniRules({ quota: 0, categories: [{ first: '8', second: '39', auditStatus: '3', isExpired: false, ...changes }] });

it('a case with nothing wrong has no findings', () => {
  expect(told(miniCase())).toEqual([]);
  expect(told(keys('  《办学许可证》', '《营业执照》'))).toEqual([]);
});

describe('the category', () => {
  it.each<[string, MiniProgramInput, MiniProgramRules, string]>([
    ['is not listed', miniCase({ second: '40' }), miniRules(), 'error category-unknown second'],
    ['is below another first', miniCase({ first: '9' }), miniRules(), 'error category-unknown second'],
    ['has others below it', miniCase(), miniRules({}, { children: ['50'] }), 'error category-not-leaf second'],
    [
      'has a remark',
      miniCase(),
      miniRules({}, { qualify: { alternatives: [[{ name: '《法人证书》' }]], remark: '原件扫描' } }),
      'note category-remark second',
    ],
    [
      'takes no qualification',
      miniCase(),
      miniRules({}, { isSensitive: false, qualify: { alternatives: [] } }),
      'warning category-takes-no-application certificates',
    ],
    [
      'is reviewed, but lists nothing',
      miniCase({ certificates: [] }),
      miniRules({}, { qualify: { alternatives: [[]] } }),
      'warning certificates-unlisted certificates',
    ],
  ])('%s', (_, input, rules, finding) => {
    expect(told(input, rules)).toEqual([finding]);
  });
});

describe('what the Mini Program has', () => {
  it.each<[string, MiniProgramRules, string[]]>([
    ['no additions left', miniRules({ quota: 0 }), ['error quota-used-up second']],
    ['all its categories', miniRules({ categoryLimit: 0 }), ['error category-limit-reached second']],
    ['quota that is not told', miniRulesWithoutQuota(), []],
    ['the category in review', held({ auditStatus: '1' }), ['warning category-in-review second']],
    ['the category in force', held({}), ['warning category-in-force second']],
    ['the category, lapsed', held({ isExpired: true }), ['warning category-lapsed second']],
    [
      'the category, rejected: no quota is asked for',
      held({ auditStatus: '2' }),
      ['note category-was-rejected second'],
    ],
    ['the category in a state that no page describes', held({ auditStatus: '7' }), []],
  ])('%s', (_, rules, findings) => {
    expect(told(miniCase(), rules)).toEqual(findings);
  });

  it('does not matter to a case that only follows a review', () => {
    expect(told(miniCase({ intent: { adopt: {} } }), held({ auditStatus: '1' }))).toEqual([]);
  });
});

function miniRulesWithoutQuota(): MiniProgramRules {
  return { ...miniRules(), setting: { categories: [] } };
}

describe('certificates', () => {
  it('a key without the leading blanks is an error that shows the name to copy, and nothing else is missing', () => {
    const findings = checkMiniProgram(keys('《办学许可证》', '《营业执照》'), miniRules(), circumstances());
    expect(lines(findings)).toEqual(['error certificate-key-not-exact certificates[0].key']);
    expect(findings[0]?.advice.en).toContain('"  《办学许可证》"');
  });

  it('a key that the category does not name is an error', () => {
    expect(told(keys('《法人证书》', '《食品经营许可证》'))).toEqual([
      'error certificate-key-unknown certificates[1].key',
    ]);
  });

  it('half an alternative misses the other half', () => {
    const findings = checkMiniProgram(keys('《营业执照》'), miniRules(), circumstances());
    expect(lines(findings)).toEqual(['error certificate-missing certificates']);
    expect(findings[0]?.zh).toContain('"  《办学许可证》"');
  });

  it('without any, the shortest alternative is asked for', () => {
    const findings = checkMiniProgram(miniCase({ certificates: [] }), miniRules(), circumstances());
    expect(lines(findings)).toEqual(['error certificate-missing certificates']);
    expect(findings[0]?.zh).toContain('《法人证书》');
  });

  it('two whole alternatives, or two that are equally near, are a warning', () => {
    expect(told(keys('  《办学许可证》', '《营业执照》', '《法人证书》'))).toEqual([
      'warning alternative-unclear certificates',
    ]);
    const near = miniRules(
      {},
      {
        qualify: {
          alternatives: [
            ['A', 'B'],
            ['A', 'C'],
          ].map((all) => all.map((name) => ({ name }))),
        },
      },
    );
    expect(told(keys('A'), near)).toEqual([
      'error certificate-missing certificates',
      'warning alternative-unclear certificates',
    ]);
  });
});
