/**
 * A stateful imitation of WeChat's side, over real HTTP, for demo, development and tests: tokens, uploads, the shop's
 * category calls, the Mini Program's category calls, encrypted pushes, and a control API to play WeChat's part.
 *
 * What it does not imitate:
 * - a platform's pre-authorization page: an authorization is given and withdrawn by the control API;
 * - where a call really comes from: an address is off the allow-list because the control API says so;
 * - TLS, and WeChat's own limits of connections;
 * - products, orders, brands' own review and the central change log; their events come only when the control API sends one;
 * - a Mini Program that calls with its own secret, and the categories that a subject type may not see (`verify_type` aside);
 * - what an auditor thinks: images are looked at only for format and size;
 * - file_ids live for ever (their life is not documented); images of a form are never served from their addresses;
 * - the list of requests is kept in memory only, also with a state file.
 * Where WeChat's behaviour is not documented the choice is written beside it.
 */
import type { FastifyInstance } from 'fastify';
import Fastify from 'fastify';
import { type AccountsFile, accountsFile, type PlatformTokenSource, type SandboxAccounts } from './accounts.ts';
import { createAudits } from './audits.ts';
import { channelsShopOperations } from './channels-shop.ts';
import { componentOperations } from './component.ts';
import { type Control, createControl } from './control.ts';
import { registerControlApi } from './control-api.ts';
import { diagnosisOperations, type RefusedCall } from './diagnosis.ts';
import { fixtureAccounts } from './fixtures.ts';
import { createGate } from './gate.ts';
import { createLapses } from './lapses.ts';
import { miniProgramOperations } from './mini-program.ts';
import type { Operation } from './operation.ts';
import { createPushSender } from './push-sender.ts';
import { BadControlRequest } from './refusal.ts';
import { createScheduler } from './scheduler.ts';
import { freshState, type RequestRecord } from './state.ts';
import { createStateFile, readStateFile, StateFileError } from './state-file.ts';
import { createTicketPushes } from './ticket-pushes.ts';
import { tokenOperations } from './tokens.ts';
import { uploadOperations } from './uploads.ts';
import { answerText, defaultDrift, errmsgWithRid } from './wire.ts';
import type { SandboxEvent, World } from './world.ts';

export type { AccountControl, AccountView, AuditorKind, PlatformView } from './account-control.ts';
export type { AccountsFile, PlatformTokenSource, SandboxAccounts } from './accounts.ts';
export type { AuditView } from './audit-view.ts';
export type { Deed, HandWork } from './back-office.ts';
export type { ChaosRule, PushChaos } from './chaos.ts';
export type { AccountChanges, Control, PushView, UploadView } from './control.ts';
export { fixtureAccounts, fixtures, type MiniProgramCategoryFixture, type ShopCategoryFixture } from './fixtures.ts';
export type {
  AccountTrouble,
  AuditStatus,
  BrandRecord,
  RequestRecord,
  Standing,
  Verdict,
  VerdictMoment,
  VerdictRule,
} from './state.ts';
export type { Drift, WireType } from './wire.ts';
export type { SandboxEvent } from './world.ts';

export interface SandboxOptions {
  /** 0 = any free port. Default 8090, or the next free one when that is taken. A port given here is taken or refused. */
  port?: number;
  host?: string;
  /** Where the state is kept; a sandbox that was killed comes back from it as it was. Without it, memory only. */
  stateFile?: string;
  /** In place of the fixtures. */
  accounts?: SandboxAccounts;
  /** Where the fixtures' callbacks go; default `http://127.0.0.1:8080`. */
  callbackBaseUrl?: string;
  /** Hears every request, verdict and push; never a token or a secret. */
  onEvent?: (event: SandboxEvent) => void;
}

/** A running sandbox; its methods do what the control API does over HTTP. */
export interface Sandbox extends Control {
  /** Without a slash at the end. */
  url: string;
  port: number;
  /** The accounts in the format of `WXQ_ACCOUNTS_FILE`, with this sandbox's address. Platforms have a token service, or with `chain` their own secret. */
  accountsFile(platformTokens?: PlatformTokenSource): AccountsFile;
  close(): Promise<void>;
}

