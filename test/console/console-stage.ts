/** The console with a client that a test scripts, asked without a port. */
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { CaseStory } from '../../src/client/case-story.ts';
import type { CaseHandle, CaseRow, CaseView, QualificationClient } from '../../src/client/index.ts';
import { noNames } from '../../src/console/category-names.ts';
import { type ConsoleDependencies, registerConsole } from '../../src/console/console.ts';
import { createPrivateServer } from '../../src/server/app.ts';
import { createServerMetrics } from '../../src/server/metrics.ts';
import type { Assignment, CaseAssignments } from '../../src/store/case-assignments.ts';
import type { Imports } from '../../src/store/imports.ts';

export const caseId = 'channels-shop/wx5a2d8f1c3b7e9046/6201';
export const caseUrl = `/console/cases/${caseId}`;
/** As a browser on this machine asks. */
export const own = { host: '127.0.0.1:8081' };

export const row: CaseRow = {
  workflowId: caseId,
  platform: 'channels-shop',
  appId: 'wx5a2d8f1c3b7e9046',
  categoryId: '6201',
  status: 'needs_material',
  attempt: 1,
  startedAt: '2026-11-20T01:02:03.000Z',
  runId: 'run-1',
  execution: 'running',
};

export const view: CaseView = {
  workflowId: caseId,
  platform: 'channels-shop',
  appId: row.appId,
  categoryId: row.categoryId,
  status: 'needs_material',
  overdue: false,
  since: '2026-11-21T01:02:03.000Z',
  attempts: [{ number: 1, auditId: '77', verdict: 'rejected', reason: '<b>执照</b>不清晰', source: 'audit' }],
  material: [],
  waitingFor: 'material',
  canDo: ['resubmit', 'withdraw', 'readAuditNow'],
  ignoredMessages: 0,
};

export const story: CaseStory = {
  startedAt: row.startedAt,
  runId: 'run-1',
  startInput: {
    appId: row.appId,
    requestedBy: 'backend',
    category: { leaf: '6201' },
    material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: ['/srv/a.jpg'] }] },
  },
  input: {
    appId: row.appId,
    category: { leaf: '6201' },
    material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: ['/srv/a.jpg'] }] },
  },
  messages: [{ at: '2026-11-20T05:00:00.000Z', action: 'retry', by: '王芳' }],
  isContinued: false,
};

/** As the database keeps them, in memory. */
export function createMemoryAssignments(): CaseAssignments {
  const steps: Assignment[] = [];
  const all = (runId: string) => steps.filter((one) => one.runId === runId);
  return {
    latest: async (runIds) =>
      new Map(
        runIds.flatMap((runId) => {
          const last = all(runId).at(-1);
          return last === undefined ? [] : [[runId, last] as const];
        }),
      ),
    all: async (runId) => all(runId),
    async give({ runId, seen, assignee, givenBy }) {
      if (all(runId).length !== seen) return false;
      const givenAt = '2026-11-24T01:02:03.000Z';
      steps.push({ runId, number: seen + 1, givenBy, givenAt, ...(assignee === undefined ? {} : { assignee }) });
      return true;
    },
  };
}

type Start = QualificationClient['channelsShop']['start'];

/** What the cases of the scripted client do; what is not given fails the request as a bug. */
export interface Script {
  rows?: CaseRow[];
  handle?: Partial<CaseHandle>;
  story?: () => Promise<CaseStory>;
  check?: QualificationClient['check'];
  start?: Start;
  /** What was told about cases, and is told again; see `told-events.ts`. */
  temporal?: QualificationClient['temporal'];
  /** Default: `scripted:7233`. */
  address?: string;
  /** In place of the handle's `view`: by workflow id. */
  viewOf?: (workflowId: string) => CaseView;
  /** appid -> name */
  names?: Record<string, string>;
  /** What the rules call licences and fields, by path. */
  papers?: ReadonlyMap<string, string>;
}

