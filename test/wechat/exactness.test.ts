/** Ids survive to the last digit, and drifting wire types come out as one type. */
import { describe, expect, it } from 'vitest';
import {
  channelsAuditVerdict,
  idAsNumber,
  isUint64,
  miniProgramAuditState,
  parseJson,
  stringifyJson,
  type WeChatError,
} from '../../src/wechat/index.ts';
import { asciiFilename } from '../../src/wechat/multipart.ts';
import { answer, clientFor, loopback } from './loopback.ts';

const largest = '18446744073709551615';
const shopAt = (url: string) => clientFor(url).channelsShop({ appId: 'APPID' });
const miniAt = (url: string) => clientFor(url).miniProgram({ appId: 'APPID' });

describe('ids', () => {
  it.each([`{"id":${largest}}`, `{"id":"${largest}"}`])('the largest uint64 survives in %s', (text) => {
    expect(parseJson(text)).toEqual({ id: largest });
  });

  it('the largest uint64 is written as a number of exactly its digits', () => {
    expect(stringifyJson({ id: idAsNumber(largest), text: largest })).toBe(`{"id":${largest},"text":"${largest}"}`);
  });

  it.each(['18446744073709551616', '-1', '1.5', '1e3', '007', '', ' 1', 'abc', '１'])('%j is no id', (text) => {
    expect(isUint64(text)).toBe(false);
    expect(() => idAsNumber(text)).toThrow(RangeError);
  });

  it('what is no JSON is a SyntaxError, however deep it is', () => {
    for (const text of ['', 'null x', '{', '['.repeat(100_000)]) expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('a __proto__ member does not reach the prototype', () => {
    const value = parseJson('{"__proto__":{"polluted":1}}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it.each([largest, `"${largest}"`])('an audit id %s of the answer comes out to the digit', async (id) => {
    const server = await loopback((_seen, response) => answer(response, `{"errcode":"0","audit_id":${id}}`));
    const info = { catsV2: [largest], isNewApplyCat: false, certificate: ['F'] };
    expect(await shopAt(server.url).addCategory(info)).toEqual({ auditId: largest });
    expect(String(server.seen[0]?.body)).toBe(
      `{"category_info":{"cats_v2":[{"cat_id":${largest}}],"is_new_apply_cat":false,"certificate":["F"]}}`,
    );
  });

  it('an audit id goes out as a number to read and as a string to cancel', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 0 }));
    await shopAt(server.url).cancelCategoryAudit(largest);
    await shopAt(server.url)
      .getBizCatFlowDetail(largest)
      .catch(() => undefined);
    expect(server.seen.map(({ body }) => String(body))).toEqual([
      `{"audit_id":"${largest}"}`,
      `{"audit_id":${largest}}`,
    ]);
  });

  it('the old tree goes out as three numbers', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 0, audit_id: 1 }));
    await shopAt(server.url).addCategory({ level1: '1', level2: '2', level3: '3', isNewApplyCat: false });
    expect(parseJson(String(server.seen[0]?.body))).toEqual({
      category_info: { level1: 1, level2: 2, level3: 3, is_new_apply_cat: false },
    });
  });
});

describe('what cannot be sent', () => {
  it.each([
    ['a category id that is none', { catsV2: ['abc'], isNewApplyCat: true }],
    ['no category', { isNewApplyCat: true }],
    ['half of the old tree', { level1: '1', level2: '2', isNewApplyCat: true }],
    ['a brand id that is none', { catsV2: ['1'], brandIds: ['-1'], isNewApplyCat: true }],
  ])('%s is refused before anything is sent', async (_what, info) => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 0, audit_id: 1 }));
    const error: WeChatError = await shopAt(server.url)
      .addCategory(info)
      .catch((reason) => reason);
    expect(error).toMatchObject({ name: 'WeChatError', kind: 'mend-data', delivery: 'not-sent' });
    expect(server.seen).toHaveLength(0);
  });

  it('a certificate without an image is refused before anything is sent', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 0 }));
    const application = { first: '8', second: '39', certificates: [{ key: '执照', mediaId: '' }] };
    for (const call of [miniAt(server.url).addCategory(application), miniAt(server.url).modifyCategory(application)]) {
      await expect(call).rejects.toMatchObject({ kind: 'mend-data', delivery: 'not-sent' });
    }
    expect(server.seen).toHaveLength(0);
  });
});

