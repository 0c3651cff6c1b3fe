/** Imports in the console, on a real database: upload, preview with findings, confirmation, results, twice, stopped, gone on with. */
import { readFile, rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type CaseHandle, type Checked, NoWorkerError, type QualificationClient } from '../../src/client/index.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { claimMs, createImports, type Imports } from '../../src/store/imports.ts';
import { createSecretBox } from '../../src/store/secrets.ts';
import { newDataDir } from '../prepared-database.ts';
import { temporalWithNamespace } from '../scripted-namespace.ts';
import { type ConsoleStage, createConsoleStage } from './console-stage.ts';

// A busy machine takes its time; every wait below is for a condition.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let database: Database;
let imports: Imports;
let stage: ConsoleStage;
/** Keys of the cases that were begun. */
let started: Set<string>;
let checked: number;

const nothing: Checked = { findings: [] };
type Start = QualificationClient['channelsShop']['start'];

beforeAll(async () => {
  folder = await newDataDir('wxq-console-import-');
  database = await openDatabase({ dataDir: folder });
  imports = createImports(database, createSecretBox('ab'.repeat(32)));
}, 120_000);
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await database.query('DELETE FROM wxq_import');
  started = new Set();
  checked = 0;
  stage = await newStage();
});
afterEach(async () => {
  await stage.app.close();
  expect(stage.bugs).toEqual([]);
});

/** Starts as the client does: a key once. */
const start: Start = async (input, options) => {
  const key = options?.startKey ?? '';
  const handle = { workflowId: JSON.stringify(input) } as CaseHandle;
  const repeated = started.has(key);
  started.add(key);
  return { handle, existing: false, ...(repeated ? { repeated } : {}) };
};

const newStage = (script: { check?: QualificationClient['check']; start?: Start } = {}) =>
  createConsoleStage({
    dependencies: { imports },
    script: {
      check: async () => {
        checked += 1;
        return nothing;
      },
      start,
      temporal: temporalWithNamespace('id-1'),
      ...script,
    },
  });

const head = 'appId,category,externalId,licenses/1/2/images,licenses/1/2/holder/name';
const csvOf = (...rows: string[]): string => `\ufeff${[head, ...rows].join('\r\n')}\r\n`;
const twoGood = csvOf(
  'wx5a2d8f1c3b7e9046,6201,A-1,sharp.jpg,示例贸易有限公司',
  'wx5a2d8f1c3b7e9046,6202,A-2,https://files.example/b.jpg,',
);
const sharp = async () =>
  new Uint8Array(await readFile(new URL('../../examples/images/business-licence-sharp.jpg', import.meta.url)));

async function upload(csv: string | undefined, images: [string, Uint8Array<ArrayBuffer>][] = [], token?: string) {
  const form = new FormData();
  form.append('token', token ?? (await stage.token()));
  if (csv !== undefined) form.append('csv', new Blob([csv], { type: 'text/csv' }), 'cases.csv');
  for (const [name, bytes] of images) form.append('image', new Blob([bytes], { type: 'image/jpeg' }), name);
  const request = new Request('http://127.0.0.1/', { method: 'POST', body: form });
  return stage.ask({
    method: 'POST',
    url: '/console/imports',
    payload: Buffer.from(await request.arrayBuffer()),
    headers: { 'content-type': request.headers.get('content-type') ?? '' },
  });
}

