/** What an input that came from outside holds, before the schema has been asked: its platform, and its images. */
import type { Platform } from '../contract/qualification.ts';
import { InvalidCaseError } from './errors.ts';

/** Tells the platform by the members. Throws `InvalidCaseError` when they are of none, or of both. */
export function platformOf(input: unknown): Platform {
  const members = typeof input === 'object' && input !== null ? Object.keys(input) : [];
  const isShop = members.includes('category') || members.includes('material');
  const isMiniProgram = ['first', 'second', 'certificates'].some((name) => members.includes(name));
  if (isShop !== isMiniProgram) return isShop ? 'channels-shop' : 'mini-program';
  const message = isShop
    ? 'This has members of both platforms: a Channels Shop case has category and material, a Mini Program case first, second and certificates.'
    : 'This holds no case: a Channels Shop case has category and material, a Mini Program case first, second and certificates.';
  throw new InvalidCaseError([{ path: '', message }]);
}

/** Every image of an input with the path it stands at; whatever is no image is left to the schema. */
export function sourcesOf(value: unknown, path = ''): { path: string; source: string }[] {
  const imageLists =
    /(^|\.)(images|certificate|baobeihan|jingyingzhengming|daihuokoubei|ruzhuzhizhi|jingyingliushui|buchongcailiao)\[\d+\]$/;
  if (typeof value === 'string') return imageLists.test(path) ? [{ path, source: value }] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => sourcesOf(item, `${path}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  if (imageLists.test(path) && 'source' in value && typeof value.source === 'string')
    return [{ path: `${path}.source`, source: value.source }];
  return Object.entries(value).flatMap(([name, item]) => sourcesOf(item, path === '' ? name : `${path}.${name}`));
}
