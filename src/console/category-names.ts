/** What a category and its papers are called, from the rules that have been read lately; a page never waits for them. */
import type { Platform } from '../contract/qualification.ts';

/** One account whose trees may be asked for. */
export interface NamedCategory {
  platform: Platform;
  appId: string;
  categoryId: string;
}

/** What the rules call one category. */
export interface CategoryName {
  /** Root first. */
  path: string;
  /** What its licences and their fields are called, by their paths in the material (`licenses/1/2`). */
  papers?: ReadonlyMap<string, string>;
}

/** Names of categories by id, as far as an account's trees tell. */
export type ReadNames = (account: { platform: Platform; appId: string }) => Promise<ReadonlyMap<string, CategoryName>>;

export interface CategoryNames {
  /** `undefined`: not known, or not yet. */
  pathOf(platform: Platform, categoryId: string): string | undefined;
  /** As in `CategoryName`. */
  papersOf(platform: Platform, categoryId: string): CategoryName['papers'];
  /** Begins to read what is missing, in the background, one account after another. */
  lookFor(cases: readonly NamedCategory[]): void;
  /** For tests: what was begun is done. */
  settled(): Promise<void>;
}

const askedAgainAfterMs = 10 * 60_000;
const maxWaiting = 50;

/** Keeps what it was told once: leaf ids mean the same for every account, and names hardly change. */
export function createCategoryNames(read: ReadNames, now: () => number = Date.now): CategoryNames {
  const known = new Map<string, CategoryName>();
  const askedAt = new Map<string, number>();
  const waiting: { platform: Platform; appId: string; categoryId: string }[] = [];
  let reading: Promise<void> | undefined;
  const keyOf = (platform: Platform, id: string): string => `${platform}/${id}`;

  async function readAll(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { platform, categoryId } = next;
      if (known.has(keyOf(platform, categoryId))) continue;
      // An account that can't be asked shows ids; its cases say why.
      const names = await read(next).catch(() => new Map<string, CategoryName>());
      for (const [id, name] of names) known.set(keyOf(platform, id), name);
    }
  }

  return {
    pathOf: (platform, categoryId) => known.get(keyOf(platform, categoryId))?.path,
    papersOf: (platform, categoryId) => known.get(keyOf(platform, categoryId))?.papers,
    lookFor(cases) {
      for (const one of cases) {
        const account = keyOf(one.platform, one.appId);
        if (known.has(keyOf(one.platform, one.categoryId)) || waiting.length >= maxWaiting) continue;
        if (now() - (askedAt.get(account) ?? Number.NEGATIVE_INFINITY) < askedAgainAfterMs) continue;
        askedAt.set(account, now());
        waiting.push(one);
      }
      if (waiting.length > 0)
        reading ??= readAll().finally(() => {
          reading = undefined;
        });
    },
    settled: async () => reading,
  };
}

/** The server's private call for names, for a terminal of the same data folder. */
export const categoryNamesPath = '/category-names';
const readFirstMs = 1_000;

/** Answers it: `{cases: [{platform, appId, categoryId}]}` -> `{paths: {'platform/id': path}}`, those that are known in a moment. */
export async function answerCategoryNames(
  names: CategoryNames,
  body: Readonly<Record<string, unknown>>,
): Promise<{ body: { paths: Record<string, string> } }> {
  const cases = (Array.isArray(body.cases) ? body.cases : []).filter(isNamedCategory).slice(0, 200);
  names.lookFor(cases);
  let timer: NodeJS.Timeout | undefined;
  const moment = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, readFirstMs);
  });
  await Promise.race([names.settled(), moment]);
  clearTimeout(timer);
  const found = cases.flatMap(({ platform, categoryId }) => {
    const path = names.pathOf(platform, categoryId);
    return path === undefined ? [] : [[`${platform}/${categoryId}`, path] as const];
  });
  return { body: { paths: Object.fromEntries(found) } };
}

function isNamedCategory(one: unknown): one is NamedCategory {
  if (typeof one !== 'object' || one === null) return false;
  const { platform, appId, categoryId } = one as Record<string, unknown>;
  const isPlatform = platform === 'channels-shop' || platform === 'mini-program';
  return isPlatform && typeof appId === 'string' && typeof categoryId === 'string';
}

/** No rules are at hand: ids are shown. */
export const noNames: CategoryNames = {
  pathOf: () => undefined,
  papersOf: () => undefined,
  lookFor: () => {},
  settled: async () => {},
};
