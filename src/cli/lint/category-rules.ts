/** Gets the rules of a category: from WeChat, and keeps them; with --offline those that were kept. */
import type { LeafDetail, MiniProgramRules, ShopRules } from '../../rules/category-rules.ts';
import type { ChannelsShopApi, WeChatAccount, WeChatClient } from '../../wechat/index.ts';
import { WeChatError } from '../../wechat/index.ts';
import { RulesUnavailableError } from '../exit-status.ts';
import type { Kept, RulesCache } from './rules-cache.ts';

/** The rules of both platforms, with the moment at which they were read. */
export interface CategoryRules {
  /** @throws RulesUnavailableError */
  shop(account: WeChatAccount, leaf: string): Promise<Kept<ShopRules>>;
  /** @throws RulesUnavailableError */
  miniProgram(account: WeChatAccount): Promise<Kept<MiniProgramRules>>;
}

/** Both trees come in one answer of several MB. */
const treesTimeoutMs = 30_000;
const brandsPerPage = 50;
const maxBrandPages = 40;

/** Reads from WeChat and keeps what it read; details of other leaves stay kept. */
export function createLiveRules(wechat: WeChatClient, cache: RulesCache, now: () => number): CategoryRules {
  return {
    async shop(account, leaf) {
      const shop = wechat.channelsShop(account);
      const { cats, catsV2 } = await answered(() => shop.getAllCategories({ timeoutMs: treesTimeoutMs }));
      const isKnown = [...cats, ...catsV2].flat().some(({ catId }) => catId === leaf);
      const detail = isKnown ? await detailOf(shop, leaf) : undefined;
      const brands = await brandsOf(shop);
      const readAt = now();
      const before = await cache.shop(account.appId);
      const details = { ...before?.rules.details, ...(detail === undefined ? {} : { [leaf]: detail }) };
      const trees = { cats, catsV2, ...(brands === undefined ? {} : { brands }) };
      await cache.keepShop(account.appId, { readAt, rules: { ...trees, details } });
      return { readAt, rules: { ...trees, ...(detail === undefined ? {} : { detail }) } };
    },
    async miniProgram(account) {
      const program = wechat.miniProgram(account);
      const categories = await answered(() => program.getAllCategories({ timeoutMs: treesTimeoutMs }));
      const setting = await answered(() => program.getCategory());
      const kept = { readAt: now(), rules: { categories, setting } };
      await cache.keepMiniProgram(account.appId, kept);
      return kept;
    },
  };
}

/** What was kept; asks nobody. */
export function createKeptRules(cache: RulesCache): CategoryRules {
  const nothing = (appId: string) =>
    new RulesUnavailableError(
      `No category rules of ${appId} have been kept.`,
      'Run the same once without --offline; that keeps them.',
    );
  return {
    async shop({ appId }, leaf) {
      const kept = await cache.shop(appId);
      if (kept === undefined) throw nothing(appId);
      const { details, ...rules } = kept.rules;
      const detail = Object.hasOwn(details, leaf) ? details[leaf] : undefined;
      return { readAt: kept.readAt, rules: { ...rules, ...(detail === undefined ? {} : { detail }) } };
    },
    async miniProgram({ appId }) {
      const kept = await cache.miniProgram(appId);
      if (kept === undefined) throw nothing(appId);
      return kept;
    },
  };
}

/** A category that is no leaf has no detail (10020063 and the like): its own finding says so. */
async function detailOf(shop: ChannelsShopApi, leaf: string): Promise<LeafDetail | undefined> {
  try {
    const { isLimitBrand, accessPermitRequired, brandIds } = await shop.getCategoryDetail(leaf);
    return {
      brandIds,
      ...(isLimitBrand === undefined ? {} : { isLimitBrand }),
      ...(accessPermitRequired === undefined ? {} : { accessPermitRequired }),
    };
  } catch (error) {
    if (error instanceof WeChatError && error.kind === 'mend-data') return undefined;
    throw unavailable(error);
  }
}

/** `undefined`: this account may not read them (permission set 129). */
async function brandsOf(shop: ChannelsShopApi): Promise<NonNullable<ShopRules['brands']> | undefined> {
  const brands: NonNullable<ShopRules['brands']> = [];
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
    throw unavailable(error);
  }
}

async function answered<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    throw unavailable(error);
  }
}

const unavailable = (error: unknown): unknown =>
  error instanceof WeChatError
    ? new RulesUnavailableError(
        `The category's rules could not be read: ${error.message}.`,
        `${error.advice.en} Or use the rules that were kept: --offline.`,
        { cause: error },
      )
    : error;
