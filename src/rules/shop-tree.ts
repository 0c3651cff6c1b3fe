/** Finds a category in the shop's two trees, and puts together what each of them says about it. */
import type { LicenseGroup, ShopRules, TreeNode } from './category-rules.ts';

/** A category, and where it stands. */
export interface FoundCategory {
  name: string;
  /** Root first, the category last; empty where that tree has no such category. */
  newPath: string[];
  oldPath: string[];
  isLeaf: boolean;
  /** `undefined`: neither tree says. */
  takesApplications: boolean | undefined;
  /** What it says for itself; the same text is not repeated. */
  tips: string[];
  groups: LicenseGroup[];
}

/** `undefined`: neither tree has the category. Leaf ids are the same in both, others are not. */
export function findShopCategory(rules: ShopRules, id: string): FoundCategory | undefined {
  const [newTree, oldTree] = [nodesOf(rules.catsV2), nodesOf(rules.cats)];
  const [newNode, oldNode] = [newTree.get(id), oldTree.get(id)];
  const found = [newNode, oldNode].filter((node) => node !== undefined);
  if (found.length === 0) return undefined;
  const isParent = [...newTree.values(), ...oldTree.values()].some((node) => node.parentId === id);
  const quas = found.flatMap(({ qua }) => (qua === undefined ? [] : [qua]));
  return {
    name: found.find(({ name }) => name !== undefined)?.name ?? id,
    newPath: pathTo(newTree, id),
    oldPath: pathTo(oldTree, id),
    isLeaf: newNode?.isLeaf ?? !isParent,
    // The new tree is asked first: the old one lost the word on 2026-04-08.
    takesApplications: quas.find(({ needToApply }) => needToApply !== undefined)?.needToApply,
    tips: [...new Set(quas.flatMap(({ tips }) => (tips?.trim() ? [tips] : [])))],
    // Documented in the old tree only.
    groups: quas.find(({ licenseGroups }) => licenseGroups.length > 0)?.licenseGroups ?? [],
  };
}

/** A node with what it needs wins over the same node without: branches repeat their parents. */
function nodesOf(branches: TreeNode[][]): Map<string, TreeNode> {
  const nodes = new Map<string, TreeNode>();
  for (const node of branches.flat()) {
    if (node.qua !== undefined || !nodes.has(node.catId)) nodes.set(node.catId, node);
  }
  return nodes;
}

/** By parent ids: the order within a branch is only a sample's. */
function pathTo(nodes: Map<string, TreeNode>, id: string): string[] {
  const path: string[] = [];
  for (let at: string | undefined = id; at !== undefined && !path.includes(at); at = nodes.get(at)?.parentId) {
    if (!nodes.has(at)) break;
    path.unshift(at);
  }
  return path;
}
