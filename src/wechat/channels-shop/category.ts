/** Category applications of the Channels Shop: submit, read the audit, read the permission, cancel. */
import type { CallOptions, Send } from '../call.ts';
import { idAsNumber } from '../json.ts';
import { acknowledged } from '../wire.ts';
import {
  addedCategory,
  type CategoryFlow,
  type CategoryRelation,
  flowDetail,
  flowList,
  relationDetail,
  relationList,
} from './schema.ts';

/** What is sent to `category/add`. Give either `catsV2` (root first, leaf last) or all three levels of the old tree. */
export interface CategoryInfo {
  catsV2?: string[];
  level1?: string;
  level2?: string;
  level3?: string;
  /** true: `licenseGroups`; false: the older `certificate`, which WeChat may refuse (9700250). */
  isNewApplyCat: boolean;
  /** Every group that the category has, with one licence each. */
  licenseGroups?: {
    licenseGroupId: string;
    licenseId: string;
    fileIds: string[];
    fields: { key: string; value: string }[];
  }[];
  /** 资质材料 (older form), at most 10, as all lists of file ids here. */
  certificate?: string[];
  /** 报备函 */
  baobeihan?: string[];
  /** 经营证明 */
  jingyingzhengming?: string[];
  /** 带货口碑 */
  daihuokoubei?: string[];
  /** 入住资质 */
  ruzhuzhizhi?: string[];
  /** 经营流水 */
  jingyingliushui?: string[];
  /** 补充材料 */
  buchongcailiao?: string[];
  /** 经营平台 */
  jingyingpingtai?: 'taobao' | 'jd' | 'douyin' | 'kuaishou' | 'pdd' | 'other';
  /** 账号名称 */
  zhanghaomingcheng?: string;
  /** The shop's own valid brands. */
  brandIds?: string[];
}

/** The calls of this file. */
export interface ShopCategoryCalls {
  /** Submits an application and answers the id of its audit. Not idempotent: after a lost answer read the list first. */
  addCategory(info: CategoryInfo, options?: CallOptions): Promise<{ auditId: string }>;
  /** Reads one audit. */
  getBizCatFlowDetail(auditId: string, options?: CallOptions): Promise<CategoryFlow>;
  /** Reads a page of audits. WeChat's filter leaks other statuses: look at each `status`. The last page is shorter than `limit`. */
  getBizCatFlowList(
    page: { status?: string; offset: number; limit: number },
    options?: CallOptions,
  ): Promise<CategoryFlow[]>;
  /** Reads the permission for a category; of a category never held everything but `categoryId` may be missing. */
  getCategoryRelationDetail(categoryId: string, options?: CallOptions): Promise<CategoryRelation>;
  /** Reads all permissions; the filter leaks here too. */
  getCategoryRelationList(filter?: { status?: string }, options?: CallOptions): Promise<CategoryRelation[]>;
  /** Cancels an audit that is in review. */
  cancelCategoryAudit(auditId: string, options?: CallOptions): Promise<void>;
}

export function createCategoryCalls(send: Send): ShopCategoryCalls {
  return {
    // https://developers.weixin.qq.com/doc/store/API/category/add.html
    addCategory: (info, options) =>
      send({
        endpoint: 'channels-shop/add-category',
        json: () => ({ category_info: wireCategoryInfo(info) }),
        answer: addedCategory,
        options,
      }),

    // https://developers.weixin.qq.com/doc/store/shop/API/channels-shop-category/api_getbizcatflowdetail.html
    getBizCatFlowDetail: (auditId, options) =>
      send({
        endpoint: 'channels-shop/get-biz-cat-flow-detail',
        json: () => ({ audit_id: idAsNumber(auditId) }),
        answer: flowDetail,
        options,
      }),

    // https://developers.weixin.qq.com/doc/store/shop/API/channels-shop-category/api_getbizcatflowlist
    getBizCatFlowList: ({ status, offset, limit }, options) =>
      send({
        endpoint: 'channels-shop/get-biz-cat-flow-list',
        json: () => ({ ...statusFilter(status), offset, limit }),
        answer: flowList,
        options,
      }),

    // https://developers.weixin.qq.com/doc/store/shop/API/channels-shop-category/api_getcategoryrelationdetail.html
    getCategoryRelationDetail: (categoryId, options) =>
      send({
        endpoint: 'channels-shop/get-category-relation-detail',
        json: () => ({ category_id: idAsNumber(categoryId) }),
        answer: relationDetail(categoryId),
        options,
      }),

    // https://developers.weixin.qq.com/doc/store/shop/API/channels-shop-category/
    getCategoryRelationList: (filter, options) =>
      send({
        endpoint: 'channels-shop/get-category-relation-list',
        json: () => statusFilter(filter?.status),
        answer: relationList,
        options,
      }),

    // https://developers.weixin.qq.com/doc/store/API/category/cancelauditcategory.html (here the id is a string)
    cancelCategoryAudit: (auditId, options) =>
      send({
        endpoint: 'channels-shop/cancel-category-audit',
        json: () => ({ audit_id: idAsNumber(auditId).value }),
        answer: acknowledged,
        options,
      }),
  };
}

function statusFilter(status: string | undefined): Record<string, unknown> {
  return status === undefined ? { is_filter_status: false } : { is_filter_status: true, status: idAsNumber(status) };
}

/** Ids go out as JSON numbers, as the page types them; absent parts stay absent. */
function wireCategoryInfo(info: CategoryInfo): Record<string, unknown> {
  const { catsV2, level1, level2, level3 } = info;
  const hasLevels = level1 !== undefined && level2 !== undefined && level3 !== undefined;
  if (!catsV2?.length && !hasLevels) throw new RangeError('a category needs catsV2 or level1, level2 and level3');
  return {
    ...(hasLevels ? { level1: idAsNumber(level1), level2: idAsNumber(level2), level3: idAsNumber(level3) } : {}),
    cats_v2: catsV2?.length ? catsV2.map((id) => ({ cat_id: idAsNumber(id) })) : undefined,
    is_new_apply_cat: info.isNewApplyCat,
    license_group_list: info.licenseGroups?.map((group) => ({
      license_group_id: idAsNumber(group.licenseGroupId),
      license: {
        license_id: idAsNumber(group.licenseId),
        file_id_list: group.fileIds,
        license_field_list: group.fields.map(({ key, value }) => ({ key, value })),
      },
    })),
    certificate: info.certificate,
    baobeihan: info.baobeihan,
    jingyingzhengming: info.jingyingzhengming,
    daihuokoubei: info.daihuokoubei,
    ruzhuzhizhi: info.ruzhuzhizhi,
    jingyingliushui: info.jingyingliushui,
    buchongcailiao: info.buchongcailiao,
    jingyingpingtai: info.jingyingpingtai,
    zhanghaomingcheng: info.zhanghaomingcheng,
    brand_list: info.brandIds?.map((id) => ({ brand_id: idAsNumber(id) })),
  };
}