export interface ConsoleStage {
  app: FastifyInstance;
  bugs: unknown[];
  closed: string[];
  script: Script;
  /** The images that were kept, by their sha256. */
  kept: Map<string, Uint8Array>;
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
  ask(options: InjectOptions): Promise<LightMyRequestResponse>;
  /** The token of a page's forms. */
  token(headers?: Record<string, string>): Promise<string>;
}

const noRules = (): Promise<never> => Promise.reject(new Error('the script has no rules'));

export async function createConsoleStage(
  options: { dependencies?: Partial<ConsoleDependencies>; script?: Script } = {},
): Promise<ConsoleStage> {
  const script: Script = options.script ?? {};
  const [bugs, closed]: [unknown[], string[]] = [[], []];
  const kept = new Map<string, Uint8Array>();
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const app = createPrivateServer({ logger: silent, metrics: createServerMetrics() });
  const missing = (what: string) => (): never => {
    throw new Error(`the script has no ${what}`);
  };
  const client = {
    get address() {
      return script.address ?? 'scripted:7233';
    },
    namespace: 'default',
    taskQueue: 'wechat-qualification',
    get temporal() {
      return script.temporal ?? missing('temporal')();
    },
    async *list({ status, execution }: { status?: string; execution?: string }) {
      yield* (script.rows ?? []).filter(
        (one) =>
          (status === undefined || one.status === status) && (execution === undefined || one.execution === execution),
      );
    },
    get: (workflowId: string) => ({
      workflowId,
      ...script.handle,
      ...(script.viewOf === undefined ? {} : { view: async () => script.viewOf?.(workflowId) }),
    }),
    check: (...given: Parameters<QualificationClient['check']>) => (script.check ?? missing('check'))(...given),
    channelsShop: { start: (...given: Parameters<Start>) => (script.start ?? missing('start'))(...given) },
    miniProgram: { start: missing('start') },
  } as unknown as QualificationClient;
  registerConsole(app, {
    client,
    storyOf: async () => (script.story ?? missing('story'))(),
    material: {
      async put(bytes) {
        const { createHash } = await import('node:crypto');
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        kept.set(sha256, bytes);
        return { sha256, bytes: bytes.byteLength };
      },
      get: async (sha256) => kept.get(sha256),
      markSent: async () => missing('markSent')(),
      isSentForOthers: async () => missing('isSentForOthers')(),
    },
    names: { ...noNames, papersOf: () => script.papers },
    accountNames: { nameOf: (appId) => script.names?.[appId], lookFor: () => {}, settled: async () => {} },
    assignments: createMemoryAssignments(),
    imports: { list: missing('imports'), find: missing('imports') } as unknown as Imports,
    pushes: { list: async () => [], deliverAgain: async () => undefined },
    rules: {
      accounts: () => ({ shops: [], platforms: [] }),
      shopTrees: noRules,
      shop: noRules,
      miniProgramCategories: noRules,
    },
    signIn: { users: [], trustedProxies: [], host: '127.0.0.1', secret: 'a secret of this test' },
    isSandbox: true,
    temporalUiUrl: 'http://localhost:8233',
    onBug: (error) => bugs.push(error),
    onClosed: (reason) => closed.push(reason),
    now: () => new Date('2026-11-25T01:02:03.000Z'),
    ...options.dependencies,
  });
  await app.ready();
  const ask: ConsoleStage['ask'] = (request) => app.inject({ ...request, headers: { ...own, ...request.headers } });
  const get: ConsoleStage['get'] = (url, headers = {}) => ask({ url, headers });
  return {
    app,
    bugs,
    closed,
    script,
    kept,
    ask,
    get,
    async token(headers = {}) {
      const { body } = await get('/console/', headers);
      const [, token] = /name="token" value="([^"]+)"/.exec(body) ?? [];
      if (token === undefined) throw new Error(`no form on the page: ${body.slice(0, 400)}`);
      return token;
    },
  };
}
