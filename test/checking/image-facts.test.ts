/** What is found out about images, and how that is told: each change with its true reason. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { imageFacts } from '../../src/checking/image-facts.ts';
import type { Platform } from '../../src/contract/qualification.ts';
import { createImagePreparation } from '../../src/images/preparation.ts';
import { checkChannelsShop, checkMiniProgram } from '../../src/rules/check.ts';
import { noise } from '../images/samples.ts';
import { circumstances, miniCase, miniRules, shopCase, shopRules } from '../rules/inputs.ts';

const pages = ['mini-program-certificate-page-1.jpg', 'mini-program-certificate-page-2.png'];

const factsOf = (platform: Platform, path: string, images: Record<string, Uint8Array>) =>
  imageFacts(platform, [{ path, images: Object.keys(images) }], {
    images: createImagePreparation(),
    read: async ({ source }) => images[source] ?? new Uint8Array(),
  });

const changesIn = (findings: { code: string; zh: string; en: string }[]) =>
  findings.filter(({ code }) => code === 'image-changed').map(({ zh, en }) => `${zh} ${en}`);

it('two small pages of one certificate are joined because WeChat takes one picture, not because they are large', async () => {
  const images = Object.fromEntries(
    await Promise.all(
      pages.map(async (name) => {
        const bytes = await readFile(new URL(`../../examples/images/${name}`, import.meta.url));
        return [name, new Uint8Array(bytes)] as const;
      }),
    ),
  );
  const facts = await factsOf('mini-program', 'certificates[0].images', images);
  const told = changesIn(checkMiniProgram(miniCase(), miniRules(), circumstances({ images: facts })));
  expect(told).toHaveLength(2);
  for (const one of told) {
    expect(one).toMatch(/合并成一张.*joined into one.*part [12] of 2/);
    expect(one).not.toMatch(/过大|Too large/);
  }
});

it('one that is too large says its size', async () => {
  const bytes = new Uint8Array(await noise({ width: 1400, height: 1400 }).png().toBuffer());
  const facts = await factsOf('channels-shop', 'material.licenses[0].images', { 'a.png': bytes });
  const told = changesIn(checkChannelsShop(shopCase(), shopRules(), circumstances({ images: facts })));
  expect(told).toEqual([expect.stringMatching(new RegExp(`过大（${bytes.byteLength} 字节）.*Too large`))]);
});
