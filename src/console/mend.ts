/** Reads the form that mends a case: files go into the material store one by one, and all of it becomes one resubmission. */
import type { Multipart } from '@fastify/multipart';
import { materialSource } from '../contract/material-source.ts';
import type { CaseView, Resubmission } from '../contract/qualification.ts';
import type { Material } from './material.ts';
import type { InBoth } from './words.ts';

/** What came with a form. */
export interface FormData {
  /** The last value of each name. */
  values: ReadonlyMap<string, string>;
  /** Every path whose box was ticked. */
  remove: string[];
  /** Every brand whose box was ticked. */
  brands: string[];
  /** path -> sha256, of files that came now or with the form before. */
  images: Map<string, string>;
  /** Files that are no image that WeChat could take. */
  problems: InBoth[];
}

/** A form whose token does not come before its files, or is not ours. */
export class ForeignForm extends Error {
  override readonly name = 'ForeignForm';
}

/**
 * @param isOurs says whether the token is; nothing is kept before it has been seen.
 * @throws ForeignForm
 */
export async function readMendForm(
  parts: AsyncIterable<Multipart>,
  material: Material,
  isOurs: (token: string | undefined) => boolean,
): Promise<FormData> {
  const values = new Map<string, string>();
  const [remove, brands]: [string[], string[]] = [[], []];
  const images = new Map<string, string>();
  const problems: InBoth[] = [];
  for await (const part of parts) {
    if (part.type === 'field') {
      const value = typeof part.value === 'string' ? part.value : '';
      if (part.fieldname === 'remove') remove.push(value);
      else if (part.fieldname === 'brand') brands.push(value);
      else if (part.fieldname.startsWith('chosen:')) {
        const path = part.fieldname.slice('chosen:'.length);
        if (/^[0-9a-f]{64}$/.test(value) && !images.has(path)) images.set(path, value);
      } else values.set(part.fieldname, value);
      continue;
    }
    if (!isOurs(values.get('token'))) throw new ForeignForm();
    const bytes = await part.toBuffer();
    // A file field that was left empty comes as a file without name and bytes.
    if (bytes.byteLength === 0 && part.filename === '') continue;
    if (!part.fieldname.startsWith('file:')) continue;
    const kept = await material.keep(bytes, part.filename);
    if ('sha256' in kept) images.set(freePath(part.fieldname.slice('file:'.length), images), kept.sha256);
    else problems.push(kept.problem);
  }
  if (!isOurs(values.get('token'))) throw new ForeignForm();
  return { values, remove, brands, images, problems };
}

/** What stands for a paper without an end: the second is the word of an input. */
export const forGood: InBoth = { zh: '长期', en: 'permanent' };

/** `…/+` is the next free number of a list: one field may bring several files. */
function freePath(path: string, images: ReadonlyMap<string, string>): string {
  if (!path.endsWith('/+')) return path;
  const list = path.slice(0, -1);
  return `${list}${[...images.keys()].filter((one) => one.startsWith(list)).length}`;
}

/** What the form changes. A text that was emptied is removed; one that is as it was is left alone. */
export function resubmissionOf({ values, remove, images }: Omit<FormData, 'problems' | 'brands'>): Resubmission {
  const set: NonNullable<Resubmission['set']> = {};
  const removed = remove.filter((path) => !images.has(path));
  for (const [path, sha256] of images) set[path] = materialSource(sha256);
  for (const [name, value] of values) {
    if (!name.startsWith('text:')) continue;
    const path = name.slice('text:'.length);
    const now = value.trim();
    if (now === (values.get(`was:${path}`) ?? '').trim()) continue;
    if (now === '') removed.push(path);
    else if (path === 'brandIds') set[path] = now.split(/[\s,，]+/).filter((id) => id !== '');
    else set[path] = path.endsWith('/validUntil') && now === forGood.zh ? forGood.en : now;
  }
  const note = values.get('note')?.trim() ?? '';
  return {
    ...(Object.keys(set).length === 0 ? {} : { set }),
    ...(removed.length === 0 ? {} : { remove: removed }),
    ...(note === '' ? {} : { note }),
    ...(values.get('force') === 'yes' ? { force: true } : {}),
  };
}

/** The form without the images that stand there already, and the places of those. */
export function withoutEqualImages(
  form: FormData,
  material: CaseView['material'],
): { form: FormData; equal: string[] } {
  const standing = new Map(material.map(({ path, sha256 }) => [path, sha256]));
  const equal = [...form.images].filter(([path, sha256]) => standing.get(path) === sha256).map(([path]) => path);
  const isLeft = (path: string): boolean => !equal.includes(path);
  const images = new Map([...form.images].filter(([path]) => isLeft(path)));
  return { form: { ...form, images, remove: form.remove.filter(isLeft) }, equal };
}

/** Whether a resubmission asks for anything. */
export const changesNothing = ({ set, remove, force }: Resubmission): boolean =>
  set === undefined && remove === undefined && force !== true;
