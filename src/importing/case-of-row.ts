/** Makes the input of a case out of one row, and says what in the row no case could be made of. Pure. */
import { both } from '../client/findings.ts';
import { checkInput } from '../client/input.ts';
import { valueProblem } from '../client/resubmission.ts';
import type { ChannelsShopInput } from '../contract/channels-shop.ts';
import { joinPath, patchChannelsShop, patchMiniProgram, splitPath } from '../contract/material-path.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { CaseInput, Platform } from '../contract/qualification.ts';
import { platformOfRow, type WrittenCategory, writtenCategory } from './category-of-row.ts';
import type { Column } from './columns.ts';
import type { ImportTable, TableRow } from './import-file.ts';
import { cellFinding, type RowFinding, rowFinding } from './row-finding.ts';

/** What a row is about, before its category's names have been looked up. */
export interface RowSubject {
  platform?: Platform;
  appId: string;
  componentAppId?: string;
  category?: WrittenCategory;
  findings: RowFinding[];
}

type Wanted = { platform: 'channels-shop'; leaf: string } | { platform: 'mini-program'; first: string; second: string };
type PlaceColumn = Exclude<Column, { kind: 'fixed' }>;

/** Reads the cells that say for whom a row is and for which category. */
export function subjectOfRow({ columns }: ImportTable, { cells, isTooLong }: TableRow): RowSubject {
  const findings: RowFinding[] = [];
  if (isTooLong)
    findings.push(
      rowFinding('too-many-cells', '', {
        zh: '该行的单元格比表头多：含逗号的内容要加英文双引号。',
        en: 'The row has more cells than the header: a text with a comma needs double quotes.',
      }),
    );
  for (const name of ['appId', 'category'] as const)
    if (!cells.has(name)) findings.push(cellFinding(name, both('is missing', '缺失')));
  const written = cells.get('category');
  const category = written === undefined ? undefined : writtenCategory(written);
  const filled = new Set(places(columns, cells).map(({ platform }) => platform));
  const platform = platformOfRow(cells.get('platform'), category, filled);
  if (platform === undefined)
    findings.push(cellFinding('platform', both('must be channels-shop or mini-program', '必须是 微信小店 或 小程序')));
  if (written !== undefined && isShortened(written)) findings.push(shortened('category', written));
  if (
    (platform === 'mini-program' && category?.kind === 'leaf') ||
    (platform === 'channels-shop' && category?.kind === 'pair')
  )
    findings.push(
      cellFinding(
        'category',
        platform === 'mini-program'
          ? both('of a Mini Program is written FIRST-SECOND, such as 8-39', '应写成 一级id-二级id，例如 8-39')
          : both('of a shop is one id, the leaf, such as 6201', '应写成一个叶子类目 id，例如 6201'),
      ),
    );
  const componentAppId = cells.get('componentAppId');
  return {
    appId: cells.get('appId') ?? '',
    findings,
    ...(platform === undefined ? {} : { platform }),
    ...(componentAppId === undefined ? {} : { componentAppId }),
    ...(category === undefined ? {} : { category }),
  };
}

