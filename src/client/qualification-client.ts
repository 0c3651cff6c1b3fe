/** The typed client: starts cases, finds them, and speaks to them. No worker, no native code. */
import { Client, type ConnectionLike } from '@temporalio/client';
import { type DataConverter, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common';
import { CodecKeysError } from '../codec/keys.ts';
import { payloadCodecsOf } from '../codec/payload-codec.ts';
import type { ChannelsShopInput } from '../contract/channels-shop.ts';
import { defaultTaskQueue, inputDigestMemo, startKeyMemo } from '../contract/messages.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { Platform } from '../contract/qualification.ts';
import { type Checked, checkCase } from './case-check.ts';
import { type CaseHandle, createCaseHandle, type HandleDeps } from './case-handle.ts';
import { type CaseFilter, type CasePage, type CaseRow, casePage, listCases, type PageRequest } from './case-list.ts';
import { type CaseStart, miniProgramCaseStart, shopCaseStart } from './case-start.ts';
import { createClosing } from './closing.ts';
import { type OpenConnection, openConnection } from './connection.ts';
import { CodecSettingsError, InvalidCaseError } from './errors.ts';
import { checkInput, withoutUndefined } from './input.ts';
import { asOurs, isSearchAttributeMissing, searchAttributesMissing } from './temporal-failures.ts';

/** Everything has a default: TEMPORAL_* through Temporal's own settings, the task queue of the contract. */
export interface ConnectOptions {
  /** `host:port` */
  address?: string;
  namespace?: string;
  /** Default: `env.WXQ_TASK_QUEUE` when `env` is given, else `wechat-qualification`. */
  taskQueue?: string;
  /** Settings to read instead of the process's environment. */
  env?: Readonly<Record<string, string | undefined>>;
  /** An open `Connection` of `@temporalio/client`; `close()` leaves it open. */
  connection?: ConnectionLike;
  /** The same as the worker's, when payloads are encrypted. Default: what `env.WXQ_CODEC_KEYS` says when `env` is given. */
  dataConverter?: DataConverter;
  /** How long an answer may take, ms. */
  updateTimeoutMs?: number;
  /** Told when a running case was started with another input. Default: `process.emitWarning`. */
  onWarning?: (message: string) => void;
}

/**
 * A case that runs now. `existing`: it was running already; `sameInput` then says whether with this very input.
 * `repeated`: a request with the same `startKey` has started it before.
 */
export type Started =
  | { handle: CaseHandle; existing: false; repeated?: true }
  | { handle: CaseHandle; existing: true; sameInput: boolean | undefined };

/** How to start. */
export interface StartOptions {
  /** The folder that relative image paths start from; default: the current one. */
  relativeTo?: string;
  /** Becomes the input's `requestedBy` unless it has one; it does not count for `sameInput`. */
  requestedBy?: string;
  /**
   * Names this request. The same key gives the case that it started before (`existing: false`), also when that has ended,
   * as long as it is the newest one of its account and category. It is kept in the case's memo.
   */
  startKey?: string;
}

/** Starts cases of one platform. */
export interface CaseStarter<Input> {
  /**
   * Idempotent (rule L14): while a case for this account and category runs, its handle is returned.
   * Throws `InvalidCaseError`, `SearchAttributesMissingError`, `TemporalUnreachableError`.
   */
  start(input: Input, options?: StartOptions): Promise<Started>;
}

/** See `connect`. */
export interface QualificationClient {
  /** 微信小店（视频号小店）类目资质 */
  readonly channelsShop: CaseStarter<ChannelsShopInput>;
  /** 小程序类目资质（第三方平台代调用） */
  readonly miniProgram: CaseStarter<MiniProgramInput>;
  /**
   * Compares an input with the live rules of its category, its images included, as a worker sees them. Starts no case and
   * sends nothing to WeChat. What is wrong with the shape is told without a worker. 提交前检查。
   * Throws `RulesUnavailableError`, `CheckFailedError`, `NoWorkerError`, `TemporalUnreachableError`.
   */
  check(input: ChannelsShopInput | MiniProgramInput, options?: StartOptions): Promise<Checked>;
  /** The case with this id, open or closed; nothing is asked yet. */
  get(workflowId: string): CaseHandle;
  /** Cases, newest first, a moment behind. */
  list(filter?: CaseFilter): AsyncIterable<CaseRow>;
  /** One page of them, for an interface that goes on later. */
  listPage(request: PageRequest): Promise<CasePage>;
  /** Temporal's own client, for what this one does not do. */
  readonly temporal: Client;
  /** Where it is connected to. */
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
  close(): Promise<void>;
}

const defaultUpdateTimeoutMs = 10_000;
const reachableTimeoutMs = 2_000;

/**
 * Connects to Temporal. `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE`
 * and `TEMPORAL_CONFIG_FILE` are read unless an option says otherwise.
 * Throws `TemporalUnreachableError`, naming the address, within about 10 s; `CodecSettingsError` at once.
 */
export async function connect(options: ConnectOptions = {}): Promise<QualificationClient> {
  const { address, namespace, env, connection } = options;
  const dataConverter = options.dataConverter ?? dataConverterOf(env);
  const opened = await openConnection({ address, namespace, env, connection });
  return createQualificationClient(opened, { ...options, dataConverter });
}

/** Failures need no converter here: every one reads both forms, and a client writes none. */
function dataConverterOf(env: ConnectOptions['env']): DataConverter {
  try {
    return { payloadCodecs: payloadCodecsOf(env?.WXQ_CODEC_KEYS) };
  } catch (error) {
    throw error instanceof CodecKeysError ? new CodecSettingsError(error.message) : error;
  }
}

function createQualificationClient(opened: OpenConnection, options: ConnectOptions): QualificationClient {
  const { connection, place } = opened;
  // An empty variable counts as not set: compose files pass those.
  const taskQueue = options.taskQueue ?? (options.env?.WXQ_TASK_QUEUE || defaultTaskQueue);
  const updateTimeoutMs = options.updateTimeoutMs ?? defaultUpdateTimeoutMs;
  const warn = options.onWarning ?? ((message: string) => process.emitWarning(message, 'QualificationWarning'));
  const client = new Client({
    connection,
    namespace: place.namespace,
    ...(options.dataConverter === undefined ? {} : { dataConverter: options.dataConverter }),
  });

  const inTime = <Answer>(ms: number, call: () => Promise<Answer>): Promise<Answer> =>
    connection.withDeadline(Date.now() + ms, call);

  const closing = createClosing();
  const handleDeps: HandleDeps = {
    closing,
    client,
    place,
    taskQueue,
    updateTimeoutMs,
    isServerReachable: () =>
      inTime(reachableTimeoutMs, () => connection.workflowService.getSystemInfo({})).then(
        () => true,
        () => false,
      ),
  };

  async function missingSearchAttributes(cause: unknown): Promise<unknown> {
    const known = await inTime(reachableTimeoutMs, () =>
      connection.operatorService.listSearchAttributes({ namespace: place.namespace }),
    ).catch(() => undefined);
    // Unknown (Temporal Cloud has no operator service): name them all.
    return searchAttributesMissing(known && Object.keys(known.customAttributes ?? {}), place, cause);
  }

  async function start(request: CaseStart): Promise<Started> {
    const { workflowType, ...rest } = request;
    if (request.memo[startKeyMemo] !== undefined) {
      const before = await existing(request, true);
      if (before !== undefined) return before;
    }
    // A case that ends between the refused start and the look at it makes room for this one: then it is tried again.
    for (let tries = 0; ; tries += 1) {
      try {
        const handle = await inTime(updateTimeoutMs, () =>
          client.workflow.start(workflowType, {
            ...rest,
            taskQueue,
            workflowIdConflictPolicy: 'FAIL',
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          }),
        );
        return { handle: createCaseHandle(handleDeps, handle.workflowId, handle.firstExecutionRunId), existing: false };
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError))
          throw isSearchAttributeMissing(error) ? await missingSearchAttributes(error) : asOurs(error, place);
        const running = await existing(request);
        if (running !== undefined) return running;
        if (tries >= 2) throw error;
      }
    }
  }

  /** The case that runs; with `startedByKey` only one that this request has started before, which may have ended. */
  async function existing(request: CaseStart, startedByKey = false): Promise<Started | undefined> {
    const { workflowId } = request;
    let described: Awaited<ReturnType<ReturnType<typeof client.workflow.getHandle>['describe']>>;
    try {
      described = await inTime(updateTimeoutMs, () => client.workflow.getHandle(workflowId).describe());
    } catch (error) {
      if (startedByKey && error instanceof WorkflowNotFoundError) return undefined;
      throw asOurs(error, place);
    }
    const firstRunId = described.raw.workflowExecutionInfo?.firstRunId;
    const key = request.memo[startKeyMemo];
    if (key !== undefined && described.memo?.[startKeyMemo] === key)
      return {
        handle: createCaseHandle(handleDeps, workflowId, firstRunId || described.runId),
        existing: false,
        repeated: true,
      };
    if (startedByKey || described.closeTime !== undefined) return undefined;
    const digest = described.memo?.[inputDigestMemo];
    const sameInput = typeof digest === 'string' ? digest === request.memo[inputDigestMemo] : undefined;
    if (sameInput === false)
      warn(
        `Case ${workflowId} is running with a different input: nothing was started or changed. Use resubmit to correct its material, or withdraw it first.`,
      );
    return {
      handle: createCaseHandle(handleDeps, workflowId, firstRunId || described.runId),
      existing: true,
      sameInput,
    };
  }

  function starter<Input>(
    platform: Platform,
    prepare: (input: Input, folder: string, requestedBy?: string) => CaseStart,
  ): CaseStarter<Input> {
    return {
      start: async (input, startOptions) => {
        const findings = checkInput(platform, input);
        if (findings.length > 0) throw new InvalidCaseError(findings);
        const { relativeTo = process.cwd(), requestedBy, startKey } = startOptions ?? {};
        const request = prepare(withoutUndefined(input), relativeTo, requestedBy);
        return start(
          startKey === undefined ? request : { ...request, memo: { ...request.memo, [startKeyMemo]: startKey } },
        );
      },
    };
  }

  return {
    channelsShop: starter('channels-shop', shopCaseStart),
    miniProgram: starter('mini-program', miniProgramCaseStart),
    check: (input, checkOptions) => checkCase(handleDeps, input, checkOptions?.relativeTo ?? process.cwd()),
    get: (workflowId) => createCaseHandle(handleDeps, workflowId),
    list: (filter = {}) => listCases({ client, place, missingSearchAttributes }, filter),
    listPage: (request) => casePage({ client, place, missingSearchAttributes }, request),
    temporal: client,
    address: place.address,
    namespace: place.namespace,
    taskQueue,
    async close() {
      // A pending call that outlives its connection would crash the process from within the gRPC library.
      closing.close();
      await new Promise((resolve) => setImmediate(resolve));
      await opened.close();
    },
  };
}
