/** WeChat as the benchmark needs it: right answers, at once, and a push after each submission; nothing is checked (that is the sandbox's work). */
import { randomBytes } from 'node:crypto';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sealPush } from '../src/wechat/push/index.ts';
import { createCallbacks, type Receivers } from './callbacks.ts';
import { pushSettings } from './cases.ts';

/** How the stub behaves; can be changed at any time. */
export interface StubMode {
  receivers: Receivers;
  /** `plain`: the product's cases get a plain signal, too. */
  push: 'encrypted' | 'plain';
  /** False: audits stay in review until `release()`. */
  decides: boolean;
  /** The three uploads of a case are answered at one moment. */
  uploadsTogether: boolean;
}

/** What the stub tells while it runs. `atMs`: milliseconds since 1970 with a fraction. */
export type StubEvent =
  | { event: 'submitted'; workflowId: string }
  | { event: 'called back'; workflowId: string; atMs: number }
  | { event: 'callback lost'; workflowId: string };

export interface WeChatStub {
  readonly url: string;
  set(mode: Partial<StubMode>): void;
  /** Decides every audit that is in review and sends all the callbacks, `inFlight` at a time; resolves when all were taken. */
  release(inFlight: number): Promise<{ sent: number; tookMs: number }>;
  /** Requests by path, and callbacks that had to be repeated, since the last call. */
  counts(): { requests: Record<string, number>; repeatedCallbacks: number };
  close(): Promise<void>;
}

interface Audit {
  id: number;
  appId: string;
  leaf: number;
  workflowId: string;
  status: number;
  createdAt: number;
}

/** WeChat's answer comes first, the callback this long after it. */
const callbackDelayMs = 20;
/** Uploads that wait for their companions are let go after this time at the latest. */
const togetherWithinMs = 3_000;