/** The input; `undefined` when there is an error. Image sources are as they are written. */
export function caseOfRow(
  { columns }: ImportTable,
  { cells }: TableRow,
  wanted: Wanted,
): { input?: ChannelsShopInput | MiniProgramInput; findings: RowFinding[] } {
  const findings: RowFinding[] = [];
  const about = aboutCase(cells, findings);
  const set: Record<string, string | string[]> = {};
  for (const column of places(columns, cells)) {
    const cell = cells.get(column.name) ?? '';
    if (column.platform !== wanted.platform) {
      findings.push(cellFinding(column.name, both('belongs to the other platform', '属于另一个平台')));
      continue;
    }
    for (const [path, value] of placesOf(column, cell)) {
      const problem = valueProblem(column.kind === 'images' ? 'image' : column.kind, value);
      if (problem !== undefined) findings.push(cellFinding(column.name, problem));
      if (typeof value === 'string' && column.kind === 'text' && isShortened(value))
        findings.push(shortened(column.name, value));
      set[path] = value;
    }
  }
  const isOlderForm = Object.keys(set).some((path) => path.startsWith('certificate/'));
  if (isOlderForm && Object.keys(set).some((path) => path.startsWith('licenses/')))
    findings.push(
      cellFinding(
        'certificate',
        both('is the older form and excludes licenses/…', '是旧版提交方式，不能与 licenses/… 同时填写'),
      ),
    );
  if (findings.some(({ level }) => level === 'error')) return { findings };
  const { platform, ...category } = wanted;
  const patched =
    wanted.platform === 'channels-shop'
      ? patchChannelsShop(
          {
            ...about,
            category: { leaf: wanted.leaf },
            material: isOlderForm ? { form: 'certificate', certificate: [] } : { form: 'licenses', licenses: [] },
          },
          { set },
        )
      : patchMiniProgram({ ...about, ...(category as { first: string; second: string }), certificates: [] }, { set });
  if ('problems' in patched) {
    for (const { path, message } of patched.problems)
      findings.push({ ...cellFinding(columnOfPlace(columns, path), both(message, message)), path });
    return { findings };
  }
  const { input } = patched;
  const wrong = checkInput(platform, input);
  for (const { path, message, en = message, zh = message } of wrong)
    findings.push({ ...rowFinding('input', columnOfMember(columns, input, path), { zh, en }), path });
  return wrong.length > 0 ? { findings } : { input, findings };
}

