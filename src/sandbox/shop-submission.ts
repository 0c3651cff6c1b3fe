/** `category/add`, read and judged as WeChat does: shape, path, open audit, form, licences, files, brands, in that order. */
import { auditsOf, earliest } from './audits.ts';
import type { AccountCall } from './operation.ts';
import { Refusal } from './refusal.ts';
import { createReader, type Members, parseWeChatBody, type Reader, wrongType } from './shape.ts';
import { validBrandsOf } from './shop-brands.ts';
import { findShopCategory } from './shop-catalogue.ts';
import type { LicenceGroup, ShopCategory } from './shop-category.ts';
import type { SubmittedForm } from './state.ts';
import { findUpload } from './uploads.ts';

const imageLists = [
  'certificate',
  'baobeihan',
  'jingyingzhengming',
  'daihuokoubei',
  'ruzhuzhizhi',
  'jingyingliushui',
  'buchongcailiao',
] as const;
const businessPlatforms = ['', 'taobao', 'jd', 'douyin', 'kuaishou', 'pdd', 'other'];
const maxImagesPerList = 10;
/** How long WeChat rates a brand after the first application that names it. */
const brandRatingMs = 3_600_000;

const categoryInfoMembers = [
  'level1',
  'level2',
  'level3',
  'cats_v2',
  'is_new_apply_cat',
  'license_group_list',
  ...imageLists,
  'jingyingpingtai',
  'zhanghaomingcheng',
  'brand_list',
] as const;

export interface JudgedSubmission {
  category: ShopCategory;
  form: SubmittedForm;
  material: number;
  papersEndAt: number | null;
}

/** Reads the body and refuses it with the documented code; what comes back is good. */
export function judgedSubmission(call: AccountCall): JudgedSubmission {
  const reader = createReader(wrongType, call.world.state.drift.requestIds);
  const body = reader.members(parseWeChatBody(call.body), 'body', ['category_info']);
  const info = reader.members(body.category_info, 'category_info', categoryInfoMembers);
  const path = pathOf(info, reader);
  const form = formOf(info, reader);

  const category = categoryOf(path);
  const isOpen = auditsOf(call.world, call.account.appId).some(
    (audit) => audit.categoryId === category.leaf && audit.status === 'open',
  );
  if (isOpen) throw new Refusal(10020064, 'the category is under review, no need to submit again');
  imageCountsChecked(form);
  formChecked(form, category);
  const files = [...Object.values(form.lists).flat(), ...form.groups.flatMap((group) => group.fileIds)];
  for (const id of files) fileChecked(call, id);
  brandsChecked(call, form.brandIds, category);
  return { category, form, material: files.length, papersEndAt: papersEndAt(form) };
}

type Path = { tree: 'new' | 'old'; ids: string[] };

function pathOf(info: Members, reader: Reader): Path {
  const level = (name: 'level1' | 'level2' | 'level3'): string => {
    const value = info[name];
    // The older page types the levels string(uint64), the newer one number: either is as documented.
    return value === undefined ? '0' : reader.id(value, name, typeof value === 'string' ? 'string' : 'number');
  };
  const levels = [level('level1'), level('level2'), level('level3')];
  const catsV2 = reader.list(info.cats_v2 ?? [], 'cats_v2').map((item, index) => {
    const where = `cats_v2[${index}]`;
    return reader.id(reader.members(item, where, ['cat_id']).cat_id, `${where}.cat_id`, 'number');
  });
  return catsV2.length > 0 ? { tree: 'new', ids: catsV2 } : { tree: 'old', ids: levels };
}

function formOf(info: Members, reader: Reader): SubmittedForm {
  const lists: Record<string, string[]> = {};
  for (const name of imageLists) {
    if (info[name] !== undefined) lists[name] = texts(info[name], name, reader);
  }
  const words: Record<string, string> = {};
  for (const name of ['jingyingpingtai', 'zhanghaomingcheng'] as const) {
    if (info[name] !== undefined) words[name] = reader.text(info[name], name);
  }
  const groups = reader.list(info.license_group_list ?? [], 'license_group_list').map((item, index) => {
    const where = `license_group_list[${index}]`;
    const group = reader.members(item, where, ['license_group_id', 'license']);
    const inside = `${where}.license`;
    const license = reader.members(group.license, inside, ['license_id', 'file_id_list', 'license_field_list']);
    return {
      groupId: reader.id(group.license_group_id, `${where}.license_group_id`, 'number'),
      licenseId: reader.id(license.license_id, `${inside}.license_id`, 'number'),
      fileIds: texts(license.file_id_list, `${inside}.file_id_list`, reader),
      fields: reader.list(license.license_field_list ?? [], `${inside}.license_field_list`).map((field, position) => {
        const at = `${inside}.license_field_list[${position}]`;
        const { key, value } = reader.members(field, at, ['key', 'value']);
        return { key: reader.text(key, `${at}.key`), value: reader.text(value, `${at}.value`) };
      }),
    };
  });
  const brandIds = reader.list(info.brand_list ?? [], 'brand_list').map((item, index) => {
    const where = `brand_list[${index}]`;
    return reader.id(reader.members(item, where, ['brand_id']).brand_id, `${where}.brand_id`, 'number');
  });
  const isNewForm =
    info.is_new_apply_cat === undefined ? false : reader.truth(info.is_new_apply_cat, 'is_new_apply_cat');
  return { isNewForm, lists, texts: words, brandIds, groups };
}

