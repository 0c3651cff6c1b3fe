/** What surrounds an application: the image upload, the category tree, brands, the shop itself. */
import type { CallOptions, Send } from '../call.ts';
import { WeChatError } from '../errors.ts';
import { idAsNumber } from '../json.ts';
import type { UploadFile } from '../multipart.ts';
import {
  allCategories,
  type CategoryDetail,
  type CategoryPrecheck,
  categoryDetail,
  precheck,
  type ShopCategories,
  type ShopInfo,
  shopInfo,
  uploadedQualification,
  type ValidBrands,
  validBrands,
} from './schema.ts';

/** The calls of this file. */
export interface ShopCalls {
  /** Uploads an image of at most 2 MB; the `fileId` has no documented end. */
  uploadQualification(file: UploadFile, options?: CallOptions): Promise<{ fileId: string }>;
  /** Reads both category trees, in one answer of several MB. */
  getAllCategories(options?: CallOptions): Promise<ShopCategories>;
  /** Reads one leaf: whether it needs a brand, whether entry is directed. */
  getCategoryDetail(catId: string, options?: CallOptions): Promise<CategoryDetail>;
  /** Reads a page (at most 50) of the brands that may stand in `brandIds`. Needs permission set 129. */
  getValidBrands(page: { pageSize: number; nextKey?: string }, options?: CallOptions): Promise<ValidBrands>;
  /** Reads the shop's name, original id and state. */
  getShopInfo(options?: CallOptions): Promise<ShopInfo>;
  /** Whether the shop may publish (in this category). `false` has other causes too. Needs permission set 129. */
  categoryPrecheck(catId?: string, options?: CallOptions): Promise<CategoryPrecheck>;
}

export function createShopCalls(send: Send): ShopCalls {
  return {
    // https://developers.weixin.qq.com/doc/store/API/basics/qualificationupload.html
    uploadQualification: (file, options) =>
      send({ endpoint: 'channels-shop/upload-qualification', file, answer: uploadedQualification, options }),

    // https://developers.weixin.qq.com/doc/store/shop/API/channels-shop-category/api_getallcategory.md
    async getAllCategories(options) {
      const call = { endpoint: 'channels-shop/get-all-categories', answer: allCategories, options } as const;
      try {
        return await send(call);
      } catch (error) {
        // Two copies of the page say GET, one says POST.
        if (!(error instanceof WeChatError) || error.errcode !== '43002') throw error;
        return await send({ ...call, method: 'POST', json: () => ({}) });
      }
    },

    // https://developers.weixin.qq.com/doc/store/shop/API/channels-shop-category/ (getcategorydetail)
    getCategoryDetail: (catId, options) =>
      send({
        endpoint: 'channels-shop/get-category-detail',
        json: () => ({ cat_id: idAsNumber(catId) }),
        answer: categoryDetail,
        options,
      }),

    // https://developers.weixin.qq.com/doc/store/API/brand/valid_list_get.html
    getValidBrands: ({ pageSize, nextKey }, options) =>
      send({
        endpoint: 'channels-shop/get-valid-brands',
        json: () => ({ page_size: pageSize, next_key: nextKey }),
        answer: validBrands,
        options,
      }),

    // https://developers.weixin.qq.com/doc/store/shop/API/ (shop info; POST is refused with 43001)
    getShopInfo: (options) => send({ endpoint: 'channels-shop/get-shop-info', answer: shopInfo, options }),

    // https://developers.weixin.qq.com/doc/store/shop/API/ (categoryprecheck)
    categoryPrecheck: (catId, options) =>
      send({
        endpoint: 'channels-shop/category-precheck',
        json: () => (catId === undefined ? {} : { cat_id: idAsNumber(catId) }),
        answer: precheck,
        options,
      }),
  };
}