/** The column that holds a member of the input, such as `material.licenses[0].images[1]`; empty when none does. */
export function columnOfMember(
  columns: readonly Column[],
  input: ChannelsShopInput | MiniProgramInput,
  path: string,
): string {
  const [head = '', ...rest] = path.replaceAll(/\[(?:(\d+)|"([^"]*)")\]/g, '.$1$2').split('.');
  const direct: Readonly<Record<string, string>> = { via: 'componentAppId', first: 'category', second: 'category' };
  if (head === 'intent') return rest.length > 0 ? 'auditId' : 'intent';
  if (head === 'deadlines') return rest[0] ?? '';
  if (head === 'certificates' && 'certificates' in input)
    return columnOfPlace(
      columns,
      joinPath('certificates', input.certificates[Number(rest[0])]?.key ?? '', ...rest.slice(1)),
    );
  if (head === 'material' && 'material' in input) {
    const [list = '', index, ...inside] = rest;
    if (list !== 'licenses' || input.material.form !== 'licenses') return columnOfPlace(columns, joinPath(...rest));
    const license = input.material.licenses[Number(index)];
    if (license === undefined) return '';
    return columnOfPlace(columns, joinPath('licenses', license.groupId, license.licenseId, ...inside));
  }
  const name = direct[head] ?? head;
  return columns.some((column) => column.name === name) ? name : '';
}

/** The column of this place, else of its list, else the first one of the same licence or certificate. */
function columnOfPlace(columns: readonly Column[], path: string): string {
  const wanted = splitPath(path);
  const shared = ({ name }: Column): number => {
    const has = splitPath(name);
    const at = has.findIndex((segment, index) => segment !== wanted[index]);
    return at === -1 ? has.length : at === has.length - 1 && has.length > 1 ? at - 0.5 : 0;
  };
  const best = columns
    .filter(({ kind }) => kind !== 'fixed')
    .map((column) => ({ column, score: shared(column) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)[0];
  return best?.column.name ?? '';
}

const places = (columns: readonly Column[], cells: TableRow['cells']): PlaceColumn[] =>
  columns.filter((column): column is PlaceColumn => column.kind !== 'fixed' && cells.has(column.name));

function placesOf({ kind, name }: PlaceColumn, cell: string): [path: string, value: string | string[]][] {
  if (kind === 'images') {
    const images = cell.split(/[|｜\r\n]+/).map((image) => image.trim());
    return images.filter((image) => image !== '').map((image, at) => [`${name}/${at}`, image]);
  }
  if (kind === 'list') return [[name, cell.split(/[|｜,，;；\s]+/).filter((item) => item !== '')]];
  return [[name, kind === 'date' ? dateOf(cell) : cell]];
}

/** Excel writes dates in the way of the country; 长期 is what stands on the paper. */
function dateOf(cell: string): string {
  if (/^(长期|长期有效|永久|永久有效)$/.test(cell)) return 'permanent';
  const [, year, month = '', day = ''] =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 0?0:00(?::00)?)?$/.exec(cell) ?? [];
  return year === undefined ? cell : `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

const intents: Readonly<Record<string, 'new' | 'renew' | 'adopt'>> = {
  new: 'new',
  新办: 'new',
  renew: 'renew',
  续期: 'renew',
  adopt: 'adopt',
  接管: 'adopt',
  跟踪: 'adopt',
};
const yes = /^(yes|true|1|y|是)$/i;
const no = /^(no|false|0|n|否)$/i;

/** The members that stand in columns of their own. */
function aboutCase(cells: TableRow['cells'], findings: RowFinding[]): CaseInput {
  const text = (name: string): string | undefined => cells.get(name);
  const [intentCell, auditId, via] = [text('intent'), text('auditId'), text('componentAppId')];
  const intent = intentCell === undefined ? undefined : intents[intentCell.toLowerCase()];
  if (intentCell !== undefined && intent === undefined)
    findings.push(cellFinding('intent', both('must be one of new, renew, adopt', '必须是 新办、续期、接管 之一')));
  if (auditId !== undefined && intent !== 'adopt' && (intentCell === undefined || intent !== undefined))
    findings.push(
      cellFinding('auditId', both('is for rows whose intent is adopt only', '只用于办理方式为 adopt（接管）的行')),
    );
  if (auditId !== undefined && isShortened(auditId)) findings.push(shortened('auditId', auditId));
  else if (auditId !== undefined && /^\d{15}0+$/.test(auditId))
    findings.push(
      rowFinding(
        'spreadsheet-number',
        'auditId',
        {
          zh: `auditId「${auditId}」以 0 结尾：Excel 只保留 15 位数字，请确认不是被截断的。`,
          en: `auditId "${auditId}" ends with 0: Excel keeps 15 digits of a number. Make sure that it was not cut.`,
        },
        { level: 'warning', advice: textColumn },
      ),
    );
  const skip = text('skipCheck');
  if (skip !== undefined && !yes.test(skip) && !no.test(skip))
    findings.push(cellFinding('skipCheck', both('must be yes or no', '必须是 是 或 否')));
  const priority = text('priority');
  const deadlines = (['correction', 'overdue', 'reminder'] as const).flatMap((name) => {
    const value = text(name);
    return value === undefined ? [] : [[name, durationOf(value)] as const];
  });
  const named = (['externalId', 'requestedBy'] as const).flatMap((name) => {
    const value = text(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    appId: text('appId') ?? '',
    ...(via === undefined ? {} : { via: { componentAppId: via } }),
    ...Object.fromEntries(named),
    ...(intent === 'adopt' ? { intent: { adopt: auditId === undefined ? {} : { auditId } } } : {}),
    ...(intent === 'new' || intent === 'renew' ? { intent } : {}),
    ...(deadlines.length === 0 ? {} : { deadlines: Object.fromEntries(deadlines) }),
    ...(skip !== undefined && yes.test(skip) ? { skipCheck: true } : {}),
    ...(priority === undefined ? {} : { priority: Number(priority) as 3 }),
  };
}

/** `30天`, or a bare number of days, as people write it. */
const durationOf = (cell: string): string => cell.replace(/^(\d+)\s*天?$/, '$1 days').replace(/^(\d+)\s*小时$/, '$1h');

/** `1.23457E+15`: Excel's way to show a long number, and to save it. */
const isShortened = (cell: string): boolean => /^\d+(\.\d+)?e\+\d+$/i.test(cell);

const textColumn = {
  zh: '请把该列设为「文本」格式，重新填写后再保存。',
  en: 'Format the column as text, write the number again, and save.',
};
const shortened = (column: string, cell: string): RowFinding =>
  rowFinding(
    'spreadsheet-number',
    column,
    {
      zh: `${column}「${cell}」已被 Excel 变成科学计数法，数字丢失了。`,
      en: `${column} "${cell}" was shortened by Excel: digits are lost.`,
    },
    { advice: textColumn },
  );