describe('answers that drift', () => {
  it('ids and statuses as strings read the same as numbers', async () => {
    const flow = {
      cat_id: '6705',
      audit_id: '7282166160',
      status: '1',
      qua_id: '0',
      audit_time: '0',
      create_time: '5',
    };
    const server = await loopback((_seen, response) => answer(response, { errcode: '0', info: flow }));
    expect(await shopAt(server.url).getBizCatFlowDetail('7282166160')).toEqual({
      catId: '6705',
      auditId: '7282166160',
      status: '1',
      createTime: 5,
    });
  });

  it('a category never held answers nothing but the errcode, and that is no error', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 0, errmsg: 'ok' }));
    expect(await shopAt(server.url).getCategoryRelationDetail('1234')).toEqual({ categoryId: '1234' });
  });

  it('an empty list may be missing or null, but only beside an errcode', async () => {
    for (const body of [{ errcode: 0 }, { errcode: 0, list: null }, { errcode: 0, list: [] }]) {
      const server = await loopback((_seen, response) => answer(response, body));
      expect(await shopAt(server.url).getBizCatFlowList({ offset: 0, limit: 10 })).toEqual([]);
      expect(parseJson(String(server.seen[0]?.body))).toEqual({ is_filter_status: false, offset: 0, limit: 10 });
    }
    const silent = await loopback((_seen, response) => answer(response, { list: [] }));
    await expect(shopAt(silent.url).getBizCatFlowList({ offset: 0, limit: 10 })).rejects.toMatchObject({
      kind: 'unanswered',
    });
  });

  it('an accepted submission without an audit id is unknown, not failed and not done', async () => {
    const server = await loopback((_seen, response) => answer(response, { errcode: 0, errmsg: 'ok' }));
    await expect(shopAt(server.url).addCategory({ catsV2: ['1'], isNewApplyCat: true })).rejects.toMatchObject({
      kind: 'unanswered',
      delivery: 'unknown',
      reason: expect.stringContaining('audit_id'),
    });
  });

  it('the category tree is asked for by POST where GET is refused, once', async () => {
    const server = await loopback((seen, response) =>
      answer(response, seen.method === 'GET' ? { errcode: 43002, errmsg: 'require POST' } : { errcode: 0, cats: [] }),
    );
    expect(await shopAt(server.url).getAllCategories()).toEqual({ cats: [], catsV2: [] });
    expect(server.seen.map(({ method }) => method)).toEqual(['GET', 'POST']);
  });

  it('an expired Mini Program category is marked by the undocumented flag', async () => {
    const category = { first: 8, second: '39', audit_status: 3, is_expired: 1 };
    const server = await loopback((_seen, response) => answer(response, { errcode: 0, categories: [category] }));
    expect((await miniAt(server.url).getCategory()).categories).toEqual([
      { first: '8', second: '39', auditStatus: '3', isExpired: true },
    ]);
  });

  it('the listing of categories is found under its older name too', async () => {
    const body = { errcode: 0, category_list: { categories: [{ id: 1, name: '快递' }] } };
    const server = await loopback((_seen, response) => answer(response, body));
    expect(await miniAt(server.url).getAllCategories()).toEqual([
      { id: '1', name: '快递', children: [], isSensitive: false },
    ]);
  });
});

describe('uploads', () => {
  it('an image goes out whole with Content-Length, not chunked', async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_byte, index) => index % 256));
    const server = await loopback((_seen, response) => answer(response, { errcode: 0, data: { file_id: 'F' } }));
    await shopAt(server.url).uploadQualification({ bytes, filename: '执照.png', contentType: 'image/png' });
    const [seen] = server.seen;
    expect(seen?.headers['transfer-encoding']).toBeUndefined();
    expect(seen?.headers['content-length']).toBe(String(seen?.body.length));
    expect(seen?.body.includes(bytes)).toBe(true);
  });

  it.each([
    ['营业执照.JPG', 'image/jpeg', 'image.jpg'],
    ['licence', 'image/png', 'licence.png'],
    ['C:\\scans\\my licence (2).jpeg', 'image/jpeg', 'my_licence_2.jpg'],
    ['a"\r\nX-Evil: 1.jpg', 'image/jpeg', 'a_X-Evil_1.jpg'],
    ['scan.tiff', 'application/octet-stream', 'scan.tiff'],
    ['', '', 'image.jpg'],
  ])('the file name %j of %s goes out as %s', (filename, contentType, expected) => {
    expect(asciiFilename({ filename, contentType })).toBe(expected);
  });
});

describe('statuses', () => {
  it('cancelled is 12 in the event and 4 in the form, and neither is guessed in the other', () => {
    expect(['1', '2', '3', '12', '4', '0', '9', ''].map((status) => channelsAuditVerdict(status, 'event'))).toEqual([
      'in_review',
      'rejected',
      'approved',
      'cancelled',
      'unknown',
      'unknown',
      'unknown',
      'unknown',
    ]);
    expect(['1', '2', '3', '4', '12', '0'].map((status) => channelsAuditVerdict(status, 'flow'))).toEqual([
      'in_review',
      'rejected',
      'approved',
      'cancelled',
      'unknown',
      'unknown',
    ]);
  });

  it('a passed Mini Program category that has expired is not passed', () => {
    expect(['1', '2', '3', '4'].map((status) => miniProgramAuditState(status, false))).toEqual([
      'in_review',
      'rejected',
      'approved',
      'unknown',
    ]);
    expect(miniProgramAuditState('3', true)).toBe('expired');
    expect(miniProgramAuditState('2', true)).toBe('rejected');
  });
});
