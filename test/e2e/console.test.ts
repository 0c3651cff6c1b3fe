/** A person at the console: a rejected case is found, its image replaced, it is approved, and the backend told once more. Real server, worker, sandbox and browser. */
import { afterAll, onTestFinished, vi } from 'vitest';
import { type OpenedBrowser, openBrowser } from '../../scripts/browser.ts';
import { fixtures } from '../../src/sandbox/index.ts';
import { Receiver, telling } from '../receiver.ts';
import { expect, image, test } from '../stage.ts';

// A browser, a server and a worker share two cores with everything else.
vi.setConfig({ testTimeout: 240_000 });

const opened: OpenedBrowser[] = [];
afterAll(async () => {
  for (const browser of opened) await browser.close();
});

async function browserAt(origin: string): Promise<OpenedBrowser> {
  const browser = await openBrowser(origin);
  opened.push(browser);
  return browser;
}

test('reject, replace the image, approve; the backend was told, and is told again', async ({ stageOf }) => {
  const receiver = new Receiver();
  await receiver.listen();
  onTestFinished(() => receiver.close());
  const secrets = ['whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3'];
  const stage = await stageOf({ notify: telling({ kind: 'webhook', url: receiver.url(), secrets }) });
  await stage.startWorker();
  const origin = stage.server?.privateUrl ?? '';
  const browser = await browserAt(origin);
  const page = await browser.page();
  await page.goto(`${origin}/`);
  expect(await page.textContent('main')).toContain('npx wxq submit');

  const { workflowId } = await stage.startShop(stage.shopInput({ requestedBy: 'backend' }));
  await stage.until(workflowId, 'in_review');
  stage.sandbox.decide(stage.openAudit().id, 'rejected', '营业执照不清晰，请重新上传');
  await stage.until(workflowId, 'needs_material');

  await expect
    .poll(
      async () => {
        await page.goto(`${origin}/console/`);
        return await page.textContent('main');
      },
      { timeout: 30_000 },
    )
    .toContain('营业执照不清晰');
  await page.fill('input[name=name]', '李雷');
  await page.click('text=Keep');
  await page.click('td a[data-open]');
  await page.waitForSelector('text=Mend it here');
  const thumbnail = page.locator('figure img').first();
  await expect
    .poll(() => thumbnail.evaluate((one) => (one as unknown as { naturalWidth: number }).naturalWidth))
    .toBeGreaterThan(50);

  await page.setInputFiles('input[type=file] >> nth=0', image('business-licence-sharp.jpg'));
  await page.waitForSelector('#checked >> text=Nothing was found to be wrong');
  await page.click('button.first');
  await page.waitForSelector('.notice.good');
  await stage.until(workflowId, 'in_review');
  await page.waitForSelector('.chip.in_review');
  stage.sandbox.decide(stage.openAudit().id, 'approved');
  await page.waitForSelector('.chip.approved', { timeout: 60_000 });
  expect(await page.textContent('.timeline')).toContain('李雷');
  expect((await stage.client.get(workflowId).result()).outcome).toBe('approved');

  await expect.poll(() => receiver.taken().length, { timeout: 60_000 }).toBe(4);
  await page.reload();
  await page.waitForSelector('#told tr:has-text("case.approved") >> text=delivered', { timeout: 60_000 });
  expect(await page.locator('#told tbody tr').count()).toBe(4);
  await page.click('#told tr:has-text("case.rejected") button');
  await page.waitForSelector('.notice.good');
  const rejected = () => receiver.taken().flatMap(({ type, id }) => (type === 'case.rejected' ? [id] : []));
  await expect.poll(() => rejected().length, { timeout: 60_000 }).toBe(2);
  expect(new Set(rejected()).size).toBe(1);
  expect(browser.complaints).toEqual([]);
});

