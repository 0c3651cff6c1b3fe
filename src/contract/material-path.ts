/** The grammar of a resubmission's paths, and how corrected material is put into a case's input. Pure; design.md §4. */
import {
  type AccessMaterial,
  accessLists,
  businessPlatforms,
  type ChannelsShopInput,
  type License,
  maxImagesPerList,
} from './channels-shop.ts';
import type { Certificate, MiniProgramInput } from './mini-program.ts';
import type { Image, Paper, Resubmission } from './qualification.ts';

/** The corrected input, or one sentence per path that cannot be applied. */
export type Patched<Input> = { input: Input } | { problems: { path: string; message: string }[] };

class PathProblem extends Error {}

/** `undefined` marks a removed place: indices keep their meaning until every path has been applied. */
type Slots = (Image | undefined)[];
const hole = undefined;

/** `a/b` -> decoded segments; keys are never trimmed. */
export function splitPath(path: string): string[] {
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    throw new PathProblem('is not properly percent-encoded');
  }
}

/** Segments -> path, each of them percent-encoded. */
export const joinPath = (...segments: (string | number)[]): string =>
  segments.map((segment) => encodeURIComponent(String(segment))).join('/');

/** Applies a resubmission to a Channels Shop input. Setting `licenses/…` on a case of the older form switches the form. */
export function patchChannelsShop(input: ChannelsShopInput, patch: Resubmission): Patched<ChannelsShopInput> {
  const next = structuredCopy(input);
  return applyPatch(
    next,
    patch,
    (segments, value) => setShopValue(next, segments, value),
    () => checkShop(next),
  );
}

/** Applies a resubmission to a Mini Program input. */
export function patchMiniProgram(input: MiniProgramInput, patch: Resubmission): Patched<MiniProgramInput> {
  const next = structuredCopy(input);
  return applyPatch(
    next,
    patch,
    (segments, value) => setMiniProgramValue(next, segments, value),
    () => checkMiniProgram(next),
  );
}

type Value = Image | string | string[] | typeof hole;

function applyPatch<Input>(
  next: Input,
  patch: Resubmission,
  put: (segments: string[], value: Value) => void,
  finish: () => { path: string; message: string }[],
): Patched<Input> {
  const problems: { path: string; message: string }[] = [];
  const attempt = (path: string, value: Value) => {
    try {
      put(splitPath(path), value);
    } catch (error) {
      if (!(error instanceof PathProblem)) throw error;
      problems.push({ path, message: error.message });
    }
  };
  for (const path of patch.remove ?? []) attempt(path, hole);
  for (const [path, value] of Object.entries(patch.set ?? {}).sort(([a], [b]) => byPath(a, b))) attempt(path, value);
  if (problems.length === 0) problems.push(...finish());
  return problems.length === 0 ? { input: next } : { problems };
}

/** Numeric segments by number, however long, so that `images/10` is appended after `images/9`; they come before all others. */
function byPath(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const [x, y] = [left[i] ?? '', right[i] ?? ''];
    if (x === y) continue;
    const [isNumber, isOtherNumber] = [isIndex(x), isIndex(y)];
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    // Without leading zeros the longer number is the larger one.
    if (isNumber && x.length !== y.length) return x.length - y.length;
    return x < y ? -1 : 1;
  }
  return 0;
}

const isIndex = (segment: string): boolean => /^(0|[1-9]\d*)$/.test(segment);

function setShopValue(input: ChannelsShopInput, segments: string[], value: Value): void {
  const [head = '', ...rest] = segments;
  const { material } = input;
  if (head === 'licenses') return setLicense(input, rest, value);
  if (head === 'certificate') {
    if (material.form !== 'certificate') throw new PathProblem('belongs to the older form; this case uses licenses/…');
    return setImage(material.certificate, rest, value);
  }
  const list = accessLists.find((name) => name === head);
  if (list !== undefined) {
    material[list] ??= [];
    return setImage(material[list], rest, value);
  }
  if (rest.length > 0) throw new PathProblem('names nothing that a case has');
  if (head === 'jingyingpingtai') {
    const platform = businessPlatforms.find((name) => name === value);
    if (value !== hole && platform === undefined)
      throw new PathProblem(`must be one of ${businessPlatforms.join(', ')}`);
    return setOrDelete(material, 'jingyingpingtai', platform);
  }
  if (head === 'zhanghaomingcheng') return setOrDelete(material, 'zhanghaomingcheng', optionalText(value));
  if (head === 'brandIds') {
    if (
      value !== hole &&
      !(Array.isArray(value) && value.every((id) => typeof id === 'string' && /^[1-9]\d*$/.test(id)))
    )
      throw new PathProblem('takes the whole list of brand ids, each a decimal string');
    return setOrDelete(input, 'brandIds', value as string[] | undefined);
  }
  throw new PathProblem('names nothing that a case has');
}

