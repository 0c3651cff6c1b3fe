/** Every row of the table says what to press, the same in both languages, and only what its kind leads to. */
import { describe, expect, it } from 'vitest';
import { errcodeTable } from '../../src/wechat/index.ts';

const pressed = (text: string): string[] =>
  [...new Set(text.match(/\b(?:retry|resubmit|adopt|withdraw|readAuditNow)\b/g) ?? [])].sort();

describe('the advice of an error code', () => {
  it.each(errcodeTable.map((row) => [row.code, row] as const))('%s names what to press', (_code, { advice }) => {
    expect(pressed(advice.en)).not.toEqual([]);
    for (const action of pressed(advice.en)) expect(advice.zh).toContain(action);
    expect(pressed(advice.zh).length).toBeGreaterThan(0);
  });

  it('what blocks a case can be retried; what needs other material is resubmitted', () => {
    for (const { code, kind, advice } of errcodeTable) {
      const actions = `${code} ${pressed(advice.en).join()}`;
      // 41033: nothing but the console will ever do.
      if ((kind === 'needs-person' || kind === 'bug' || kind === 'retry-slowly') && code !== '41033')
        expect(actions).toContain('retry');
      if (kind === 'upload-again') expect(actions).toContain('resubmit');
    }
  });
});
