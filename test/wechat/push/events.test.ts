/** Events: what is known is read to the digit, what is unknown is kept as other, what is broken is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PushRejected, parsePushEvent } from '../../../src/wechat/push/index.ts';

const largest = '18446744073709551615';
const head = '"ToUserName":"gh_1","FromUserName":"o","CreateTime":1662480000,"MsgType":"event"';
const shop = (audit: string) => `{${head},"Event":"product_category_audit","ProductCategoryAudit":${audit}}`;
const mini = (fields: string) => `{${head},"Event":"wxa_category_audit",${fields}}`;
const xml = (fields: string, time = '1662480000') =>
  `<xml><ToUserName><![CDATA[gh_1]]></ToUserName><CreateTime>${time}</CreateTime><MsgType><![CDATA[event]]></MsgType>${fields}</xml>`;
const shopXml = (audit: string) =>
  xml(`<Event><![CDATA[product_category_audit]]></Event><ProductCategoryAudit>${audit}</ProductCategoryAudit>`);

function rejected(message: string): boolean {
  try {
    parsePushEvent(message);
    return false;
  } catch (error) {
    if (error instanceof PushRejected && error.reason === 'bad-message') return true;
    throw error;
  }
}

describe('known events', () => {
  it.each([
    shop(`{"audit_id":${largest},"status":3,"reason":""}`),
    shop(`{"audit_id":"${largest}","status":"3"}`),
    shop(`{"audit_id":${largest},"status":3,"reason":null,"new_field":[1]}`),
    shopXml(`<audit_id>${largest}</audit_id><status>3</status><reason></reason>`),
    shopXml(`<audit_id><![CDATA[${largest}]]></audit_id><status><![CDATA[3]]></status>`),
    `\uFEFF  ${shopXml(`<audit_id> ${largest} </audit_id><status>3</status><reason/>`)}\n`,
  ])('an audit id beyond 2^53 survives in %s', (message) => {
    expect(parsePushEvent(message)).toEqual({
      type: 'product_category_audit',
      toUserName: 'gh_1',
      createTime: 1662480000,
      auditId: largest,
      status: '3',
    });
  });

  it('a status that nobody documented is kept as it is', () => {
    expect(parsePushEvent(shop('{"audit_id":"1","status":"77"}'))).toMatchObject({ status: '77' });
  });

  it('a Mini Program verdict reads the same with quoted and bare numbers', () => {
    const expected = {
      type: 'wxa_category_audit',
      toUserName: 'gh_1',
      createTime: 1662480000,
      ret: '2',
      first: '8',
      second: '39',
      reason: '材料 <不> 清晰 & "模糊"',
    };
    const reason = JSON.stringify(expected.reason);
    expect(parsePushEvent(mini(`"ret":2,"first":8,"second":39,"reason":${reason}`))).toEqual(expected);
    expect(parsePushEvent(mini(`"ret":"2","first":"8","second":"39","reason":${reason}`))).toEqual(expected);
    const event = '<Event>wxa_category_audit</Event><ret>2</ret><first>8</first><second><![CDATA[39]]></second>';
    expect(parsePushEvent(xml(`${event}<reason><![CDATA[${expected.reason}]]></reason>`))).toEqual(expected);
    expect(parsePushEvent(xml(`${event}<reason>材料 &lt;不&gt; 清晰 &amp; "模糊"</reason>`))).toEqual(expected);
  });
});

describe('other pushes', () => {
  it('a ticket of the authorization address is other, with its InfoType', () => {
    const ticket = '<xml><AppId>wxc</AppId><InfoType><![CDATA[component_verify_ticket]]></InfoType></xml>';
    expect(parsePushEvent(ticket)).toEqual({ type: 'other', event: '', infoType: 'component_verify_ticket' });
  });

  it('an event of the same shape under another name is not taken for ours', () => {
    expect(parsePushEvent(shop('{"audit_id":1,"status":9}').replace('product_', 'open_product_'))).toMatchObject({
      type: 'other',
      event: 'open_product_category_audit',
    });
  });

  it('a text message of a user is other', () => {
    expect(parsePushEvent(`{${head.replace('event', 'text')},"Content":"hi"}`)).toEqual({
      type: 'other',
      event: '',
      msgType: 'text',
    });
  });
});

describe('broken messages', () => {
  it.each([
    '',
    'success',
    'null',
    '[]',
    '{',
    '<xml>',
    '<xml></xml>',
    shop('null'),
    shop('[]'),
    shop('{"status":"3"}'),
    shop('{"audit_id":"","status":"3"}'),
    shop('{"audit_id":"0","status":"3"}'),
    shop('{"audit_id":-5,"status":"3"}'),
    shop('{"audit_id":1.5,"status":"3"}'),
    shop('{"audit_id":1e400,"status":"3"}'),
    shop('{"audit_id":18446744073709551616,"status":"3"}'),
    shop('{"audit_id":{"$gt":1},"status":"3"}'),
    shop('{"audit_id":"1/../2","status":"3"}'),
    shop('{"audit_id":"1"}'),
    shop('{"audit_id":"1","status":""}'),
    shop('{"audit_id":"1","status":["3"]}'),
    shop('{"audit_id":"1","status":"3"}').replace('"CreateTime":1662480000,', ''),
    shop('{"audit_id":"1","status":"3"}').replace('1662480000', '"yesterday"'),
    mini('"ret":2,"first":8'),
    mini('"ret":2,"first":8,"second":"x"'),
    shopXml('<audit_id>1</audit_id><audit_id>2</audit_id><status>3</status>'),
    shopXml('<audit_id><b>1</b></audit_id><status>3</status>'),
    xml('<Event>product_category_audit</Event>'),
    '<xml><Event>wxa_category_audit</Event><first>1</nickname></xml>',
    '<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><Event>x</Event></xml>',
    '<xml><__proto__><polluted>1</polluted></__proto__></xml>',
  ])('%j is refused', (message) => {
    expect(rejected(message)).toBe(true);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('no text at all makes anything but an event or PushRejected', () => {
    const near = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.json().map((audit) => shop(audit)),
      fc.string({ unit: 'binary' }).map((inner) => xml(inner)),
      fc.string().map((inner) => shopXml(inner)),
    );
    fc.assert(
      fc.property(near, (message) => {
        if (!rejected(message))
          expect(['other', 'product_category_audit', 'wxa_category_audit']).toContain(parsePushEvent(message).type);
      }),
      { numRuns: 400 },
    );
  });
});
