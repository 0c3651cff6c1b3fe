/** With WXQ_CODEC_KEYS Temporal's database tells ids and statuses of a case, and nothing of its business. */
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Payload } from '@temporalio/common';
import { describe } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { payloadCodecsOf } from '../../src/codec/payload-codec.ts';
import type { ChannelsShopInput } from '../../src/contract/channels-shop.ts';
import { startDevServer } from '../../src/runtime/dev-server.ts';
import { run } from '../cli/run.ts';
import { expect, image, test } from '../stage.ts';
import { uniqueAppId } from '../stage-accounts.ts';

const key = randomBytes(32).toString('base64');
const codecKeys = `k1:${key}`;
const { TEMPORAL_ADDRESS: _shared, ...ownServer } = process.env;

/** Everything that the database has on disk, write-ahead log included. */
async function databaseOf(folder: string): Promise<Buffer> {
  const names = (await readdir(folder)).filter((name) => name.startsWith('temporal.db') && !name.endsWith('.lock'));
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name)))));
}

/** The shop's papers, with everything in them that is nobody's business. */
function addPapers({ material }: ChannelsShopInput, source: string): void {
  if (material.form !== 'licenses') throw new Error('the fixture has licences');
  for (const licence of material.licenses) {
    licence.images = [source];
    licence.holder = { name: '某某贸易有限公司', creditCode: '91310000MA1FL5E13X' };
    licence.validUntil = '2031-12-24';
    licence.fields = { ...licence.fields, audit_license_no: '91310000MA1LICENCE' };
  }
}

/** The ids that WeChat gave for the images, read from a history with the key. */
async function fileIdsOf(history: object): Promise<string[]> {
  const payloads: Payload[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    if ('metadata' in value && 'data' in value && value.data instanceof Uint8Array) payloads.push(value as Payload);
    else for (const part of Object.values(value)) collect(part);
  };
  collect(history);
  const [codec] = payloadCodecsOf(codecKeys);
  const decoded = (await codec?.decode(payloads)) ?? [];
  const texts = decoded.map(({ data }) => Buffer.from(data ?? []).toString('utf8')).join();
  return [...new Set(texts.match(/\bfile_[\w-]{10,}/g))];
}

describe('a private history', () => {
  test('holds no business data in clear, anywhere in the database file, and all of it for who has the key', async ({
    stageOf,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), 'wxq-private-'));
    const start = () =>
      startDevServer({ env: ownServer, persistence: { kind: 'file', path: join(folder, 'temporal.db') } });
    let temporal = await start();
    try {
      const papers = join(folder, 'papers-of-the-merchant');
      await mkdir(papers);
      const good = join(papers, 'first-scan.png');
      const sharper = join(papers, 'sharper-scan.png');
      await copyFile(image('business-licence.png'), good);
      await copyFile(image('business-licence-sharp.jpg'), sharper);
      const stage = await stageOf({ temporalAddress: temporal.address, codecKeys });
      const worker = await stage.workerProcess();
      await worker.start();
      const input = stage.shopInput({ externalId: 'EXTERNAL-ID-4711', requestedBy: 'REQUESTED-BY-LI' });
      addPapers(input, join(papers, 'not-there.png'));

      // A failure that names the missing file, a refused Update, a rejection and a correction with a note.
      const handle = await stage.startShop(input);
      const missing = await stage.until(handle.workflowId, 'needs_material', 30_000);
      expect(JSON.stringify(missing.attempts)).toContain('not-there.png');
      await expect(handle.adopt({ by: 'ADOPTED-BY-WANG' })).rejects.toMatchObject({ name: 'UpdateRefusedError' });
      await handle.resubmit({
        set: { 'licenses/1/2/images/0': good },
        note: 'NOTE-OF-THE-FIRST',
        by: 'RESUBMITTED-BY-ZHAO',
      });
      await stage.until(handle.workflowId, 'in_review', 30_000);
      stage.sandbox.decide(stage.openAudit().id, 'rejected', '营业执照模糊-REASON-OF-THE-AUDITOR');
      await stage.until(handle.workflowId, 'needs_material');
      await handle.resubmit({ set: { 'licenses/1/2/images/0': sharper } });
      await stage.until(handle.workflowId, 'in_review', 30_000);
      const whileOpen = await databaseOf(folder);
      stage.sandbox.decide(stage.openAudit().id, 'approved');
      expect(await handle.result()).toMatchObject({ outcome: 'approved' });
      const cli = await run(['show', handle.workflowId, '--json'], {
        connect,
        env: { TEMPORAL_ADDRESS: temporal.address, WXQ_CODEC_KEYS: codecKeys },
      });
      expect(cli.stdout).toContain('REASON-OF-THE-AUDITOR');

      // What a worker read is in its history; the ids of the files too.
      const opened = await stage.client.temporal.workflow.getHandle(handle.workflowId).fetchHistory();
      const fileIds = await fileIdsOf(opened);
      expect(fileIds.length).toBeGreaterThan(0);
      const wordsOfTheInput = [
        '某某贸易有限公司',
        '91310000MA1FL5E13X',
        '91310000MA1LICENCE',
        '2031-12-24',
        'EXTERNAL-ID-4711',
        'REQUESTED-BY-LI',
        'papers-of-the-merchant',
        'not-there.png',
      ];
      const secrets = [
        ...wordsOfTheInput,
        'ADOPTED-BY-WANG',
        'RESUBMITTED-BY-ZHAO',
        'NOTE-OF-THE-FIRST',
        'REASON-OF-THE-AUDITOR',
        '营业执照模糊',
        'sharper-scan',
        'licenses/1/2',
        ...fileIds,
      ];

      await stage.close();
      await temporal.stop();
      const found = (database: Buffer, texts: string[]): string[] => texts.filter((text) => database.includes(text));
      expect(found(whileOpen, secrets)).toEqual([]);
      expect(found(await databaseOf(folder), secrets)).toEqual([]);

      // Another process, after a rotation: readable with the key, unreadable without.
      temporal = await start();
      const rotated = `k2:${randomBytes(32).toString('base64')},${codecKeys}`;
      const later = await connect({ address: temporal.address, env: { WXQ_CODEC_KEYS: rotated } });
      const result = await later.get(handle.workflowId).result();
      expect(result.attempts.map(({ reason }) => reason ?? '').join()).toContain('REASON-OF-THE-AUDITOR');
      const wrong = await connect({ address: temporal.address, env: { WXQ_CODEC_KEYS: rotated.split(',', 1)[0] } });
      await expect(wrong.get(handle.workflowId).result()).rejects.toThrow(
        'the key k1, which WXQ_CODEC_KEYS does not have',
      );
      await Promise.all([later.close(), wrong.close()]);

      // The search does find: the same case, started without keys, in the same file.
      const open = await connect({ address: temporal.address, taskQueue: 'nobody', env: {} });
      const { handle: inClear } = await open.channelsShop.start({ ...input, appId: uniqueAppId() });
      await open.temporal.workflow.getHandle(inClear.workflowId).terminate();
      await open.close();
      await temporal.stop();
      expect(found(await databaseOf(folder), secrets)).toEqual(expect.arrayContaining(wordsOfTheInput));
    } finally {
      await temporal.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
