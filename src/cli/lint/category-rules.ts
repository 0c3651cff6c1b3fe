/** Gets the rules of a category: from WeChat, and keeps them; with --offline those that were kept. */
import { readLeafDetail, readValidBrands, treesTimeoutMs } from '../../checking/live-rules.ts';
import { RulesUnavailableError } from '../../client/index.ts';
import type { MiniProgramRules, ShopRules } from '../../rules/category-rules.ts';
import type { WeChatAccount, WeChatClient } from '../../wechat/index.ts';
import { WeChatError } from '../../wechat/index.ts';
import type { Kept, RulesCache } from './rules-cache.ts';

/** The rules of both platforms, with the moment at which they were read. */
export interface CategoryRules {
  /** @throws RulesUnavailableError */
  shop(account: WeChatAccount, leaf: string): Promise<Kept<ShopRules>>;
  /** @throws RulesUnavailableError */
  miniProgram(account: WeChatAccount): Promise<Kept<MiniProgramRules>>;
}

/** Reads from WeChat and keeps what it read; details of other leaves stay kept. */
export function createLiveRules(wechat: WeChatClient, cache: RulesCache, now: () => number): CategoryRules {
  return {
    async shop(account, leaf) {
      const shop = wechat.channelsShop(account);
      const { cats, catsV2 } = await answered(() => shop.getAllCategories({ timeoutMs: treesTimeoutMs }));
      const isKnown = [...cats, ...catsV2].flat().some(({ catId }) => catId === leaf);
      const detail = isKnown ? await answered(() => readLeafDetail(shop, leaf)) : undefined;
      const brands = await answered(() => readValidBrands(shop));
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
    new RulesUnavailableError({
      reason: `none of ${appId} have been kept`,
      advice: 'Run the same once without --offline; that keeps them.',
    });
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
        {
          reason: error.message,
          advice: `${error.advice.en} Or use the rules that were kept: --offline.`,
          endpoint: error.endpoint,
          ...(error.errcode === undefined ? {} : { errcode: error.errcode }),
          ...(error.rid === undefined ? {} : { rid: error.rid }),
        },
        { cause: error },
      )
    : error;