/** Listens on a free port of this machine. Ids stay far below 2^53, so plain JSON is exact here. */
export async function createWeChatStub(onEvent: (event: StubEvent) => void = () => {}): Promise<WeChatStub> {
  const mode: StubMode = {
    receivers: { encryptedUrl: '', plainUrl: '' },
    push: 'encrypted',
    decides: true,
    uploadsTogether: false,
  };
  const audits = new Map<number, Audit>();
  const auditsOf = new Map<string, Audit[]>();
  const held: Audit[] = [];
  const companions = new Map<string, (() => void)[]>();
  let lastId = 1_000;
  let requests: Record<string, number> = {};
  const callbacks = createCallbacks(new Agent({ keepAlive: true, maxSockets: 64 }));

  const nextId = (): number => {
    lastId += 1;
    return lastId;
  };

  function submitted(appId: string, leaf: number, workflowId: string): Audit {
    const audit = { id: nextId(), appId, leaf, workflowId, status: 1, createdAt: Math.floor(Date.now() / 1000) };
    audits.set(audit.id, audit);
    auditsOf.set(appId, [...(auditsOf.get(appId) ?? []), audit]);
    onEvent({ event: 'submitted', workflowId });
    if (mode.decides) setTimeout(() => void callBack(audit), callbackDelayMs);
    else held.push(audit);
    return audit;
  }

  async function callBack(audit: Audit): Promise<void> {
    audit.status = 3;
    const { workflowId } = audit;
    const message = messageFor(audit, mode);
    onEvent({ event: 'called back', workflowId, atMs: performance.timeOrigin + performance.now() });
    if (!(await callbacks.deliver(message.url, message.body))) onEvent({ event: 'callback lost', workflowId });
  }

  const answers: Record<string, (call: Call) => unknown> = {
    '/cgi-bin/stable_token': ({ json }) => ({ access_token: `token-${json.appid}`, expires_in: 7200 }),
    '/shop/ec/basics/qualification/upload': () => ({ data: { file_id: `file-${nextId()}` } }),
    '/bare/upload': () => ({ data: { file_id: `file-${nextId()}` } }),
    '/bare/submit': ({ json }) => ({ audit_id: submitted('', 0, json.id ?? '').id }),
    '/channels/ec/category/add': ({ appId, json }) => {
      const leaf = json.category_info?.cats_v2?.at(-1)?.cat_id ?? 0;
      return { audit_id: submitted(appId, leaf, `channels-shop/${appId}/${leaf}`).id };
    },
    '/shop/ec/category/get_category_relation_detail': ({ appId, json }) => {
      const held = auditsOf.get(appId)?.some(({ leaf, status }) => leaf === json.category_id && status === 3);
      return { category_id: json.category_id, status: held ? 1 : 2, effective_time: held ? 1 : 0 };
    },
    '/shop/ec/category/getbizcatflowlist': ({ appId, json: { offset = 0, limit = 50 } }) => ({
      list: (auditsOf.get(appId) ?? []).slice(offset, offset + limit).map(formOf),
    }),
    '/shop/ec/category/getbizcatflowdetail': ({ json }) => {
      const audit = audits.get(json.audit_id ?? 0);
      return audit === undefined ? { errcode: 9401020, errmsg: 'bad parameter' } : { info: formOf(audit) };
    },
  };

  const server = createServer((request, response) => void handle(request, response).catch(() => request.destroy()));
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://stub');
    const { pathname } = url;
    const chunks: Buffer[] = [];
    const isUpload = pathname.endsWith('/upload');
    for await (const chunk of request) if (!isUpload) chunks.push(chunk as Buffer);
    requests[pathname] = (requests[pathname] ?? 0) + 1;
    const token = url.searchParams.get('access_token') ?? '';
    if (isUpload && mode.uploadsTogether) await allThree(token);
    const json = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Call['json']);
    const answer = answers[pathname]?.({ appId: token.replace(/^token-/, ''), json });
    response.setHeader('content-type', 'application/json');
    if (answer === undefined) response.writeHead(404);
    response.end(JSON.stringify({ errcode: 0, errmsg: 'ok', ...(answer as object) }));
  }

  /** Resolves for the three uploads of one token at once. */
  function allThree(token: string): Promise<void> {
    return new Promise((resolve) => {
      const waiting = companions.get(token) ?? [];
      const letGo = (): void => {
        clearTimeout(timer);
        companions.delete(token);
        for (const each of waiting) each();
      };
      const timer = setTimeout(letGo, togetherWithinMs);
      waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
      companions.set(token, waiting);
      if (waiting.length === 3) letGo();
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (change) => void Object.assign(mode, change),
    async release(inFlight) {
      const waiting = held.splice(0);
      const sent = waiting.length;
      const startedAt = performance.now();
      // Decided all at once, as after a night at WeChat: whoever reads now finds the verdict, too.
      for (const audit of waiting) audit.status = 3;
      const takeNext = async (): Promise<void> => {
        for (let audit = waiting.shift(); audit !== undefined; audit = waiting.shift()) await callBack(audit);
      };
      await Promise.all(Array.from({ length: inFlight }, takeNext));
      return { sent, tookMs: performance.now() - startedAt };
    },
    counts() {
      const counted = { requests, repeatedCallbacks: callbacks.takeRepeated() };
      requests = {};
      return counted;
    },
    async close() {
      callbacks.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Call {
  /** Whose token came with it. */
  appId: string;
  json: {
    appid?: string;
    id?: string;
    audit_id?: number;
    category_id?: number;
    offset?: number;
    limit?: number;
    category_info?: { cats_v2?: { cat_id: number }[] };
  };
}

/** An audit form with the fields that a real one has. */
function formOf({ id, leaf, status, createdAt }: Audit): object {
  return {
    cat_id: leaf,
    status,
    audit_id: id,
    qua_id: 0,
    create_time: createdAt,
    update_time: createdAt,
    audit_info: { certificate: [], cats_v2: [], brand_list: [], license_group_list: [], is_new_apply_cat: true },
    audit_time: status === 1 ? 0 : createdAt,
    audit_reason: '',
  };
}

/** The callback: an encrypted push to the product's server, or plain JSON to a receiver that only signals. */
function messageFor(audit: Audit, { receivers, push }: StubMode): { url: string; body: string } {
  const { id, appId, workflowId } = audit;
  const auditId = String(id);
  if (appId === '')
    return { url: receivers.plainUrl, body: JSON.stringify({ workflowId, signal: 'audit', argument: 'approved' }) };
  if (push === 'plain') {
    const report = { kind: 'read', auditId, verdict: 'approved', rawStatus: '3', readAt: new Date().toISOString() };
    return {
      url: receivers.plainUrl,
      body: JSON.stringify({ workflowId, signal: 'auditReported', argument: report }),
    };
  }
  const seconds = Math.floor(Date.now() / 1000);
  const event = {
    ToUserName: 'gh_bench',
    FromUserName: 'bench',
    CreateTime: seconds,
    MsgType: 'event',
    Event: 'product_category_audit',
    ProductCategoryAudit: { audit_id: auditId, status: '3', reason: '' },
  };
  const { query, body } = sealPush({
    format: 'json',
    message: JSON.stringify(event),
    ...pushSettings,
    tailAppId: appId,
    toUserName: 'gh_bench',
    timestamp: String(seconds),
    nonce: randomBytes(4).toString('hex'),
  });
  return { url: `${receivers.encryptedUrl}/callback/channels-shop/${appId}?${new URLSearchParams(query)}`, body };
}
