/** Reads the rules of a category from WeChat, in the shapes that `src/rules` compares with. Every call only reads. */
import type { Brand, LeafDetail } from '../rules/category-rules.ts';
import type { ChannelsShopApi } from '../wechat/channels-shop/api.ts';
import { WeChatError } from '../wechat/errors.ts';

/** All categories come in one answer of several MB. */
export const treesTimeoutMs = 30_000;
const brandsPerPage = 50;
const maxBrandPages = 40;

/** `undefined`: a category that is no leaf has no detail (10020063 and the like); its own finding says so. @throws WeChatError */
export async function readLeafDetail(shop: ChannelsShopApi, leaf: string): Promise<LeafDetail | undefined> {
  try {
    const { isLimitBrand, accessPermitRequired, brandIds } = await shop.getCategoryDetail(leaf);
    return {
      brandIds,
      ...(isLimitBrand === undefined ? {} : { isLimitBrand }),
      ...(accessPermitRequired === undefined ? {} : { accessPermitRequired }),
    };
  } catch (error) {
    if (error instanceof WeChatError && error.kind === 'mend-data') return undefined;
    throw error;
  }
}

/** `undefined`: this account may not read them (permission set 129). @throws WeChatError */
export async function readValidBrands(shop: ChannelsShopApi): Promise<Brand[] | undefined> {
  const brands: Brand[] = [];
  try {
    let nextKey: string | undefined;
    for (let page = 0; page < maxBrandPages; page += 1) {
      const answer = await shop.getValidBrands({
        pageSize: brandsPerPage,
        ...(nextKey === undefined ? {} : { nextKey }),
      });
      brands.push(...answer.brands);
      if (answer.brands.length === 0 || answer.nextKey === undefined || answer.nextKey === nextKey) break;
      if (answer.totalNum !== undefined && brands.length >= answer.totalNum) break;
      nextKey = answer.nextKey;
    }
    return brands;
  } catch (error) {
    if (error instanceof WeChatError && error.kind === 'needs-person') return undefined;
    throw error;
  }
}
