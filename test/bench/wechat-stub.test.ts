/** The benchmark's stub answers what the client expects, and its callback is one that the product's server believes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { pushSettings } from '../../bench/cases.ts';
import { createWeChatStub, type StubEvent, type WeChatStub } from '../../bench/wechat-stub.ts';
import { createAccessTokens, createWeChatClient } from '../../src/wechat/index.ts';
import { openPush, parsePushEvent } from '../../src/wechat/push/index.ts';
import { createDispatcher } from '../../src/wechat/transport.ts';

const appId = 'wxbench000000001';
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Callback {
  url: URL;
  body: string;
}

async function start(refusals = 0) {
  const events: StubEvent[] = [];
  const stub = await createWeChatStub((event) => void events.push(event));
  ends.push(() => stub.close());
  const taken: Callback[] = [];
  let refused = 0;
  const receiver = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    refused += 1;
    if (refused <= refusals) return void response.writeHead(503).end();
    taken.push({ url: new URL(request.url ?? '', 'http://receiver'), body: Buffer.concat(chunks).toString() });
    response.end('success');
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  ends.push(
    async () => receiver.closeAllConnections(),
    async () => receiver.close(),
  );
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  stub.set({ receivers: { encryptedUrl: url, plainUrl: `${url}/plain` } });
  return { stub, events, taken, shop: shopOf(stub) };
}

function shopOf(stub: WeChatStub) {
  const dispatcher = createDispatcher();
  ends.push(() => dispatcher.close());
  const tokens = createAccessTokens({ baseUrl: stub.url, credentialsOf: () => ({ secret: 'any' }), dispatcher });
  return createWeChatClient({ baseUrl: stub.url, tokens, dispatcher }).channelsShop({ appId });
}

const submission = { catsV2: ['6033', '100001'], isNewApplyCat: true, licenseGroups: [] };
const image = { bytes: Buffer.alloc(2_000), filename: 'licence.jpg', contentType: 'image/jpeg' };

test('every call of a case is answered as the client expects, and the audit is approved once the push has gone out', async () => {
  const { stub, taken, shop, events } = await start();
  expect((await shop.uploadQualification(image)).fileId).toMatch(/^file-\d+$/);
  expect((await shop.getCategoryRelationDetail('100001')).status).toBe('2');
  expect(await shop.getBizCatFlowList({ offset: 0, limit: 50 })).toEqual([]);
  const { auditId } = await shop.addCategory(submission);
  expect(await shop.getBizCatFlowDetail(auditId)).toMatchObject({ catId: '100001', status: '1' });
  expect(await shop.getBizCatFlowList({ offset: 0, limit: 50 })).toMatchObject([{ auditId, catId: '100001' }]);
  expect(await shop.getBizCatFlowList({ offset: 1, limit: 50 })).toEqual([]);

  await expect.poll(() => taken.length).toBe(1);
  expect((await shop.getBizCatFlowDetail(auditId)).status).toBe('3');
  expect((await shop.getCategoryRelationDetail('100001')).status).toBe('1');
  const [push] = taken;
  expect(push?.url.pathname).toBe(`/callback/channels-shop/${appId}`);
  const { message } = openPush({
    query: Object.fromEntries(push?.url.searchParams ?? []),
    body: push?.body ?? '',
    token: pushSettings.token,
    encodingAesKeys: [pushSettings.encodingAesKey],
    tailAppId: appId,
  });
  expect(parsePushEvent(message)).toMatchObject({ type: 'product_category_audit', auditId, status: '3' });
  expect(events.map(({ event, workflowId }) => `${event} ${workflowId}`)).toEqual([
    `submitted channels-shop/${appId}/100001`,
    `called back channels-shop/${appId}/100001`,
  ]);
  expect(stub.counts().requests['/channels/ec/category/add']).toBe(1);
  expect(stub.counts().requests).toEqual({});
});

test('held audits stay in review until they are released, and a callback that is refused is sent again', async () => {
  const { stub, taken, shop } = await start(1);
  stub.set({ decides: false, push: 'plain' });
  const { auditId } = await shop.addCategory(submission);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(taken).toEqual([]);
  expect((await shop.getBizCatFlowDetail(auditId)).status).toBe('1');

  expect((await stub.release(4)).sent).toBe(1);
  expect(taken).toHaveLength(1);
  expect(JSON.parse(taken[0]?.body ?? '')).toMatchObject({
    workflowId: `channels-shop/${appId}/100001`,
    signal: 'auditReported',
    argument: { kind: 'read', auditId, verdict: 'approved' },
  });
  expect(stub.counts().repeatedCallbacks).toBe(1);
});

test('three uploads of one case are answered at one moment when that is wanted', async () => {
  const { stub, shop } = await start();
  stub.set({ uploadsTogether: true });
  let answered = 0;
  const upload = () => shop.uploadQualification(image).then(() => (answered += 1));
  const early = [upload(), upload()];
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(answered).toBe(0);
  await Promise.all([...early, upload()]);
  expect(answered).toBe(3);
});
