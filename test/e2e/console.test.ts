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
  await page.click(`td a:has-text("${stage.appId}")`);
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
