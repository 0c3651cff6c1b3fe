/** One account's categories as WeChat shows them now: a shop's relation list, a Mini Program's setting. */
import type { Account } from '../contract/activities.ts';
import type { Platform } from '../contract/qualification.ts';
import type { KnownCategory } from '../contract/watch.ts';
import type { SeenCategory } from '../rules/in-force.ts';
import { paperEndsShown } from '../rules/paper-ends.ts';
import type { ChannelsShopApi } from '../wechat/channels-shop/api.ts';
import type { CategoryRelation } from '../wechat/channels-shop/schema.ts';
import { WeChatError } from '../wechat/errors.ts';
import type { MiniProgramCategory } from '../wechat/mini-program/schema.ts';
import { miniProgramAuditState } from '../wechat/mini-program/verdict.ts';
import type { Walk } from './watch-walk.ts';

/** @throws WeChatError when the account cannot be read; nothing may then be concluded about any of its categories. */
export function readSeenCategories(
  walk: Walk,
  platform: Platform,
  account: Account,
  known: readonly KnownCategory[],
): Promise<SeenCategory[]> {
  return platform === 'channels-shop' ? readShop(walk, account, known) : readMiniProgram(walk, account, known);
}

/**
 * For categories whose grant is new: which papers it was made from, and how long those are valid. Where that cannot be
 * read it stays unknown until the next walk.
 */
export async function readShownPapers(
  { deps, pace, signal }: Walk,
  platform: Platform,
  account: Account,
  categories: readonly KnownCategory[],
): Promise<KnownCategory[]> {
  if (platform === 'mini-program') return [...categories];
  const complete: KnownCategory[] = [];
  for (const category of categories) {
    if (category.standing !== 'in_force' || category.shown !== undefined) {
      complete.push(category);
      continue;
    }
    await pace(signal);
    const relation = await shopOf(deps, account)
      .getCategoryRelationDetail(category.categoryId, { signal })
      .catch(() => undefined);
    complete.push(relation === undefined ? category : { ...category, shown: paperEndsShown(relation.licenses ?? []) });
  }
  return complete;
}

const callerOf = ({ appId, via }: Account) => ({
  appId,
  ...(via === undefined ? {} : { componentAppId: via.componentAppId }),
});

const shopOf = ({ wechat }: Walk['deps'], account: Account): ChannelsShopApi => wechat.channelsShop(callerOf(account));

async function readShop(
  { deps, pace, signal }: Walk,
  account: Account,
  known: readonly KnownCategory[],
): Promise<SeenCategory[]> {
  const shop = shopOf(deps, account);
  await pace(signal);
  const seen = (await shop.getCategoryRelationList({}, { signal })).map(seenInShop);
  // The list has no documented end: that a category is missing is believed only when it is asked for by its id.
  for (const categoryId of missing(known, seen)) {
    await pace(signal);
    const relation = await shop.getCategoryRelationDetail(categoryId, { signal }).catch((error: unknown) => {
      // As at the first look of a case: so it is answered of a category that is not held.
      if (error instanceof WeChatError && error.errcode === '9401020') return undefined;
      throw error;
    });
    seen.push(relation?.status === undefined ? gone(categoryId) : seenInShop(relation));
  }
  return seen;
}

function seenInShop({ categoryId, status, uneffectiveReason, effectiveTime, quaId }: CategoryRelation): SeenCategory {
  const standings: Record<string, SeenCategory['standing']> = { 1: 'in_force', 2: 'lapsed' };
  const standing = standings[status ?? ''] ?? 'unknown';
  return {
    categoryId,
    standing,
    ...(uneffectiveReason === undefined ? {} : { reason: uneffectiveReason }),
    ...(standing === 'in_force' ? { grant: `${quaId ?? '0'}/${effectiveTime ?? 0}` } : {}),
  };
}

async function readMiniProgram(
  { deps, pace, signal }: Walk,
  account: Account,
  known: readonly KnownCategory[],
): Promise<SeenCategory[]> {
  await pace(signal);
  const { categories } = await deps.wechat.miniProgram(callerOf(account)).getCategory({ signal });
  const seen = categories.map(seenInMiniProgram);
  // Nothing else tells that a category was deleted.
  return [...seen, ...missing(known, seen).map(gone)];
}

function seenInMiniProgram(category: MiniProgramCategory): SeenCategory {
  const { first, second, firstName, secondName, auditStatus, auditReason, isExpired } = category;
  const standings = {
    approved: 'in_force',
    expired: 'expired',
    in_review: 'other',
    rejected: 'other',
    unknown: 'unknown',
  } as const;
  const standing = standings[miniProgramAuditState(auditStatus, isExpired)];
  const name = [firstName, secondName].filter((part) => part !== undefined).join(' > ');
  const reason = standing === 'expired' ? expiredReason : auditReason;
  return {
    categoryId: `${first}-${second}`,
    standing,
    ...(reason === undefined ? {} : { reason }),
    ...(name === '' ? {} : { name }),
  };
}

/** A receiver shows it to people in China. */
const expiredReason = '资质已过期 (is_expired): the qualification of this category has run out';

const missing = (known: readonly KnownCategory[], seen: readonly SeenCategory[]): string[] => {
  const shown = new Set(seen.map(({ categoryId }) => categoryId));
  return known
    .filter(({ categoryId, standing }) => standing !== 'lapsed' && !shown.has(categoryId))
    .map(({ categoryId }) => categoryId);
};

const gone = (categoryId: string): SeenCategory => ({
  categoryId,
  standing: 'lapsed',
  reason: '类目已不在列表中: WeChat no longer lists this category for the account',
});
