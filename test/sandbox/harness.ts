/** A sandbox with a receiver of its pushes and short ways to call it, over real HTTP on loopback. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLosslessNumber, parse } from 'lossless-json';
import { createSandbox, fixtures, type Sandbox, type SandboxOptions } from '../../src/sandbox/index.ts';
import { openPush, type PushEvent, parsePushEvent } from '../../src/wechat/push/index.ts';

export const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(200, 7)]);

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely by the tests
export type Answer = any;

export interface ReceivedPush {
  path: string;
  query: Record<string, string>;
  body: string;
  contentType: string;
  at: number;
}

export interface Receiver {
  url: string;
  pushes: ReceivedPush[];
  /** How the next pushes are answered; default 200 `success`. */
  answer: (push: ReceivedPush, response: ServerResponse) => void;
  waitFor(count: number): Promise<ReceivedPush[]>;
  close(): Promise<void>;
}

export async function startReceiver(port = 0): Promise<Receiver> {
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://receiver');
    const push = {
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: Buffer.concat(chunks).toString('utf8'),
      contentType: request.headers['content-type'] ?? '',
      at: Date.now(),
    };
    receiver.pushes.push(push);
    receiver.answer(push, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pushes: [],
    answer: (_push, response) => response.end('success'),
    async waitFor(count) {
      await until(() => receiver.pushes.length >= count);
      return receiver.pushes;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return receiver;
}

/** Waits for something to become true; fails after 5 s. */
export async function until(isTrue: () => boolean, timeoutMs = 5000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error('it did not become true in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface Stage {
  sandbox: Sandbox;
  receiver: Receiver;
  close(): Promise<void>;
}

export async function startStage(options: SandboxOptions = {}): Promise<Stage> {
  const receiver = await startReceiver();
  const sandbox = await createSandbox({ port: 0, callbackBaseUrl: receiver.url, ...options });
  return {
    sandbox,
    receiver,
    async close() {
      await sandbox.close();
      await receiver.close();
    },
  };
}

/** Long numbers come out as strings, so that a test compares them exactly. */
export function exact(text: string): Answer {
  return parse(text, (_key, value) => {
    if (!isLosslessNumber(value)) return value;
    const number = Number(value.value);
    return Number.isSafeInteger(number) ? number : `exactly ${value.value}`;
  });
}

export interface Caller {
  token: string;
  get(path: string): Promise<Answer>;
  /** A body that is a string is sent as it stands. */
  post(path: string, body?: unknown): Promise<Answer>;
  upload(path: string, file?: { bytes?: Uint8Array; filename?: string; part?: string }): Promise<Answer>;
  /** A qualification image; gives its file_id. */
  fileId(): Promise<string>;
  /** A temporary media; gives its media_id. */
  mediaId(): Promise<string>;
}

export function callerFor(sandbox: Sandbox, appId: string): Caller {
  const { accessToken: token } = sandbox.issueToken({ appId });
  const address = (path: string): string =>
    `${sandbox.url}${path}${path.includes('?') ? '&' : '?'}access_token=${token}`;
  const text = async (path: string, init?: RequestInit): Promise<Answer> => {
    const answer = await fetch(address(path), init);
    return exact(await answer.text());
  };
  const caller: Caller = {
    token,
    get: (path) => text(path),
    post: (path, body = {}) =>
      text(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    async upload(path, { bytes = png, filename = 'licence.png', part = 'media' } = {}) {
      const boundary = 'sandbox-test-boundary';
      const named = filename === '' ? '' : `; filename="${filename}"`;
      const head = `--${boundary}\r\nContent-Disposition: form-data; name="${part}"${named}\r\nContent-Type: image/png\r\n\r\n`;
      const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
      return text(path, {
        method: 'POST',
        headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
        body,
      });
    },
    fileId: async () => (await caller.upload('/shop/ec/basics/qualification/upload')).data.file_id,
    mediaId: async () => (await caller.upload('/cgi-bin/media/upload?type=image')).media_id,
  };
  return caller;
}

type ShopFixture = (typeof fixtures.categories)['approvedAtOnce'];

/** A right `category_info` for a fixture category: the first licence of each group, every necessary field filled in. */
export function categoryInfo(category: ShopFixture, fileId: string, changes: Record<string, unknown> = {}) {
  const values: Record<string, string> = {
    audit_license_no: '京朝药监械经营许20240001号',
    audit_license_registration_no: '京朝药监械经营备20240001号',
    audit_license_validty_period: '2030-12-31',
  };
  return {
    cats_v2: category.catsV2.map((id) => ({ cat_id: Number(id) })),
    is_new_apply_cat: true,
    license_group_list: category.groups.map(({ groupId, licences }) => ({
      license_group_id: Number(groupId),
      license: {
        license_id: Number(licences[0]?.licenseId),
        file_id_list: [fileId],
        license_field_list: (licences[0]?.fields ?? [])
          .filter(({ isNecessary }) => isNecessary)
          .map(({ key }) => ({ key, value: values[key] ?? '' })),
      },
    })),
    ...changes,
  };
}

/** Submits to a category as the self-built shop; gives the exact audit id. */
export async function submitted(shop: Caller, category: ShopFixture): Promise<string> {
  const info = categoryInfo(category, await shop.fileId());
  const answer = await shop.post('/channels/ec/category/add', { category_info: info });
  if (answer.errcode !== 0) throw new Error(JSON.stringify(answer));
  return String(answer.audit_id).replace('exactly ', '');
}

export function byHand(index = 0): ShopFixture {
  const category = fixtures.categories.byHand[index];
  if (category === undefined) throw new Error('no such fixture');
  return category;
}

/** Opens a push with the account's settings; throws what a receiver would reject. */
export function opened(push: ReceivedPush, whose: 'shop' | 'platform'): PushEvent {
  const { token, encodingAesKey } = fixtures[whose].callback;
  const tailAppId = whose === 'shop' ? fixtures.shop.appId : fixtures.platform.componentAppId;
  const { message } = openPush({
    query: push.query,
    body: push.body,
    token,
    encodingAesKeys: [encodingAesKey],
    tailAppId,
  });
  return parsePushEvent(message);
}

/** Calls the control API over HTTP. */
export async function control(sandbox: Sandbox, method: string, path: string, body?: unknown) {
  const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const answer = await fetch(`${sandbox.url}${path}`, { method, ...init });
  return { status: answer.status, body: JSON.parse(await answer.text()) as Answer };
}
