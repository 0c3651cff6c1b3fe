/** The category rules of each account, as they were last read from WeChat: one file per account in the data folder. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LeafDetail, MiniProgramRules, ShopRules } from '../../rules/category-rules.ts';

/** What is kept of a shop: both trees, its brands, and the details of the leaves that were asked for. */
export interface KeptShopRules {
  cats: ShopRules['cats'];
  catsV2: ShopRules['catsV2'];
  brands?: NonNullable<ShopRules['brands']>;
  details: Record<string, LeafDetail>;
}

/** Rules and when they were read, in milliseconds since 1970. */
export interface Kept<Rules> {
  readAt: number;
  rules: Rules;
}

/** Reads and writes the files; two of them may live in one process. */
export interface RulesCache {
  /** `undefined`: nothing was kept, or what was kept is not readable any more. */
  shop(appId: string): Promise<Kept<KeptShopRules> | undefined>;
  miniProgram(appId: string): Promise<Kept<MiniProgramRules> | undefined>;
  keepShop(appId: string, kept: Kept<KeptShopRules>): Promise<void>;
  keepMiniProgram(appId: string, kept: Kept<MiniProgramRules>): Promise<void>;
}

/** Files of another version are not read. */
const version = 1;

/** @param dataDir the data folder (`WXQ_DATA_DIR`). */
export function createRulesCache(dataDir: string): RulesCache {
  // An appid has letters and digits only where it comes from a case; here it also comes from a command line.
  const fileOf = (platform: string, appId: string): string =>
    join(dataDir, 'category-rules', `${platform}-${encodeURIComponent(appId).replaceAll('.', '%2E')}.json`);

  const read = async <Rules>(platform: string, appId: string, lists: string[]): Promise<Kept<Rules> | undefined> => {
    try {
      // Ids were made strings when the answer was parsed: plain JSON loses nothing.
      const kept: unknown = JSON.parse(await readFile(fileOf(platform, appId), 'utf8'));
      return isKept(kept, lists) ? (kept as Kept<Rules>) : undefined;
    } catch {
      return undefined;
    }
  };
  const write = async (platform: string, appId: string, kept: Kept<unknown>): Promise<void> => {
    const file = fileOf(platform, appId);
    await mkdir(dirname(file), { recursive: true });
    // Renamed into place: whoever reads at this moment finds the old file whole.
    const draft = `${file}.${process.pid}.tmp`;
    await writeFile(draft, JSON.stringify({ version, ...kept }));
    await rename(draft, file);
  };
  return {
    shop: (appId) => read('channels-shop', appId, ['cats', 'catsV2']),
    miniProgram: (appId) => read('mini-program', appId, ['categories']),
    keepShop: (appId, kept) => write('channels-shop', appId, kept),
    keepMiniProgram: (appId, kept) => write('mini-program', appId, kept),
  };
}

function isKept(kept: unknown, lists: string[]): boolean {
  if (typeof kept !== 'object' || kept === null) return false;
  const { version: found, readAt, rules } = kept as Record<string, unknown>;
  if (found !== version || typeof readAt !== 'number' || typeof rules !== 'object' || rules === null) return false;
  return lists.every((list) => Array.isArray((rules as Record<string, unknown>)[list]));
}
