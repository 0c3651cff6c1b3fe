/** Every endpoint and event has its samples; each goes through the real functions, over real HTTP. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createAccessTokens,
  type EndpointName,
  endpoints,
  type PushEvent,
  parseJson,
  parsePushEvent,
} from '../../src/wechat/index.ts';
import { everyCall } from '../wechat/every-call.ts';
import { answer, clientFor, loopback, type Seen } from '../wechat/loopback.ts';

const here = (name: string) => new URL(name, import.meta.url);
const read = (name: string) => readFileSync(here(name), 'utf8').trimEnd();
const names = Object.keys(endpoints) as EndpointName[];
const events = ['product_category_audit', 'wxa_category_audit'] satisfies PushEvent['type'][];
const sampleTokens = { get: async () => 'ACCESS_TOKEN' };

/** A request as the sample files write it. */
function written({ method, url, headers, body }: Seen): unknown {
  if (method === 'GET') return `GET ${url}`;
  const boundary = /boundary=(\S+)/.exec(headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return parseJson(body.toString());
  const text = `POST ${url}\ncontent-type: ${headers['content-type']}\n\n${body}`;
  return text.replaceAll(boundary, 'BOUNDARY').replaceAll('\r\n', '\n').trimEnd();
}

describe('samples of calls', () => {
  it.each(names)('%s has a sample of its request and of its answer', (name) => {
    const { method } = endpoints[name];
    const isText = method === 'GET' || name.includes('/upload-');
    expect(existsSync(here(`${name}.request.${isText ? 'txt' : 'json'}`))).toBe(true);
    expect(existsSync(here(`${name}.answer.json`))).toBe(true);
  });

  it.each(names)('%s sends its request sample and understands its answer sample', async (name) => {
    const server = await loopback((_seen, response) => answer(response, read(`${name}.answer.json`)));
    const result = await everyCall[name].make(clientFor(server.url, { tokens: sampleTokens }));
    expect(result).toEqual(everyCall[name].result);
    expect(server.seen).toHaveLength(1);
    const [seen] = server.seen;
    if (seen === undefined) throw new Error('nothing was sent');
    expect(seen.method).toBe(endpoints[name].method);
    expect(seen.url.split('?')[0]).toBe(endpoints[name].path);
    const request = existsSync(here(`${name}.request.json`))
      ? parseJson(read(`${name}.request.json`))
      : read(`${name}.request.txt`);
    expect(written(seen)).toEqual(request);
  });

  it('no sample is left over that no endpoint has', () => {
    for (const folder of ['channels-shop', 'mini-program', 'platform']) {
      const known = names.map((name) => name.split('/')[1]);
      for (const file of readdirSync(here(folder))) expect(known).toContain(file.split('.')[0]);
    }
  });

  it('the stable token call sends its request sample and understands its answer sample', async () => {
    const server = await loopback((_seen, response) => answer(response, read('tokens/stable-token.answer.json')));
    const tokens = createAccessTokens({ baseUrl: server.url, credentialsOf: () => ({ secret: 'APPSECRET' }) });
    expect(await tokens.get({ appId: 'APPID' })).toBe('ACCESS_TOKEN');
    expect(parseJson(String(server.seen[0]?.body))).toEqual(parseJson(read('tokens/stable-token.request.json')));
  });

  it('a token service gets its request sample and is understood by its answer sample', async () => {
    const server = await loopback((_seen, response) => answer(response, read('tokens/token-service.answer.json')));
    const tokenService = { url: `${server.url}/token`, bearer: 'BEARER_OF_SERVICE' };
    const tokens = createAccessTokens({ baseUrl: 'http://127.0.0.1:1', credentialsOf: () => ({ tokenService }) });
    const request = { appId: 'APPID', componentAppId: 'COMPONENT_APPID', rejectedToken: 'OLD_TOKEN' };
    expect(await tokens.get(request)).toBe('ACCESS_TOKEN');
    expect(parseJson(String(server.seen[0]?.body))).toEqual(parseJson(read('tokens/token-service.request.json')));
    expect(server.seen[0]?.headers.authorization).toBe('Bearer BEARER_OF_SERVICE');
  });
});

describe('samples of events', () => {
  it.each(events.flatMap((event) => [`${event}.json`, `${event}.xml`]))('%s is read in full', (file) => {
    const event = parsePushEvent(read(`events/${file}`));
    const expected = file.startsWith('wxa')
      ? {
          type: 'wxa_category_audit',
          toUserName: 'gh_fxxxxxxxa4b2',
          createTime: 1488800000,
          ret: '2',
          first: '1',
          second: '2',
          reason: '驳回原因',
        }
      : {
          type: 'product_category_audit',
          toUserName: 'gh_*',
          createTime: 1662480000,
          auditId: '123456',
          status: '1',
          reason: 'xxx原因',
        };
    expect(event).toEqual(expected);
  });

  it('events that do not concern a category are kept as other', () => {
    for (const event of ['channels_ec_brand', 'channels_ec_change_status', 'channels_ec_close_store']) {
      expect(parsePushEvent(read(`events/${event}.json`))).toEqual({ type: 'other', event, msgType: 'event' });
    }
  });
});
