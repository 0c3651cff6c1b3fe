/** What the rules are checked against: WeChat's live answers, in the shapes in which `src/wechat` gives them. */

/** One category of a tree; `cats_v2` tells leaves, `cats` carries the licence groups. */
export interface TreeNode {
  catId: string;
  name?: string;
  parentId?: string;
  isLeaf?: boolean;
  qua?: Qua;
}

/** What must be submitted for a category. */
export interface Qua {
  /** Missing says nothing: the old tree lost it on 2026-04-08. */
  needToApply?: boolean;
  tips?: string;
  licenseGroups: LicenseGroup[];
}

/** A group of which exactly one licence is submitted. `isNecessary` missing counts as yes. */
export interface LicenseGroup {
  licenseGroupId: string;
  description?: string;
  isNecessary?: boolean;
  licenses: LicenseRule[];
}

/** A licence with the fields that it wants. */
export interface LicenseRule {
  licenseId: string;
  name?: string;
  fields: FieldRule[];
}

/** A field; `pattern` is WeChat's `info`, a regular expression as a rule. */
export interface FieldRule {
  key: string;
  name?: string;
  pattern?: string;
  isNecessary?: boolean;
}

/** `category/detail` of the leaf. */
export interface LeafDetail {
  isLimitBrand?: boolean;
  accessPermitRequired?: boolean;
  brandIds: string[];
}

/** A brand of the shop: `status` 3 in force, 5 about to expire. */
export interface Brand {
  brandId: string;
  chName?: string;
  enName?: string;
  status?: string;
}

/** What is known about a shop's category. `detail` and `brands` are missing where they could not be read. */
export interface ShopRules {
  /** The old tree (`cats`): branches. */
  cats: TreeNode[][];
  /** The new tree (`cats_v2`): branches. */
  catsV2: TreeNode[][];
  detail?: LeafDetail;
  brands?: Brand[];
}

/** A category that a Mini Program may set; id 0 is the root. */
export interface ListedCategory {
  id: string;
  name?: string;
  father?: string;
  children: string[];
  /** A qualification must be submitted and is reviewed. */
  isSensitive: boolean;
  /** Any one of the alternatives is enough; of it, every document is needed. */
  qualify?: { alternatives: { name: string }[][]; remark?: string };
}

/** A category that is set; `auditStatus` 1 in review, 2 rejected, 3 passed. */
export interface SetCategory {
  first: string;
  second: string;
  auditStatus: string;
  auditReason?: string;
  isExpired: boolean;
}

/** What is known about a Mini Program: what it may set (`getallcategories`), and what it has (`getcategory`). */
export interface MiniProgramRules {
  categories: ListedCategory[];
  setting: { categories: SetCategory[]; limit?: number; quota?: number; categoryLimit?: number };
}

/** What was found out about one image, or about the images that become one. */
export interface ImageFact {
  /** The image's place in the input, such as `material.licenses[0].images[0]`. */
  path: string;
  /** Of the file. */
  bytes?: number;
  /** Pixels, as a person sees it. */
  width?: number;
  height?: number;
  /** What will be done to it before it is sent. */
  change?: string;
  /** It becomes one picture with the others of its list, whatever its size. */
  isJoined?: boolean;
  /** The same bytes were sent for another principal before. */
  isSentForOthers?: boolean;
  /** Why it can't be sent, or (`isCertain` false) why it could not be looked at now. */
  problem?: { reason: string; advice: string; isCertain: boolean };
}

/** Everything besides the rules that a check is told; nothing is read from outside. */
export interface Circumstances {
  /** Milliseconds since 1970. */
  now: number;
  /** When the rules were read; milliseconds since 1970. */
  rulesReadAt: number;
  images: readonly ImageFact[];
  /** The account's principal (主体), where it is known. */
  principal?: string;
  /** Whether WeChat's expression is found in the value; `undefined`: not found out within a bounded time. */
  matches: (expression: RegExp, value: string) => boolean | undefined;
}