const defaultPort = 8090;
const portsTried = 50;
const keptRequests = 20_000;
/** Above the largest upload that has a code of its own. */
const bodyLimitBytes = 24 * 1024 * 1024;

/** Starts a sandbox. Throws when the port, or the state file, cannot be had. */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { stateFile, host = '127.0.0.1' } = options;
  const initial = (): SandboxAccounts => options.accounts ?? fixtureAccounts(options.callbackBaseUrl);
  const requests: RequestRecord[] = [];
  const file = stateFile === undefined ? undefined : createStateFile(stateFile, () => world.state);
  const world: World = {
    state: (stateFile === undefined ? undefined : readStateFile(stateFile)) ?? freshState(initial(), defaultDrift),
    now: () => Date.now() + world.state.clockOffsetMs,
    changed() {
      file?.changed();
      scheduler.lookAgain();
    },
    settled: async () => file?.settled(),
    emit: (event) => options.onEvent?.(event),
  };
  file?.changed();
  // Found out now, and not when the first answer waits for the disk.
  await file?.settled().catch((cause: unknown) => {
    throw new StateFileError(`The sandbox's state file ${stateFile} cannot be written`, { cause });
  });
  const pushes = createPushSender(world);
  const audits = createAudits(world, pushes);
  const tickets = createTicketPushes(world, pushes);
  const lapses = createLapses(world);
  const scheduler = createScheduler(world.now, () => ({ audits, pushes, tickets, lapses }));
  const control = createControl({
    world,
    audits,
    pushes,
    tickets,
    requests,
    catchUp: () => scheduler.catchUp(),
    reset() {
      world.state = freshState(initial(), defaultDrift);
      requests.length = 0;
      world.changed();
    },
  });

  const refusedCalls = new Map<string, RefusedCall>();
  const operations: Operation[] = [
    ...tokenOperations,
    ...componentOperations((componentAppId) => tickets.pushTicket(componentAppId)),
    ...uploadOperations,
    ...channelsShopOperations(audits),
    ...miniProgramOperations(audits),
    ...diagnosisOperations(refusedCalls, (path) => operations.find(({ paths }) => paths.includes(path))?.caller),
  ];
  const gate = createGate(world, operations, refusedCalls, (entry) => {
    requests.push(entry);
    if (requests.length > keptRequests) requests.shift();
    const { operation, appId, errcode, status } = entry;
    world.emit({ kind: 'request', operation, appId, errcode, status });
  });

  const app = Fastify({ forceCloseConnections: true, bodyLimit: bodyLimitBytes, exposeHeadRoutes: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  answerErrorsInKind(app);
  registerControlApi(app, world, control);
  app.all('/*', (request, reply) => gate.handle(request, reply));

  const port = await listen(app, host, options.port);
  const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`;
  scheduler.lookAgain();
  return {
    ...control,
    url,
    port,
    accountsFile: (platformTokens) => accountsFile(world.state.accounts, url, platformTokens),
    async close() {
      scheduler.close();
      await app.close();
      await pushes.close();
      await file?.close();
    },
  };
}

/** The control API says what is wrong in a sentence; WeChat's side answers 45002 to a body that nobody reads to its end. */
function answerErrorsInKind(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof BadControlRequest) {
      return reply.code(error.httpStatus).send({ error: error.message });
    }
    const isTooLarge = error instanceof Error && 'statusCode' in error && error.statusCode === 413;
    if (isTooLarge && !request.url.startsWith('/sandbox/')) {
      const text = answerText({ errcode: 45002, errmsg: errmsgWithRid('content size out of limit') });
      return reply.code(200).type('application/json').send(text);
    }
    // A bug of the sandbox: said loudly, so that a test does not take it for WeChat's own failure.
    return reply.code(500).send({ error: `sandbox: ${error instanceof Error ? error.message : 'unknown'}` });
  });
}

async function listen(app: FastifyInstance, host: string, port: number | undefined): Promise<number> {
  for (let offset = 0; ; offset += 1) {
    try {
      const address = await app.listen({ host, port: port ?? defaultPort + offset });
      return Number(new URL(address).port);
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isTaken || port !== undefined || offset >= portsTried) throw error;
    }
  }
}
