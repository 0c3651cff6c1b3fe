import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe } from 'vitest';
import { expect, image, test } from '../stage.ts';

const names = [
  'baobeihan.png',
  'jingyingzhengming.png',
  'daihuokoubei.jpg',
  'ruzhuzhizhi.png',
  'jingyingliushui.jpg',
  'buchongcailiao.png',
  'food-permit.jpg',
];

describe('images', () => {
  test('L3 of one case travel at most four at once', async ({ stage }) => {
    let now = 0;
    let most = 0;
    const original = stage.dependencies;
    stage.replaceActivities({
      uploadQualificationImage: async (request) => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setTimeout(resolve, 150));
        now -= 1;
        const { fileId } = await original.wechat.channelsShop({ appId: stage.appId }).uploadQualification({
          bytes: await original.fetchImage(request.images[0]?.source ?? ''),
          filename: 'a.png',
          contentType: 'image/png',
        });
        return { ref: fileId, images: [{ sha256: 'a'.repeat(64), bytes: 1 }] };
      },
    });
    await stage.stopWorkers();
    await stage.startWorker();
    const input = stage.shopInput();
    if (input.material.form !== 'licenses') throw new Error('not this form');
    const [license] = input.material.licenses;
    if (license === undefined) throw new Error('no licence');
    license.images = names.map(image);
    const handle = await stage.startShop(input);
    await stage.until(handle.workflowId, 'in_review');
    expect(most).toBe(4);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    await handle.result();
  });

  test('L3 a correction uploads only what changed', async ({ stage }) => {
    const input = stage.shopInput();
    if (input.material.form !== 'licenses') throw new Error('not this form');
    const [license] = input.material.licenses;
    if (license === undefined) throw new Error('no licence');
    license.images = [image('business-licence-blurred.jpg'), image('food-permit.jpg')];
    const handle = await stage.startShop(input);
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'rejected', '营业执照不清晰');
    await stage.until(handle.workflowId, 'needs_material');
    expect(stage.sandbox.uploads().counts[stage.appId]).toBe(2);
    await handle.resubmit({ set: { 'licenses/1/2/images/0': image('business-licence-sharp.jpg') } });
    await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.uploads().counts[stage.appId]).toBe(3);
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved', attempts: [{ number: 1 }, { number: 2 }] });
  });

  test('L3 the same bytes at several places of one case are uploaded once, wherever they come from', async ({
    stage,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), 'wxq-same-'));
    try {
      const copies = await Promise.all(
        Array.from({ length: 6 }, async (_, n) => {
          const copy = join(folder, `scan-${n}.jpg`);
          await copyFile(image('food-permit.jpg'), copy);
          return copy;
        }),
      );
      const input = stage.shopInput();
      if (input.material.form !== 'licenses') throw new Error('not this form');
      const [license] = input.material.licenses;
      if (license === undefined) throw new Error('no licence');
      license.images = copies;
      const handle = await stage.startShop(input);
      const { material } = await stage.until(handle.workflowId, 'in_review');
      expect(stage.sandbox.uploads().counts[stage.appId]).toBe(1);
      expect(new Set(material.map(({ sha256 }) => sha256)).size).toBe(1);
      expect(material).toHaveLength(6);
      stage.sandbox.decide(stage.openAudit().id, 'approved');
      await handle.result();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('L9 a folder of broken images: each is named with what is wrong, and nothing is sent', async ({ stage }) => {
    const folder = await mkdtemp(join(tmpdir(), 'wxq-broken-'));
    try {
      const png = await readFile(image('business-licence.png'));
      const jpeg = await readFile(image('food-permit.jpg'));
      const plain = sharp({ create: { width: 900, height: 900, channels: 3, background: '#fff' } });
      const bomb = Buffer.from(png);
      bomb.writeUInt32BE(100_000, 16);
      bomb.writeUInt32BE(100_000, 20);
      const broken: Record<string, Buffer> = {
        'empty.png': Buffer.alloc(0),
        'half.png': png.subarray(0, png.length / 2),
        'half.jpg': jpeg.subarray(0, jpeg.length / 2),
        'page.jpg': Buffer.from('<html><body>404 Not Found</body></html>'),
        'paper.png': Buffer.from('%PDF-1.7 no image'),
        'drawing.jpg': Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900"/>'),
        'scan.jpg': await plain.clone().webp().toBuffer(),
        'bomb.png': bomb,
        'still.jpg': await plain.clone().gif().toBuffer(),
      };
      for (const [name, bytes] of Object.entries(broken)) await writeFile(join(folder, name), bytes);
      const input = { ...stage.shopInput(), skipCheck: true };
      if (input.material.form !== 'licenses') throw new Error('not this form');
      const [license] = input.material.licenses;
      if (license === undefined) throw new Error('no licence');
      license.images = Object.keys(broken).map((name) => join(folder, name));
      const handle = await stage.startShop(input);
      const { attempts } = await stage.until(handle.workflowId, 'needs_material');
      for (const n of Object.keys(broken).keys()) expect(attempts[0]?.reason).toContain(`licenses/1/2/images/${n}: `);
      expect(attempts[0]?.source).toBe('refused');
      expect(stage.sandbox.uploads().counts[stage.appId] ?? 0).toBe(0);
      await handle.withdraw();
      expect(await handle.result()).toMatchObject({ outcome: 'withdrawn' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('L3 a source that has gone does not matter any more: the pinned copy is sent', async ({ stage }) => {
    const folder = await mkdtemp(join(tmpdir(), 'wxq-source-'));
    const source = join(folder, 'page.jpg');
    await copyFile(image('mini-program-certificate-page-1.jpg'), source);
    const input = stage.miniInput();
    for (const certificate of input.certificates) certificate.images = [source];
    stage.sandbox.setChaos({ rules: [{ operation: 'wxopen/addcategory', errcode: 40007 }] });
    await stage.stopWorkers();
    const handle = await stage.startMini(input);
    stage.replaceActivities({});
    await stage.startWorker();
    await stage.until(handle.workflowId, (view) => view.material.every(({ sha256 }) => sha256 !== undefined));
    await rm(folder, { recursive: true });
    const view = await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.uploads().counts[stage.miniAppId]).toBe(2 * input.certificates.length);
    expect(view.attempts).toHaveLength(1);
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    await handle.result();
  });

  test('L3 media older than 60 hours are uploaded again before they are used', async ({ stage }) => {
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'in_review');
    const first = stage.sandbox.uploads().counts[stage.miniAppId] ?? 0;
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'rejected', '有效期未填写');
    await stage.until(handle.workflowId, 'needs_material');
    await stage.advance(handle.workflowId, 61 * 3600);
    const [certificate] = stage.miniInput().certificates;
    await handle.resubmit({
      set: { [`certificates/${encodeURIComponent(certificate?.key ?? '')}/validUntil`]: '2031-01-01' },
    });
    await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.uploads().counts[stage.miniAppId]).toBe(2 * first);
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    await handle.result();
  });

  test('L3 media younger than 60 hours are used again', async ({ stage }) => {
    const handle = await stage.startMini(stage.miniInput());
    await stage.until(handle.workflowId, 'in_review');
    const first = stage.sandbox.uploads().counts[stage.miniAppId] ?? 0;
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'rejected', '有效期未填写');
    await stage.until(handle.workflowId, 'needs_material');
    await stage.advance(handle.workflowId, 48 * 3600);
    const [certificate] = stage.miniInput().certificates;
    await handle.resubmit({
      set: { [`certificates/${encodeURIComponent(certificate?.key ?? '')}/validUntil`]: '2031-01-01' },
    });
    await stage.until(handle.workflowId, 'in_review');
    expect(stage.sandbox.uploads().counts[stage.miniAppId]).toBe(first);
    stage.sandbox.decide(stage.openAudit(stage.miniAppId).id, 'approved');
    await handle.result();
  });

  test('L3 a file id that WeChat no longer takes is replaced once; the second refusal asks a person', async ({
    stage,
  }) => {
    stage.sandbox.setChaos({ rules: [{ operation: 'category/add', errcode: 10020087, times: 2 }] });
    const handle = await stage.startShop(stage.shopInput());
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(stage.sandbox.uploads().counts[stage.appId]).toBe(2);
    expect(view.attempts).toMatchObject([{ source: 'refused', reason: expect.stringContaining('10020087') }]);
    await handle.withdraw();
    await handle.result();
  });

  test('L3 a file id that dies under a correction is replaced too: the correction is not taken for unchanged', async ({
    stage,
  }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'rejected', '不清晰');
    await stage.until(handle.workflowId, 'needs_material');
    stage.sandbox.setChaos({ rules: [{ operation: 'category/add', errcode: 10020087 }] });
    await handle.resubmit({ set: { 'licenses/1/2/images/0': image('food-permit.jpg') } });
    const view = await stage.until(
      handle.workflowId,
      ({ attempts, status }) => attempts.length === 2 && status !== 'preparing',
    );
    expect(view).toMatchObject({ status: 'in_review', attempts: [{}, { number: 2 }] });
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('L3 the same bytes at the same place are not sent again, and the correction is refused as unchanged', async ({
    stage,
  }) => {
    const handle = await stage.startShop(stage.shopInput());
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'rejected', '不清晰');
    await stage.until(handle.workflowId, 'needs_material');
    await handle.resubmit({ set: { 'licenses/1/2/images/0': image('business-licence.png') } });
    const view = await stage.until(
      handle.workflowId,
      (now) => now.status === 'needs_material' && now.attempts.length === 2,
    );
    expect(view.attempts[1]).toMatchObject({ source: 'refused', reason: expect.stringMatching(/^unchanged/) });
    expect(stage.sandbox.uploads().counts[stage.appId]).toBe(1);
    expect(stage.sandbox.requests('category/add')).toHaveLength(1);
    await handle.resubmit({ force: true });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });

  test('L9 an image that cannot be read asks for another one and names it', async ({ stage }) => {
    const input = stage.shopInput();
    if (input.material.form === 'licenses')
      for (const license of input.material.licenses) license.images = [join(import.meta.dirname, 'uploads.test.ts')];
    const handle = await stage.startShop(input);
    const view = await stage.until(handle.workflowId, 'needs_material');
    expect(view.attempts).toMatchObject([{ verdict: 'refused', source: 'refused' }]);
    expect(stage.sandbox.uploads().counts[stage.appId] ?? 0).toBe(0);
    await handle.resubmit({ set: { 'licenses/1/2/images/0': image('business-licence.png') } });
    await stage.until(handle.workflowId, 'in_review');
    stage.sandbox.decide(stage.openAudit().id, 'approved');
    expect(await handle.result()).toMatchObject({ outcome: 'approved' });
  });
});
