/** The CSV file of a list: bounded in what it asks, one at a time, and given up when nobody waits for it. */
import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { maxAskedForFile } from '../../src/console/queue.ts';
import { type ConsoleStage, createConsoleStage, row, view } from './console-stage.ts';

let stage: ConsoleStage;
afterEach(async () => {
  await stage.app.close();
  expect(stage.bugs).toEqual([]);
});

const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...row,
    workflowId: `channels-shop/${row.appId}/${10_000 + n}`,
    startedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString(),
  }));

/** Views that end when they are let go. */
function heldViews() {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let asked = 0;
  const handle = {
    view: async () => {
      asked += 1;
      await held;
      return view;
    },
  };
  return { handle, letGo: () => letGo(), asked: () => asked };
}

test('cases beyond those that are asked stand in the file with what the index knows; few are asked at once', async () => {
  let [asked, now, most] = [0, 0, 0];
  const handle = {
    view: async () => {
      asked += 1;
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return view;
    },
  };
  stage = await createConsoleStage({ script: { rows: rowsOf(maxAskedForFile + 200), handle } });
  const { body } = await stage.get('/console/cases.csv');
  const lines = body.trim().split('\r\n').slice(1);
  expect(lines).toHaveLength(maxAskedForFile + 200);
  expect([asked, lines.filter((line) => line.includes('不清晰') && line.endsWith(',yes')).length]).toEqual([
    maxAskedForFile,
    maxAskedForFile,
  ]);
  expect(lines.at(-1)).toMatch(/^channels-shop\/wx5a2d8f1c3b7e9046\/11199,.*,needs_material,.*,no$/);
  expect(most).toBeLessThanOrEqual(4);
});

test('the file of what is stuck, and that of a search, look as far as any other and keep what could not be asked', async () => {
  const handle = { view: async () => ({ ...view, status: 'in_review' as const, overdue: true }) };
  const rows = rowsOf(maxAskedForFile + 1).map((one) => ({ ...one, status: 'in_review' as const }));
  stage = await createConsoleStage({ script: { rows, handle } });
  const stuck = (await stage.get('/console/cases.csv?list=stuck')).body.trim().split('\r\n').slice(1);
  expect(stuck.map((line) => line.split(',').at(-1))).toEqual([...Array(maxAskedForFile).fill('yes'), 'no']);
  const found = (await stage.get('/console/cases.csv?list=all&text=10000')).body.trim().split('\r\n').slice(1);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(/\/10000,.*,no$/);
});

test('a second file waits its turn, then is told when to come again, in both languages', async () => {
  const views = heldViews();
  stage = await createConsoleStage({
    script: { rows: rowsOf(3), handle: views.handle },
    dependencies: { fileWaitMs: 50 },
  });
  const first = stage.get('/console/cases.csv');
  await expect.poll(views.asked, { timeout: 30_000 }).toBe(3);
  for (const [language, said] of [
    ['en', 'Another CSV file is being made.'],
    ['zh', '正在生成另一份 CSV 文件。'],
  ] as const) {
    const { statusCode, headers, body } = await stage.get('/console/cases.csv', { 'accept-language': language });
    expect([statusCode, headers['retry-after'], body.includes(said)]).toEqual([503, '30', true]);
  }
  views.letGo();
  expect((await first).statusCode).toBe(200);
  expect((await stage.get('/console/cases.csv')).statusCode).toBe(200);
});

test('when the browser has gone no further case is asked, and the next file gets its turn', async () => {
  const views = heldViews();
  stage = await createConsoleStage({ script: { rows: rowsOf(40), handle: views.handle } });
  const origin = await stage.app.listen({ host: '127.0.0.1', port: 0 });
  const closed = new Promise((resolve) => {
    stage.app.server.once('connection', (socket) => socket.once('close', resolve));
  });
  const leaving = request(`${origin}/console/cases.csv`).on('error', () => undefined);
  leaving.end();
  await expect.poll(views.asked, { timeout: 30_000 }).toBe(4);
  const next = stage.get('/console/cases.csv');
  leaving.destroy();
  await closed;
  views.letGo();
  expect((await next).statusCode).toBe(200);
  expect(views.asked()).toBe(4 + 40);
});
