/** Reads the bytes of a CSV file as a spreadsheet program saved it: encoding, delimiter, columns, rows with their numbers. */
import { CsvError, parse } from 'csv-parse/sync';
import type { InBoth } from '../contract/check.ts';
import { type Column, columnOf, fixedColumns } from './columns.ts';

/** One row as the spreadsheet counts it: the header is row 1. Cells are trimmed; those that are empty are left out. */
export interface TableRow {
  number: number;
  /** Column name (as `Column.name`) -> text. */
  cells: ReadonlyMap<string, string>;
  /** There were more cells than columns. */
  isTooLong: boolean;
}

/** What a file holds. */
export interface ImportTable {
  columns: Column[];
  rows: TableRow[];
}

/** The file as a whole cannot be taken; nothing of it was looked at further. `problems`: one sentence each, in both languages. */
export class ImportFileError extends Error {
  override readonly name = 'ImportFileError';
  readonly problems: readonly InBoth[];
  readonly advice: InBoth;

  constructor(problems: readonly InBoth[], advice: InBoth) {
    super(problems.map(({ en }) => en).join(' '));
    this.problems = problems;
    this.advice = advice;
  }
}

/** More rows than one import takes. */
export const maxRows = 10_000;

const saveAsUtf8: InBoth = {
  zh: '请在 Excel 或 WPS 中「另存为」→「CSV UTF-8（逗号分隔）」，再导入。',
  en: 'Save it as "CSV UTF-8 (comma delimited)" and import that file.',
};
const columnAdvice: InBoth = {
  zh: '列名见 docs/importing.md；自己的备注列请以 # 开头，导入时会忽略。',
  en: 'The columns are listed in docs/importing.md; columns of your own begin with #, those are ignored.',
};

/** @throws ImportFileError */
export function readTable(bytes: Uint8Array): ImportTable {
  const text = decoded(bytes);
  const [header, ...records] = recordsOf(text);
  const columns = columnsOf(header ?? []);
  const rows = records.flatMap((record, index): TableRow[] => {
    const cells = new Map<string, string>();
    columns.forEach((column, at) => {
      const cell = record[at]?.trim() ?? '';
      if (column !== undefined && cell !== '') cells.set(column.name, cell);
    });
    const isTooLong = record.slice(columns.length).some((cell) => cell.trim() !== '');
    return cells.size === 0 && !isTooLong ? [] : [{ number: index + 2, cells, isTooLong }];
  });
  if (rows.length === 0)
    throw new ImportFileError([{ zh: '文件中没有数据行。', en: 'The file has no rows below its header.' }], {
      zh: '每个类目申请写一行。',
      en: 'Write one row per case.',
    });
  if (rows.length > maxRows)
    throw new ImportFileError(
      [
        {
          zh: `文件有 ${rows.length} 行，一次最多导入 ${maxRows} 行。`,
          en: `The file has ${rows.length} rows; one import takes ${maxRows}.`,
        },
      ],
      { zh: '请拆成几个文件。', en: 'Split it into several files.' },
    );
  return { columns: columns.filter((column) => column !== undefined), rows };
}

function decoded(bytes: Uint8Array): string {
  const starts = (...head: number[]): boolean => head.every((byte, at) => bytes[at] === byte);
  const refuse = (zh: string, en: string): never => {
    throw new ImportFileError([{ zh, en }], saveAsUtf8);
  };
  if (starts(0x50, 0x4b, 0x03, 0x04) || starts(0xd0, 0xcf, 0x11, 0xe0))
    return refuse('这是 Excel 工作簿，不是 CSV 文件。', 'This is a workbook of Excel, not a CSV file.');
  if (starts(0xff, 0xfe) || starts(0xfe, 0xff))
    return refuse(
      '文件编码是 UTF-16（「Unicode 文本」），需要 UTF-8。',
      'The file is UTF-16 ("Unicode text"); it must be UTF-8.',
    );
  const text = decodedAs('utf-8', bytes);
  if (text === undefined)
    return decodedAs('gb18030', bytes) === undefined
      ? refuse('文件编码不是 UTF-8。', 'The file is not UTF-8.')
      : refuse(
          '文件编码是 GBK（Excel 中文版默认的 CSV），需要 UTF-8。',
          'The file is GBK, as a Chinese Excel saves "CSV"; it must be UTF-8.',
        );
  if (text.includes('\u0000')) return refuse('这不是文本文件。', 'This is no text file.');
  return text;
}

/** Without a byte order mark; `undefined`: the bytes are not of this encoding. */
function decodedAs(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function recordsOf(text: string): string[][] {
  const header = text.slice(0, text.search(/\r|\n|$/));
  // Excel takes the delimiter of the country: a semicolon in many, a tab where a table was pasted.
  const delimiter = [',', ';', '\t'].sort((a, b) => header.split(b).length - header.split(a).length)[0] ?? ',';
  try {
    return parse(text, { delimiter, relax_column_count: true, skip_empty_lines: false });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = String(Reflect.get(error, 'lines') ?? '?');
    throw new ImportFileError(
      [
        {
          zh: `第 ${line} 行附近的引号不成对，无法读取。`,
          en: `Around line ${line} a quote does not match: ${error.code}.`,
        },
      ],
      {
        zh: '含逗号、引号或换行的单元格请整体加英文双引号。',
        en: 'Put cells with a comma, a quote or a line break in double quotes.',
      },
    );
  }
}

/** In the order of the file; `undefined` for those that are ignored. */
function columnsOf(header: readonly string[]): (Column | undefined)[] {
  const problems: InBoth[] = [];
  const seen = new Set<string>();
  const columns = header.map((written) => {
    const title = written.trim();
    if (title === '' || title.startsWith('#')) return undefined;
    const column = columnOf(title);
    if (column === undefined)
      problems.push({ zh: `不认识的列「${title}」。`, en: `The column "${title}" is not known.` });
    else if (seen.has(column.name))
      problems.push({ zh: `列「${title}」重复。`, en: `The column "${title}" is there twice.` });
    else seen.add(column.name);
    return column;
  });
  for (const needed of ['appId', 'category'] as const)
    if (!seen.has(needed))
      problems.push({
        zh: `缺少列「${needed}」（${fixedColumns[needed][0]}）。`,
        en: `The column "${needed}" is missing.`,
      });
  if (problems.length > 0) throw new ImportFileError(problems, columnAdvice);
  return columns;
}
