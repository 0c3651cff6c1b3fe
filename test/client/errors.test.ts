/** How the client reads what goes wrong between it and Temporal: a scripted gRPC service in place of the server. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { ConnectionLike } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { connect, type QualificationError } from '../../src/index.ts';
import { shopInput } from './inputs.ts';

type Call = (request: never) => unknown;

/** An error as gRPC's client makes it. */
function grpcError(code: number, details: string): Error {
  return Object.assign(new Error(`${code}: ${details}`), { code, details, metadata: { get: () => [] } });
}

/** A connection whose calls answer from a script; a call that is not in it fails the test. */
function scripted(calls: Record<string, Call>): ConnectionLike {
  const service = new Proxy(
    {},
    {
      get: (_, name) => async (request: never) => {
        const call = calls[String(name)];
        if (call === undefined) throw new TypeError(`unexpected call of ${String(name)}`);
        return call(request);
      },
    },
  );
  const run = (_: unknown, call: () => unknown) => call();
  return {
    workflowService: service,
    operatorService: service,
    plugins: [],
    close: async () => {},
    ensureConnected: async () => {},
    withDeadline: run,
    withAbortSignal: run,
    withMetadata: run,
    withApiKey: run,
  } as unknown as ConnectionLike;
}

const fails =
  (code: number, details: string): Call =>
  () => {
    throw grpcError(code, details);
  };
const handleOn = async (calls: Record<string, Call>) => {
  const connection = scripted(calls);
  const client = await connect({ connection, address: 'scripted:7233', env: {}, updateTimeoutMs: 50 });
  return { client, handle: client.get('channels-shop/wxabc1234/1') };
};
const failureOf = async (call: Promise<unknown>): Promise<QualificationError & Record<string, unknown>> =>
  call.then(
    () => {
      throw new Error('It should have failed.');
    },
    (error) => error,
  );

const completed = {
  describeWorkflowExecution: () => ({
    workflowExecutionInfo: {
      execution: { workflowId: 'w', runId: 'r' },
      type: { name: 't' },
      status: 2,
      startTime: { seconds: { mul: () => ({ add: () => ({ toNumber: () => 0 }) }) }, nanos: 0 },
      historyLength: { toNumber: () => 1 },
    },
  }),
  getWorkflowExecutionHistory: () => ({
    history: {
      events: [
        {
          workflowExecutionCompletedEventAttributes: {
            result: { payloads: [json({ outcome: 'approved', attempts: [] })] },
          },
        },
      ],
    },
  }),
};

const json = (value: unknown) => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(JSON.stringify(value)),
});

