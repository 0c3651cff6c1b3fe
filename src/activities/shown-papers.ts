/** How long papers are valid, as WeChat's own answer shows them. */
import { joinPath, validityEnd } from '../contract/material-path.ts';
import type { PaperEnd } from '../contract/watch.ts';
import type { CategoryRelation } from '../wechat/channels-shop/schema.ts';

/** WeChat's own spelling. */
const validityKey = 'audit_license_validty_period';

/**
 * The licences of a permission with an end. How the field is filled in stands on no page: a date that is clearly one is
 * read (the last one of a span), everything else is not guessed at.
 */
export function paperEndsShown({ licenses = [] }: Pick<CategoryRelation, 'licenses'>): PaperEnd[] {
  return licenses.flatMap(({ groupId, licenseId, fields }) => {
    const value = fields.find(({ key }) => key === validityKey)?.value;
    const validUntil = value === undefined ? undefined : lastDateIn(value);
    return validUntil === undefined ? [] : [{ path: joinPath('licenses', groupId, licenseId), validUntil }];
  });
}

/** `2031-06-30`, `2031.6.30`, `2031年6月30日`, `2011-07-01至2031-06-30` -> `2031-06-30`; `undefined`: 长期, or no date. */
export function lastDateIn(text: string): string | undefined {
  const dates = [...text.matchAll(/(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)/g)];
  const [, year = '', month = '', day = ''] = dates.at(-1) ?? [];
  // A span without an end ends in 长期.
  if (/长期|永久/.test(text)) return undefined;
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return validityEnd(date) === undefined ? undefined : date;
}
