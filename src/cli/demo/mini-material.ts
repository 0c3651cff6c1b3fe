/** The sandbox's by-hand categories of the Mini Program, and the certificate that each of them takes. */
import type { Certificate } from '../../client/index.ts';
import { fixtures, type MiniProgramCategoryFixture } from '../../sandbox/index.ts';
import { exampleImage } from './example-images.ts';

/** The n-th category that is decided by hand. */
export function miniCategory(n: number): MiniProgramCategoryFixture {
  const category = fixtures.miniProgramCategories.byHand[n];
  if (category === undefined) throw new RangeError(`the sandbox has no by-hand category ${n}`);
  return category;
}

/** The one certificate that such a category asks for, with these pictures of `examples/`. */
export function onlyCertificate(category: MiniProgramCategoryFixture, images: string[]): Certificate {
  const [key] = category.alternatives[0] ?? [];
  if (key === undefined) throw new RangeError(`category ${category.second} asks for no certificate`);
  return { key, images: images.map(exampleImage) };
}
