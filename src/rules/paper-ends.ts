/** Until when the papers of a category are valid: by the input of a case, and as WeChat's own answer shows them. Pure. */
import type { ChannelsShopInput } from '../contract/channels-shop.ts';
import { joinPath, papersOf, validityEnd } from '../contract/material-path.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { PaperEnd } from '../contract/watch.ts';

/** The field in which WeChat itself is told the end; its own spelling. */
export const validityKey = 'audit_license_validty_period';

/** A licence as WeChat shows it in a permission. */
export interface ShownLicense {
  groupId: string;
  licenseId: string;
  fields: readonly { key: string; value: string }[];
}

/**
 * The licences of a permission with an end. How the field is filled in stands on no page: a date that is clearly one is
 * read (the last one of a span), everything else is not guessed at.
 */
export function paperEndsShown(licenses: readonly ShownLicense[]): PaperEnd[] {
  return licenses.flatMap(({ groupId, licenseId, fields }) =>
    endOf(joinPath('licenses', groupId, licenseId), lastDateIn(fields.find(({ key }) => key === validityKey)?.value)),
  );
}

/** The papers of an input with an end; a licence may say it in the field that WeChat has for it. */
export function paperEndsGiven(input: ChannelsShopInput | MiniProgramInput): PaperEnd[] {
  return papersOf(input).flatMap(({ path, paper }) => {
    const field = 'fields' in paper ? paper.fields?.[validityKey] : undefined;
    return endOf(path, paper.validUntil ?? lastDateIn(field));
  });
}

const endOf = (path: string, validUntil: string | undefined): PaperEnd[] =>
  validUntil === undefined || !Number.isFinite(validityEnd(validUntil)) ? [] : [{ path, validUntil }];

/** `2031-06-30`, `2031.6.30`, `2031年6月30日`, `2011-07-01至2031-06-30` -> `2031-06-30`; `undefined`: 长期, or no date. */
export function lastDateIn(text = ''): string | undefined {
  // A span without an end ends in 长期.
  if (/长期|永久/.test(text)) return undefined;
  const dates = [...text.matchAll(/(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)/g)];
  const [, year = '', month = '', day = ''] = dates.at(-1) ?? [];
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return validityEnd(date) === undefined ? undefined : date;
}

/**
 * A new end, written as the old value of WeChat's field is: one date, or 长期. `undefined`: it is written in another way (a
 * span has a beginning as well), and only a person can say what stands there now.
 */
export function endWrittenAs(old: string, validUntil: string): string | undefined {
  const isForGood = /^\s*(长期|永久)(有效)?\s*$/.test(old);
  if (isForGood) return validUntil === 'permanent' ? old : validUntil;
  const found = oneDate.exec(old) ?? compactDate.exec(old);
  if (found === null) return undefined;
  if (validUntil === 'permanent') return '长期';
  const [, before = '', , between = '', oldMonth = '', then = '', oldDay = '', after = ''] = found;
  const [year = '', month = '', day = ''] = validUntil.split('-');
  const isPadded = oldMonth.length === 2 && oldDay.length === 2;
  const written = (part: string) => (isPadded ? part : String(Number(part)));
  return [before, year, between, written(month), then, written(day), after].join('');
}

const oneDate = /^(\s*)(\d{4})(\s*[-/.年]\s*)(\d{1,2})(\s*[-/.月]\s*)(\d{1,2})(\s*日?\s*)$/;
const compactDate = /^(\s*)(\d{4})()(\d{2})()(\d{2})(\s*)$/;
