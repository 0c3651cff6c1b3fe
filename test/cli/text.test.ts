/** Tables that fit Chinese and the terminal, times of the reader's zone, colours only where they are seen. */
import { createRequire } from 'node:module';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { coloursOf } from '../../src/cli/text/colours.ts';
import { localTimeOf } from '../../src/cli/text/local-time.ts';
import { tableText } from '../../src/cli/text/table.ts';
import { cut, textWidth, wrapped } from '../../src/cli/text/width.ts';

/** What the table's library measures by. */
const stringWidth = createRequire(createRequire(import.meta.url).resolve('cli-table3'))('string-width') as (
  text: string,
) => number;
const path = '医疗保健 > 医疗器械 > 第二类医疗器械（含体外诊断试剂）';
const columns = [{ title: 'case' }, { title: 'status' }, { title: '类目', wraps: true }];
const rows = [
  ['channels-shop/wx5a2d8f1c3b7e9046/6201', 'needs_material', path],
  ['mini-program/wx1f6b3d8a5c2e7094/8-39', 'in_review', '生活服务 > 宠物医院'],
];
const terminal = (width: number) => ({ isTTY: true, columns: width }) as const;

describe('widths', () => {
  it.each(['abc', path, 'ｆｕｌｌ', '한국어', '営業許可', 'e\u0301', '「」，。', '🧾x', ''])(
    '%j is as wide as the table library takes it for',
    (text) => {
      expect(textWidth(text)).toBe(stringWidth(text));
    },
  );

  it('wraps between Chinese characters, at a blank where one is near, and loses nothing but that blank', () => {
    for (const width of [8, 11, 20, 33, 80]) {
      const lines = wrapped(path, width);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      expect(lines.join('').replaceAll(' ', '')).toBe(path.replaceAll(' ', ''));
    }
    expect(wrapped('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrapped('', 8)).toEqual(['']);
  });

  it('cuts with an ellipsis, never in the middle of a double-width character', () => {
    expect(cut('营业执照', 8)).toBe('营业执照');
    expect(cut('营业执照', 7)).toBe('营业执…');
    expect(cut('营业执照', 6)).toBe('营业…');
  });
});

describe('tables', () => {
  it('columns begin at the same place in every line, whatever is Chinese before them', () => {
    const text = tableText(
      [{ title: '类目' }, { title: 'status' }],
      rows.map(([, status = '', category = '']) => [category, status]),
      terminal(200),
    );
    const starts = text
      .split('\n')
      .map((line) => stringWidth(line.slice(0, line.search(/status|needs_material|in_review/))));
    expect(new Set(starts).size).toBe(1);
  });

  it.each([200, 100, 80, 60, 40])(
    'no line is longer than a terminal of %i columns, and nothing is left out',
    (width) => {
      const text = tableText(columns, rows, terminal(width));
      for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      const characters = (all: string) => [...all.replaceAll(/\s/g, '')].sort().join('');
      expect(characters(text)).toBe(characters([...columns.map(({ title }) => title), ...rows.flat()].join('')));
    },
  );

  it('an id stays in one piece where the terminal has room for it', () => {
    for (const width of [100, 80]) expect(tableText(columns, rows, terminal(width))).toContain(rows[0]?.[0]);
  });

  it('for a pipe it is a line per row with tabs between, whole, without titles and colours', () => {
    const painted = columns.map((column) => ({ ...column, paint: (text: string) => `\x1b[31m${text}\x1b[0m` }));
    expect(tableText(painted, [...rows, ['a\tb', 'c\nd', '']], {})).toBe(
      [...rows.map((row) => row.join('\t')), 'a b\tc d\t'].join('\n'),
    );
    expect(stripVTControlCharacters(tableText(painted, rows, terminal(100)))).toBe(
      tableText(columns, rows, terminal(100)),
    );
  });
});

describe('times and colours', () => {
  it("a time is told in the reader's zone; a zone that nobody knows is that of the machine", () => {
    const shanghai = localTimeOf({ TZ: 'Asia/Shanghai' });
    expect([shanghai.zone, shanghai.of('2026-11-25T20:52:59.000Z')]).toEqual(['Asia/Shanghai', '2026-11-26 04:52:59']);
    expect(localTimeOf({ TZ: 'America/New_York' }).of('2026-07-01T00:00:00.000Z')).toBe('2026-06-30 20:00:00');
    expect(localTimeOf({ TZ: 'Nowhere/At_All' }).zone).not.toBe('Nowhere/At_All');
    expect(shanghai.of('soon')).toBe('soon');
  });

  it('there are colours on a terminal only, and none with NO_COLOR', () => {
    const red = (isTTY: boolean, env: NodeJS.ProcessEnv) => coloursOf({ isTTY }, env).red('x');
    expect(red(true, {})).not.toBe('x');
    expect([red(false, {}), red(true, { NO_COLOR: '1' })]).toEqual(['x', 'x']);
    expect(red(true, { NO_COLOR: '' })).not.toBe('x');
  });
});
