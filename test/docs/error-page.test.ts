/** docs/wechat-errors.md is the table of error codes, no older and no newer. */
import { describe, expect, test } from 'vitest';
import { errorPage } from '../../scripts/make-error-page.ts';
import { errcodeTable } from '../../src/wechat/index.ts';
import { textOf } from './pages.ts';

describe('docs/wechat-errors.md', () => {
  test('is what `npm run docs:errors` makes of the table; run that when this fails', () => {
    expect(textOf('docs/wechat-errors.md')).toBe(errorPage());
  });

  test('has every row of the table once, with meaning and advice in both languages', () => {
    const lines = errorPage().split('\n');
    const codes = lines.flatMap((line) => /^\| (-?\d+) \|/.exec(line)?.[1] ?? []);
    expect(codes.sort()).toEqual(errcodeTable.map(({ code }) => code).sort());
    for (const { code, meaning, advice } of errcodeTable) {
      const rows = lines.filter((line) => line.startsWith(`| ${code} |`));
      for (const text of [meaning.zh, meaning.en, advice.zh, advice.en])
        expect(
          rows.some((line) => line.includes(text)),
          `${code}: ${text}`,
        ).toBe(true);
    }
  });
});