function categoryOf({ tree, ids }: Path): ShopCategory {
  const category = findShopCategory(ids.at(-1) ?? '');
  const right = tree === 'new' ? category?.catsV2 : category?.levels;
  if (category === undefined || right === undefined || right.join() !== ids.join()) {
    throw new Refusal(10020063, 'invalid category id');
  }
  // No page says what an application for a category that takes none gets: the nearest of the documented codes.
  if (category.isFree === true) throw new Refusal(10020063, 'invalid category id, no need to apply');
  return category;
}

/** The end of the day in Beijing that a licence's validity names first; the permission lapses then. */
function papersEndAt(form: SubmittedForm): number | null {
  const days = form.groups.flatMap(({ fields }) =>
    fields.filter(({ key }) => key === 'audit_license_validty_period').map(({ value }) => value),
  );
  return earliest(
    days.map((day) => (/^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T23:59:59+08:00`) || null : null)),
  );
}

function imageCountsChecked(form: SubmittedForm): void {
  for (const list of [...Object.values(form.lists), ...form.groups.map((group) => group.fileIds)]) {
    if (list.length > maxImagesPerList) throw new Refusal(10020062, 'at most 10 images');
  }
}

function formChecked(form: SubmittedForm, category: ShopCategory): void {
  const platform = form.texts.jingyingpingtai;
  if (platform !== undefined && !businessPlatforms.includes(platform)) {
    throw new Refusal(40097, 'invalid jingyingpingtai');
  }
  if (form.isNewForm) {
    licencesChecked(form, category.groups);
    return;
  }
  if (category.isOlderFormRefused) {
    throw new Refusal(9700250, 'is_new_apply_cat is false, please use the new application protocol');
  }
  if ((form.lists.certificate ?? []).length === 0) throw new Refusal(40097, 'certificate is empty');
}

function licencesChecked(form: SubmittedForm, groups: LicenceGroup[]): void {
  const mismatch = (text: string): Refusal => new Refusal(9700234, `license groups do not match the category, ${text}`);
  const needed = groups.filter((group) => group.isNecessary !== false).map((group) => group.id);
  const given = form.groups.map((group) => group.groupId);
  const isMatch =
    needed.every((id) => given.includes(id)) &&
    given.every((id) => groups.some((group) => group.id === id)) &&
    new Set(given).size === given.length;
  if (!isMatch) throw mismatch(`needed: ${needed.join(', ') || 'none'}`);
  for (const { groupId, licenseId, fileIds, fields } of form.groups) {
    const licence = groups.find((group) => group.id === groupId)?.licences.find(({ id }) => id === licenseId);
    if (licence === undefined) throw mismatch(`license ${licenseId} is not of group ${groupId}`);
    if (fileIds.length === 0) throw mismatch(`license ${licenseId} has no image`);
    for (const { key, value } of fields) {
      const field = licence.fields.find((candidate) => candidate.key === key);
      if (field === undefined) throw mismatch(`license ${licenseId} has no field ${key}`);
      if (!new RegExp(field.pattern, 'u').test(value)) throw mismatch(`field ${key} has a wrong format`);
    }
    const absent = licence.fields.find((field) => field.isNecessary && !fields.some(({ key }) => key === field.key));
    if (absent !== undefined) throw mismatch(`field ${absent.key} is missing`);
    if (new Set(fields.map(({ key }) => key)).size !== fields.length) throw mismatch('a field is given twice');
  }
}

function fileChecked(call: AccountCall, id: string): void {
  const upload = findUpload(call.world, id);
  if (upload === undefined || upload.appId !== call.account.appId) throw new Refusal(10020087, 'invalid file id');
  if (upload.kind !== 'qualification') {
    throw new Refusal(10020094, 'the file id must come from the qualification upload');
  }
}

function brandsChecked(call: AccountCall, brandIds: string[], category: ShopCategory): void {
  if (category.isBrandNeeded && brandIds.length === 0) throw new Refusal(10020127, 'the category needs a brand');
  for (const brandId of brandIds) {
    if (!validBrandsOf(call.world, call.account.appId).some((brand) => brand.brandId === brandId)) {
      throw new Refusal(10020127, `brand ${brandId} is not an approved brand of this shop`);
    }
    if (category.allowedBrands?.includes(brandId) === false) {
      throw new Refusal(10020127, `brand ${brandId} may not stand in this category`);
    }
  }
  if (category.brandPower === 'too-weak') throw new Refusal(10020232, 'the brand power is below the entry bar');
  if (category.brandPower === 'being-rated') ratingChecked(call, brandIds);
}

function ratingChecked({ world, account }: AccountCall, brandIds: string[]): void {
  for (const brandId of brandIds) {
    const key = `${account.appId}:${brandId}`;
    const startedAt = world.state.brandRatings[key] ?? world.now();
    world.state.brandRatings[key] = startedAt;
    world.changed();
    if (world.now() - startedAt < brandRatingMs) {
      throw new Refusal(10020233, 'the brand is being rated, please apply again later');
    }
  }
}

function texts(value: unknown, where: string, reader: Reader): string[] {
  return reader.list(value, where).map((item, index) => reader.text(item, `${where}[${index}]`));
}