function setLicense(input: ChannelsShopInput, segments: string[], value: Value): void {
  const [groupId = '', licenseId = '', ...rest] = segments;
  if (value === hole && segments.length === 2) return removeLicense(input, groupId, licenseId);
  if (!/^[1-9]\d*$/.test(groupId) || !/^[1-9]\d*$/.test(licenseId) || rest.length === 0)
    throw new PathProblem(
      'must read licenses/{groupId}/{licenseId}/images/{n}, …/fields/{key}, …/validUntil or …/holder/…',
    );
  if (input.material.form === 'certificate') {
    if (value === hole) throw new PathProblem('there is no such licence');
    const { certificate: _dropped, form: _form, ...accessMaterial } = input.material;
    input.material = { ...accessMaterial, form: 'licenses', licenses: [] };
  }
  const { licenses } = input.material;
  const index = licenses.findIndex((license) => license.groupId === groupId);
  let license = licenses[index];
  if (license?.licenseId !== licenseId) {
    if (value === hole) throw new PathProblem('there is no such licence');
    license = { groupId, licenseId, images: [] };
    if (index < 0) licenses.push(license);
    else licenses[index] = license;
  }
  const [field, key] = rest;
  if (field === 'images') return setImage(license.images, rest.slice(1), value);
  if (field === 'fields' && key !== undefined && rest.length === 2) {
    const text = optionalText(value);
    const { [key]: _before, ...fields } = license.fields ?? {};
    // A copy with the key as its own property: assigning to a key named `__proto__` would be lost.
    if (text !== undefined) license.fields = { ...fields, [key]: text };
    else if (license.fields !== undefined) license.fields = fields;
    return;
  }
  setPaper(license, rest, value);
}

/** A licence of a group that the category does not have can't be corrected, only taken away. */
function removeLicense({ material }: ChannelsShopInput, groupId: string, licenseId: string): void {
  const licenses = material.form === 'licenses' ? material.licenses : [];
  const index = licenses.findIndex((license) => license.groupId === groupId && license.licenseId === licenseId);
  if (index < 0) throw new PathProblem('there is no such licence');
  licenses.splice(index, 1);
}

function setMiniProgramValue(input: MiniProgramInput, segments: string[], value: Value): void {
  const [head, key, ...rest] = segments;
  if (value === hole && head === 'certificates' && segments.length === 2) {
    const index = input.certificates.findIndex((item) => item.key === key);
    if (index < 0) throw new PathProblem('there is no such certificate');
    input.certificates.splice(index, 1);
    return;
  }
  if (head !== 'certificates' || key === undefined || rest.length === 0)
    throw new PathProblem('must read certificates/{key}/images/{n}, …/validUntil or …/holder/…');
  let certificate = input.certificates.find((item) => item.key === key);
  if (certificate === undefined) {
    if (value === hole) throw new PathProblem('there is no such certificate');
    certificate = { key, images: [] } satisfies Certificate;
    input.certificates.push(certificate);
  }
  if (rest[0] === 'images') return setImage(certificate.images, rest.slice(1), value);
  setPaper(certificate, rest, value);
}

function setPaper(paper: Paper, segments: string[], value: Value): void {
  const [field, part] = segments;
  if (field === 'validUntil' && segments.length === 1) {
    const text = optionalText(value);
    if (text !== undefined && validityEnd(text) === undefined)
      throw new PathProblem('must be a date as YYYY-MM-DD, or permanent');
    return setOrDelete(paper, 'validUntil', text);
  }
  if (field === 'holder' && segments.length === 2 && (part === 'name' || part === 'creditCode')) {
    const text = optionalText(value);
    if (part === 'name' && text === undefined) return setOrDelete(paper, 'holder', undefined);
    if (text === undefined && paper.holder === undefined) return;
    paper.holder ??= { name: '' };
    return setOrDelete(paper.holder, part, text);
  }
  throw new PathProblem('names nothing that a licence has');
}

