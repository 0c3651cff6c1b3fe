/** The API with a client that a test scripts. */
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { AccessSettings } from '../../src/api/access.ts';
import { registerApi } from '../../src/api/api.ts';
import type { MaterialIntake } from '../../src/api/material.ts';
import type { StartRecords } from '../../src/api/starts.ts';
import type { CaseHandle, QualificationClient, Started, StartOptions } from '../../src/client/index.ts';
import { createPrivateServer } from '../../src/server/app.ts';
import { createServerMetrics } from '../../src/server/metrics.ts';

export const tokens = [
  { name: 'reader', role: 'viewer', token: 'reader-token-0123456789' },
  { name: 'mender', role: 'operator', token: 'mender-token-0123456789' },
  { name: 'backend', role: 'starter', token: 'backend-token-0123456789' },
] as const;

export const caseUrl = '/v1/cases/channels-shop/wx5a2d8f1c3b7e9046/6201';
export const caseId = 'channels-shop/wx5a2d8f1c3b7e9046/6201';

export const shopCase = {
  appId: 'wx5a2d8f1c3b7e9046',
  category: { leaf: '6201' },
  material: { form: 'licenses', licenses: [{ groupId: '1', licenseId: '2', images: ['https://files.example/a.jpg'] }] },
};

/** What the cases of the scripted client do; what is not given fails the request as a bug. */
export interface Script {
  start?: (input: unknown, options: StartOptions | undefined) => Promise<Started>;
  handle?: Partial<CaseHandle>;
  listPage?: QualificationClient['listPage'];
  temporal?: QualificationClient['temporal'];
}

export interface ApiStage {
  app: FastifyInstance;
  bugs: unknown[];
  /** What the API told at its start. */
  closed: string[];
  script: Script;
  /** As one of `tokens`; JSON unless the options say otherwise. */
  ask(who: 'reader' | 'mender' | 'backend', options: InjectOptions): Promise<LightMyRequestResponse>;
  close(): Promise<unknown>;
}

export async function createApiStage(
  options: {
    access?: Partial<AccessSettings>;
    script?: Script;
    records?: StartRecords;
    material?: MaterialIntake;
  } = {},
): Promise<ApiStage> {
  const script: Script = options.script ?? {};
  const bugs: unknown[] = [];
  const closed: string[] = [];
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const app = createPrivateServer({ logger: silent, metrics: createServerMetrics() });
  const starter = {
    start: async (input: unknown, how?: StartOptions) => {
      if (script.start === undefined) throw new Error('the script starts nothing');
      return await script.start(input, how);
    },
  };
  const client = {
    channelsShop: starter,
    miniProgram: starter,
    get: (workflowId: string) => ({ workflowId, ...script.handle }),
    address: 'scripted:7233',
    namespace: 'default',
    taskQueue: 'wechat-qualification',
    get temporal() {
      if (script.temporal === undefined) throw new Error('the script has no Temporal');
      return script.temporal;
    },
    listPage: (request: Parameters<QualificationClient['listPage']>[0]) => {
      if (script.listPage === undefined) throw new Error('the script lists nothing');
      return script.listPage(request);
    },
  } as unknown as QualificationClient;
  registerApi(app, {
    client,
    access: { tokens, host: '127.0.0.1', ...options.access },
    records: options.records ?? { query: () => Promise.reject(new Error('there is no database in this test')) },
    material: options.material ?? {
      look: () => Promise.reject(new Error('there are no images in this test')),
      put: () => Promise.reject(new Error('there is no material store in this test')),
    },
    onBug: (error) => bugs.push(error),
    onClosed: (reason) => closed.push(reason),
  });
  await app.ready();
  return {
    app,
    bugs,
    closed,
    script,
    ask: (who, request) => {
      const { token } = tokens.find(({ name }) => name === who) ?? { token: '' };
      return app.inject({ ...request, headers: { authorization: `Bearer ${token}`, ...request.headers } });
    },
    close: async () => app.close(),
  };
}

/** A start that begins a case, as the client answers it. */
export const began = (workflowId = caseId): Started => ({ handle: { workflowId } as CaseHandle, existing: false });