describe('a message that races the end', () => {
  it('L15 FAILED_PRECONDITION is tried once more with the same updateId', async () => {
    const ids: string[] = [];
    const { handle } = await handleOn({
      updateWorkflowExecution: (request: { request: { meta: { updateId: string } } }) => {
        ids.push(request.request.meta.updateId);
        if (ids.length === 1) throw grpcError(9, 'workflow is closing');
        return {
          stage: 3,
          updateRef: { workflowExecution: { runId: 'r' } },
          outcome: { success: { payloads: [json({ attempt: 2, status: 'preparing' })] } },
        };
      },
    });
    expect(await handle.resubmit({ remove: ['certificate/1'] })).toEqual({ attempt: 2, status: 'preparing' });
    expect(ids).toHaveLength(2);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  it('L15 FAILED_PRECONDITION twice is not tried a third time: the case is looked at, and its result is in the error', async () => {
    let tries = 0;
    const { handle } = await handleOn({
      ...completed,
      updateWorkflowExecution: () => {
        tries += 1;
        throw grpcError(9, 'workflow is closing');
      },
    });
    const error = await failureOf(handle.withdraw({}, { updateId: 'mine' }));
    expect(error.name).toBe('CaseClosedError');
    expect(error.result).toEqual({ outcome: 'approved', attempts: [] });
    expect(tries).toBe(2);
  });

  it('L15 NOT_FOUND for a case that has ended is CaseClosedError with the result', async () => {
    const { handle } = await handleOn({
      ...completed,
      updateWorkflowExecution: fails(5, 'workflow execution already completed'),
    });
    const error = await failureOf(handle.retry());
    expect(error).toMatchObject({ name: 'CaseClosedError', result: { outcome: 'approved' } });
  });

  it('NOT_FOUND for a case that never was is CaseNotFoundError', async () => {
    const notFound = fails(5, 'workflow not found');
    const { handle } = await handleOn({ updateWorkflowExecution: notFound, describeWorkflowExecution: notFound });
    expect(await failureOf(handle.retry())).toMatchObject({ name: 'CaseNotFoundError' });
  });
});

describe('no answer in time', () => {
  it('L15 is NoWorkerError when the server itself answers', async () => {
    const { handle } = await handleOn({
      updateWorkflowExecution: fails(4, 'Deadline exceeded'),
      queryWorkflow: fails(4, 'Deadline exceeded'),
      getSystemInfo: () => ({}),
    });
    for (const call of [() => handle.adopt(), handle.view])
      expect(await failureOf(call())).toMatchObject({ name: 'NoWorkerError', taskQueue: 'wechat-qualification' });
  });

  it('L15 is the same when the server ends the call a moment before our own deadline does', async () => {
    const cut = fails(1, 'Call cancelled');
    const { client, handle } = await handleOn({
      updateWorkflowExecution: cut,
      queryWorkflow: cut,
      startWorkflowExecution: cut,
      getSystemInfo: () => ({}),
    });
    for (const call of [() => handle.withdraw(), handle.view])
      expect(await failureOf(call())).toMatchObject({ name: 'NoWorkerError' });
    expect(await failureOf(client.channelsShop.start(shopInput()))).toMatchObject({ name: 'TemporalUnreachableError' });
  });

  it('is TemporalUnreachableError, naming the address, when the server does not answer either', async () => {
    const silent = fails(4, 'Deadline exceeded');
    const { handle } = await handleOn({
      updateWorkflowExecution: silent,
      queryWorkflow: silent,
      getSystemInfo: silent,
    });
    for (const call of [() => handle.withdraw(), handle.view]) {
      const error = await failureOf(call());
      expect(error.name).toBe('TemporalUnreachableError');
      expect(error.message).toContain('scripted:7233');
    }
  });

  it('a view is NoWorkerError at once when the server knows that nobody polls', async () => {
    const { handle } = await handleOn({
      queryWorkflow: fails(9, 'no poller seen for task queue recently, worker may be down'),
      getSystemInfo: () => ({}),
    });
    expect(await failureOf(handle.view())).toMatchObject({ name: 'NoWorkerError' });
  });
});

describe('a server that cannot be used', () => {
  it.each([
    [14, 'No connection established'],
    [7, 'Request unauthorized.'],
    [16, 'invalid token'],
  ])('gRPC status %i is TemporalUnreachableError for start, result and list', async (code, details) => {
    const failing = fails(code, details);
    const { client, handle } = await handleOn({
      startWorkflowExecution: failing,
      getWorkflowExecutionHistory: failing,
      listWorkflowExecutions: failing,
    });
    const listing = (async () => {
      for await (const _ of client.list()) break;
    })();
    for (const call of [client.channelsShop.start(shopInput()), handle.result(), listing]) {
      const error = await failureOf(call);
      expect(error).toMatchObject({ name: 'TemporalUnreachableError', address: 'scripted:7233' });
      expect(error.message).toContain(details);
    }
  });

  it('an error that nobody knows is passed on as it is, with its cause', async () => {
    const { client } = await handleOn({ startWorkflowExecution: fails(13, 'server on fire') });
    const error = await failureOf(client.channelsShop.start(shopInput()));
    expect(error.name).toBe('ServiceError');
    expect((error.cause as Error).message).toContain('server on fire');
  });

  it('missing search attributes are all named when the server does not tell which it knows', async () => {
    const { client } = await handleOn({
      startWorkflowExecution: fails(3, 'Namespace default has no mapping defined for search attribute WxAppId'),
      listSearchAttributes: fails(7, 'not allowed'),
    });
    const error = await failureOf(client.channelsShop.start(shopInput()));
    expect(error.name).toBe('SearchAttributesMissingError');
    expect(error.missing).toHaveLength(7);
    expect(error.command).toMatch(
      /^temporal operator search-attribute create --address scripted:7233 --namespace default /,
    );
  });

  it('only those that are missing are named when it does', async () => {
    const { client } = await handleOn({
      startWorkflowExecution: fails(3, 'no mapping defined for search attribute WxAppId'),
      listSearchAttributes: () => ({ customAttributes: { QualificationStatus: 2, QualificationDueAt: 6 } }),
    });
    const error = await failureOf(client.channelsShop.start(shopInput()));
    expect(error.missing).toEqual([
      'QualificationPlatform',
      'WxAppId',
      'WxCategoryId',
      'WxAuditId',
      'QualificationAttempt',
    ]);
  });

  it('nothing is sent for an input that has findings', async () => {
    const { client } = await handleOn({});
    const error = await failureOf(client.channelsShop.start(shopInput({ appId: '' })));
    expect(error.name).toBe('InvalidCaseError');
    expect(error.findings).toHaveLength(1);
  });
});

describe.concurrent('connect', () => {
  const listening = (server: Server) =>
    new Promise<number>((done) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        done(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });

  it('to a port where nobody listens is TemporalUnreachableError within about 10 s, and names the address', async () => {
    const server = createServer();
    const port = await listening(server);
    await new Promise((done) => server.close(done));
    const before = performance.now();
    const error = await failureOf(connect({ env: { TEMPORAL_ADDRESS: `127.0.0.1:${port}` } }));
    expect(error).toMatchObject({ name: 'TemporalUnreachableError', address: `127.0.0.1:${port}` });
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(performance.now() - before).toBeLessThan(12_000);
  });

  it('to a server that accepts and stays silent is the same', async () => {
    const server = createServer();
    const port = await listening(server);
    const error = await failureOf(connect({ address: `127.0.0.1:${port}`, env: {} }));
    expect(error.name).toBe('TemporalUnreachableError');
    server.close();
  });

  it('with a configuration file that cannot be read says so at once, and quotes no line of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wxq-settings-'));
    const file = join(folder, 'temporal.toml');
    await writeFile(file, '[profile.default]\naddress = "a:1"\napi_key = "very-secret-key\n');
    const error = await failureOf(connect({ env: { TEMPORAL_CONFIG_FILE: file } }));
    await rm(folder, { recursive: true });
    expect(error.name).toBe('TemporalSettingsError');
    expect(inspect(error)).not.toContain('very-secret-key');
  });

  it('an option beats the environment, and an empty variable counts as not set', async () => {
    const env = { TEMPORAL_NAMESPACE: 'from-env', WXQ_TASK_QUEUE: '' };
    const connection = scripted({});
    expect(await connect({ connection, env })).toMatchObject({
      namespace: 'from-env',
      taskQueue: 'wechat-qualification',
    });
    expect(await connect({ connection, env: { ...env, WXQ_TASK_QUEUE: 'q' }, namespace: 'n' })).toMatchObject({
      namespace: 'n',
      taskQueue: 'q',
    });
  });
});
