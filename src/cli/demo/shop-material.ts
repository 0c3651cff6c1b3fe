/** The sandbox's by-hand categories of the shop, and a licence that each of them takes. */
import type { License } from '../../client/index.ts';
import { fixtures, type ShopCategoryFixture } from '../../sandbox/index.ts';
import { exampleImage } from './example-images.ts';

/** The n-th category that is decided by hand. */
export function shopCategory(n: number): ShopCategoryFixture {
  const category = fixtures.categories.byHand[n];
  if (category === undefined) throw new RangeError(`the sandbox has no by-hand category ${n}`);
  return category;
}

/** The one licence that such a category asks for, with these pictures of `examples/`. */
export function businessLicence(category: ShopCategoryFixture, images: string[]): License {
  const [group] = category.groups;
  const [licence] = group?.licences ?? [];
  if (group === undefined || licence === undefined)
    throw new RangeError(`category ${category.leaf} asks for no licence`);
  return { groupId: group.groupId, licenseId: licence.licenseId, images: images.map(exampleImage) };
}
