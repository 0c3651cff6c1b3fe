/** The table of codes and the factory of errors: every answer has one meaning, and no secret gets through. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { knownErrcodes } from '../../src/contract/known-errcodes.ts';
import { errorFromAnswer, errorFromTransport, type RawAnswer } from '../../src/wechat/errors.ts';
import { errcodeRow, errcodeTable, redact, WeChatError } from '../../src/wechat/index.ts';

const endpoint = '/channels/ec/category/add';
const from = (json: unknown, rest: Partial<RawAnswer> = {}) =>
  errorFromAnswer({ endpoint, httpStatus: 200, json, text: JSON.stringify(json) ?? 'text', ...rest });

describe('the table of codes', () => {
  it('no code stands twice for the same endpoint', () => {
    const keys = errcodeTable.flatMap(({ code, endpoints }) => (endpoints ?? ['']).map((path) => `${path} ${code}`));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('its codes are the ones that metrics have labels for', () => {
    expect([...knownErrcodes].sort()).toEqual([...new Set(errcodeTable.map(({ code }) => code))].sort());
  });

  it.each(errcodeTable.map((row) => [row.code, row] as const))(
    '%s becomes its error, as number and as string',
    (code, row) => {
      const path = row.endpoints?.[0] ?? '/any/other/path';
      for (const errcode of [Number(code), code]) {
        const error = from({ errcode, errmsg: 'no rid: 1a-2b' }, { endpoint: path });
        expect(error).toMatchObject({
          kind: row.kind,
          errcode: code,
          rid: '1a-2b',
          endpoint: path,
          advice: row.advice,
        });
        expect(error?.delivery).toBe(code === '-1' ? 'unknown' : 'answered');
        expect(error?.reason).toContain(row.meaning.zh);
      }
      for (const text of [row.meaning.zh, row.advice.zh]) expect(text).toMatch(/\p{Script=Han}/u);
      for (const text of [row.meaning.en, row.advice.en]) expect(text).toMatch(/^[\x20-\x7e…]+$/);
    },
  );

  it('what only other data can mend says to resubmit, what a person mends elsewhere does not', () => {
    const mendable = errcodeTable.filter(({ kind }) => kind === 'mend-data' || kind === 'upload-again');
    for (const row of mendable.filter(({ code }) => !['10020006', '9401020'].includes(code))) {
      expect(`${row.code} ${row.advice.zh}`).toContain('重新提交');
    }
    for (const row of errcodeTable.filter(({ kind }) => kind === 'needs-person')) {
      expect(`${row.code} ${row.advice.zh}`).not.toContain('重新提交');
    }
  });

  it.each([
    ['10020064', 'already-landed'],
    ['53304', 'already-landed'],
    ['53307', 'already-landed'],
    ['10020087', 'upload-again'],
    ['40007', 'upload-again'],
    ['9700234', 'mend-data'],
    ['9700250', 'mend-data'],
    ['10020062', 'mend-data'],
    ['10020063', 'mend-data'],
    ['10020094', 'mend-data'],
    ['10020127', 'mend-data'],
    ['10020232', 'mend-data'],
    ['53303', 'mend-data'],
    ['53311', 'mend-data'],
    ['10020233', 'needs-person'],
    ['53300', 'needs-person'],
    ['53310', 'needs-person'],
    ['40164', 'needs-person'],
    ['61007', 'needs-person'],
    ['45009', 'retry-slowly'],
    ['45011', 'retry-slowly'],
    ['-1', 'retry-now'],
    ['47001', 'bug'],
  ])('%s is %s', (code, kind) => {
    expect(errcodeRow(code)?.kind).toBe(kind);
  });

  it('40001 is a dead token everywhere but at the token call, where the secret is wrong', () => {
    expect(errcodeRow('40001', endpoint)?.kind).toBe('refresh-token');
    expect(errcodeRow('40001', '/cgi-bin/stable_token')?.kind).toBe('needs-person');
  });
});

describe('errors from answers', () => {
  it('success is no error, with errcode 0, "0" or none', () => {
    for (const json of [{ errcode: 0 }, { errcode: '0' }, { media_id: 'M' }]) expect(from(json)).toBeUndefined();
  });

  it("a code in no table keeps WeChat's own text", () => {
    const error = from({ errcode: 99999999, errmsg: 'something new rid: 1-2-3' });
    expect(error).toMatchObject({ kind: 'unknown-code', delivery: 'answered', errcode: '99999999', rid: '1-2-3' });
    expect(error?.message).toContain('something new');
  });

  it.each([
    [301, 'unknown-code', 'unknown'],
    [400, 'unknown-code', 'unknown'],
    [403, 'needs-person', 'answered'],
    [404, 'bug', 'answered'],
    [413, 'bug', 'answered'],
    [429, 'retry-slowly', 'answered'],
    [500, 'unanswered', 'unknown'],
    [504, 'unanswered', 'unknown'],
    [200, 'unanswered', 'unknown'],
  ])('HTTP %i without JSON is %s, delivery %s', (httpStatus, kind, delivery) => {
    expect(from(undefined, { httpStatus, text: '<html>' })).toMatchObject({ kind, delivery, httpStatus });
  });

  it('an errcode counts more than the HTTP status it came with', () => {
    expect(from({ errcode: 48001 }, { httpStatus: 403 })).toMatchObject({ errcode: '48001' });
  });

  it('a very long text is shortened', () => {
    expect(from(undefined, { httpStatus: 400, text: 'x'.repeat(100_000) })?.message.length).toBeLessThan(500);
  });
});

describe('secrets', () => {
  const secret = 'S3cr3t/with+signs=';

  it('no secret is left in an error: not in its fields, its stack or its cause', () => {
    const address = `https://api.example.com/x?access_token=${encodeURIComponent(secret)}&a=1`;
    const cause = Object.assign(new Error(`connect to ${address} failed`), {
      code: 'ECONNRESET',
      request: { headers: { authorization: `Bearer ${secret}` } },
      cause: new Error(secret),
    });
    const errors = [
      from({ errcode: 1, errmsg: `got ${secret}` }, { endpoint: address, secrets: [secret] }),
      errorFromTransport({ endpoint: address, isSent: true, cause, secrets: [secret] }),
      errorFromTransport({ endpoint: address, isSent: false, cause: secret, secrets: [secret] }),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(WeChatError);
      const shown = inspect(error, { depth: 9, showHidden: true }) + error?.stack + JSON.stringify(error);
      expect(shown).not.toContain('S3cr3t');
    }
    expect(errors[1]?.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it.each([
    ['https://x/?access_token=abcdef&b=1', 'https://x/?access_token=[hidden]&b=1'],
    ['{"access_token":"abc","expires_in":1}', '{"access_token":"[hidden]","expires_in":1}'],
    ['{\\"secret\\":\\"abc\\"}', undefined],
    ['appsecret=abc&secret=def', 'appsecret=[hidden]&secret=[hidden]'],
    ['Authorization: Bearer abc.def', 'Authorization: Bearer [hidden]'],
    ['"accessToken": "abc"', '"accessToken": "[hidden]"'],
    ['component_access_token=abc', 'component_access_token=[hidden]'],
    ['access_token is invalid or not latest', 'access_token is invalid or not latest'],
  ])('%s is redacted without being told the secret', (text, expected) => {
    const clean = redact(text);
    if (expected === undefined) expect(clean).not.toContain('abc');
    else expect(clean).toBe(expected);
  });
});
