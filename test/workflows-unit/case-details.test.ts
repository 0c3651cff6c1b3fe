/** What an engineer on call reads in Web UI: Markdown that free text from WeChat cannot break. */
import { describe, expect, test } from 'vitest';
import { describeCase } from '../../src/workflows/case-details.ts';
import { caseAfter, caseIn, foreignAudit, submission } from './cases.ts';

const rowsOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('|'));
/** As GitHub's Markdown cuts a row: at every `|` before which stands no escape. */
const cellsOf = (row: string): string[] =>
  [...row.matchAll(/((?:\\.|[^|\\])*)\|/g)].slice(1).map(([, text = '']) => text.trim());

describe('the table of attempts', () => {
  test.each(['a | b', 'line one\nline two\r\n\n# no heading', '|', 'back\\slash | and \\| escaped', '```\n|---|'])(
    'a reason such as %j stays in its own cell',
    (reason) => {
      const state = caseAfter(caseIn('in_review'), { type: 'decided', verdict: 'rejected', reason, foundBy: 'read' });
      const rows = rowsOf(describeCase(state));
      expect(rows).toHaveLength(3);
      expect(rows.map((row) => cellsOf(row).length)).toEqual([5, 5, 5]);
      expect(describeCase(state)).not.toMatch(/^# /m);
    },
  );

  test('has a row for every attempt, in order, and none before the first', () => {
    const second = caseAfter(caseIn('needs_material'), { type: 'resubmitted' }, { type: 'prepared' }, submission('2'));
    expect(
      rowsOf(describeCase(second))
        .slice(2)
        .map((row) => cellsOf(row).slice(0, 2)),
    ).toEqual([
      ['1', '1'],
      ['2', '2'],
    ]);
    expect(describeCase(caseIn('preparing'))).not.toContain('|');
  });
});

describe('what stands above it', () => {
  test('L9 a blocked case says during what, why, with which code, and what leads out', () => {
    const text = describeCase(caseAfter(caseIn('submitting'), foreignAudit));
    expect(text).toContain('### blocked');
    expect(text).toContain('**Blocked during submit** (errcode 10020064): foreign_audit: 10020064');
    expect(text).toContain('**What leads out:** adopt');
    expect(text).toContain('The open audit that is not ours: `77`');
    expect(text).toContain('`withdraw`, `retry`, `adopt`, `readAuditNow`');
  });

  test('a reason of many lines makes no heading and no list of its own in a blocked case', () => {
    const blocked = { during: 'submit', reason: 'x\n# heading\n- item', advice: 'a\n# b' } as const;
    const text = describeCase(caseAfter(caseIn('submitting'), { type: 'blocked', blocked }));
    expect(text).not.toMatch(/^(# |- )/m);
  });

  test('an overdue review and a wish that is being carried out are said', () => {
    const state = caseAfter(caseIn('in_review'), { type: 'becameOverdue' }, { type: 'withdrawalAsked', force: false });
    expect(describeCase(state)).toContain('### in_review (overdue)');
    expect(describeCase(state)).toContain('**Being carried out:** withdraw');
  });

  test('an ended case offers nothing', () => {
    expect(describeCase(caseIn('approved'))).not.toContain('What can be done now');
  });
});
