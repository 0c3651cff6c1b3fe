/** Headless Chromium for tests and screenshots; every request that leaves this machine fails the test. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Debian's own; another one by `CHROMIUM_PATH`. */
export const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

export interface OpenedBrowser {
  /** A page of its own person: cookies are not shared. */
  page(options?: BrowserContextOptions): Promise<Page>;
  /** Addresses that a page asked for outside of `origin`, and what a page complained about (CSP, scripts). */
  complaints: string[];
  close(): Promise<void>;
}

export async function openBrowser(origin: string): Promise<OpenedBrowser> {
  const browser: Browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const complaints: string[] = [];
  return {
    complaints,
    async page(options = {}) {
      const context = await browser.newContext({ timezoneId: 'Asia/Shanghai', locale: 'en-GB', ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      page.on('request', (request) => {
        if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url())) complaints.push(request.url());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      return page;
    },
    close: () => browser.close(),
  };
}
