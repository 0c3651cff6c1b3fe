/** Activities as a worker runs them, against a real sandbox over HTTP and real image files; searches every failure for secrets. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { FailureInterceptor } from '../../src/activities/failure-interceptor.ts';
import { type Activities, type ActivityDependencies, createActivities } from '../../src/activities/index.ts';
import type { AddCategoryRequest, UploadRequest, WriteCategoryRequest } from '../../src/contract/activities.ts';
import type { FailureDetails } from '../../src/contract/failures.ts';
import { createImagePreparation } from '../../src/images/preparation.ts';
import { createSandbox, fixtures, type Sandbox } from '../../src/sandbox/index.ts';
import { createLocalStores } from '../../src/store/account-stores.ts';
import { parseAccounts } from '../../src/store/accounts.ts';
import { createMaterialStore } from '../../src/store/material.ts';
import { createAccessTokens, createWeChatClient } from '../../src/wechat/index.ts';
import { fetchImage } from '../images/source-failure.ts';

export const image = (name: string): string => resolve(import.meta.dirname, '../../examples/images', name);
export const shop = { appId: fixtures.shop.appId };
export const program = {
  appId: fixtures.miniProgram.appId,
  via: { componentAppId: fixtures.platform.componentAppId },
};
export const byHand = firstOf(fixtures.categories.byHand);
export const miniByHand = firstOf(fixtures.miniProgramCategories.byHand);

function firstOf<Item>([first]: Item[]): Item {
  if (first === undefined) throw new Error('the sandbox has no such category');
  return first;
}

/** How an activity ended: a failure is what the server would be told. */
export interface Ended<Result> {
  result?: Result;
  failure?: ApplicationFailure;
  /** The failure's first detail. */
  details?: FailureDetails;
  heartbeats: unknown[];
}

export interface RunOptions {
  /** The case that runs it. */
  workflowId?: string;
  /** Which try this is. */
  attempt?: number;
  /** What the last try's heartbeat said. */
  heartbeatDetails?: unknown;
  deps?: Partial<ActivityDependencies>;
  /** Gets a function that cancels the activity. */
  onStart?: (cancel: () => void) => void;
}

export interface Environment {
  sandbox: Sandbox;
  folder: string;
  deps: ActivityDependencies;
  run<Name extends keyof Activities>(
    name: Name,
    request: Parameters<Activities[Name]>[0],
    options?: RunOptions,
  ): Promise<Ended<Awaited<ReturnType<Activities[Name]>>>>;
  /** How often the sandbox was called at this operation. */
  calls(operation: string): number;
  close(): Promise<void>;
}

/** Everything fresh: sandbox, tokens, client, material store. */
export async function openEnvironment(): Promise<Environment> {
  const folder = await mkdtemp(join(tmpdir(), 'wxq-activities-'));
  const sandbox = await createSandbox({ port: 0 });
  const accounts = parseAccounts(JSON.stringify(sandbox.accountsFile()), {}, () => '');
  const fetched = createAccessTokens({ baseUrl: sandbox.url, credentialsOf: (one) => accounts.credentialsOf(one) });
  const secrets = new Set([fixtures.shop.secret, fixtures.platform.secret, fixtures.platform.tokenServiceBearer]);
  const tokens: typeof fetched = {
    async get(request) {
      const token = await fetched.get(request);
      secrets.add(token);
      return token;
    },
  };
  const wechat = createWeChatClient({ baseUrl: sandbox.url, tokens });
  const deps: ActivityDependencies = {
    wechat,
    images: createImagePreparation(),
    fetchImage,
    materialStore: createMaterialStore({ folder: join(folder, 'material') }),
    ...createLocalStores(),
    mode: 'normal',
  };

  return {
    sandbox,
    folder,
    deps,
    async run(name, request, options = {}) {
      const environment = new MockActivityEnvironment(
        {
          attempt: options.attempt ?? 1,
          heartbeatDetails: options.heartbeatDetails,
          activityType: name,
          ...(options.workflowId === undefined
            ? {}
            : { workflowExecution: { workflowId: options.workflowId, runId: 'run' } }),
        },
        {
          logger: new DefaultLogger('ERROR', () => undefined),
          interceptors: [() => ({ inbound: new FailureInterceptor() })],
        },
      );
      const heartbeats: unknown[] = [];
      environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
      options.onStart?.(() => environment.cancel());
      const activity = createActivities({ ...deps, ...options.deps })[name] as (one: typeof request) => Promise<never>;
      try {
        return { result: await environment.run(activity, request), heartbeats };
      } catch (error) {
        const said = inspect(error, { depth: 9 }) + JSON.stringify(heartbeats);
        for (const secret of secrets)
          if (said.includes(secret)) throw new Error(`a secret is in the failure of ${name}`);
        if (!(error instanceof ApplicationFailure)) throw error;
        return { failure: error, details: error.details?.[0] as FailureDetails, heartbeats };
      }
    },
    calls: (operation) => sandbox.requests(operation).length,
    async close() {
      await sandbox.close();
      await wechat.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What an activity gave back; its failure, if it failed, is the test's. */
export function resultOf<Result>({ result, failure }: Ended<Result>): Result {
  if (failure !== undefined) throw failure;
  return result as Result;
}

export const uploadRequest = (sources: string[], change: Partial<UploadRequest> = {}): UploadRequest => ({
  account: shop,
  images: sources.map((source, n) => ({ path: `licenses/1/2/images/${n}`, source })),
  ...change,
});

/** A whole submission to a category that is decided by hand, with an image that was really uploaded. */
export async function addRequest(
  { run }: Environment,
  change: Partial<AddCategoryRequest> = {},
): Promise<AddCategoryRequest> {
  const { ref } = resultOf(await run('uploadQualificationImage', uploadRequest([image('business-licence.png')])));
  return {
    account: shop,
    leaf: byHand.leaf,
    category: { catsV2: byHand.catsV2 },
    licenses: byHand.groups.map(({ groupId, licences: [licence] }) => ({
      groupId,
      licenseId: licence?.licenseId ?? '0',
      fileIds: [ref],
      fields: [],
    })),
    accessMaterial: {},
    knownAuditIds: [],
    pace: 'fast',
    ...change,
  };
}

/** The same for a Mini Program. */
export async function writeRequest(
  { run }: Environment,
  change: Partial<WriteCategoryRequest> = {},
): Promise<WriteCategoryRequest> {
  const [keys = []] = miniByHand.alternatives;
  const request = uploadRequest([image('mini-program-certificate-page-1.jpg')], { account: program });
  const { ref } = resultOf(await run('uploadTemporaryImage', request));
  return {
    account: program,
    first: miniByHand.first,
    second: miniByHand.second,
    certificates: keys.map((key) => ({ key, mediaId: ref })),
    pace: 'fast',
    ...change,
  };
}
