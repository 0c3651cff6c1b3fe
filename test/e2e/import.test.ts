/** The sample file is imported for real: command, Temporal, worker, sandbox. Ten cases, two of them adopted; then again; then where nothing may be written. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { connect } from '../../src/client/index.ts';
import type { RowResult } from '../../src/importing/start-rows.ts';
import { fixtures } from '../../src/sandbox/index.ts';
import { run } from '../cli/run.ts';
import { expect, type Stage, test } from '../stage.ts';

const examples = resolve(import.meta.dirname, '../../examples');

/** The sample with the accounts of this stage, in a folder of its own with its images. */
async function withSample(stage: Stage, work: (folder: string) => Promise<void>, edit = (text: string) => text) {
  const folder = await mkdtemp(join(tmpdir(), 'wxq-import-'));
  try {
    await cp(join(examples, 'images'), join(folder, 'images'), { recursive: true });
    const text = edit(await readFile(join(examples, 'cases.csv'), 'utf8'))
      .replaceAll(fixtures.shop.appId, stage.appId)
      .replaceAll(fixtures.miniProgram.appId, stage.miniAppId)
      .replaceAll(fixtures.platform.componentAppId, stage.componentAppId);
    await writeFile(join(folder, 'cases.csv'), text);
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const importing = (stage: Stage, folder: string, ...options: string[]) => importingAt({}, stage, folder, ...options);
/** By another address, if one is given. */
const importingAt = (by: { address?: string }, stage: Stage, folder: string, ...options: string[]) =>
  run(['import', 'cases.csv', '--json', ...options], {
    cwd: folder,
    env: {
      WXQ_DATA_DIR: stage.dataDir(),
      WXQ_ACCOUNTS_FILE: join(stage.dataDir(), 'accounts.json'),
      WXQ_WECHAT_BASE_URL: stage.sandbox.url,
    },
    connect: () => connect({ ...by, connection: stage.connection, taskQueue: stage.taskQueue, onWarning: () => {} }),
  });

const applyInTheBackOffice = async (stage: Stage): Promise<string[]> => {
  const shop = await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: '6204' });
  const mini = await stage.sandbox.applyInBackOffice({ appId: stage.miniAppId, categoryId: '8-40' });
  return [shop.id, mini.id];
};

test('ten cases of the sample file are started once, two of them follow audits that were open already', async ({
  stage,
}) => {
  const adopted = await applyInTheBackOffice(stage);
  // One row names its category as people do.
  const byName = (text: string) => text.replace(',6211,', ',绿茶,');
  await withSample(
    stage,
    async (folder) => {
      const looked = await importing(stage, folder, '--dry-run');
      expect(looked.stderr).toMatch(/^\[SANDBOX\] .*\n$/);
      expect(looked.json()).toMatchObject({ rows: 10, ready: 10, refused: 0 });
      expect(looked.status).toBe(0);
      expect((await readdir(folder)).sort()).toEqual(['cases.csv', 'images']);

      const begun = await importing(stage, folder, '--yes');
      const { outcomes, results } = begun.json() as { outcomes: object; results: RowResult[] };
      expect(outcomes).toMatchObject({ started: 10 });
      expect(begun.status).toBe(0);
      const ids = results.map(({ workflowId = '' }) => workflowId);
      for (const id of ids) stage.started.add(id);
      expect(ids).toContain(`channels-shop/${stage.appId}/6211`);

      const again = await importingAt({ address: 'new-name:7233' }, stage, folder, '--yes');
      expect(again.json()).toMatchObject({
        place: expect.stringMatching('^new-name'),
        doneBefore: 10,
        outcomes: { started: 10 },
      });
      const withoutMemory = await importing(stage, folder, '--yes', '--results', 'other.csv');
      expect(withoutMemory.json()).toMatchObject({
        doneBefore: 0,
        outcomes: { started: 0, 'existing-same-input': 10 },
      });
      expect([again.status, withoutMemory.status]).toEqual([0, 0]);
      const lines: string[][] = parse(await readFile(join(folder, 'cases.results.csv')), { bom: true });
      expect(lines.map(([row, , , externalId, outcome]) => [row, externalId, outcome])).toEqual([
        ['row', 'externalId', 'outcome'],
        ...results.map(({ row, externalId }) => [String(row), externalId, 'started']),
      ]);

      for (const id of ids) await stage.until(id, 'in_review', 90_000);
      expect((await stage.client.get(ids[3] ?? '').view()).attempts).toMatchObject([{ auditId: adopted[0] }]);
      const audits = [stage.appId, stage.miniAppId].flatMap((appId) => stage.sandbox.audits({ appId }));
      expect(audits).toHaveLength(10);
      expect(
        audits
          .filter(({ origin }) => origin === 'back-office')
          .map(({ id }) => id)
          .sort(),
      ).toEqual([...adopted].sort());
      for (const { id } of audits) stage.sandbox.decide(id, 'approved');
      for (const id of ids) expect(await stage.client.get(id).result(), id).toMatchObject({ outcome: 'approved' });

      // Even when the cases have ended and the result file is gone, the same rows begin nothing.
      const later = await importing(stage, folder, '--yes', '--no-check', '--results', 'third.csv');
      expect(later.json()).toMatchObject({ outcomes: { started: 0, 'existing-same-input': 10 } });
      expect(stage.sandbox.audits({ appId: stage.appId })).toHaveLength(8);
    },
    byName,
  );
}, 240_000);

test('L13 a first week of observing: adopted cases are followed to their end, everything else says that nothing is written', async ({
  stageOf,
}) => {
  const stage = await stageOf({ mode: 'observe' });
  await stage.startWorker();
  const [shopAudit = '', miniAudit = ''] = await applyInTheBackOffice(stage);
  const wanted = (text: string) =>
    text
      .split('\n')
      .filter((line, at) => at === 0 || /,R-0(02|04|10),/.test(line))
      .join('\n');
  await withSample(
    stage,
    async (folder) => {
      const begun = await importing(stage, folder, '--yes');
      const [fresh = '', shop = '', mini = ''] = (begun.json() as { results: RowResult[] }).results.map(
        ({ workflowId = '' }) => workflowId,
      );
      for (const id of [fresh, shop, mini]) stage.started.add(id);
      stage.leftOpen.set(fresh, 'it waits until the installation may write');
      await stage.until(shop, 'in_review', 60_000);
      await stage.until(mini, 'in_review', 60_000);
      stage.sandbox.decide(shopAudit, 'approved');
      stage.sandbox.decide(miniAudit, 'approved');
      expect(await stage.client.get(shop).result()).toMatchObject({ outcome: 'approved', auditId: shopAudit });
      expect(await stage.client.get(mini).result()).toMatchObject({ outcome: 'approved' });
      const { blocked } = await stage.until(fresh, 'blocked', 60_000);
      expect(blocked?.reason).toMatch(/^observe/);
      expect(stage.sandbox.audits({ appId: stage.appId }).map(({ origin }) => origin)).toEqual(['back-office']);
    },
    wanted,
  );
}, 180_000);
