/** The places of a case's material that a person can mend, with what stands there now. */
import {
  type AccessMaterial,
  accessLists,
  type ChannelsShopInput,
  maxImagesPerList,
} from '../contract/channels-shop.ts';
import { joinPath } from '../contract/material-path.ts';
import { sha256OfMaterialSource } from '../contract/material-source.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { CaseView, Image, MaterialView, Paper } from '../contract/qualification.ts';
import { forGood } from './mend.ts';
import type { Reader } from './reader.ts';
import { type InBoth, listWords, words } from './words.ts';

/** One image or one text. */
export interface Place {
  path: string;
  kind: 'image' | 'text' | 'date' | 'list';
  /** What it is called within its group. */
  label: InBoth;
  /** Text: the value. Image: where it came from. Empty: the place is free. */
  value: string;
  /** Image: our copy. */
  sha256?: string;
  seen?: MaterialView;
}

/** A text as a person reads it, and finds it in the form. */
export const shownText = ({ language }: Pick<Reader, 'language'>, { kind, value }: Place): string =>
  kind === 'date' && value === forGood.en ? forGood[language] : value;

/** What belongs together: one licence, one list. */
export interface PlaceGroup {
  title: InBoth;
  places: Place[];
}

/**
 * All places, in the order of the input; at the end of every list of images one that is free. `names` is what the
 * category's rules call its licences and fields, by path; where they do not tell, ids are shown.
 */
export function placesOf(
  input: ChannelsShopInput | MiniProgramInput,
  material: CaseView['material'] = [],
  names: ReadonlyMap<string, string> = new Map(),
): PlaceGroup[] {
  const seen = new Map(material.map((one) => [one.path, one]));
  return 'first' in input ? miniProgramGroups(input, seen) : shopGroups(input, seen, names);
}

type Seen = ReadonlyMap<string, MaterialView>;

function shopGroups(input: ChannelsShopInput, seen: Seen, names: ReadonlyMap<string, string>): PlaceGroup[] {
  const { material } = input;
  const groups: PlaceGroup[] =
    material.form === 'licenses'
      ? material.licenses.map(({ groupId, licenseId, images, fields = {}, ...paper }) => {
          const base = joinPath('licenses', groupId, licenseId);
          return {
            title: licenceTitle(groupId, licenseId, names.get(base)),
            places: [
              ...imagePlaces(`${base}/images`, images, seen),
              ...Object.entries(fields).map(([key, value]) =>
                fieldPlace(`${base}/${joinPath('fields', key)}`, key, value, names),
              ),
              ...paperPlaces(base, paper),
            ],
          };
        })
      : [{ title: listTitle('certificate'), places: imagePlaces('certificate', material.certificate, seen) }];
  for (const list of accessLists)
    if (material[list] !== undefined)
      groups.push({ title: listTitle(list), places: imagePlaces(list, material[list], seen) });
  const rest = restOf(material, input.brandIds);
  if (rest.length > 0) groups.push({ title: same('…'), places: rest });
  return groups;
}

function licenceTitle(groupId: string, licenseId: string, name: string | undefined): InBoth {
  const { licence, group } = words;
  return {
    zh: `${name ?? licence.zh} ${licenseId}（${group.zh} ${groupId}）`,
    en: `${name ?? licence.en} ${licenseId} (${group.en} ${groupId})`,
  };
}

const fieldPlace = (path: string, key: string, value: string, names: ReadonlyMap<string, string>): Place =>
  textPlace(path, same(names.get(path) ?? key), value);

function restOf(material: AccessMaterial, brandIds: string[] | undefined): Place[] {
  const texts = (['jingyingpingtai', 'zhanghaomingcheng'] as const).flatMap((name) =>
    material[name] === undefined ? [] : [textPlace(name, listTitle(name), material[name])],
  );
  return brandIds === undefined
    ? texts
    : [...texts, { path: 'brandIds', kind: 'list', label: words.brands, value: brandIds.join(' ') }];
}

function miniProgramGroups(input: MiniProgramInput, seen: Seen): PlaceGroup[] {
  return input.certificates.map(({ key, images, ...paper }) => {
    const base = joinPath('certificates', key);
    return { title: same(key), places: [...imagePlaces(`${base}/images`, images, seen), ...paperPlaces(base, paper)] };
  });
}

function imagePlaces(base: string, images: readonly Image[], seen: Seen): Place[] {
  const places = images.map((image, index): Place => {
    const path = `${base}/${index}`;
    const value = typeof image === 'string' ? image : image.source;
    const pinned = typeof image === 'string' ? undefined : image.sha256;
    const known = seen.get(path);
    const sha256 = known?.sha256 ?? pinned ?? sha256OfMaterialSource(value);
    return {
      path,
      kind: 'image',
      label: numbered(index),
      value,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(known === undefined ? {} : { seen: known }),
    };
  });
  if (places.length >= maxImagesPerList) return places;
  return [...places, { path: `${base}/${places.length}`, kind: 'image', label: words.addImage, value: '' }];
}

function paperPlaces(base: string, { validUntil, holder }: Paper): Place[] {
  return [
    { path: `${base}/validUntil`, kind: 'date', label: words.validUntil, value: validUntil ?? '' },
    textPlace(`${base}/holder/name`, words.holderName, holder?.name ?? ''),
    textPlace(`${base}/holder/creditCode`, words.holderCode, holder?.creditCode ?? ''),
  ];
}

const textPlace = (path: string, label: InBoth, value: string): Place => ({ path, kind: 'text', label, value });
const same = (text: string): InBoth => ({ zh: text, en: text });
const listTitle = (name: string): InBoth => listWords[name] ?? same(name);
const numbered = (index: number): InBoth => ({
  zh: words.page.zh.replace('{n}', String(index + 1)),
  en: words.page.en.replace('{n}', String(index + 1)),
});
