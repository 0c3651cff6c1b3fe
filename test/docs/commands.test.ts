/** Every command of the documents is known to the table: it is run by test/e2e/documented-commands.test.ts, or cannot be, with a reason. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { run } from '../cli/run.ts';
import { documented, type Elsewhere, elsewhere, withOwnTest } from './command-table.ts';
import { pages, root, textOf, words } from './pages.ts';
import { missingLine, shellCommands } from './shell-commands.ts';

const withCommands = pages()
  .filter(({ name }) => withOwnTest[name] === undefined)
  .map((page) => ({ ...page, commands: shellCommands(page) }))
  .filter(({ commands }) => commands.length > 0);

/** What is wrong with a command that is not run. */
async function problemOf(text: string, { check }: Elsewhere): Promise<string | undefined> {
  if (check === 'npm-script') {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const names = [...text.matchAll(/npm (?:run )?(?:-s )?([a-z:-]+)/g)].map(([, name = '']) => name);
    return names.find((name) => name !== 'ci' && scripts[name] === undefined);
  }
  if (check === 'compose') return await composeProblem(words(text).slice(2));
  return words(text).find(
    (word) => /^(src|test|docs|examples|scripts|docker)\//.test(word) && !existsSync(join(root, word)),
  );
}

/** The first word that docker-compose.yml, or `wxq` in its container, does not know. */
async function composeProblem([verb = '', ...rest]: string[]): Promise<string | undefined> {
  const { services } = parse(textOf('docker-compose.yml')) as { services: Record<string, object> };
  const verbs = ['build', 'config', 'down', 'exec', 'logs', 'ps', 'pull', 'restart', 'run', 'start', 'stop', 'up'];
  if (!verbs.includes(verb)) return verb;
  const valued: string[] = ['--since', '--tail', '--entrypoint', '--profile'];
  const names = rest.filter((word, index) => !word.startsWith('-') && !valued.includes(rest[index - 1] ?? ''));
  if (verb !== 'exec' && verb !== 'run') return names.find((word) => services[word.replace(/=\d+$/, '')] === undefined);
  const [service = '', program, command = ''] = names;
  if (services[service] === undefined) return service;
  if (program !== 'wxq') return undefined;
  const help = await run([command, '--help']);
  const known: readonly string[] = help.stdout.match(/--[a-z-]+/g) ?? [];
  if (!help.stdout.includes(`Usage: wxq ${command} `)) return command;
  const options = rest.slice(rest.indexOf(command)).filter((word) => word.startsWith('--'));
  return options.find((word) => !known.includes(word));
}

describe('the table of commands', () => {
  test('knows every page that shows commands: add it there, then run test/e2e/documented-commands.test.ts', () => {
    expect(withCommands.map(({ name }) => name).filter((name) => documented[name] === undefined)).toEqual([]);
    expect(withCommands.length).toBeGreaterThan(5);
    for (const [page, own] of Object.entries(withOwnTest))
      expect([page, own].filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  test('names no page and no command that is not there any more', () => {
    for (const [name, { expected = [] }] of Object.entries(documented)) {
      const found = withCommands.find((page) => page.name === name)?.commands ?? [];
      expect(found.length, name).toBeGreaterThan(0);
      for (const { command } of expected)
        expect(
          found.some(({ text }) => text.startsWith(command)),
          `${name}: ${command}`,
        ).toBe(true);
    }
    const all = withCommands.flatMap(({ commands }) => commands);
    for (const { command } of elsewhere)
      expect(
        all.some(({ text }) => command.test(text)),
        String(command),
      ).toBe(true);
  });

  test.each(withCommands)(
    '$name: what is not run here is right as far as it can be seen',
    async ({ name, commands }) => {
      for (const { text, line } of commands)
        for (const one of elsewhere.filter(({ command }) => command.test(text)))
          expect(await problemOf(text, one), `${name}:${line}: ${text}`).toBeUndefined();
    },
  );

  test.each([
    ['npm run no-such-script', 'npm-script', 'no-such-script'],
    ['docker compose fly', 'compose', 'fly'],
    ['docker compose up -d no-such-service', 'compose', 'no-such-service'],
    ['docker compose exec server wxq fly', 'compose', 'fly'],
    ['docker compose exec server wxq list --wings', 'compose', '--wings'],
    ['npx vitest run test/no-such.test.ts', 'files', 'test/no-such.test.ts'],
  ] as const)('sees what is wrong: %s', async (text, check, problem) => {
    expect(await problemOf(text, { command: /^/, reason: '', check })).toBe(problem);
  });
});

describe('the commands of a page', () => {
  const page = (text: string) => shellCommands({ name: 'x.md', text });

  test('are the lines of its blocks for a shell, with what belongs to them', () => {
    const text =
      '```sh\n# why\na 1\n\nb \\\n  2\ncat <<EOF\n$ x\nEOF\n```\n```json\n{}\n```\n   ```bash\n   c\n   ```\n';
    expect(page(text).map((one) => [one.text, one.line])).toEqual([
      ['a 1', 3],
      ['b \\\n  2', 5],
      ['cat <<EOF\n$ x\nEOF', 7],
      ['c', 15],
    ]);
  });

  test('have their output in a console block, in which … stands for anything', () => {
    const [command] = page('```console\n$ wxq show\nid  in_review  (since …)\n  can do: x\n```\n');
    expect(command).toMatchObject({ text: 'wxq show', output: ['id  in_review  (since …)', '  can do: x'] });
    expect(missingLine(command?.output ?? [], 'id in_review (since today)\nmore\n can do: x\n')).toBeUndefined();
    expect(missingLine(command?.output ?? [], 'can do: x\nid in_review (since today)\n')).toBe('can do: x');
  });
});
