/** The command line itself: usage, help, JSON alone on standard output, the real process. */
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { describe, expect, it } from 'vitest';
import { missingFiles } from '../../src/cli/case-file.ts';
import { sourcesOf } from '../../src/client/case-content.ts';
import { checkInput } from '../../src/index.ts';
import { fixtures } from '../../src/testing/index.ts';
import { programForReading, run } from './run.ts';

const root = resolve(import.meta.dirname, '../..');
/** Every command that does something, as the words to type; read from the program, so that none can be forgotten. */
const commands = leavesOf(programForReading());

function leavesOf(command: Command, words: string[] = []): string[][] {
  return command.commands.flatMap((part) => {
    const own = [...words, part.name()];
    return part.commands.length === 0 ? [own] : leavesOf(part as Command, own);
  });
}

describe('usage', () => {
  it.each(commands.map((words) => [words.join(' '), words] as const))(
    '%s --help has one example that its own options take, offers --json and says what ends how',
    async (name, words) => {
      const { status, stdout } = await run([...words, '--help']);
      expect(status).toBe(0);
      expect(stdout).toContain('--json');
      const examples = [...stdout.matchAll(/^Example:\n {2}\$ (.*wxq .+)$/gm)];
      expect(examples).toHaveLength(1);
      expect(` ${examples[0]?.[1]} `).toContain(` wxq ${name} `);
      const used = examples[0]?.[1]?.match(/(?<= )--[a-z-]+/g) ?? [];
      for (const option of used) expect(stdout).toMatch(new RegExp(`^ {2}(-\\w, )?${option}[ \n]`, 'm'));
    },
  );

  it('the help lists every command and the exit statuses', async () => {
    const { status, stdout } = await run(['--help']);
    expect(status).toBe(0);
    for (const [command] of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(stdout).toContain('4 the case is closed');
  });

  it('has every verb of the design', () => {
    const verbs =
      'dev demo worker server sandbox submit list show watch resubmit withdraw retry adopt lint template explain trigger doctor codec-server replay accounts pushes notifications read-now import renew-material';
    expect(commands.map(([verb]) => verb)).toEqual(expect.arrayContaining(verbs.split(' ')));
  });

  it('--version is that of the package', async () => {
    const { version } = JSON.parse(await readFile(resolve(root, 'package.json'), 'utf8'));
    expect(await run(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it('only the process itself can ask a person, and only on a terminal', async () => {
    const files = (await readdir(resolve(root, 'src/cli'), { recursive: true })).filter((name) => name.endsWith('.ts'));
    for (const name of files) {
      const source = await readFile(resolve(root, 'src/cli', name), 'utf8');
      expect(source, name).not.toMatch(
        /from '(node:)?readline|process\.stdin|\b(confirm|select|text|password)\b[^;]*from '@clack/,
      );
    }
    expect(await readFile(resolve(root, 'src/cli.ts'), 'utf8')).toContain('process.stdin.isTTY ? { confirm, ask }');
  });

  it.each([
    [[]],
    [['nonsense']],
    [['show']],
    [['show', 'a', 'b']],
    [['list', '--status', 'lost']],
    [['list', '--limit', '0']],
    [['list', '--bogus']],
    [['watch', 'a', '--every', '0']],
    [['trigger', 'maybe']],
    [['trigger', 'approved', '--sandbox', 'nowhere']],
    [['trigger', 'approved', '--sandbox', 'https://api.weixin.qq.com']],
    [['sandbox', '--port', '70000']],
    [['sandbox', '--callback-url', 'nowhere']],
    [['sandbox', '--host', '192.0.2.1']],
    [['adopt', 'channels-shop/wx5a2d8f1c3b7e9046/6201', '--audit', 'that one']],
    [['replay']],
    [['replay', '.']],
    [['lint']],
    [['doctor', '--all', 'wx5a2d8f1c3b7e9046']],
    [['doctor', '--callback-url', 'nowhere']],
    [['doctor', '--timeout', '0']],
    [['template', 'wxabcdef01', '6201-']],
  ])('%j is a usage error: status 2, a sentence on standard error, an object with --json', async (argv) => {
    const text = await run(argv);
    expect(text).toMatchObject({ status: 2, stdout: '' });
    expect(text.stderr).not.toBe('');
    if (argv.length === 0) return;
    const json = await run([...argv, '--json']);
    expect(json.status).toBe(2);
    expect(json.json()).toMatchObject({ error: { name: 'UsageError', message: expect.stringMatching(/./) } });
  });

  it.each(['worker', 'server'])(
    '%s with a setting that is wrong is status 2 and names the setting',
    async (command) => {
      const { status, stderr } = await run([command], { env: { WXQ_CALLBACK_PORT: 'many' } });
      expect(status).toBe(2);
      expect(stderr).toContain('WXQ_CALLBACK_PORT');
    },
  );

  it('a sandbox whose state can not be kept says so before it begins', async () => {
    for (const [file, why] of [
      ['program.test.ts', 'cannot be read'],
      ['program.test.ts/state.json', 'cannot be written'],
    ] as const) {
      const done = await run(['sandbox', '--port', '0', '--state-file', resolve(import.meta.dirname, file)]);
      expect(done).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(why) });
      expect(done.stderr).toContain('--state-file');
    }
  });

  it.each(['dev', 'worker', 'server'])('%s --help says by which settings it is told where to listen', async (name) => {
    const { stdout } = await run([name, '--help']);
    expect(stdout).toMatch(/WXQ_DATA_DIR.*TEMPORAL_ADDRESS.*_PORT \(\d+\)/s);
  });

  it('a history that cannot be read is named', async () => {
    const { status, stderr } = await run(['replay', 'program.test.ts']);
    expect(status).toBe(2);
    expect(stderr).toContain('program.test.ts is no history');
  });
});

describe('the examples', () => {
  it.each([
    ['channels-shop', 'channels-shop.json'],
    ['mini-program', 'mini-program.json'],
  ] as const)('the %s example has no findings, and its images exist', async (platform, name) => {
    const path = resolve(root, 'examples', name);
    const input: unknown = JSON.parse(await readFile(path, 'utf8'));
    expect(checkInput(platform, input)).toEqual([]);
    expect(sourcesOf(input).length).toBeGreaterThan(0);
    expect(await missingFiles(sourcesOf(input), dirname(path))).toEqual([]);
  });

  it("speak of the sandbox's own accounts and categories that are decided by hand", async () => {
    const read = async (name: string) => JSON.parse(await readFile(resolve(root, 'examples', name), 'utf8'));
    const shop = await read('channels-shop.json');
    const category = fixtures.categories.byHand.find(({ leaf }) => leaf === shop.category.leaf);
    expect(shop.appId).toBe(fixtures.shop.appId);
    expect(category?.groups.map((group) => group.groupId)).toEqual(['1']);
    expect(shop.material.licenses[0]).toMatchObject({
      groupId: '1',
      licenseId: category?.groups[0]?.licences[0]?.licenseId,
    });
    for (const { key, pattern } of category?.groups[0]?.licences[0]?.fields ?? [])
      expect(shop.material.licenses[0].fields[key]).toMatch(new RegExp(pattern));
    const mini = await read('mini-program.json');
    expect([mini.appId, mini.via.componentAppId]).toEqual([
      fixtures.miniProgram.appId,
      fixtures.platform.componentAppId,
    ]);
    const wanted = fixtures.miniProgramCategories.byHand.find(
      (one) => one.first === mini.first && one.second === mini.second,
    );
    expect(wanted?.alternatives).toContainEqual(mini.certificates.map((item: { key: string }) => item.key));
  });
});

describe('the process', () => {
  const wxq = (argv: string[], stdin = '', settings: NodeJS.ProcessEnv = {}) =>
    new Promise<{ status: number | null; stdout: string; stderr: string }>((done) => {
      const env = { ...process.env, ...settings };
      const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...argv], { cwd: root, env });
      const written = { stdout: '', stderr: '' };
      child.stdout.on('data', (chunk) => {
        written.stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        written.stderr += chunk;
      });
      child.on('close', (status) => done({ status, ...written }));
      child.stdin.end(stdin);
    });

  it.each([
    [
      'the database',
      { WXQ_DATABASE_URL: 'postgres://wxq@127.0.0.1:9/wxq', WXQ_SECRET_KEY: Buffer.alloc(32, 7).toString('base64') },
    ],
    ['Temporal', {}],
  ])(
    'a worker that can not start without %s ends, and is not taken for one that runs',
    async (_what, settings) => {
      const { status, stderr } = await wxq(['worker'], '', {
        TEMPORAL_ADDRESS: '127.0.0.1:9',
        WXQ_ACCOUNTS_FILE: 'docker/accounts.json',
        WXQ_WORKER_METRICS_PORT: '0',
        ...settings,
      });
      expect(status, stderr).toBe(3);
      expect(stderr).toContain('127.0.0.1:9');
    },
    // Four seconds on a quiet machine.
    180_000,
  );

  it('ends with the status of its command', async () => {
    const found = await wxq(
      ['submit', '-', '--json'],
      '{"first": 8, "second": "39", "certificates": [], "appId": "wxabcdef01"}',
    );
    expect(found.status).toBe(1);
    expect(JSON.parse(found.stdout)).toMatchObject({
      error: { name: 'InvalidCaseError', findings: [{ path: 'first' }] },
    });
  }, 180_000);

  it('does not ask where standard input is no terminal, but names the option that answers', async () => {
    const unasked = await wxq(['accounts', 'remove', 'wxabcdef01']);
    expect(unasked).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('--yes') });
  }, 180_000);

  it('starts with a line that makes it a program', async () => {
    expect(await readFile(resolve(root, 'src/cli.ts'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});
