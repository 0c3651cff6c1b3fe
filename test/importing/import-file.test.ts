/** Files as people save them: encodings, delimiters, columns in two languages, rows counted as the spreadsheet does. */
import { expect, it } from 'vitest';
import { ImportFileError, readTable } from '../../src/importing/import-file.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const refusal = (content: Uint8Array | string): ImportFileError => {
  try {
    readTable(typeof content === 'string' ? bytes(content) : content);
  } catch (error) {
    if (error instanceof ImportFileError) return error;
    throw error;
  }
  throw new Error('the file was taken');
};
const rowsOf = (text: string) =>
  readTable(bytes(text)).rows.map(({ number, cells }) => [number, Object.fromEntries(cells)]);

it('takes UTF-8 with and without a byte order mark, any line end, and the delimiters of Excel', () => {
  const wanted = [
    [2, { appId: 'wx1', category: '6201' }],
    [3, { appId: 'wx2', category: '茶叶, 绿茶' }],
  ];
  expect(rowsOf('appId,category\nwx1,6201\nwx2,"茶叶, 绿茶"\n')).toEqual(wanted);
  expect(rowsOf('\uFEFFappId,category\r\nwx1,6201\r\nwx2,"茶叶, 绿茶"')).toEqual(wanted);
  expect(rowsOf('appId;category\nwx1;6201\nwx2;茶叶, 绿茶\n')).toEqual(wanted);
  expect(rowsOf('appId\tcategory\nwx1\t 6201 \nwx2\t茶叶, 绿茶\n')).toEqual(wanted);
});

it('counts rows as a spreadsheet does: empty ones count, a line break within a cell does not', () => {
  expect(rowsOf('appId,category,certificate\nwx1,1,"a.png\nb.png"\n,,\n\nwx2,2,c.png\n')).toEqual([
    [2, { appId: 'wx1', category: '1', certificate: 'a.png\nb.png' }],
    [5, { appId: 'wx2', category: '2', certificate: 'c.png' }],
  ]);
});

it('columns have Chinese names too; those that begin with # and those without a name are ignored', () => {
  const { columns, rows } = readTable(
    bytes('应用ID,类目,#店铺名,补充材料,certificates/《许可证》/images,\nwx1,6201,小店,a.png,,x\n'),
  );
  expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
    ['appId', 'fixed'],
    ['category', 'fixed'],
    ['buchongcailiao', 'images'],
    ['certificates/《许可证》/images', 'images'],
  ]);
  expect(rows[0]?.isTooLong).toBe(false);
});

it('a GBK, a UTF-16 and an Excel file are refused in a sentence that says how to save it', () => {
  // 店铺 in GBK
  const gbk = refusal(new Uint8Array([...bytes('appId,category\nwx1,'), 0xb5, 0xea, 0xc6, 0xcc]));
  expect(gbk.problems[0]?.zh).toBe('文件编码是 GBK（Excel 中文版默认的 CSV），需要 UTF-8。');
  expect(gbk.advice.zh).toContain('CSV UTF-8');
  expect(refusal(new Uint8Array([0xff, 0xfe, 0x61, 0])).message).toContain('UTF-16');
  expect(refusal(new Uint8Array([0x50, 0x4b, 3, 4, 20, 0])).message).toContain('workbook');
  expect(refusal(new Uint8Array([0x61, 0xff, 0xff])).message).toBe('The file is not UTF-8.');
  expect(refusal('a\u0000b').message).toBe('This is no text file.');
});

it('every column that is missing, unknown or doubled is named; so is a quote without its partner', () => {
  expect(refusal('appid,categroy,appId\nwx1,1,2\n').problems.map(({ en }) => en)).toEqual([
    'The column "categroy" is not known.',
    'The column "appId" is there twice.',
    'The column "category" is missing.',
  ]);
  expect(refusal('appId,category\nwx1,1\nwx2,"2\n').problems[0]?.zh).toMatch(/^第 \d+ 行附近的引号不成对/);
  expect(refusal('appId,category\n,\n').message).toBe('The file has no rows below its header.');
  expect(refusal('').message).toContain('"appId" is missing');
});
