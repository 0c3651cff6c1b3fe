/** A platform whose chain of tokens is kept by us, against the sandbox: its tickets and authorizations arrive as pushes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSandbox, fixtures, type Sandbox } from '../../src/sandbox/index.ts';
import { parseAccounts } from '../../src/store/accounts.ts';
import type { Database } from '../../src/store/database.ts';
import { type DurableStoreOptions, openDurableStore } from '../../src/store/durable-store.ts';
import { openTokenChain, type TokenChain, type TokenChainOptions } from '../../src/store/token-chain.ts';
import { openPush, parsePlatformEvent } from '../../src/wechat/push/index.ts';
import { createDispatcher } from '../../src/wechat/transport.ts';

export const { componentAppId, secret, callback } = fixtures.platform;
export const appId = fixtures.miniProgram.appId;
export const mini = { appId, componentAppId };
export const secretKey = Buffer.alloc(32, 5).toString('base64');

type StageOptions = Partial<DurableStoreOptions & Omit<TokenChainOptions, 'store'>>;

/** A chain and its store, closed together. */
export type OpenChain = TokenChain & { database: Database };

export interface ChainStage {
  sandbox: Sandbox;
  chain: OpenChain;
  folder: string;
  /** Every push that was kept. */
  events: Parameters<TokenChain['take']>[0][];
  news: Parameters<NonNullable<TokenChainOptions['onNews']>>[0][];
  /** Another one on the same database, as a second process would have. */
  another(options?: StageOptions): Promise<OpenChain>;
  /** Moves both clocks. */
  advance(seconds: number): void;
  /** Calls of an operation that reached the sandbox. */
  calls(operation: string): number;
  /** Resolves when a push of this kind was kept. */
  pushed(kind: string, change: () => void): Promise<'stored' | 'old'>;
  close(): Promise<void>;
}

/** With a ticket unless `tickets` is false. `databaseUrl`: PostgreSQL; without it PGlite. */
export async function startChain(options: StageOptions & { tickets?: boolean } = {}): Promise<ChainStage> {
  const { tickets = true, ...chainOptions } = options;
  const folder = await mkdtemp(join(tmpdir(), 'wxq-chain-'));
  const sandbox = await createSandbox({ port: 0 });
  const kept: { kind: string; result: 'stored' | 'old' }[] = [];
  const news: ChainStage['news'] = [];
  const events: ChainStage['events'] = [];
  let ahead = 0;
  const now = (): number => Date.now() + ahead * 1000;
  const chains: OpenChain[] = [];
  const another = async (more: StageOptions = {}): Promise<OpenChain> => {
    const given = { dataDir: folder, secretKey, ...chainOptions, ...more };
    const store = await openDurableStore(given);
    try {
      const opened = await openTokenChain({
        accounts: parseAccounts(JSON.stringify(sandbox.accountsFile('chain')), {}, () => ''),
        wechat: { baseUrl: sandbox.url, dispatcher: createDispatcher() },
        now,
        onNews: (one) => news.push(one),
        ...given,
        store,
      });
      const close = async (): Promise<void> => {
        await opened.close();
        await store.close();
      };
      chains.push({ ...opened, database: store.database, close });
    } catch (error) {
      await store.close();
      throw error;
    }
    return chains.at(-1) as OpenChain;
  };
  const chain = await another();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const query = Object.fromEntries(new URL(request.url ?? '/', 'http://receiver').searchParams);
      const { message } = openPush({
        query,
        body: Buffer.concat(chunks),
        token: callback.token,
        encodingAesKeys: [callback.encodingAesKey],
        tailAppId: componentAppId,
      });
      const event = parsePlatformEvent(message);
      if (event.type === 'other') throw new Error(`unknown push ${event.infoType}`);
      chain.take(event).then(
        (result) => {
          events.push(event);
          kept.push({ kind: event.type, result });
          response.end('success');
        },
        () => response.writeHead(503).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const eventsUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  const pushed = async (kind: string, change: () => void): Promise<'stored' | 'old'> => {
    const before = kept.filter((one) => one.kind === kind).length;
    change();
    const end = performance.now() + 5000;
    for (;;) {
      const found = kept.filter((one) => one.kind === kind)[before];
      if (found !== undefined) return found.result;
      if (performance.now() > end) throw new Error(`no ${kind} was pushed: ${JSON.stringify(sandbox.pushes())}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const setAddress = (): void => {
    sandbox.setAccounts({ shops: [], platforms: [{ componentAppId, eventsUrl }] });
  };
  if (tickets) await pushed('component_verify_ticket', setAddress);
  else {
    sandbox.setTicketPushes(componentAppId, false);
    setAddress();
  }
  return {
    sandbox,
    chain,
    folder,
    events,
    news,
    another,
    pushed,
    advance(seconds) {
      ahead += seconds;
      sandbox.setClock({ advanceSeconds: seconds });
    },
    calls: (operation) => sandbox.requests(operation).length,
    async close() {
      for (const one of chains) await one.close().catch(() => undefined);
      await sandbox.close();
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