function setImage(images: Slots, segments: string[], value: Value): void {
  const [index = ''] = segments;
  if (segments.length !== 1 || !/^(0|[1-9]\d{0,2})$/.test(index))
    throw new PathProblem('must end with the number of an image');
  const position = Number(index);
  if (value === hole) {
    if (position >= images.length) throw new PathProblem('there is no such image');
    images[position] = hole;
    return;
  }
  if (!isImage(value)) throw new PathProblem('must be an image: a path, an address, or {source, sha256}');
  if (position > images.length) throw new PathProblem(`leaves a gap: the next free number is ${images.length}`);
  images[position] = value;
}

function setOrDelete<Target extends object, Key extends keyof Target>(
  target: Target,
  key: Key,
  value: Target[Key] | undefined,
): void {
  if (value === undefined) delete target[key];
  else target[key] = value;
}

function optionalText(value: Value): string | undefined {
  if (value === hole) return undefined;
  if (typeof value !== 'string' || value === '') throw new PathProblem('must be a text that is not empty');
  return value;
}

const isImage = (value: unknown): value is Image =>
  (typeof value === 'string' && value !== '') ||
  (typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    typeof value.source === 'string' &&
    value.source !== '' &&
    (!('sha256' in value) || (typeof value.sha256 === 'string' && /^[0-9a-f]{64}$/.test(value.sha256))));

/** Closes the gaps that `remove` left and says what would be refused anyway. */
function checkShop(input: ChannelsShopInput): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  const close = (images: Image[], path: string, needed: boolean, most = Number.POSITIVE_INFINITY): Image[] => {
    const kept = images.filter((image) => image !== hole);
    if (needed && kept.length === 0) problems.push({ path, message: 'would be left without an image' });
    if (kept.length > most) problems.push({ path, message: `takes at most ${most} images` });
    return kept;
  };
  const { material } = input;
  if (material.form === 'certificate')
    material.certificate = close(material.certificate, 'certificate', true, maxImagesPerList);
  else
    for (const license of material.licenses)
      license.images = close(license.images, joinPath('licenses', license.groupId, license.licenseId, 'images'), true);
  problems.push(...namelessHolders(input));
  const access: AccessMaterial = material;
  for (const name of accessLists) {
    const images = access[name];
    if (images !== undefined) setOrDelete(access, name, nonEmpty(close(images, name, false, maxImagesPerList)));
  }
  return problems;
}

function checkMiniProgram(input: MiniProgramInput): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  for (const certificate of input.certificates) {
    certificate.images = certificate.images.filter((image) => image !== hole);
    if (certificate.images.length === 0)
      problems.push({ path: joinPath('certificates', certificate.key), message: 'would be left without an image' });
  }
  problems.push(...namelessHolders(input));
  return problems;
}

/** A credit code alone says nothing about who holds a paper. */
const namelessHolders = (input: ChannelsShopInput | MiniProgramInput): { path: string; message: string }[] =>
  papersOf(input).flatMap(({ path, paper }) =>
    paper.holder?.name === '' ? [{ path: `${path}/holder/name`, message: 'is missing' }] : [],
  );

const nonEmpty = <Item>(items: Item[]): Item[] | undefined => (items.length === 0 ? undefined : items);

/** Inputs are JSON: this is a full copy, and workflow code has no `structuredClone`. */
const structuredCopy = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/** The first moment (ms) at which a paper is no longer valid: the end of its last day in China. `undefined`: not a date. */
export function validityEnd(validUntil: string): number | undefined {
  if (validUntil === 'permanent') return Number.POSITIVE_INFINITY;
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(validUntil);
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const chinaOffsetMs = 8 * 3_600_000;
  return date.getTime() + 24 * 3_600_000 - chinaOffsetMs;
}

/** All papers of an input with the path they stand at. */
export function papersOf(
  input: ChannelsShopInput | MiniProgramInput,
): { path: string; paper: License | Certificate }[] {
  if ('first' in input)
    return input.certificates.map((paper) => ({ path: joinPath('certificates', paper.key), paper }));
  if (input.material.form === 'certificate') return [];
  return input.material.licenses.map((paper) => ({
    path: joinPath('licenses', paper.groupId, paper.licenseId),
    paper,
  }));
}
