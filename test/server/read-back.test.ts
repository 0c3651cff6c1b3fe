/** The read-back over real HTTP with the real client, against a WeChat that refuses, loses its answer, dawdles or talks nonsense. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AuditReport } from '../../src/contract/qualification.ts';
import { createCallbackServer } from '../../src/server/app.ts';
import { createWeChatClient, type WeChatClient } from '../../src/wechat/index.ts';
import {
  auditId,
  componentAppId,
  miniProgramEvent,
  platformKey,
  platformPush,
  platformToken,
  readAt,
  send,
  shopAppId,
  shopEvent,
  shopKey,
  shopPush,
  shopToken,
} from './callback-server.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let play: Answer;
let server: Server;
let client: WeChatClient;
let reports: { workflowId: string; report: AuditReport }[];
let app: ReturnType<typeof createCallbackServer>;

beforeEach(async () => {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => play(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = createWeChatClient({ baseUrl: `http://127.0.0.1:${port}`, tokens: { get: async () => 'ACCESS-TOKEN' } });
  reports = [];
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  app = createCallbackServer({
    accounts: {
      shop: (appId) =>
        appId === shopAppId ? { callback: { token: shopToken, encodingAesKey: [shopKey] } } : undefined,
      platform: (appId) =>
        appId === componentAppId ? { callback: { token: platformToken, encodingAesKey: [platformKey] } } : undefined,
    },
    wechat: client,
    cases: {
      report: async (workflowId, report) => {
        reports.push({ workflowId, report });
        return 'delivered';
      },
    },
    logger: silent,
    limits: { readBackMs: 300, answerMs: 700 },
    now: () => new Date(readAt),
  });
});

afterEach(async () => {
  await app.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await client.close();
});

const json =
  (body: string, status = 200): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
const lost: Answer = (request) => {
  request.socket.destroy();
};
const slow: Answer = () => {};

const flow = (status: number): string =>
  `{"errcode":0,"errmsg":"ok","info":{"cat_id":6033,"audit_id":${auditId},"status":${status},"qua_id":0,"create_time":1,"update_time":2,"audit_time":3,"audit_reason":"不清晰"}}`;

test('L7 a shop audit is read from WeChat without losing a digit of its id, and its case hears the verdict', async () => {
  play = json(flow(2));
  expect((await send(app, shopPush(shopEvent()))).body).toBe('success');
  expect(reports).toEqual([
    {
      workflowId: `channels-shop/${shopAppId}/6033`,
      report: { kind: 'read', auditId, verdict: 'rejected', rawStatus: '2', reason: '不清晰', readAt },
    },
  ]);
});

test("L7 a Mini Program's category is read from WeChat, and its case hears the verdict", async () => {
  play = json(
    '{"errcode":0,"errmsg":"ok","categories":[{"first":8,"first_name":"教育","second":39,"second_name":"出国移民","audit_status":3,"audit_reason":""}],"limit":5,"quota":4,"category_limit":20}',
  );
  expect((await send(app, platformPush(miniProgramEvent()))).body).toBe('success');
  expect(reports[0]?.report).toEqual({ kind: 'read', verdict: 'approved', rawStatus: '3', readAt });
});

const bad: [string, Answer][] = [
  ['the answer is lost', lost],
  ['WeChat is slow', slow],
  ['WeChat refuses', json('{"errcode":48001,"errmsg":"api unauthorized rid: 1-2-3"}')],
  ['WeChat is busy', json('{"errcode":-1,"errmsg":"system error"}')],
  ['the answer is no JSON', json('<html>')],
  ['the answer is empty', json('{"errcode":0,"errmsg":"ok"}')],
  ['a gateway answers', json('bad gateway', 502)],
];

test.each(bad)('L7 %s: a shop push gets 503 and nobody is signalled', async (_what, answer) => {
  play = answer;
  expect((await send(app, shopPush(shopEvent()))).statusCode).toBe(503);
  expect(reports).toEqual([]);
});

test.each(bad)('L7 %s: a Mini Program push becomes a hint', async (_what, answer) => {
  play = answer;
  expect((await send(app, platformPush(miniProgramEvent()))).statusCode).toBe(200);
  expect(reports[0]?.report).toEqual({ kind: 'hint' });
});

test('L7 an audit that WeChat does not know under this account is acknowledged', async () => {
  play = json('{"errcode":9401020,"errmsg":"invalid param rid: 1-2-3"}');
  expect((await send(app, shopPush(shopEvent()))).body).toBe('success');
  expect(reports).toEqual([]);
});
