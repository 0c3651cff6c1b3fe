/** Makes the pictures of the console in docs/images: a whole local installation, a few cases, headless Chromium. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
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
  await client.get(first).resubmit({ set: {}, force: true, note: '同一份材料再试一次', by: '王芳' });
  await until(client, first, 'in_review');
  stack.sandbox.decide(
    stack.sandbox.audits({ status: 'open' }).find(({ categoryId }) => first.endsWith(categoryId))?.id ?? '',
    'rejected',
    reasons[0],
  );
  await until(client, first, 'needs_material');
  const origin = stack.server.privateUrl;
  const browser = await openBrowser(origin);
  const shoot = async (name: string, path: string, options: Parameters<typeof browser.page>[0]): Promise<void> => {
    const page = await browser.page(options);
    // The first look makes the server read the categories' names.
    await page.goto(`${origin}${path}`);
    await page.waitForTimeout(1_500);
    await page.goto(`${origin}${path}`);
    await page.waitForTimeout(500);
    const shot = await page.screenshot({ fullPage: true });
    // A palette is enough for pages, and a third of the bytes.
    await sharp(shot)
      .png({ palette: true, quality: 85, effort: 10 })
      .toFile(join(target, `${name}.png`));
    await page.close();
  };
  const wide = { viewport: { width: 1200, height: 760 } };
  const narrow = { viewport: { width: 400, height: 800 } };
  await shoot('console-waiting', '/console/', { ...wide, locale: 'en-GB' });
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
