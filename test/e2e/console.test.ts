/** A person at the console: a rejected case is found, its image replaced, and it is approved. Real server, worker, sandbox and browser. */
import { afterAll } from 'vitest';
import { type OpenedBrowser, openBrowser } from '../../scripts/browser.ts';
import { expect, image, test } from '../stage.ts';

const opened: OpenedBrowser[] = [];
afterAll(async () => {
  for (const browser of opened) await browser.close();
});

async function browserAt(origin: string): Promise<OpenedBrowser> {
  const browser = await openBrowser(origin);
  opened.push(browser);
  return browser;
}

test('reject, replace the image, approve', async ({ stage }) => {
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