test('a case begun by the form of its category, mended by one of two people at once, then withdrawn', async ({
  stage,
}) => {
  const origin = stage.server?.privateUrl ?? '';
  const browser = await browserAt(origin);
  const [anna, boris] = [await browser.page(), await browser.page({ locale: 'zh-CN' })];
  await anna.goto(`${origin}/console/new`);
  await anna.fill('input[name=appId]', stage.appId);
  await anna.fill('input[name=text]', '坚果');
  await anna.click('text=Find');
  await anna.click('li a:has-text("坚果")');
  await anna.setInputFiles('#new input[type=file] >> nth=0', image('business-licence-blurred.jpg'));
  await anna.waitForSelector('#checked >> text=Nothing was found to be wrong');
  await anna.click('button.first');
  await anna.waitForSelector('.notice.good');
  const workflowId = decodeURIComponent(new URL(anna.url()).pathname.replace('/console/cases/', ''));
  stage.started.add(workflowId);
  await stage.until(workflowId, 'in_review');
  stage.sandbox.decide(stage.openAudit().id, 'rejected', '看不清');
  await stage.until(workflowId, 'needs_material');

  const url = `${origin}/console/cases/${workflowId}`;
  for (const person of [anna, boris]) {
    await person.goto(url);
    await person.setInputFiles('input[type=file] >> nth=0', image('business-licence-sharp.jpg'));
    await person.waitForSelector('#checked .good');
  }
  await anna.click('button.first');
  await anna.waitForSelector('.notice.good');
  // His open form says so by itself, and sending it all the same changes nothing.
  await boris.waitForSelector('#head .notice.bad');
  await boris.click('button.first');
  await boris.waitForSelector('text=你的修改没有提交');
  const { attempts } = await stage.until(workflowId, 'in_review');
  expect(attempts).toHaveLength(2);

  await expect
    .poll(
      async () => {
        await anna.goto(`${origin}/console/pushes`);
        return await anna.textContent('main');
      },
      { timeout: 30_000 },
    )
    .toContain('product_category_audit');
  await anna.click('text=Deliver again');
  await anna.waitForSelector('.notice');

  await anna.goto(url);
  await anna.click('text=Withdraw…');
  expect(await anna.textContent('main')).toContain(stage.appId);
  await anna.click('text=Yes, withdraw it');
  await anna.waitForSelector('.chip.withdrawn');
  expect((await stage.client.get(workflowId).result()).outcome).toBe('withdrawn');
  // The refused form is an answer with status 409, which the browser's console reports.
  expect(browser.complaints.filter((one) => !one.includes('409'))).toEqual([]);
});

test('a file of two cases, one of them followed only, is imported with its image; the rejected one finds somebody', async ({
  stage,
}) => {
  const origin = stage.server?.privateUrl ?? '';
  const browser = await browserAt(origin);
  const page = await browser.page({ locale: 'zh-CN' });
  const [sent = '', followed = ''] = fixtures.categories.byHand.slice(0, 2).map(({ catsV2 }) => catsV2.at(-1));
  const { id: auditId } = await stage.sandbox.applyInBackOffice({ appId: stage.appId, categoryId: followed });
  const csv = [
    'appId,category,intent,auditId,externalId,licenses/1/2/images',
    `${stage.appId},${sent},新办,,A-1,business-licence-sharp.jpg`,
    `${stage.appId},${followed},接管,${auditId},A-2,`,
  ].join('\r\n');
  await page.goto(`${origin}/console/imports`);
  await page.setInputFiles('input[name=csv]', { name: '十月.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await page.setInputFiles('input[name=image]', image('business-licence-sharp.jpg'));
  await page.click('button.first');
  await page.waitForSelector('.chip.stage-checked');
  expect(await page.textContent('main')).toContain('启动 2 个申请（1 个账号）');
  await page.click('button.first');
  await page.waitForSelector('.chip.stage-done');
  // The page has renewed itself, and the moment is still the viewer's.
  await expect.poll(() => page.textContent('time')).toMatch(/年.*月.*日/);
  const ids = [sent, followed].map((categoryId) => `channels-shop/${stage.appId}/${categoryId}`);
  for (const id of ids) {
    stage.started.add(id);
    await stage.until(id, 'in_review');
    expect(await page.locator(`a[href$="${id}"]`).count()).toBe(1);
  }

  stage.sandbox.decide(auditId, 'rejected', '印章不清晰');
  await stage.until(ids[1] ?? '', 'needs_material');
  await expect
    .poll(
      async () => {
        await page.goto(`${origin}/console/`);
        return await page.textContent('main');
      },
      { timeout: 30_000 },
    )
    .toContain('印章不清晰');
  await page.fill('input[name=name]', '韩梅梅');
  await page.click('text=保存');
  await page.click('text=我来处理');
  await page.waitForSelector('td:has-text("韩梅梅")');
  for (const id of ids) await stage.client.get(id).withdraw({ force: true });
  for (const id of ids) expect((await stage.client.get(id).result()).outcome).toBe('withdrawn');
  expect(browser.complaints).toEqual([]);
});
