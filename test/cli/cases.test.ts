/** The commands that speak to cases: what they ask, what they print, and the status they end with. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRulesCache } from '../../src/cli/lint/rules-cache.ts';
import type { CaseHandle, CaseRow, QualificationResult } from '../../src/index.ts';
import { run, scriptedClient, someView, type Terminal } from './run.ts';

const id = 'channels-shop/wx5a2d8f1c3b7e9046/6201';
const examples = resolve(import.meta.dirname, '../../examples');
const approved: QualificationResult = { outcome: 'approved', attempts: [{ number: 1 }], auditId: '9007199254741001' };
const accepted = { attempt: 2, status: 'preparing' } as const;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-cli-'));
});
afterAll(async () => rm(folder, { recursive: true }));

const fileWith = async (name: string, content: unknown): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const handle = { workflowId: id, runId: 'run-1', result: async () => approved } as unknown as CaseHandle;

describe('submit', () => {
  it('starts the case of the file on its platform; image paths start at the folder of the file', async () => {
    for (const [file, method] of [
      ['channels-shop.json', 'channelsShop.start'],
      ['mini-program.json', 'miniProgram.start'],
    ] as const) {
      const client = scriptedClient({ start: { handle, existing: false } });
      const done = await run(['submit', join(examples, file), '--json'], client);
      expect(done).toMatchObject({ status: 0, stderr: '' });
      expect(done.json()).toEqual({ workflowId: id, runId: 'run-1', existing: false });
      expect(client.calls).toEqual([
        [method, expect.objectContaining({ appId: expect.any(String) }), { relativeTo: examples }],
      ]);
      expect(client.closed()).toBe(1);
    }
  });

  it('L14 a running case with the same input is no error; with a different one it is status 1', async () => {
    const file = join(examples, 'channels-shop.json');
    const same = await run(
      ['submit', file, '--json'],
      scriptedClient({ start: { handle, existing: true, sameInput: true } }),
    );
    expect(same.status).toBe(0);
    expect(same.json()).toMatchObject({ existing: true, sameInput: true });
    const other = await run(['submit', file], scriptedClient({ start: { handle, existing: true, sameInput: false } }));
    expect(other.status).toBe(1);
    expect(other.stdout).toContain('different input');
  });

  it('prints every finding, in two languages, without asking Temporal for anything', async () => {
    const file = await fileWith('bad.json', {
      appId: 'wxabcdef01',
      category: { leaf: 6033 },
      material: { form: 'certificate', certificate: ['gone.png'] },
    });
    const text = await run(['submit', file]);
    expect(text).toMatchObject({ status: 1, stdout: '' });
    expect(text.stderr).toContain('category.leaf must be an id written as a string');
    expect(text.stderr).toContain('category.leaf 必须是字符串形式的 id');
    expect(text.stderr).toContain(
      `material.certificate[0] names gone.png, but there is no file ${join(folder, 'gone.png')}`,
    );
    const { error } = (await run(['submit', file, '--json'])).json() as {
      error: { name: string; findings: { path: string }[] };
    };
    expect(error.name).toBe('InvalidCaseError');
    expect(error.findings.map((finding) => finding.path)).toEqual(['category.leaf', 'material.certificate[0]']);
  });

  it('a file that is missing, no JSON or no case is told apart', async () => {
    expect(await run(['submit', join(folder, 'nowhere.json')])).toMatchObject({ status: 2 });
    expect(await run(['submit', await fileWith('broken.json', '{"appId": ')])).toMatchObject({ status: 2 });
    const both = await fileWith('both.json', { category: {}, first: '1' });
    expect((await run(['submit', both])).stderr).toContain('members of both platforms');
    expect(await run(['submit', await fileWith('list.json', [])])).toMatchObject({ status: 1 });
  });

  it('reads standard input for -, with or without a byte order mark', async () => {
    const client = scriptedClient({ start: { handle, existing: false } });
    const text = `\uFEFF${JSON.stringify({ appId: 'wxabcdef01', first: '1', second: '2', certificates: [] })}`;
    expect(await run(['submit', '-'], { ...client, readStdin: async () => text })).toMatchObject({ status: 0 });
    expect(client.calls[0]?.[0]).toBe('miniProgram.start');
  });

  it('with --wait the status says whether the case was approved', async () => {
    const file = join(examples, 'channels-shop.json');
    const good = await run(
      ['submit', file, '--wait', '--json'],
      scriptedClient({ start: { handle, existing: false } }),
    );
    expect(good.status).toBe(0);
    expect(good.json()).toMatchObject({ result: approved });
    const withdrawn = {
      ...handle,
      result: async () => ({ outcome: 'withdrawn', attempts: [] }),
    } as unknown as CaseHandle;
    const bad = await run(
      ['submit', file, '--wait'],
      scriptedClient({ start: { handle: withdrawn, existing: false } }),
    );
    expect(bad.status).toBe(1);
  });
});

describe('show, list and watch', () => {
  it('show prints status, reasons and what can be done', async () => {
    const client = scriptedClient({ handle: { view: async () => someView() } });
    const { stdout, status } = await run(['show', id], client);
    expect(status).toBe(0);
    for (const word of [
      'needs_material',
      'audit 9007199254741001, rejected (营业执照不清晰)',
      'licenses/1/2/images/0',
      'can do: resubmit, withdraw',
    ])
      expect(stdout).toContain(word);
    expect((await run(['show', id, '--json'], client)).json()).toEqual(someView());
  });

  it('show prints Chinese keys as they read, and keeps those encoded that a path could not hold', async () => {
    const material = ['certificates/%E8%AF%81/images/0', 'certificates/%20a%2Fb/images/0'].map((path) => ({ path }));
    const client = scriptedClient({ handle: { view: async () => someView({ material }) } });
    const { stdout } = await run(['show', id], client);
    expect(stdout).toContain('certificates/证/images/0');
    expect(stdout).toContain('certificates/%20a%2Fb/images/0');
    const json = (await run(['show', id, '--json'], client)).json();
    expect(json).toMatchObject({ material });
  });

  it('show says why a case is blocked and what leads out', async () => {
    const blocked = {
      during: 'submit',
      reason: 'ip not in whitelist',
      errcode: '40164',
      advice: 'Add the address.',
    } as const;
    const client = scriptedClient({
      handle: { view: async () => someView({ status: 'blocked', overdue: true, blocked }) },
    });
    const { stdout } = await run(['show', id], client);
    expect(stdout).toContain('blocked, overdue');
    expect(stdout).toContain('blocked during submit: ip not in whitelist (errcode 40164)');
    expect(stdout).toContain('Add the address.');
  });

  it('list passes the filters on, and without cases names the next command', async () => {
    const client = scriptedClient({ rows: [] });
    const empty = await run(
      ['list', '--status', 'blocked', '--platform', 'mini-program', '--app-id', 'wx1', '--limit', '7'],
      client,
    );
    expect(client.calls).toEqual([['list', { status: 'blocked', platform: 'mini-program', appId: 'wx1', limit: 7 }]]);
    expect(empty).toMatchObject({ stdout: '', stderr: expect.stringContaining('wxq submit') });
    expect((await run(['list', '--json'], client)).json()).toEqual([]);
  });

  it('list shows a case that failed as failed, whatever its last status was', async () => {
    const row = {
      workflowId: id,
      platform: 'channels-shop',
      appId: 'wx5a2d8f1c3b7e9046',
      categoryId: '6201',
      status: 'in_review',
      attempt: 2,
      startedAt: '2026-01-01T00:00:00.000Z',
      runId: 'r',
      execution: 'failed',
    } as const;
    expect((await run(['list'], scriptedClient({ rows: [row] }))).stdout).toContain('in_review (failed)');
  });

  it('list is a table on a terminal, in the zone of the reader; in a pipe lines with tabs, in UTC', async () => {
    const rows: CaseRow[] = [
      {
        workflowId: id,
        platform: 'channels-shop',
        appId: 'wx5a2d8f1c3b7e9046',
        categoryId: '6201',
        status: 'approved',
        attempt: 2,
        startedAt: '2026-01-01T20:00:00.000Z',
        closedAt: '2026-01-02T00:00:00.000Z',
        runId: 'r',
        execution: 'completed',
      },
    ];
    const env = { TZ: 'Asia/Shanghai', WXQ_DATA_DIR: folder };
    const terminal = { isTTY: true, columns: 120, rows: 40 } as const;
    const table = await run(['list'], { ...scriptedClient({ rows }), env, terminal });
    expect(table.stdout).toContain('times: Asia/Shanghai');
    expect(table.stdout).toContain('2026-01-02 04:00');
    expect(table.stdout).toContain('\x1b[');
    const plain = await run(['list'], { ...scriptedClient({ rows }), env: { ...env, NO_COLOR: '1' }, terminal });
    expect(plain.stdout).not.toContain('\x1b[');
    const pipe = await run(['list'], { ...scriptedClient({ rows }), env });
    expect(pipe.stdout).toBe(`${id}\tapproved\t2\t2026-01-01T20:00:00.000Z\t2026-01-02T00:00:00.000Z\t\n`);
  });

  it('list and show name the category by its Chinese path where its rules have been kept', async () => {
    const node = (catId: string, parentId: string, name: string, level: number) => ({ catId, parentId, name, level });
    const cats = [[node('1', '0', '医疗保健', 1), node('12', '1', '医疗器械', 2), node('6201', '12', '家用器械', 3)]];
    await createRulesCache(folder).keepShop('wx5a2d8f1c3b7e9046', {
      readAt: 0,
      rules: { cats, catsV2: [], details: {} } as never,
    });
    const env = { WXQ_DATA_DIR: folder };
    const row = {
      ...{ workflowId: id, platform: 'channels-shop', appId: 'wx5a2d8f1c3b7e9046', categoryId: '6201', runId: 'r' },
      ...{ status: 'blocked', attempt: 1, startedAt: '2026-01-01T20:00:00.000Z', execution: 'running' },
    } as CaseRow;
    const client = scriptedClient({ rows: [row], handle: { view: async () => someView() } });
    const categoryPath = '医疗保健 > 医疗器械 > 家用器械';
    expect((await run(['show', id], { ...client, env })).stdout).toContain(`category: ${categoryPath}`);
    expect((await run(['show', id, '--json'], { ...client, env })).json()).toMatchObject({ categoryPath });
    expect((await run(['list', '--json'], { ...client, env })).json()).toMatchObject([{ categoryPath }]);
    expect((await run(['list'], { ...client, env })).stdout).toContain(`\t${categoryPath}\n`);
    // Beside the id where there is room, else below it.
    const [wide, narrow] = [150, 80].map((columns) => ({ isTTY: true, columns, rows: 40 }) as const);
    const lineOf = async (terminal: Terminal | undefined) => {
      const { stdout } = await run(['list'], {
        ...client,
        env: { ...env, NO_COLOR: '1' },
        terminal: terminal as Terminal,
      });
      return stdout.split('\n').find((line) => line.includes(categoryPath));
    };
    expect(await lineOf(wide)).toContain(id);
    expect(await lineOf(narrow)).toBe(categoryPath);
  });
});

describe('messages', () => {
  it('resubmit passes images, texts, lists and removals on', async () => {
    await fileWith('better.png', 'x');
    const client = scriptedClient({ handle: { resubmit: async () => accepted } });
    const argv = [
      'resubmit',
      id,
      '--image',
      'licenses/1/2/images/0=better.png',
      '--image',
      'baobeihan/0=https://example.com/a=b.png',
    ];
    const options = [
      '--set',
      'licenses/1/2/fields/a%3Db=c=d',
      '--set',
      'brandIds=["10000083"]',
      '--remove',
      'baobeihan/1',
    ];
    const done = await run(
      [...argv, ...options, '--note', '更清晰', '--by', 'ops', '--force', '--update-id', 'ticket-9'],
      { ...client, cwd: folder },
    );
    expect(done).toMatchObject({ status: 0, stdout: `${id}  taken: attempt 2 is preparing\n` });
    expect(client.calls).toEqual([
      [
        'resubmit',
        id,
        {
          set: {
            'licenses/1/2/images/0': join(folder, 'better.png'),
            'baobeihan/0': 'https://example.com/a=b.png',
            'licenses/1/2/fields/a%3Db': 'c=d',
            brandIds: ['10000083'],
          },
          remove: ['baobeihan/1'],
          note: '更清晰',
          by: 'ops',
          force: true,
        },
        { updateId: 'ticket-9' },
      ],
    ]);
  });

  it('resubmit --image without a path means the only image of the case, and asks for the path when there are more', async () => {
    await fileWith('better.png', 'x');
    const one = scriptedClient({ handle: { resubmit: async () => accepted, view: async () => someView() } });
    expect(await run(['resubmit', id, '--image', 'better.png'], { ...one, cwd: folder })).toMatchObject({ status: 0 });
    expect(one.calls.at(-1)?.[2]).toEqual({ set: { 'licenses/1/2/images/0': join(folder, 'better.png') } });
    const material = [{ path: 'certificate/0' }, { path: 'certificate/1' }];
    const two = scriptedClient({ handle: { view: async () => someView({ material }) } });
    const refused = await run(['resubmit', id, '--image', 'better.png'], { ...two, cwd: folder });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('certificate/0, certificate/1');
  });

  it('resubmit with an image file that does not exist sends nothing', async () => {
    const client = scriptedClient({ handle: {} });
    const refused = await run(['resubmit', id, '--image', 'certificate/0=gone.png'], { ...client, cwd: folder });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('gone.png');
    expect(client.calls).toEqual([]);
  });

  it.each([['brandIds=[1]'], ['brandIds=["a"'], ['no-equals-sign']])(
    'resubmit --set %s is a usage error',
    async (text) => {
      expect(await run(['resubmit', id, '--set', text], scriptedClient({ handle: {} }))).toMatchObject({ status: 2 });
    },
  );

  it('withdraw, retry, adopt and read-now pass their options on', async () => {
    const answer = async () => accepted;
    const client = scriptedClient({ handle: { withdraw: answer, retry: answer, adopt: answer, readAuditNow: answer } });
    await run(['withdraw', id, '--note', 'n', '--by', 'ops', '--force'], client);
    await run(['retry', id], client);
    await run(['adopt', id, '--audit', '9007199254741001'], client);
    expect((await run(['read-now', id, '--json'], client)).json()).toEqual(accepted);
    expect(client.calls).toEqual([
      ['withdraw', id, { note: 'n', by: 'ops', force: true }],
      ['retry', id, {}],
      ['adopt', id, { auditId: '9007199254741001' }],
      ['readAuditNow', id, {}],
    ]);
  });
});
