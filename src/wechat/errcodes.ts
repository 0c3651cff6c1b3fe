/** What each of WeChat's error codes means for the caller, and what a person presses about it. */
import { channelsShopCodes } from './errcodes/channels-shop.ts';
import { commonCodes } from './errcodes/general.ts';
import { miniProgramCodes } from './errcodes/mini-program.ts';
import type { ErrcodeRow } from './errcodes/row.ts';
import { tokenCodes } from './errcodes/tokens.ts';
import { uploadCodes } from './errcodes/uploads.ts';

/** Every code of the pages of both platforms, of the common table, of the token calls and of the uploads. */
export const errcodeTable: readonly ErrcodeRow[] = [
  ...commonCodes,
  ...tokenCodes,
  ...uploadCodes,
  ...channelsShopCodes,
  ...miniProgramCodes,
];

/** Refusals about how many may be added. When they end, an addition that is sent spends the quota of another month. */
export const quotaCodes: ReadonlySet<string> = new Set(['53300', '53301', '53310']);

const byCode = new Map<string, ErrcodeRow>();
const byEndpoint = new Map<string, ErrcodeRow>();
for (const row of errcodeTable) {
  if (row.endpoints === undefined) byCode.set(row.code, row);
  for (const endpoint of row.endpoints ?? []) byEndpoint.set(`${endpoint} ${row.code}`, row);
}

/** The row for a code: the one of this endpoint where the code means something else there, otherwise the general one. */
export function errcodeRow(code: string, endpoint?: string): ErrcodeRow | undefined {
  return byEndpoint.get(`${endpoint} ${code}`) ?? byCode.get(code);
}
