/** WeChat's own published vectors: if these hold, real pushes open. */
import { describe, expect, it } from 'vitest';
import {
  decryptMessage,
  echoQuery,
  encryptMessage,
  openPush,
  parsePushEvent,
  sealPush,
  signatureOf,
} from '../../../src/wechat/push/index.ts';

const token = 'AAAAA';
const key = 'A'.repeat(43);
const appId = 'wxba5fad812f8e6fb9';
const componentAppId = 'wx134c8103faa5a59e';

const jsonEncrypt =
  '+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=';
const xmlEncrypt =
  'D7yzvUNAL930rd28wf21s4hvXhz0L6Uit/p2Di6C5DHyYGpEgdBRnKjBec34JwoQXicwaZC7fOVihW80F4VtsdvE//1vr7oAbqjDv8KenVp+ajKYpJnyQ4zMRhIC+a31fCVOMC03FfzV/QuC94kBP55a+Za3sJgvAn+ZbsNqZI5DkyuzkhQN8OBqCzFhizGmy0xpM0MEA4agpvE+RuNO1rhHTtuJB5yltw1FiYzecSXJ+y/D2r81VkRn2eYjh2ltsoyfbDR7Is6ookXIFxTfyeNyeHxMeT4KN5WpCDmSbTcUYrbBUlkGLJ9n/rU8YOywma6G7aTb7KZKOqCxgfoUlYEZPk4FUL/TK7ShriFDMVCLyjQJ15Ob++agDWtcxhfUfe6HIoIpRW8mKNBQiY/Jd1svvuskA1wLef1RTtzKfMpagSCX/laZINmdnX4zrF6kIaR9P4xQrWXbsTFHTYe0Mg==';

const jsonQuery = {
  timestamp: '1714112445',
  nonce: '415670741',
  msg_signature: '046e02f8204d34f8ba5fa3b1db94908f3df2e9b3',
};
const xmlQuery = {
  timestamp: '1715943329',
  nonce: '1590219412',
  msg_signature: '6c12a4205838198b8fa631b3220723bb07f1015c',
};

describe("WeChat's published vectors", () => {
  it('the GET check of a callback address carries the published signature', () => {
    const query = echoQuery({
      token,
      timestamp: '1714036504',
      nonce: '1514711492',
      echostr: '4375120948345356249',
    });
    expect(query).toEqual({
      signature: 'f464b24fc39322e44b38aa78f5edd27bd1441696',
      timestamp: '1714036504',
      nonce: '1514711492',
      echostr: '4375120948345356249',
    });
  });

  it('the JSON push opens and is the debug event', () => {
    const { message, format } = openPush({
      query: jsonQuery,
      body: JSON.stringify({ ToUserName: 'gh_97417a04a28d', Encrypt: jsonEncrypt }),
      token,
      encodingAesKeys: [key],
      tailAppId: appId,
    });
    expect(format).toBe('json');
    expect(message).toContain('hello world');
    expect(Buffer.byteLength(message)).toBe(167);
    expect(parsePushEvent(message)).toMatchObject({ type: 'other', event: 'debug_demo' });
  });

  it('the XML push of a third-party platform opens with the component appid at its tail', () => {
    const { message, format } = openPush({
      query: xmlQuery,
      body: `<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName><Encrypt><![CDATA[${xmlEncrypt}]]></Encrypt></xml>`,
      token,
      encodingAesKeys: [key],
      tailAppId: componentAppId,
    });
    expect(format).toBe('xml');
    expect(Buffer.byteLength(message)).toBe(292);
    expect(message).toContain('<Event><![CDATA[debug_demo]]></Event>');
    expect(parsePushEvent(message)).toMatchObject({ type: 'other', event: 'debug_demo' });
  });

  it('the signature without the body is the published one, and differs from the one that covers the body', () => {
    const { timestamp, nonce } = xmlQuery;
    expect(signatureOf({ token, timestamp, nonce })).toBe('cc0c594499c1634947d5b502f158ee518947db27');
    expect(signatureOf({ token, timestamp: jsonQuery.timestamp, nonce: jsonQuery.nonce })).toBe(
      '6c5c811b55cc85e0e1b54100749188c20beb3f5d',
    );
  });

  it('a reply is encrypted to the published bytes', () => {
    const encrypt = encryptMessage(key, appId, '{"demo_resp":"good luck"}', Buffer.from('707722b803182950'));
    expect(encrypt).toBe('ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==');
    expect(signatureOf({ token, timestamp: '1713424427', nonce: jsonQuery.nonce, encrypt })).toBe(
      '1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1',
    );
  });

  it('sealing with the published random bytes gives the published push again', () => {
    for (const vector of [
      { format: 'json' as const, encrypt: jsonEncrypt, query: jsonQuery, tail: appId, random: 'a8eedb185eb2fecf' },
      {
        format: 'xml' as const,
        encrypt: xmlEncrypt,
        query: xmlQuery,
        tail: componentAppId,
        random: '1205899eaf019bbd',
      },
    ]) {
      const sealed = sealPush({
        format: vector.format,
        message: decryptMessage(key, vector.encrypt).message,
        token,
        encodingAesKey: key,
        tailAppId: vector.tail,
        toUserName: 'gh_97417a04a28d',
        timestamp: vector.query.timestamp,
        nonce: vector.query.nonce,
        random16: Buffer.from(vector.random),
      });
      expect(sealed.body).toContain(vector.encrypt);
      expect(sealed.query.msg_signature).toBe(vector.query.msg_signature);
    }
  });
});
