/** What the console keeps, on PGlite and on a real PostgreSQL: who takes care of which case. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCaseAssignments } from '../../src/store/case-assignments.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { type Postgres, startPostgres } from '../postgres.ts';
import { newDataDir } from '../prepared-database.ts';

let folder: string;
let postgres: Postgres;
const opened = new Map<string, Database>();

beforeAll(async () => {
  folder = await newDataDir('wxq-console-tables-');
  postgres = await startPostgres();
  opened.set('pglite', await openDatabase({ dataDir: folder }));
  opened.set('postgresql', await openDatabase({ dataDir: folder, url: await postgres.newDatabase() }));
}, 120_000);

afterAll(async () => {
  for (const database of opened.values()) await database.close();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(['pglite', 'postgresql'] as const)('on %s', (kind) => {
  test('of many who take a case at once one has it; every step stays to be read', async () => {
    const assignments = createCaseAssignments(opened.get(kind) as Database);
    const about = { caseId: 'channels-shop/wx5a2d8f1c3b7e9046/6201', runId: 'run-1' };
    const names = ['Anna', 'Boris', '王芳', '李雷'];
    const taken = await Promise.all(
      names.map((name) => assignments.give({ ...about, seen: 0, assignee: name, givenBy: name })),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
    const winner = names[taken.indexOf(true)];
    expect(await assignments.give({ ...about, seen: 1, assignee: undefined, givenBy: '王芳' })).toBe(true);
    expect(await assignments.give({ ...about, seen: 5, assignee: 'late', givenBy: 'late' })).toBe(false);
    const steps = await assignments.all('run-1');
    expect(steps).toMatchObject([
      { number: 1, assignee: winner, givenBy: winner },
      { number: 2, givenBy: '王芳' },
    ]);
    expect(steps[1]).not.toHaveProperty('assignee');
    expect(new Date(steps[0]?.givenAt ?? '').toISOString()).toBe(steps[0]?.givenAt);
    await assignments.give({ ...about, runId: 'run-2', seen: 0, assignee: 'Anna', givenBy: 'Anna' });
    const latest = await assignments.latest(['run-2', 'run-1', "run'3"]);
    expect([...latest].map(([runId, { number }]) => [runId, number]).sort()).toEqual([
      ['run-1', 2],
      ['run-2', 1],
    ]);
    expect(await assignments.latest([])).toEqual(new Map());
  });
});