async function press(url: string, action: string) {
  return stage.ask({
    method: 'POST',
    url: `${url}/${action}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ token: await stage.token() }).toString(),
  });
}

/** The page, once nobody works at the import. */
async function settled(url: string): Promise<string> {
  await expect.poll(async () => (await stage.get(url)).body, { timeout: 30_000 }).not.toContain('hx-get');
  return (await stage.get(url)).body;
}

test('an uploaded file is looked at, begun on confirmation, and ends with a line per row', async () => {
  const answer = await upload(twoGood, [['sharp.jpg', await sharp()]]);
  expect(answer.statusCode).toBe(303);
  const url = String(answer.headers.location);
  const preview = await settled(url);
  expect(preview).toContain('Start 2 (accounts: 1)');
  expect([checked, started.size]).toEqual([2, 0]);
  expect((await press(url, 'start')).statusCode).toBe(303);
  const done = await settled(url);
  expect(done).toContain('<strong>2</strong> started');
  expect(done).toContain('/console/cases/channels-shop/wx5a2d8f1c3b7e9046/6201');
  expect(started.size).toBe(2);
  const csv = await stage.get(`${url}/results.csv`);
  expect(csv.headers['content-disposition']).toContain('cases.results.csv');
  expect(csv.body.split('\r\n').map((line) => line.split(',').slice(0, 5).join(','))).toEqual([
    '\ufeffrow,appId,category,externalId,outcome',
    '2,wx5a2d8f1c3b7e9046,6201,A-1,started',
    '3,wx5a2d8f1c3b7e9046,6202,A-2,started',
    '',
  ]);
  expect((await stage.get('/console/imports')).body).toContain('cases.csv');
  // Names of people and images do not stand in the database as they are.
  const [row] = await database.query('SELECT content, preview FROM wxq_import');
  expect(JSON.stringify(row)).not.toContain('示例');

  // The same file once more: said, and nothing is begun a second time.
  const again = String((await upload(twoGood, [['sharp.jpg', await sharp()]])).headers.location);
  expect(await settled(again)).toContain('The same file was imported by console');
  await press(again, 'start');
  expect(await settled(again)).toContain('<strong>2</strong> was started before');
  expect(started.size).toBe(2);
});

test('what is wrong stands beside its row, and only what is ready is begun', async () => {
  stage.script.check = async (input) =>
    'category' in input && JSON.stringify(input.category).includes('6203')
      ? {
          findings: [
            {
              code: 'x',
              path: '',
              level: 'error',
              zh: '缺少证照',
              en: 'A licence is missing.',
              advice: { zh: '', en: '' },
            },
          ],
        }
      : nothing;
  const image = 'https://files.example/b.jpg';
  const url = String(
    (
      await upload(
        csvOf(
          `wx5a2d8f1c3b7e9046,6201,A-1,${image},`,
          'wx5a2d8f1c3b7e9046,6202,A-2,not-sent.jpg,',
          `wx5a2d8f1c3b7e9046,6203,<b>,${image},`,
          `wx5a2d8f1c3b7e9046,6201,A-4,${image},`,
        ),
      )
    ).headers.location,
  );
  const body = await settled(url);
  expect(body).toContain('The image &quot;not-sent.jpg&quot; was not uploaded with the file.');
  expect(body).toContain('A licence is missing.');
  expect(body).toContain('Row 2 is for the same account and category.');
  expect(body).toContain('&lt;b>');
  expect(body).toContain('Start 1 (');
  const only = (await stage.get(`${url}?only=findings`)).body;
  expect([only.includes('A-1'), only.includes('A-2')]).toEqual([false, true]);
  await press(url, 'start');
  expect(await settled(url)).toMatch(/<strong>1<\/strong> started.*<strong>3<\/strong> refused/);
  expect(started.size).toBe(1);
});

test('a file that is none, or too much, says so; without our token nothing is kept', async () => {
  for (const [csv, expected] of [
    [undefined, 'Choose a CSV file'],
    ['wrongColumn,category\r\nx,y\r\n', 'wrongColumn'],
    [csvOf(), 'no rows'],
  ] as const) {
    const answer = await upload(csv);
    expect([answer.statusCode, answer.body.includes(expected)]).toEqual([422, true]);
  }
  expect((await upload(twoGood, [['sharp.jpg', new TextEncoder().encode('no image')]])).statusCode).toBe(422);
  expect((await upload(twoGood, [], 'not ours')).statusCode).toBe(403);
  expect(await imports.list(10)).toEqual([]);
  expect(stage.kept.size).toBe(0);
  for (const id of ['nothing', '00000000-0000-4000-8000-000000000000'])
    expect((await stage.get(`/console/imports/${id}`)).statusCode).toBe(404);
  const example = await stage.get('/console/imports/example.csv');
  const example2 = await upload(example.body.replaceAll(/,[^,\r\n]*$/gm, ','));
  expect(example2.statusCode).toBe(303);
  await settled(String(example2.headers.location));
});

test('without a worker it is said, and gone on with when there is one', async () => {
  stage.script.check = async () => Promise.reject(new NoWorkerError('queue', 10));
  const csv = csvOf('wx5a2d8f1c3b7e9046,6201,A-1,https://files.example/b.jpg,');
  const url = String((await upload(csv)).headers.location);
  expect(await settled(url)).toContain('Look at it again');
  stage.script.check = async () => nothing;
  await press(url, 'check');
  expect(await settled(url)).toContain('Start 1 (');
  stage.script.start = async () => Promise.reject(new NoWorkerError('queue', 10));
  await press(url, 'start');
  expect(await settled(url)).toContain('Go on');
  stage.script.start = start;
  await press(url, 'start');
  expect(await settled(url)).toContain('<strong>1</strong> started');
});

test('a page that is open while rows are started asks for two numbers; rows are read when they are shown', async () => {
  let release: (() => void) | undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  stage.script.start = async (input, options) => {
    if (started.size >= 240) await gate;
    return start(input, options);
  };
  const image = 'https://files.example/b.jpg';
  const rows = Array.from({ length: 250 }, (_, n) => `wx5a2d8f1c3b7e9046,${10_000 + n},A-${n},${image},`);
  const url = String((await upload(csvOf(...rows))).headers.location);
  await settled(url);
  await press(url, 'start');
  await expect.poll(() => started.size, { timeout: 50_000 }).toBe(240);
  const [results, preview] = [vi.spyOn(imports, 'results'), vi.spyOn(imports, 'preview')];
  const page = (await stage.get(url)).body;
  const polled = /hx-get="([^"]+)"/.exec(page)?.[1] ?? '';
  expect(page).toContain('The rows so far');
  for (let n = 0; n < 5; n += 1) {
    const { body, headers } = await stage.get(polled);
    expect(body).toMatch(/Cases are being started: \d+ \/ 250/);
    expect([body.length < 1_000, headers['hx-refresh']]).toEqual([true, undefined]);
  }
  expect([results, preview].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  expect((await stage.get(`${url}?page=1`)).body).toContain('A-0');
  expect(results).toHaveBeenCalledTimes(1);
  release?.();
  expect(await settled(url)).toContain('<strong>250</strong> started');
  // Who still waits is led to the page as it is now.
  expect((await stage.get(polled)).headers['hx-refresh']).toBe('true');
});

test('a person stops it; pressed twice it runs once; a server that is gone is noticed and another one goes on', async () => {
  let release: (() => void) | undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  stage.script.start = async (input, options) => {
    await gate;
    return start(input, options);
  };
  const rows = Array.from(
    { length: 30 },
    (_, n) => `wx5a2d8f1c3b7e9046,${6300 + n},A-${n},https://files.example/b.jpg,`,
  );
  const url = String((await upload(csvOf(...rows))).headers.location);
  await settled(url);
  await Promise.all([press(url, 'start'), press(url, 'start')]);
  await press(url, 'stop');
  release?.();
  const stopped = await settled(url);
  expect(stopped).toContain('console stopped it');
  await expect.poll(() => started.size, { timeout: 10_000 }).toBeGreaterThan(0);
  // Those that were begun when it was stopped, and no more.
  expect(started.size).toBeLessThan(30);
  await press(url, 'start');
  expect(await settled(url)).toContain('Import');
  await expect.poll(() => started.size, { timeout: 30_000 }).toBe(30);

  const id = url.split('/').at(-1) ?? '';
  await database.query(
    `UPDATE wxq_import SET stage = 'starting', claimed_until = clock_timestamp() - interval '1 second' WHERE id = $1`,
    [id],
  );
  expect((await stage.get(url)).body).toContain('The server that worked at it has gone');
  expect(claimMs).toBeGreaterThan(1_000);
  await press(url, 'start');
  expect(await settled(url)).toMatch(/>done</);
  expect((await imports.results(id)).length).toBe(30);
  expect(started.size).toBe(30);
});

test('an import goes on by another address of the same Temporal; at another Temporal nothing was started yet', async () => {
  let calls = 0;
  stage.script.start = async (input, options) => {
    calls += 1;
    return start(input, options);
  };
  const url = String(
    (await upload(csvOf('wx5a2d8f1c3b7e9046,6201,A-1,https://files.example/b.jpg,'))).headers.location,
  );
  await settled(url);
  const goOn = async () => {
    await database.query(
      `UPDATE wxq_import SET stage = 'starting', claimed_until = clock_timestamp() - interval '1 second'`,
    );
    await press(url, 'start');
    expect(await settled(url)).toMatch(/>done</);
    return calls;
  };
  expect(await goOn()).toBe(1);
  stage.script.address = '127.0.0.1:7300';
  expect(await goOn()).toBe(1);
  stage.script.temporal = temporalWithNamespace('id-2');
  expect(await goOn()).toBe(2);
});
