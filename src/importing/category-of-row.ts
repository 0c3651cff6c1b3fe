/** Which category a row means: by its id, or by names as WeChat's own trees have them. */
import type { Platform } from '../contract/qualification.ts';
import { type RowFinding, rowFinding } from './row-finding.ts';

/** What the cell holds. */
export type WrittenCategory =
  | { kind: 'leaf'; leaf: string }
  | { kind: 'pair'; first: string; second: string }
  | { kind: 'names'; names: string };

/** `6201`, `8-39`, or names such as `食品饮料 > 茶叶 > 绿茶`. */
export function writtenCategory(cell: string): WrittenCategory {
  if (/^\d+$/.test(cell)) return { kind: 'leaf', leaf: cell };
  const [, first, second] = /^(\d+)\s*[-–—]\s*(\d+)$/.exec(cell) ?? [];
  if (first !== undefined && second !== undefined) return { kind: 'pair', first, second };
  return { kind: 'names', names: cell };
}

/**
 * The id that a path of names stands for; the last names are enough where they are the only ones.
 * @param paths id -> path, root first, with ` > ` between.
 */
export function categoryByNames(
  names: string,
  paths: ReadonlyMap<string, string>,
): { id: string } | { finding: RowFinding } {
  const all = [...paths].map(([id, path]) => ({ id, path, key: normal(path) }));
  // A name may hold a slash itself, so it separates names only where nothing else fits.
  for (const wanted of [normal(names), normal(names.replaceAll(/[/／]/g, '>'))]) {
    const whole = all.filter(({ key }) => key === wanted);
    const found = whole.length > 0 ? whole : all.filter(({ key }) => key.endsWith(`>${wanted}`));
    const leaves = found.filter(({ key }) => !all.some((other) => other.key.startsWith(`${key}>`)));
    const [only, ...others] = leaves.length > 0 ? leaves : found;
    if (only === undefined) continue;
    if (others.length === 0) return { id: only.id };
    const choice = [only, ...others].slice(0, 5).map(({ id, path }) => `${id} (${path})`);
    return {
      finding: rowFinding('category-ambiguous', 'category', {
        zh: `类目「${names}」对应多个类目：${choice.join('、')}。`,
        en: `Several categories are called "${names}": ${choice.join(', ')}.`,
      }),
    };
  }
  return {
    finding: rowFinding(
      'category-unknown',
      'category',
      { zh: `该账号没有类目「${names}」。`, en: `The account has no category "${names}".` },
      {
        advice: {
          zh: '请填写完整路径（一级 > 二级 > 三级），或类目 id。',
          en: 'Write the whole path, or the id of the category.',
        },
      },
    ),
  };
}

/** Blanks and the sign between two names do not count. */
const normal = (names: string): string =>
  names.normalize('NFKC').replaceAll(/\s+/g, '').replaceAll(/[→»›]/g, '>').toLowerCase();

/** The platform that a row is for: as it says, or by its category, or by the material that it has. */
export function platformOfRow(
  said: string | undefined,
  category: WrittenCategory | undefined,
  filled: ReadonlySet<Platform>,
): Platform | undefined {
  if (said !== undefined) return platformWords[said.toLowerCase()];
  if (category?.kind === 'leaf') return 'channels-shop';
  if (category?.kind === 'pair') return 'mini-program';
  return filled.has('mini-program') && !filled.has('channels-shop') ? 'mini-program' : 'channels-shop';
}

const platformWords: Readonly<Record<string, Platform>> = {
  'channels-shop': 'channels-shop',
  微信小店: 'channels-shop',
  视频号小店: 'channels-shop',
  小店: 'channels-shop',
  'mini-program': 'mini-program',
  小程序: 'mini-program',
};
