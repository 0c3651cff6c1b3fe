/** Makes the pictures of the console in docs/images: a whole local installation, a few cases, headless Chromium. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { startLocalStack } from '../src/cli/local/local-stack.ts';
import { type ChannelsShopInput, connect, type QualificationClient } from '../src/client/index.ts';
import { createLogger } from '../src/runtime/logger.ts';
import { fixtures } from '../src/sandbox/index.ts';
import { openBrowser } from './browser.ts';

const root = resolve(process.env.INIT_CWD ?? process.cwd());
const target = process.argv[2] ?? join(root, 'docs/images');
const image = (name: string): string => join(root, 'examples/images', name);

function shopCase(fixture: (typeof fixtures.categories.byHand)[number], requestedBy: string): ChannelsShopInput {
  return {
    appId: fixtures.shop.appId,
    category: { catsV2: fixture.catsV2 },
    requestedBy,
    material: {
      form: 'licenses',
      licenses: fixture.groups.map(({ groupId, licences: [licence] }) => ({
        groupId,
        licenseId: licence?.licenseId ?? '0',
        images: [image('business-licence-blurred.jpg')],
        validUntil: '2031-05-31',
        holder: { name: '示例贸易有限公司' },
      })),
    },
  };
}

const [, , , rowA, rowB, rowC, rowD] = fixtures.categories.byHand.map(({ catsV2 }) => catsV2.at(-1));
const importedRows = [
  'appId,category,intent,auditId,externalId,licenses/1/2/images,licenses/1/2/validUntil',
  `${fixtures.shop.appId},${rowA},新办,,A-1,business-licence-sharp.jpg,2031-12-31`,
  `${fixtures.shop.appId},${rowB},新办,,A-2,business-licence-sharp.jpg,${new Date(Date.now() + 20 * 86_400_000).toISOString().slice(0, 10)}`,
  `${fixtures.shop.appId},${rowC},新办,,A-3,营业执照-3.jpg,`,
  `${fixtures.shop.appId},${rowD},接管,,A-4,,`,
];

async function until(client: QualificationClient, workflowId: string, status: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if ((await client.get(workflowId).view()).status === status) return;
    await pause(100);
  }
  throw new Error(`${workflowId} did not become ${status}`);
}

const dataDir = await mkdtemp(join(tmpdir(), 'wxq-console-'));
const stack = await startLocalStack({
  env: { ...process.env, WXQ_CALLBACK_PORT: '0', WXQ_CONSOLE_PORT: '0', WXQ_WORKER_METRICS_PORT: '0' },
  dataDir,
  taskQueue: 'console-images',
  logger: await createLogger({ level: 'error', name: 'server' }),
  workerLog: 'inherit',
  workerStopWithinMs: 10_000,
  onProgress: (line) => process.stderr.write(`${line}\n`),
  signal: new AbortController().signal,
});
try {
  await mkdir(target, { recursive: true });
  const client = await connect({ env: stack.env });
  const ids: string[] = [];
  const reasons = ['营业执照图片不清晰，请上传清晰的原件彩色扫描件', '食品经营许可证与店铺主体不一致，请重新上传'];
  for (const [index, fixture] of fixtures.categories.byHand.slice(0, 3).entries()) {
    const { handle } = await client.channelsShop.start(shopCase(fixture, 'shop-backend'));
    await until(client, handle.workflowId, 'in_review').catch(() => undefined);
    const [audit] = stack.sandbox.audits({ status: 'open' });
    const reason = reasons[index];
    if (audit === undefined || reason === undefined) continue;
    stack.sandbox.decide(audit.id, 'rejected', reason);
    await until(client, handle.workflowId, 'needs_material');
    ids.push(handle.workflowId);
  }
  const [first = ''] = ids;
  const origin = stack.server.privateUrl;
  const browser = await openBrowser(origin);
  // A person mends the first one here, and it is rejected once more: attempts with a picture of what changed.
  const mending = await browser.page({ locale: 'zh-CN' });
  await mending.goto(`${origin}/console/cases/${first}`);
  await mending.fill('input[name=name]', '王芳');
  await mending.click('.person button >> nth=0');
  await mending.waitForLoadState('load');
  await mending.setInputFiles('input[type=file] >> nth=0', image('business-licence-sharp.jpg'));
  await mending.fill('#mend input[name=note]', '换成原件扫描');
  await mending.waitForSelector('#checked .good');
  await mending.click('button.first');
  await mending.waitForSelector('.notice.good');
  await mending.close();
  await until(client, first, 'in_review');
  stack.sandbox.decide(
    stack.sandbox.audits({ status: 'open' }).find(({ categoryId }) => first.endsWith(categoryId))?.id ?? '',
    'rejected',
    reasons[0],
  );
  await until(client, first, 'needs_material');
  const keep = async (name: string, page: Page): Promise<void> => {
    const shot = await page.screenshot({ fullPage: true });
    // A palette is enough for pages, and a third of the bytes.
    await sharp(shot)
      .png({ palette: true, quality: 85, effort: 10 })
      .toFile(join(target, `${name}.png`));
    await page.close();
  };
  const shoot = async (name: string, path: string, options: Parameters<typeof browser.page>[0]): Promise<void> => {
    const page = await browser.page(options);
    // The first look makes the server read the categories' names.
    await page.goto(`${origin}${path}`);
    await page.waitForTimeout(1_500);
    await page.goto(`${origin}${path}`);
    await page.waitForTimeout(500);
    await keep(name, page);
  };
  /** A file with a row that is fine, one that is doubtful, one that is wrong, and one that is only followed. */
  const shootImport = async (name: string, locale: string): Promise<void> => {
    const page = await browser.page({ ...wide, locale });
    await page.goto(`${origin}/console/imports`);
    const buffer = Buffer.from(importedRows.join('\r\n'));
    await page.setInputFiles('input[name=csv]', { name: 'cases.csv', mimeType: 'text/csv', buffer });
    await page.setInputFiles('input[name=image]', image('business-licence-sharp.jpg'));
    await page.click('button.first');
    await page.waitForSelector('.chip.stage-checked');
    await keep(name, page);
  };
  const wide = { viewport: { width: 1200, height: 760 } };
  const narrow = { viewport: { width: 400, height: 800 } };
  await shoot('console-waiting', '/console/', { ...wide, locale: 'en-GB' });
  await shoot('console-case-en', `/console/cases/${first}`, { ...wide, locale: 'en-GB' });
  await shootImport('console-import-zh', 'zh-CN');
  await shootImport('console-import-en', 'en-GB');
  await shoot('console-case-zh', `/console/cases/${first}`, { ...wide, locale: 'zh-CN' });
  await shoot('console-case-dark', `/console/cases/${first}`, { ...wide, locale: 'en-GB', colorScheme: 'dark' });
  await shoot('console-narrow', '/console/', { ...narrow, locale: 'zh-CN' });
  if (browser.complaints.length > 0) throw new Error(browser.complaints.join('\n'));
  await browser.close();
  await client.close();
} finally {
  await stack.stop();
  await rm(dataDir, { recursive: true, force: true });
}
