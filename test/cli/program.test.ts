/** The command line itself: usage, help, JSON alone on standard output, the real process. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingFiles } from '../../src/cli/case-file.ts';
import { sourcesOf } from '../../src/client/case-content.ts';
import { checkInput } from '../../src/index.ts';
import { fixtures } from '../../src/testing/index.ts';
import { run } from './run.ts';

const root = resolve(import.meta.dirname, '../..');
const commands = [
  ...['submit', 'list', 'show', 'watch', 'resubmit', 'withdraw', 'retry', 'adopt', 'read-now', 'trigger'],
  ...['worker', 'server', 'sandbox', 'demo', 'dev', 'replay', 'lint', 'template', 'explain', 'doctor'],
];

describe('usage', () => {
  it.each(commands)('%s --help has one example and offers --json', async (command) => {
    const { status, stdout } = await run([command, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain('--json');
    expect(stdout.match(/^Example:\n {2}\$ .*wxq .+$/gm)).toHaveLength(1);
  });

  it('the help lists every command and the exit statuses', async () => {
    const { status, stdout } = await run(['--help']);
    expect(status).toBe(0);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(stdout).toContain('4 the case is closed');
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
    [['replay']],
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
  const wxq = (argv: string[], stdin = '') =>
    new Promise<{ status: number | null; stdout: string; stderr: string }>((done) => {
      const child = spawn(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...argv], { cwd: root });
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

  it('ends with the status of its command, and never prompts', async () => {
    const found = await wxq(
      ['submit', '-', '--json'],
      '{"first": 8, "second": "39", "certificates": [], "appId": "wxabcdef01"}',
    );
    expect(found.status).toBe(1);
    expect(JSON.parse(found.stdout)).toMatchObject({
      error: { name: 'InvalidCaseError', findings: [{ path: 'first' }] },
    });
    expect(await wxq(['nonsense'])).toMatchObject({ status: 2, stdout: '' });
  });

  it('starts with a line that makes it a program', async () => {
    expect(await readFile(resolve(root, 'src/cli.ts'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});
