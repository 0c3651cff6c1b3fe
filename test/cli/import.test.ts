/** `wxq import`: what it asks, prints and leaves in its result file, and the status it ends with. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseResults } from '../../src/importing/result-lines.ts';
import { type CaseHandle, type Started, TemporalUnreachableError } from '../../src/index.ts';
import { temporalWithNamespace } from '../scripted-namespace.ts';
import { run, scriptedClient } from './run.ts';

const handle = {} as CaseHandle;
const begun: Started = { handle, existing: false };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-import-'));
  await writeFile(join(folder, 'a.png'), 'image');
});
afterEach(async () => rm(folder, { recursive: true }));

const rows = ['wx5a2d8f1c3b7e9046,6201,a.png', 'wx5a2d8f1c3b7e9046,6202,a.png', 'wx5a2d8f1c3b7e9046,6203,gone.png'];
const file = (lines: string[] = rows) =>
  writeFile(join(folder, 'cases.csv'), ['appId,category,certificate', ...lines].join('\n'));
const importing = (
  options: string[],
  client = scriptedClient({ start: begun, checked: { findings: [] } }),
  more = {},
) =>
  run(['import', 'cases.csv', ...options], {
    cwd: folder,
    env: { WXQ_DATA_DIR: folder },
    connect: client.connect,
    ...more,
  });
const parsed = async () => {
  const results = parseResults(await readFile(join(folder, 'cases.results.csv'), 'utf8'));
  return Array.isArray(results) ? results : [];
};
const resultsOf = async () => (await parsed()).map(({ row, outcome }) => [row, outcome]);

it('a preview connects to nobody with --no-check; it names file, row and column in two languages, status 1 with errors', async () => {
  await file();
  const seen = await run(['import', 'cases.csv', '--dry-run', '--no-check'], {
    cwd: folder,
    env: { WXQ_DATA_DIR: folder },
  });
  expect(seen.status).toBe(1);
  expect(seen.stdout).toContain('│ 4   │ wx5a2d8f1c3b7e9046 │ 6203');
  expect(seen.stdout).toContain('cases.csv row 4, certificate: error\n  图片文件不存在：gone.png');
  expect(seen.stdout).toContain('There is no image gone.png');
  expect(seen.stdout).toContain('cases.csv: 3 rows, 2 ready, 1 refused');
  await file(rows.slice(0, 2));
  const good = await importing(['--dry-run', '--json']);
  expect(good).toMatchObject({ status: 0, stderr: '' });
  expect(good.json()).toMatchObject({ ready: 2, refused: 0, preview: [{ row: 2 }, { row: 3 }] });
  expect(good.stdout).not.toContain('"input"');
});

it('refused rows are never sent; the others are, and every row has its line', async () => {
  await file();
  const client = scriptedClient({ start: begun, checked: { findings: [] } });
  const done = await importing(['--yes', '--json', '--by', '李雷'], client);
  expect(done.status).toBe(1);
  expect(done.json()).toMatchObject({ outcomes: { started: 2, refused: 1 } });
  const starts = client.calls.filter(([name]) => name === 'channelsShop.start');
  expect(starts.map(([, input]) => (input as { category: object }).category)).toEqual([
    { leaf: '6201' },
    { leaf: '6202' },
  ]);
  expect(starts[0]?.[2]).toMatchObject({
    relativeTo: folder,
    requestedBy: '李雷',
    startKey: expect.stringMatching(/^import-/),
  });
  expect(client.closed()).toBe(1);
  const text = await readFile(join(folder, 'cases.results.csv'), 'utf8');
  expect(text.split('\r\n')).toHaveLength(5);
  expect(text).toContain('gone.png');
});

it('without a terminal it needs --yes; a person who does not confirm starts nothing', async () => {
  await file(rows.slice(0, 1));
  const client = scriptedClient({ start: begun, checked: { findings: [] } });
  const alone = await importing([], client);
  expect(alone.status).toBe(2);
  expect(alone.stderr).toContain('--yes');
  const questions: string[] = [];
  const confirm = async (question: string) => {
    questions.push(question);
    return questions.length > 1;
  };
  expect(await importing([], client, { confirm })).toMatchObject({ status: 1, stdout: 'Nothing was started.\n' });
  expect(questions[0]).toBe('Start 1 case of wx5a2d8f1c3b7e9046 at scripted:7233, namespace default?');
  expect(client.calls.some(([name]) => name.endsWith('.start'))).toBe(false);
  expect(await importing([], client, { confirm })).toMatchObject({ status: 0 });
});

it('after a kill the same command goes on: a torn last line is dropped, rows that are done are neither checked nor started', async () => {
  await file(rows.slice(0, 2));
  await importing(['--yes']);
  const path = join(folder, 'cases.results.csv');
  const whole = await readFile(path, 'utf8');
  const [head = '', first = '', second = ''] = whole.split('\r\n');
  await writeFile(path, `${head}\r\n${first}\r\n${second.slice(0, 30)}`);
  const client = scriptedClient({ start: begun, checked: { findings: [] } });
  const done = await importing(['--yes', '--json'], client);
  expect(done.json()).toMatchObject({ doneBefore: 1, ready: 1, outcomes: { started: 2 } });
  expect(client.calls.map(([name]) => name)).toEqual(['check', 'channelsShop.start']);
  expect(await resultsOf()).toEqual([
    [2, 'started'],
    [3, 'started'],
  ]);
  expect((await importing(['--yes'], client)).stdout).toContain('2 done before');
});

it('a result file of staging leaves out no row of production, says so, and keeps its lines', async () => {
  await file(rows.slice(0, 2));
  const at = (address: string) => scriptedClient({ start: begun, checked: { findings: [] }, address });
  await importing(['--yes'], at('staging:7233'));
  const production = at('production:7233');
  const done = await importing(['--yes', '--json'], production);
  expect(done.json()).toMatchObject({ doneBefore: 0, resultsElsewhere: 2, outcomes: { started: 2 } });
  expect(done.stderr).toMatch(
    /also has 2 lines of staging:7233\/default\/wechat-qualification: they do not count at production:7233.*\n结果文件中另有 2 行/,
  );
  expect(production.calls.filter(([name]) => name === 'channelsShop.start')).toHaveLength(2);
  expect((await parsed()).map(({ row, place = '' }) => `${row} ${place.split(':')[0]}`)).toEqual([
    '2 production',
    '2 staging',
    '3 production',
    '3 staging',
  ]);
  // At each of the two everything is done now.
  for (const address of ['staging:7233', 'production:7233'])
    expect((await importing(['--yes', '--json'], at(address))).json()).toMatchObject({ doneBefore: 2, ready: 0 });
  const look = await run(['import', 'cases.csv', '--dry-run', '--no-check', '--json'], {
    cwd: folder,
    env: { WXQ_DATA_DIR: folder, TEMPORAL_ADDRESS: 'staging:7233' },
  });
  expect(look.json()).toMatchObject({ doneBefore: 2, place: 'staging:7233/default/wechat-qualification' });
});

it('another address of the same Temporal is the same place; another Temporal at the same address is another one', async () => {
  await file(rows.slice(0, 2));
  const at = (address: string, namespaceId: string) =>
    scriptedClient({ start: begun, checked: { findings: [] }, address, namespaceId });
  await importing(['--yes'], at('localhost:7233', 'id-1'));
  const other = at('127.0.0.1:7300', 'id-1');
  const again = await importing(['--yes', '--json'], other);
  expect(again.json()).toMatchObject({
    doneBefore: 2,
    ready: 0,
    resultsElsewhere: 0,
    place: expect.stringMatching('7300'),
  });
  expect(other.calls).toEqual([]);
  const anew = await importing(['--yes', '--json'], at('localhost:7233', 'id-2'));
  expect(anew.json()).toMatchObject({ doneBefore: 0, resultsElsewhere: 2, outcomes: { started: 2 } });
  expect(anew.stderr).toContain('2 lines of another Temporal at localhost:7233/default/wechat-qualification:');
  expect((await parsed()).map(({ placeId }) => placeId?.split('/')[0])).toEqual(['id-2', 'id-1', 'id-2', 'id-1']);
});

it('Temporal that does not tell which one it is: status 3, nothing is looked at, and the result file stays', async () => {
  await file(rows.slice(0, 1));
  const away = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'refused', metadata: {} });
  const client = scriptedClient({ start: begun, checked: { findings: [] }, temporal: temporalWithNamespace(away) });
  expect(await importing(['--yes'], client)).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('scripted:7233'),
  });
  expect([client.calls, client.closed(), await readdir(folder)]).toEqual([[], 1, ['a.png', 'cases.csv']]);
});

it('a result file that does not say for certain where its rows were started is refused and left as it is', async () => {
  await file(rows.slice(0, 1));
  await importing(['--yes']);
  const path = join(folder, 'cases.results.csv');
  const client = scriptedClient({ start: begun, checked: { findings: [] } });
  // First without the id of the place, then without the place at all.
  for (let columns = 1; columns <= 2; columns += 1) {
    const old = (await readFile(path, 'utf8')).replaceAll(/,[^,\r]*\r\n/g, '\r\n');
    await writeFile(path, old);
    const done = await importing(['--yes'], client);
    expect([done.status, client.calls]).toEqual([2, []]);
    expect(done.stderr).toMatch(/does not say for certain where its rows were.*没有可靠记录在哪个环境启动.*--results/s);
    expect(await readFile(path, 'utf8')).toBe(old);
  }
  expect((await importing(['--yes', '--results', 'new.csv'], client)).status).toBe(0);
});

it('a row that was refused and then corrected takes the place of its line', async () => {
  await file(rows.slice(1));
  await importing(['--yes']);
  await writeFile(join(folder, 'gone.png'), 'image');
  expect(await importing(['--yes'])).toMatchObject({ status: 0 });
  expect(await resultsOf()).toEqual([
    [2, 'started'],
    [3, 'started'],
  ]);
});

it('L14 cases with another input are left alone and told row by row', async () => {
  await file(rows.slice(0, 1));
  const client = scriptedClient({ start: { handle, existing: true, sameInput: false }, checked: { findings: [] } });
  const done = await importing(['--yes'], client);
  expect(done.status).toBe(1);
  expect(done.stdout).toContain('cases.csv row 2: existing-other-input. 该类目已有内容不同的流程在进行');
});

it('Temporal that goes away is status 3, and the rows so far keep their lines', async () => {
  await file(rows.slice(0, 2));
  const away = new TemporalUnreachableError('scripted:7233', 'refused');
  const done = await importing(['--yes'], scriptedClient({ start: away, checked: { findings: [] } }));
  expect(done.status).toBe(3);
  expect(done.stderr).toContain('Stopped after 0 of 2 rows');
  expect(await importing(['--yes'])).toMatchObject({ status: 0 });
});

it('a file that cannot be taken is status 2 in both languages; a foreign result file is left alone', async () => {
  await writeFile(
    join(folder, 'cases.csv'),
    Buffer.from([...Buffer.from('appId,category\nwx1,'), 0xb5, 0xea, 0xc6, 0xcc]),
  );
  const gbk = await importing(['--yes']);
  expect(gbk.status).toBe(2);
  expect(gbk.stderr).toContain('文件编码是 GBK');
  expect(gbk.stderr).toContain('Save it as "CSV UTF-8');
  expect((await importing(['--yes', '--json'])).json()).toMatchObject({ error: { name: 'UsageError' } });
  await file(rows.slice(0, 1));
  await writeFile(join(folder, 'cases.results.csv'), 'my own notes\n');
  expect(await importing(['--yes'])).toMatchObject({ status: 2 });
  expect(await readFile(join(folder, 'cases.results.csv'), 'utf8')).toBe('my own notes\n');
  expect(await run(['import', 'nowhere.csv', '--dry-run'], { cwd: folder })).toMatchObject({ status: 2 });
});

it('on a terminal it shows how far it is', async () => {
  await file(rows.slice(0, 2));
  const written: string[] = [];
  await importing(['--yes'], undefined, { stderr: { isTTY: true, write: (text: string) => written.push(text) } });
  const text = written.join('');
  expect(text).toContain('checking [███████████████░░░░░░░░░░░░░░░] 1/2');
  expect(text).toContain('starting [██████████████████████████████] 2/2');
});
