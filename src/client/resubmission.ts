/** Checks corrected material before it is sent: what no case would take, whatever its state. */
import { accessLists } from '../contract/channels-shop.ts';
import { validityEnd } from '../contract/material-path.ts';
import type { Platform, Resubmission } from '../contract/qualification.ts';
import { both, type Finding, finding } from './findings.ts';
import { sourceProblem } from './sources.ts';

/** What stands at a place of the material. */
export type PlaceKind = 'image' | 'text' | 'date' | 'list';

/** The grammar of design.md §4; a case refuses by itself what its own material does not have. */
const grammar: Record<Platform, readonly (readonly [RegExp, PlaceKind])[]> = {
  'channels-shop': [
    [/^licenses\/[1-9]\d*\/[1-9]\d*\/images\/(0|[1-9]\d{0,2})$/, 'image'],
    [/^licenses\/[1-9]\d*\/[1-9]\d*\/fields\/[^/]+$/, 'text'],
    [/^licenses\/[1-9]\d*\/[1-9]\d*\/validUntil$/, 'date'],
    [/^licenses\/[1-9]\d*\/[1-9]\d*\/holder\/(name|creditCode)$/, 'text'],
    [new RegExp(`^(certificate|${accessLists.join('|')})/(0|[1-9]\\d{0,2})$`), 'image'],
    [/^(jingyingpingtai|zhanghaomingcheng)$/, 'text'],
    [/^brandIds$/, 'list'],
  ],
  'mini-program': [
    [/^certificates\/[^/]+\/images\/(0|[1-9]\d{0,2})$/, 'image'],
    [/^certificates\/[^/]+\/validUntil$/, 'date'],
    [/^certificates\/[^/]+\/holder\/(name|creditCode)$/, 'text'],
  ],
};

/** Everything that is wrong with a resubmission of the right shape, in sentences; empty when a case may take it. */
export function resubmissionFindings(platform: Platform, resubmission: Resubmission): Finding[] {
  const { set = {}, remove = [], force } = resubmission;
  const findings: Finding[] = [];
  const add = (path: readonly PropertyKey[], message: string): unknown => findings.push(finding(path, message));
  if (Object.keys(set).length + remove.length === 0 && force !== true)
    add([], both('changes nothing: give set, remove, or force', '没有任何修改：请填写 set、remove 或 force'));
  remove.forEach((path, index) => {
    if (placeKind(platform, path) === undefined) add(['remove', index], noSuchPath);
  });
  for (const [path, value] of Object.entries(set)) {
    const kind = placeKind(platform, path);
    const problem = kind === undefined ? noSuchPath : valueProblem(kind, value);
    if (problem !== undefined) add(['set', path], problem);
  }
  return findings;
}

/** The places of a resubmission that hold images, and where those come from. */
export function sourcesOfResubmission(
  platform: Platform,
  { set = {} }: Resubmission,
): { path: string; source: string }[] {
  return Object.entries(set).flatMap(([path, value]) => {
    if (placeKind(platform, path) !== 'image' || Array.isArray(value)) return [];
    return [{ path: `set[${JSON.stringify(path)}]`, source: typeof value === 'string' ? value : value.source }];
  });
}

const noSuchPath = both('is no path of this material (see `material` in the case view)', '不是该材料的路径');

/** What stands at this path; `undefined`: it is no path of this platform's material. */
export function placeKind(platform: Platform, path: string): PlaceKind | undefined {
  try {
    decodeURIComponent(path);
  } catch {
    return undefined;
  }
  return grammar[platform].find(([pattern]) => pattern.test(path))?.[1];
}

/** Why this value cannot stand at such a place, as a message for a finding. */
export function valueProblem(kind: PlaceKind, value: NonNullable<Resubmission['set']>[string]): string | undefined {
  if (kind === 'image') {
    if (Array.isArray(value)) return both('must be one image', '必须是一张图片');
    return sourceProblem(typeof value === 'string' ? value : value.source);
  }
  if (kind === 'list')
    return Array.isArray(value) && value.every((id) => /^[1-9]\d*$/.test(id))
      ? undefined
      : both('must be the whole list of ids, each a decimal string', '必须是完整的 id 列表，每项为十进制字符串');
  if (typeof value !== 'string' || value === '') return both('must be a text that is not empty', '必须是非空文本');
  if (kind === 'date' && validityEnd(value) === undefined)
    return both('must be a date as YYYY-MM-DD that exists, or "permanent"', '必须是真实日期 YYYY-MM-DD 或 "permanent"');
  return undefined;
}
