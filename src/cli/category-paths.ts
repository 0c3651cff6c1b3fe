/** The Chinese path of a case's category, as far as it is known here: from the server of the data folder, or from rules that were kept. Nobody else is asked. */
import { z } from 'zod';
import { categoryNamesPath } from '../console/category-names.ts';
import { listedPaths, treePaths } from '../console/category-paths.ts';
import type { Platform } from '../contract/qualification.ts';
import { loadConfig } from '../runtime/config.ts';
import { createServerBeside } from '../store/server-beside.ts';
import { createRulesCache, type RulesCache } from './lint/rules-cache.ts';

/** Which category, of whose. */
export interface CategoryOfCase {
  platform: Platform;
  appId: string;
  categoryId: string;
}

/** `undefined`: not known. */
export type CategoryPaths = (one: Pick<CategoryOfCase, 'platform' | 'categoryId'>) => string | undefined;

const serverTimeoutMs = 1_500;
const answered = z.object({ paths: z.record(z.string(), z.string()) });

/** Never throws: ids alone are no reason to show nothing. */
export async function categoryPathsOf(
  env: NodeJS.ProcessEnv,
  cases: readonly CategoryOfCase[],
): Promise<CategoryPaths> {
  const known = new Map<string, string>();
  const missing = () => cases.filter((one) => !known.has(keyOf(one)));
  try {
    const { dataDir, secretKey } = loadConfig(env);
    await addKept(createRulesCache(dataDir), cases, known);
    if (missing().length > 0) await addServers({ dataDir, secretKey }, missing(), known);
  } catch {
    // A setting that another command would complain about.
  }
  return (one) => known.get(keyOf(one));
}

const keyOf = ({ platform, categoryId }: Pick<CategoryOfCase, 'platform' | 'categoryId'>): string =>
  `${platform}/${categoryId}`;

async function addKept(cache: RulesCache, cases: readonly CategoryOfCase[], known: Map<string, string>): Promise<void> {
  const accounts = new Map(cases.map((one) => [`${one.platform}/${one.appId}`, one]));
  for (const { platform, appId } of accounts.values()) {
    const paths = await (platform === 'channels-shop' ? shopPaths(cache, appId) : miniProgramPaths(cache, appId));
    for (const [id, path] of paths) known.set(`${platform}/${id}`, path);
  }
}

async function shopPaths(cache: RulesCache, appId: string): Promise<[string, string][]> {
  const kept = await cache.shop(appId);
  return kept === undefined ? [] : [...treePaths(kept.rules.cats), ...treePaths(kept.rules.catsV2)];
}

async function miniProgramPaths(cache: RulesCache, appId: string): Promise<[string, string][]> {
  const kept = await cache.miniProgram(appId);
  return kept === undefined ? [] : [...listedPaths(kept.rules.categories)];
}

async function addServers(
  place: { dataDir: string; secretKey: string | undefined },
  cases: readonly CategoryOfCase[],
  known: Map<string, string>,
): Promise<void> {
  const asked = cases.map(({ platform, appId, categoryId }) => ({ platform, appId, categoryId }));
  const { json } = await createServerBeside(place).ask(
    categoryNamesPath,
    { cases: asked.slice(0, 200) },
    { timeoutMs: serverTimeoutMs },
  );
  for (const [key, path] of Object.entries(answered.parse(json).paths)) known.set(key, path);
}
