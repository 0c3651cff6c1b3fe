/** Every error code that a page of WeChat names is a row of the table: listed here call by call, as the pages have them. */
import { expect, it } from 'vitest';
import { errcodeRow } from '../../src/wechat/errcodes.ts';

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** Page or section -> codes. What a page lists for a call that this program does not make is here as well. */
const documented: Record<string, string[]> = {
  'category/add': words('9700234 9700250 10020062 10020063 10020064 10020087 10020094 10020127 10020232 10020233'),
  'category/all, the flow and relation calls': words('9401020'),
  'category/detail': words('9401020 10020063 10020079 10020105'),
  'audit/cancel and the withdrawn audit/get': words('10020006'),
  'product/categoryprecheck': words('10020017 10020504'),
  'brand calls': words('10020050 10020055'),
  'qualification/upload': words('10020059 10020060'),
  'img/upload': words(
    '10020055 10020056 10020057 10020058 10020059 10020060 10020061 10020193 10020253 10020254 10020331',
  ),
  'basics/info/get': words('43001'),
  'a shop that closes or is somebody else’s': words('10080000 10080001 10080002'),
  'legacy component': words('1050003 1050009'),
  'common table of the shop': words(
    `-1 40001 40003 40013 40066 40097 41001 41002 41018 42001 43002 43003 44002 45002 45009 45011 45035 47001 48001 48004
     50001 50002 61004 61007`,
  ),
  'dead tokens': words('40001 40014 42001'),
  'cgi-bin/token and stable_token': words(
    '-1 40001 40002 40013 40125 40164 40243 41002 41004 43002 45009 45011 50004 50007 89503 89506 89507',
  ),
  'openapi/quota/get, rid/get, clear_quota': words('76021 76022 76001 76002 76003 76004 48006'),
  'callback/check': words('40201 40202 40203'),
  'component tokens': words('-1 40001 40013 40125 41004 45009 47001 48001 61004 61005 61006 61011 61014 61003 61023'),
  'media/upload': words('40004 40005 40006 45001 40009 41005 44001'),
  'addcategory, modifycategory, deletecategory': words(
    `-1 53300 53301 53302 53303 53304 53305 53306 53307 53308 53309 53310 53311 40007 41006 41033 42007 43002 44002 47001
     86000`,
  ),
};

it.each(Object.entries(documented).flatMap(([page, codes]) => codes.map((code) => [page, code] as const)))(
  '%s: %s has a row that says what to do',
  (_page, code) => {
    const row = errcodeRow(code) ?? errcodeRow(code, '/cgi-bin/stable_token');
    expect(row?.advice.zh).toMatch(/\p{Script=Han}/u);
    expect(row?.advice.en).toMatch(/[a-z]/);
  },
);
