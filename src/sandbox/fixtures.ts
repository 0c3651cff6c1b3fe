/** What every fresh sandbox knows: accounts, category ids by what they do, brands. None of it is real or secret. */
import type { SandboxAccounts } from './accounts.ts';
import { byHandMiniCategories, type MiniCategory, namedMiniCategories } from './mini-program-catalogue.ts';
import { byHandLeaves, namedLeaves } from './shop-catalogue.ts';
import type { ShopCategory } from './shop-category.ts';

/** One category of the shop, with what a submission to it has to hold. */
export interface ShopCategoryFixture {
  leaf: string;
  name: string;
  catsV2: string[];
  level1: string;
  level2: string;
  level3: string;
  /** One licence of each group; a field's `pattern` is WeChat's `info`. Empty: `license_group_list` is `[]`. */
  groups: {
    groupId: string;
    /** Absent: it has to be answered. */
    isOptional?: true;
    licences: { licenseId: string; name: string; fields: { key: string; pattern: string; isNecessary: boolean }[] }[];
  }[];
}

/** One category of the Mini Program. */
export interface MiniProgramCategoryFixture {
  first: string;
  second: string;
  name: string;
  /** Any one of these lists of keys (`certicates[].key`) is enough. */
  alternatives: string[][];
}

const shop = {
  appId: 'wx5a2d8f1c3b7e9046',
  secret: 'sandbox0shop0secret0not0a0real01',
  ghId: 'gh_3f9c1a7b2d5e',
  callback: {
    url: 'http://127.0.0.1:8080/callback/channels-shop/wx5a2d8f1c3b7e9046',
    token: 'sandboxShopToken',
    encodingAesKey: 'SandboxShopEncodingAesKeyNotARealOne000000A',
  },
};

const platform = {
  componentAppId: 'wx7c4e0b9d2a6f8135',
  secret: 'sandbox0platform0secret0not0real',
  tokenServiceBearer: 'sandbox-token-service',
  callback: {
    url: 'http://127.0.0.1:8080/callback/platform/wx7c4e0b9d2a6f8135/$APPID$',
    token: 'sandboxPlatformToken',
    encodingAesKey: 'SandboxPlatformEncodingAesKeyNotReal000000A',
  },
};

const miniProgram = { appId: 'wx1f6b3d8a5c2e7094', ghId: 'gh_8d2e6f4a1c7b' };
const platformShop = { appId: 'wx9b0d4f7a2c6e1583', ghId: 'gh_5b7d9e1f3a2c' };

/**
 * The fixtures. `shop` calls for itself (own secret, encrypted JSON pushes); `miniProgram` and `platformShop` have
 * authorised `platform` (its token service is `POST /sandbox/token`, pushes are encrypted XML under its key).
 */
export const fixtures = {
  shop,
  platform,
  miniProgram,
  platformShop,
  brands: {
    /** The shop's own, in force; needed by `categories.needsBrands`. */
    own: '10000083',
    ownToo: '10000084',
    /** The shop's own, about to expire (status 5): still good. */
    aboutToExpire: '10000085',
    /** Somebody else's: 10020127. */
    foreign: '10003026',
  },
  /** The shop's categories (微信小店类目). All but `approvedAtOnce` are decided by hand. */
  categories: {
    approvedAtOnce: shopFixture(namedLeaves.approvedAtOnce),
    /** 18 leaves with a business licence as their one group; the older form works as well. */
    byHand: byHandLeaves.map(shopFixture),
    /** Two groups; the second has two alternative licences, with fields. */
    needsLicenses: shopFixture(namedLeaves.needsLicenses),
    /** 10020127 without `brand_list`. */
    needsBrands: shopFixture(namedLeaves.needsBrands),
    /** No licence groups: the older form (`certificate`), or the newer with an empty list. */
    olderFormAccepted: shopFixture(namedLeaves.olderFormAccepted),
    /** 9700250 for the older form. */
    olderFormRefused: shopFixture(namedLeaves.olderFormRefused),
    /** 10020232 whatever the brand. */
    brandTooWeak: shopFixture(namedLeaves.brandTooWeak),
    /** 10020233 until an hour of sandbox clock after the first application. */
    brandBeingRated: shopFixture(namedLeaves.brandBeingRated),
    /** Two groups, the second with alternatives; tips in several lines. */
    needsTwoGroups: shopFixture(namedLeaves.needsTwoGroups),
    /** The second group may be left out. */
    optionalGroup: shopFixture(namedLeaves.optionalGroup),
    /** A group with two alternative licences, whose fields have patterns of their own. */
    alternativeLicences: shopFixture(namedLeaves.alternativeLicences),
    /** Only brands of `attr.brand_list`; of the shop's own, `brands.own`. Four levels in the newer tree. */
    directedEntry: shopFixture(namedLeaves.directedEntry),
    /** `need_to_apply` is false: an application is refused with 10020063. */
    takesNoApplications: shopFixture(namedLeaves.takesNoApplications),
  },
  /** The Mini Program's categories (小程序类目). */
  miniProgramCategories: {
    byHand: byHandMiniCategories.map(miniFixture),
    approvedAtOnce: miniFixture(namedMiniCategories.approvedAtOnce),
    /** Two documents together, or one other. By hand. */
    alternatives: miniFixture(namedMiniCategories.alternatives),
    /** The one document's name starts with two blanks. By hand. */
    blankedName: miniFixture(namedMiniCategories.blankedName),
    /** Not sensitive: in force at once, no documents. */
    noReview: miniFixture(namedMiniCategories.noReview),
    /** 53302, 53305, 53310 at addcategory. */
    wrongSubject: miniFixture(namedMiniCategories.wrongSubject),
    icpMissing: miniFixture(namedMiniCategories.icpMissing),
    applyReasonNeeded: miniFixture(namedMiniCategories.applyReasonNeeded),
    /** 53309 at deletecategory. */
    neverDeleted: miniFixture(namedMiniCategories.neverDeleted),
    /** Sensitive with an empty `exter_list`: any papers will do, none (53311) will not. By hand. */
    unnamedPapers: miniFixture(namedMiniCategories.unnamedPapers),
  },
};

/** The accounts of a fresh sandbox; `callbackBaseUrl` is where the callback server listens. */
export function fixtureAccounts(callbackBaseUrl = 'http://127.0.0.1:8080'): SandboxAccounts {
  const moved = (url: string): string => url.replace('http://127.0.0.1:8080', callbackBaseUrl);
  return {
    shops: [{ ...shop, callback: { ...shop.callback, url: moved(shop.callback.url) } }],
    platforms: [
      {
        ...platform,
        callback: { ...platform.callback, url: moved(platform.callback.url) },
        authorizers: [
          { ...miniProgram, platform: 'mini-program' },
          { ...platformShop, platform: 'channels-shop' },
        ],
      },
    ],
  };
}

function shopFixture({ leaf, name, catsV2, levels, groups }: ShopCategory): ShopCategoryFixture {
  const [level1, level2, level3] = levels;
  return {
    leaf,
    name,
    catsV2,
    level1,
    level2,
    level3,
    groups: groups.map((group) => ({
      groupId: group.id,
      ...(group.isNecessary === false ? { isOptional: true as const } : {}),
      licences: group.licences.map((licence) => ({
        licenseId: licence.id,
        name: licence.name,
        fields: licence.fields.map(({ key, pattern, isNecessary }) => ({ key, pattern, isNecessary })),
      })),
    })),
  };
}

function miniFixture({ first, second, name, alternatives }: MiniCategory): MiniProgramCategoryFixture {
  return { first, second, name, alternatives };
}
