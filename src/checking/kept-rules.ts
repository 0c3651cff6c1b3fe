/** The category rules that a process has read lately: a thousand cases of one shop read its trees once. */
import { createHash } from 'node:crypto';
import type { ListedCategory, ShopRules, TreeNode } from '../rules/category-rules.ts';
import type { WeChatAccount } from '../wechat/access-token.ts';
import type { WeChatClient } from '../wechat/client.ts';
import { readLeafDetail, readValidBrands, treesTimeoutMs } from './live-rules.ts';
import { createRecall, type Kept } from './recall.ts';

/** Rules are read again when they are older. */
export const rulesKeptMs = 10 * 60_000;
/** A failure is told again for so long: a thousand cases must not ask a WeChat that has just refused. */
const failureKeptMs = 10_000;
/** More accounts than start cases within ten minutes. */
const maxAccounts = 1_000;

/** How old the rules may be, and whether a failure of a moment ago is tried again. */
export interface Freshness {
  maxAgeMs?: number;
  anew?: boolean;
}

/** Both trees of a shop, as branches. */
export interface ShopTrees {
  cats: TreeNode[][];
  catsV2: TreeNode[][];
}

export interface KeptRules {
  /** `readAt` is the oldest part's. Brands are read only where `withBrands` says so. @throws WeChatError */
  shop(
    account: WeChatAccount,
    leaf: string,
    o: Freshness & { withBrands: boolean },
  ): Promise<{ readAt: number; rules: ShopRules }>;
  /** @throws WeChatError */
  shopTrees(account: WeChatAccount, o?: Freshness): Promise<Kept<ShopTrees>>;
  /** What a Mini Program may set. @throws WeChatError */
  miniProgramCategories(account: WeChatAccount, o?: Freshness): Promise<Kept<ListedCategory[]>>;
}

/** Holds its own memory; two of them may live in one process. */
export function createKeptRules(wechat: WeChatClient, now: () => number = Date.now): KeptRules {
  const limits = { keepMs: rulesKeptMs, failureKeepMs: failureKeptMs, now, maxKept: maxAccounts };
  const trees = createRecall<ShopTrees>(limits);
  const details = createRecall<ShopRules['detail']>({ ...limits, maxKept: 5 * maxAccounts });
  const brands = createRecall<ShopRules['brands']>(limits);
  const categories = createRecall<ListedCategory[]>(limits);
  const oneCopyOfTrees = createSharing<ShopTrees>();
  const oneCopyOfCategories = createSharing<ListedCategory[]>();

  const shopTrees: KeptRules['shopTrees'] = (account, o) =>
    trees.get(
      keyOf(account),
      async () => {
        const { cats, catsV2 } = await wechat.channelsShop(account).getAllCategories({ timeoutMs: treesTimeoutMs });
        return oneCopyOfTrees({ cats, catsV2 });
      },
      o,
    );
  return {
    shopTrees,
    async shop(account, leaf, { withBrands, ...fresh }) {
      const shop = wechat.channelsShop(account);
      const found = await shopTrees(account, fresh);
      const { cats, catsV2 } = found.value;
      const isKnown = [...cats, ...catsV2].some((branch) => branch.some(({ catId }) => catId === leaf));
      const [detail, own] = await Promise.all([
        isKnown
          ? details.get(`${keyOf(account)}/${leaf}`, () => readLeafDetail(shop, leaf), fresh)
          : { value: undefined, readAt: found.readAt },
        withBrands
          ? brands.get(keyOf(account), () => readValidBrands(shop), fresh)
          : { value: undefined, readAt: found.readAt },
      ]);
      return {
        readAt: Math.min(found.readAt, detail.readAt, own.readAt),
        rules: {
          cats,
          catsV2,
          ...(detail.value === undefined ? {} : { detail: detail.value }),
          ...(own.value === undefined ? {} : { brands: own.value }),
        },
      };
    },
    miniProgramCategories: (account, o) =>
      categories.get(
        keyOf(account),
        async () =>
          oneCopyOfCategories(await wechat.miniProgram(account).getAllCategories({ timeoutMs: treesTimeoutMs })),
        o,
      ),
  };
}

const keyOf = ({ appId, componentAppId = '' }: WeChatAccount): string => `${componentAppId}/${appId}`;

/** Most accounts are shown the same several MB: they are held once, for as long as anybody holds them. */
function createSharing<Value extends object>(): (value: Value) => Value {
  const copies = new Map<string, WeakRef<Value>>();
  return (value) => {
    for (const [key, copy] of copies) if (copy.deref() === undefined) copies.delete(key);
    const key = createHash('sha256').update(JSON.stringify(value)).digest('base64');
    const known = copies.get(key)?.deref();
    if (known !== undefined) return known;
    copies.set(key, new WeakRef(value));
    return value;
  };
}
