/** Category calls of the Mini Program, made by a third-party platform on its behalf. */
import type { CallOptions, Send } from '../call.ts';
import { idAsNumber } from '../json.ts';
import { acknowledged } from '../wire.ts';
import { type ListedCategory, listedCategories, type MiniProgramCategories, setCategories } from './schema.ts';

/** One document of a category. */
export interface Certificate {
  /** The name that WeChat lists (`inner_list[].name`), whole. */
  key: string;
  /** One image; several images have to be put together into one. */
  mediaId: string;
  /** Seconds since 1970. Undocumented on the newest page. */
  expireTime?: number;
  isPermanent?: boolean;
}

/** A category by its two ids, with its documents. */
export interface CategoryApplication {
  first: string;
  second: string;
  certificates: Certificate[];
}

/** The calls of this file. */
export interface MiniProgramCategoryCalls {
  /** Reads the categories that are set, with the state of their review. */
  getCategory(options?: CallOptions): Promise<MiniProgramCategories>;
  /** Adds one category; there is no audit id. Not idempotent: 53304 after a lost answer means that it landed. */
  addCategory(application: CategoryApplication, options?: CallOptions): Promise<void>;
  /** Sends new documents for a rejected category (53307 for any other). */
  modifyCategory(application: CategoryApplication, options?: CallOptions): Promise<void>;
  /** Deletes a category at once; not while it is in review (53308). */
  deleteCategory(category: { first: string; second: string }, options?: CallOptions): Promise<void>;
  /** Lists what may be set by this account's kind of subject. */
  getAllCategories(options?: CallOptions): Promise<ListedCategory[]>;
  /** The same for a kind of subject: 0 personal, 1 company, 2 government, 3 media, 4 other. */
  getCategoriesByType(verifyType: number, options?: CallOptions): Promise<ListedCategory[]>;
}

export function createCategoryCalls(send: Send): MiniProgramCategoryCalls {
  return {
    // https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/category-management/api_getsettingcategories
    getCategory: (options) => send({ endpoint: 'mini-program/get-category', answer: setCategories, options }),

    // https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/category-management/api_addcategory
    // Several may be sent at once, but whether that is atomic is not documented.
    addCategory: (application, options) =>
      send({
        endpoint: 'mini-program/add-category',
        json: () => ({ categories: [wireApplication(application)] }),
        answer: acknowledged,
        options,
      }),

    // https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/category-management/api_modifycategory
    modifyCategory: (application, options) =>
      send({
        endpoint: 'mini-program/modify-category',
        json: () => wireApplication(application),
        answer: acknowledged,
        options,
      }),

    // https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/category-management/api_deletecategory
    deleteCategory: ({ first, second }, options) =>
      send({
        endpoint: 'mini-program/delete-category',
        json: () => ({ first: idAsNumber(first), second: idAsNumber(second) }),
        answer: acknowledged,
        options,
      }),

    // https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/category-management/api_getallcategories
    getAllCategories: (options) =>
      send({ endpoint: 'mini-program/get-all-categories', answer: listedCategories, options }),

    // https://developers.weixin.qq.com/doc/oplatform/openApi/miniprogram-management/category-management/api_getallcategoriesbytype
    getCategoriesByType: (verifyType, options) =>
      send({
        endpoint: 'mini-program/get-categories-by-type',
        json: () => ({ verify_type: verifyType }),
        answer: listedCategories,
        options,
      }),
  };
}

/** `certicates` is WeChat's spelling, everywhere. */
function wireApplication({ first, second, certificates }: CategoryApplication): Record<string, unknown> {
  return {
    first: idAsNumber(first),
    second: idAsNumber(second),
    certicates: certificates.map(({ key, mediaId, expireTime, isPermanent }) => {
      // An item without a value is answered with 40007, which looks like an image that has expired.
      if (mediaId === '') throw new RangeError(`certificate ${JSON.stringify(key)} has no mediaId`);
      return {
        key,
        value: mediaId,
        expire_time: expireTime,
        is_permanent: isPermanent === undefined ? undefined : Number(isPermanent),
      };
    }),
  };
}
