/** The input of a Channels Shop case (微信小店 / 视频号小店 上传类目资质), in the words of `category/add`. */
import type { CaseInput, Image, Paper } from './qualification.ts';

/** The category: its leaf (the path is looked up), the new tree root first (`cats_v2`), or the old tree. */
export type ShopCategory = { leaf: string } | { catsV2: string[] } | { level1: string; level2: string; level3: string };

/** One licence for one licence group (`license_group_list`): exactly one licence per group is sent. */
export interface License extends Paper {
  groupId: string;
  licenseId: string;
  images: Image[];
  /** `field_key` -> value, e.g. `audit_license_no`. */
  fields?: Record<string, string>;
}

/** The additional material of directed categories (定向准入类目的附加信息); each list holds at most 10 images. */
export interface AccessMaterial {
  /** 报备函 */
  baobeihan?: Image[];
  /** 经营证明 */
  jingyingzhengming?: Image[];
  /** 带货口碑 */
  daihuokoubei?: Image[];
  /** 入住资质 (WeChat's own spelling) */
  ruzhuzhizhi?: Image[];
  /** 经营流水 */
  jingyingliushui?: Image[];
  /** 补充材料 */
  buchongcailiao?: Image[];
  /** 经营平台 */
  jingyingpingtai?: BusinessPlatform;
  /** 账号名称 */
  zhanghaomingcheng?: string;
}

/** 经营平台: the only values that WeChat takes. */
export const businessPlatforms = ['taobao', 'jd', 'douyin', 'kuaishou', 'pdd', 'other'] as const;
export type BusinessPlatform = (typeof businessPlatforms)[number];

/** The six optional image lists, by their wire names. */
export const accessLists = [
  'baobeihan',
  'jingyingzhengming',
  'daihuokoubei',
  'ruzhuzhizhi',
  'jingyingliushui',
  'buchongcailiao',
] as const;
export type AccessList = (typeof accessLists)[number];

/** WeChat refuses more images than this in one list (10020062). */
export const maxImagesPerList = 10;

/** `licenses` is today's form (`is_new_apply_cat: true`); `certificate` is the older one, which WeChat may refuse (9700250). */
export type ShopMaterial = ({ form: 'licenses'; licenses: License[] } | { form: 'certificate'; certificate: Image[] }) &
  AccessMaterial;

/** Starts `channelsShopQualification`. */
export interface ChannelsShopInput extends CaseInput {
  category: ShopCategory;
  /** The shop's own approved brands; needed when the category's `attr.is_limit_brand` is true. */
  brandIds?: string[];
  material: ShopMaterial;
}

/** The leaf of a category: what the permission hangs on, and what the workflow id carries. Leaf ids are equal in both trees. */
export function leafOf(category: ShopCategory): string {
  if ('leaf' in category) return category.leaf;
  if ('level3' in category) return category.level3;
  const leaf = category.catsV2.at(-1);
  if (leaf === undefined) throw new TypeError('category.catsV2 is empty');
  return leaf;
}
