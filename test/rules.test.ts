/** Each rule L1-L15 of the lifecycle is held by a test whose title starts with the rule's number. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const rules = Array.from({ length: 15 }, (_, n) => `L${n + 1}`);

/** The titles of a test file: `test('…')`, `it("…")`, also with `.each(…)` and the titles of groups. */
function titlesOf(source: string): string[] {
  const called =
    /\b(?:test|it|describe)(?:\.\w+(?:\((?:[^()]|\([^()]*\))*\))?)*\s*\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/g;
  // A table may stand between `.each(` and the title, over many lines.
  const afterTable = /^\s*\]?\s*(?:as const)?\)\(\s*(['"`])((?:\\.|(?!\1)[^\\])*)\1/gm;
  return [...source.matchAll(called), ...source.matchAll(afterTable)].map(([, , title = '']) => title);
}

const ruleOf = (title: string): string | undefined => /^(L\d{1,2})\b/.exec(title)?.[1];

async function testTitles(): Promise<{ file: string; title: string }[]> {
  const folder = import.meta.dirname;
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith('.test.ts') && name !== 'rules.test.ts');
  const all = await Promise.all(
    files.map(async (file) => titlesOf(await readFile(join(folder, file), 'utf8')).map((title) => ({ file, title }))),
  );
  return all.flat();
}

test('every rule has a test, and no title names a rule that is none', async () => {
  const titles = await testTitles();
  expect(titles.length).toBeGreaterThan(200);
  const counts = new Map(rules.map((rule) => [rule, 0]));
  const unknown: string[] = [];
  for (const { file, title } of titles) {
    const rule = ruleOf(title);
    if (rule === undefined) continue;
    const count = counts.get(rule);
    if (count === undefined) unknown.push(`${relative('.', file)}: ${title}`);
    else counts.set(rule, count + 1);
  }
  const told = [...counts].map(([rule, count]) => `${rule}: ${count}`).join(', ');
  expect(unknown, told).toEqual([]);
  expect(
    [...counts].filter(([, count]) => count === 0).map(([rule]) => rule),
    `tests per rule: ${told}`,
  ).toEqual([]);
});

test('titles are found in every way that they are written, and a title that only mentions a rule does not count', () => {
  const source = [
    "test('L1 one', () => {});",
    'it("L2 two", () => {});',
    "test.each(['a', f(1)])('L3 %s', () => {});",
    "test.each([\n  ['x', g(h(1))],\n] as const)('L4 %s', () => {});",
    "test(\n  'L5 five',\n  async ({ stage }) => {},\n);",
    "describe('L6 six', () => {});",
    "test('as in L7', () => {});",
    "const text = 'L8 no title';",
    "test('L10 ten isn\\'t one', () => {});",
  ].join('\n');
  expect(
    titlesOf(source)
      .map(ruleOf)
      .filter((rule) => rule !== undefined)
      .sort(),
  ).toEqual(['L1', 'L10', 'L2', 'L3', 'L4', 'L5', 'L6']);
});
