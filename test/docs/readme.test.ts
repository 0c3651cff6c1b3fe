/** README and docs say what is true: code, commands, paths, settings and rules are compared with what they speak of. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { problemKinds } from '../../src/api/problem.ts';
import { failureTypes } from '../../src/contract/failures.ts';
import * as messages from '../../src/contract/messages.ts';
import { parseAccounts } from '../../src/store/accounts.ts';
import { run } from '../cli/run.ts';
import { anchors, blocks, commandLines, links, type Page, pages, root, table, textOf, words } from './pages.ts';

const all = pages();
const pageOf = (name: string): Page => ({ name, text: textOf(name) });
const readme = pageOf('README.md');
const configuration = pageOf('docs/configuration.md');
const names = (cell: string): string[] => [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name = '']) => name);

describe('code in README', () => {
  test('the TypeScript is that of the example which runs, but for the import', () => {
    const example = textOf('examples/start-from-backend.ts');
    const regions = [...example.matchAll(/^( *)\/\/ #region readme\n([\s\S]*?)^ *\/\/ #endregion$/gm)];
    const code = regions
      .map(([, indent = '', body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
      .join('');
    expect(regions.length).toBeGreaterThan(0);
    expect(blocks(readme, 'ts')).toEqual([`import { connect } from 'wechat-qualification';\n\n${code}`]);
    expect(code.trim().split('\n').length + 1).toBeLessThan(10);
    expect(example).toContain("// In a project of your own: import { connect } from 'wechat-qualification';");
  });

  test('the TypeScript of docs/integrating.md is that of the example that is compiled', () => {
    const regions = [
      ...textOf('examples/integrating.ts').matchAll(/^( *)\/\/ #region \w+\n([\s\S]*?)^ *\/\/ #endregion$/gm),
    ];
    const code = regions.map(([, indent = '', body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
    expect(code.length).toBeGreaterThan(2);
    expect(blocks(pageOf('docs/integrating.md'), 'ts')).toEqual(code);
  });

  test('the accounts file is one that worker and server take', () => {
    const [json = ''] = blocks(configuration, 'json');
    const key = 'A'.repeat(43);
    const env = { SHOP_SECRET: 's', SHOP_TOKEN: 't', SHOP_AES_KEY: key, PLATFORM_TOKEN: 't', PLATFORM_AES_KEY: key };
    const { shops, platforms } = parseAccounts(json, env, () => 'bearer');
    expect([shops.length, platforms.length]).toEqual([1, 1]);
  });
});

describe('commands', () => {
  test('there are some in README, in both languages, and in the operating manual', () => {
    for (const name of ['README.md', 'README.zh-CN.md', 'docs/operating.md'])
      expect(commandLines(pageOf(name), 'npx wxq').length, name).toBeGreaterThan(3);
  });

  test.each(all)('$name: `wxq` has the commands and options that are shown', async (page) => {
    for (const line of commandLines(page, 'npx wxq')) {
      const [, , command = '', ...rest] = words(line);
      const help = await run([command, '--help']);
      expect(help, line).toMatchObject({ status: 0, stdout: expect.stringContaining(`Usage: wxq ${command} `) });
      const known = help.stdout.match(/--[a-z-]+/g) ?? [];
      for (const option of rest.filter((word) => word.startsWith('--'))) expect(known, line).toContain(option);
    }
  });

  test('`npm run` names scripts of package.json', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const used = all.flatMap((page) =>
      [...page.text.matchAll(/npm run (?:-s )?([a-z]+(?::[a-z]+)*)/g)].map(([, name = '']) => name),
    );
    expect(used).toEqual(expect.arrayContaining(['demo', 'dev']));
    for (const script of used) expect(Object.keys(scripts)).toContain(script);
  });

  test("`temporal` is given the workflow's own names of signals, updates and query", () => {
    const own = Object.values<object | string>(messages).flatMap((message) =>
      typeof message === 'object' && 'name' in message ? [String(message.name)] : [],
    );
    const lines = all.flatMap((page) => commandLines(page, 'temporal'));
    const used = lines.flatMap((line) => {
      const found = words(line);
      const isMessage = found[1] === 'workflow' && ['signal', 'update', 'query'].includes(found[2] ?? '');
      return isMessage ? [found[found.indexOf(found[2] === 'query' ? '--type' : '--name') + 1]] : [];
    });
    expect([...new Set(used)].sort()).toEqual([...own].sort());
  });
});

describe('paths', () => {
  test.each(all)('$name: links within the repository lead somewhere', (page) => {
    for (const target of links(page)) {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, page.name) : resolve(root, dirname(page.name), path);
      expect(existsSync(file), target).toBe(true);
      if (anchor !== undefined) expect(anchors(readFileSync(file, 'utf8'))).toContain(anchor);
    }
  });

  test.each(all)('$name: files and folders that are named exist', ({ text }) => {
    const own = text.replaceAll(/\]\([^)]*\)|https?:\S+/g, '');
    const found = own.matchAll(/(?<![\w/.-])(?:src|test|docs|examples|scripts|docker|bench)\/[\w./-]*\w/g);
    for (const [path] of found) expect(existsSync(join(root, path)), path).toBe(true);
  });

  test('the error about a missing Temporal points to a section of docs/configuration.md', () => {
    const [, title = ''] = /docs\/configuration\.md: "([^"]+)"/.exec(textOf('src/runtime/temporal-program.ts')) ?? [];
    expect(configuration.text).toMatch(new RegExp(`^#+ ${title}$`, 'm'));
    expect(title).toBe('Where Temporal comes from');
  });
});

describe('settings', () => {
  const rows = table(configuration, 'Settings');
  const listed = rows.flatMap(([cell = '']) => names(cell)).sort();
  const example = new Map(
    [...textOf('.env.example').matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, k = '', v = '']) => [k, v]),
  );

  test('docs/configuration.md lists those of .env.example, no more and no fewer', () => {
    expect(listed).toEqual([...example.keys()].sort());
  });

  test('every setting that the sources read is listed', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const read = sources.flatMap((name) => textOf(`src/${name}`).match(/\bWXQ_[A-Z0-9_]*[A-Z0-9]\b/g) ?? []);
    expect(read).toContain('WXQ_TASK_QUEUE');
    expect([...new Set(read)].filter((name) => !listed.includes(name))).toEqual([]);
  });

  test('a setting of ours that is listed is read by the sources, or by docker compose', () => {
    const sources = [
      'src/runtime/config.ts',
      'src/runtime/material-settings.ts',
      'src/runtime/temporal-program.ts',
      'docker-compose.yml',
    ]
      .map(textOf)
      .join();
    const ours = listed.filter((name) => !/^TEMPORAL_(?!CLI)/.test(name));
    expect(ours.filter((name) => !sources.includes(name))).toEqual([]);
  });

  test('defaults are those of .env.example', () => {
    for (const [cell = '', whenUnset = ''] of rows)
      for (const name of names(cell)) {
        const written = example.get(name);
        if (written) expect(`${name} ${whenUnset}`).toBe(`${name} \`${written}\``);
      }
  });
});

test('docs/errors.md has every error that the client and `wxq` throw, and every failure of an activity', () => {
  const text = textOf('docs/errors.md');
  const classes = ['src/client/errors.ts', 'src/cli/exit-status.ts'].flatMap((file) =>
    [...textOf(file).matchAll(/^export class (\w+)/gm)].map(([, name = '']) => name),
  );
  expect(classes.length).toBeGreaterThan(15);
  const kinds = Object.keys(problemKinds);
  for (const name of [...classes, ...Object.values(failureTypes), ...kinds]) expect(text).toContain(`\`${name}\``);
});

test('docs/versioning.md has every patch with the version of its removal', () => {
  const rows = table(pageOf('docs/versioning.md'), 'Open cases and new code');
  const sources = readdirSync(join(root, 'src/workflows')).map((name) => textOf(`src/workflows/${name}`));
  const patches = sources.flatMap((text) => [...text.matchAll(/patched\('([\w-]+)'\)/g)].map(([, id = '']) => id));
  expect(rows.map(([id]) => id).sort()).toEqual([...new Set(patches)].map((id) => `\`${id}\``).sort());
  for (const [, , removal = ''] of rows) expect(sources.join()).toContain(`removed with ${removal}.`);
});

test('every rule L1 to L15 is in the table of rules, with a test file that has a title with its number', () => {
  const page = pageOf('docs/architecture.md');
  const rows = table(page, 'The rules, and what holds them');
  expect(rows.map(([rule]) => rule)).toEqual(Array.from({ length: 15 }, (_, n) => `L${n + 1}`));
  for (const [rule = '', , , tests = ''] of rows)
    for (const target of links({ name: page.name, text: tests })) {
      const titles = textOf(join('docs', target));
      expect(titles, `${rule} in ${target}`).toMatch(new RegExp(`['"\`]${rule} `));
    }
});
