/** Names of categories out of the trees that WeChat gives: id -> the path as a person reads it. */
import { joinPath } from '../contract/material-path.ts';
import type { Platform } from '../contract/qualification.ts';
import type { ListedCategory, TreeNode } from '../rules/category-rules.ts';
import type { CategoryName, ReadNames } from './category-names.ts';

/** In whose name trees are read. */
interface Account {
  appId: string;
  componentAppId?: string;
}

export interface TreeReading {
  shopTrees(account: Account): Promise<{ cats: TreeNode[][]; catsV2: TreeNode[][] }>;
  miniProgramCategories(account: Account): Promise<ListedCategory[]>;
  /** Platforms that may speak for an account; none for one that speaks for itself. */
  platformsOf(appId: string): readonly string[];
}

/** Reads the names that an account is shown; with several platforms, by the first that is let. */
export function readNamesBy(reading: TreeReading): ReadNames {
  const read = async (platform: Platform, account: Account): Promise<ReadonlyMap<string, CategoryName>> => {
    if (platform === 'mini-program')
      return new Map(
        [...listedPaths(await reading.miniProgramCategories(account))].map(([id, path]) => [id, { path }]),
      );
    const { cats, catsV2 } = await reading.shopTrees(account);
    const papers = treePapers([...cats, ...catsV2]);
    return new Map(
      [...treePaths(cats), ...treePaths(catsV2)].map(([id, path]) => {
        const ofIt = papers.get(id);
        return [id, { path, ...(ofIt === undefined ? {} : { papers: ofIt }) }];
      }),
    );
  };
  return async ({ platform, appId }) => {
    const speakers = reading.platformsOf(appId);
    if (speakers.length === 0) return await read(platform, { appId });
    for (const componentAppId of speakers) {
      const names = await read(platform, { appId, componentAppId }).catch(() => undefined);
      if (names !== undefined) return names;
    }
    return new Map();
  };
}

const between = ' > ';

/** By parent ids: the order within a branch is only a sample's. */
export function treePaths(branches: readonly (readonly TreeNode[])[]): Map<string, string> {
  const nodes = new Map(branches.flat().map((node) => [node.catId, node]));
  return new Map([...nodes.keys()].map((id) => [id, pathTo(id, (at) => nodes.get(at)).join(between)]));
}

/** Category -> what its licences and their fields are called, by their paths in a case's material. */
export function treePapers(branches: readonly (readonly TreeNode[])[]): Map<string, Map<string, string>> {
  const papers = new Map<string, Map<string, string>>();
  for (const { catId, qua } of branches.flat())
    for (const { licenseGroupId, licenses } of qua?.licenseGroups ?? [])
      for (const { licenseId, name, fields } of licenses) {
        const ofIt = papers.get(catId) ?? new Map<string, string>();
        papers.set(catId, ofIt);
        const base = joinPath('licenses', licenseGroupId, licenseId);
        if (name !== undefined) ofIt.set(base, name);
        for (const field of fields)
          if (field.name !== undefined) ofIt.set(`${base}/${joinPath('fields', field.key)}`, field.name);
      }
  return papers;
}

function pathTo(id: string, nodeOf: (id: string) => TreeNode | undefined): string[] {
  const seen = new Set<string>();
  const names: string[] = [];
  for (let node = nodeOf(id); node !== undefined && !seen.has(node.catId); node = nodeOf(node.parentId ?? '')) {
    seen.add(node.catId);
    names.unshift(node.name ?? node.catId);
  }
  return names;
}

/** `{first}-{second}` -> path; 0 is the root. */
export function listedPaths(categories: readonly ListedCategory[]): Map<string, string> {
  const byId = new Map(categories.map((category) => [category.id, category]));
  const paths = new Map<string, string>();
  for (const parent of categories)
    for (const child of parent.children) {
      const found = byId.get(child);
      if (found !== undefined && parent.id !== '0')
        paths.set(`${parent.id}-${child}`, `${parent.name ?? parent.id}${between}${found.name ?? child}`);
    }
  return paths;
}
