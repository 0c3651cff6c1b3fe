/** The columns of an import file: a fixed set about the case, and one per place of the material, named by its path. */
import { placeKind } from '../client/resubmission.ts';
import type { Platform } from '../contract/qualification.ts';

/** What a case is, besides its material, and how the column may be called in Chinese. */
export const fixedColumns = {
  platform: ['平台'],
  appId: ['应用ID'],
  componentAppId: ['第三方平台'],
  category: ['类目'],
  intent: ['办理方式'],
  auditId: ['审核单号'],
  externalId: ['外部编号'],
  requestedBy: ['申请人'],
  correction: ['补正期限'],
  overdue: ['超时期限'],
  reminder: ['提前提醒'],
  priority: ['优先级'],
  skipCheck: ['跳过检查'],
} as const;

export type FixedColumn = keyof typeof fixedColumns;

/** Chinese names of places that are the same in every case. */
const placeWords: Readonly<Record<string, string>> = {
  资质证明: 'certificate',
  报备函: 'baobeihan',
  经营证明: 'jingyingzhengming',
  带货口碑: 'daihuokoubei',
  入住资质: 'ruzhuzhizhi',
  经营流水: 'jingyingliushui',
  补充材料: 'buchongcailiao',
  经营平台: 'jingyingpingtai',
  账号名称: 'zhanghaomingcheng',
  品牌: 'brandIds',
};

/** `images`: several in one cell, with `|` or line breaks between; `image`: the place of one. */
export type PlaceColumnKind = 'images' | 'image' | 'text' | 'date' | 'list';

/** One column. `name` of a place is its path. */
export type Column = { kind: 'fixed'; name: FixedColumn } | { kind: PlaceColumnKind; name: string; platform: Platform };

/** `undefined`: no such column. */
export function columnOf(title: string): Column | undefined {
  const fixed = (Object.keys(fixedColumns) as FixedColumn[]).find(
    (name) =>
      name.toLowerCase() === title.toLowerCase() ||
      fixedColumns[name].some((word) => word.toLowerCase() === title.toLowerCase()),
  );
  if (fixed !== undefined) return { kind: 'fixed', name: fixed };
  const path = placeWords[title] ?? title;
  for (const platform of ['channels-shop', 'mini-program'] as const) {
    const kind = placeKind(platform, path);
    if (kind !== undefined) return { kind, name: path, platform };
    if (placeKind(platform, `${path}/0`) === 'image') return { kind: 'images', name: path, platform };
  }
  return undefined;
}
