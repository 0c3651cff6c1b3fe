/** Messages that meet a case in every state, on a real Temporal server with a worker that runs stub workflows. */
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { readCaseStory } from '../../src/client/case-story.ts';
import {
  CaseCancelledError,
  CaseClosedError,
  CaseFailedError,
  type CaseHandle,
  CaseNotFoundError,
  ClientClosedError,
  connect,
  NoWorkerError,
  parseWorkflowId,
  type QualificationClient,
  UpdateRefusedError,
} from '../../src/index.ts';
import { shopInput } from './inputs.ts';
import { type StubWorker, startStubWorker } from './stub-worker.ts';

const address = inject('temporalAddress');
const taskQueue = 'client-with-stub-workflows';
let client: QualificationClient;
let stub: StubWorker;

beforeAll(async () => {
  stub = await startStubWorker(address, taskQueue);
  client = stub.client;
});
afterAll(() => stub.close());

const started = async (externalId = 'waits'): Promise<CaseHandle> =>
  (await client.channelsShop.start(shopInput({ externalId }))).handle;
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

it('gives the answer to a message, the view and the result', async () => {
  const handle = await started();
  expect(await handle.resubmit({ set: { 'certificate/0': '/srv/better.png' } })).toEqual({
    attempt: 1,
    status: 'in_review',
  });
  expect((await handle.view()).attempts).toHaveLength(1);
  expect(await handle.withdraw({ by: 'ops' })).toMatchObject({ status: 'withdrawn' });
  expect(await client.get(handle.workflowId).result()).toMatchObject({ outcome: 'withdrawn' });
});

it('a case that continues as new says which run it began with, in lists and in its story', async () => {
  const { workflowId, runId } = await started('continues');
  await vi.waitFor(
    async () => {
      const story = await readCaseStory(client.temporal, client, workflowId);
      expect(story.runId).not.toBe(runId);
      expect(story.firstRunId).toBe(runId);
      const listed = [];
      const { appId, categoryId } = parseWorkflowId(workflowId) ?? {};
      for await (const row of client.list({ appId: appId ?? '', categoryId: categoryId ?? '' })) listed.push(row);
      expect(listed).toMatchObject([{ workflowId, runId: story.runId, firstRunId: runId }]);
    },
    { timeout: 30_000, interval: 200 },
  );
  await client.get(workflowId).withdraw();
});

it('a client that is closed while a result is waited for says so, and the process lives on', async () => {
  const other = await connect({ address, taskQueue });
  const { workflowId } = await started();
  const waiting = failureOf(other.get(workflowId).result());
  await new Promise((resolve) => setTimeout(resolve, 200));
  await other.close();
  expect(await waiting).toBeInstanceOf(ClientClosedError);
  // The retry timer of the gRPC library would crash the process about now.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await client.get(workflowId).withdraw();
});

it('a dozen results that are waited for at the same time bring no warning about listeners', async () => {
  const warnings: string[] = [];
  const hear = ({ name }: Error) => void warnings.push(name);
  process.on('warning', hear);
  const handles = await Promise.all(Array.from({ length: 12 }, () => started()));
  const results = handles.map((handle) => handle.result());
  await Promise.all(handles.map((handle) => handle.withdraw()));
  expect((await Promise.all(results)).map(({ outcome }) => outcome)).toEqual(Array(12).fill('withdrawn'));
  process.off('warning', hear);
  expect(warnings).not.toContain('MaxListenersExceededWarning');
});

it('makes relative image paths of a resubmission absolute and leaves licence fields alone', async () => {
  const handle = await started();
  await handle.resubmit({
    set: { 'licenses/1/2/images/0': 'better.png', 'licenses/1/2/fields/audit_license_no': 'A-1', brandIds: ['9'] },
  });
  await handle.withdraw();
  const [seen] = JSON.parse((await handle.result()).reason ?? '[]');
  expect(seen.set).toEqual({
    'licenses/1/2/images/0': `${process.cwd()}/better.png`,
    'licenses/1/2/fields/audit_license_no': 'A-1',
    brandIds: ['9'],
  });
});

it('L15 a message that is repeated with its updateId takes effect once', async () => {
  const handle = await started();
  const patch = { set: { 'certificate/0': '/a.png' } };
  await handle.resubmit(patch, { updateId: 'ticket-1' });
  expect(await handle.resubmit(patch, { updateId: 'ticket-1' })).toMatchObject({ attempt: 1 });
  expect((await handle.view()).attempts).toHaveLength(1);
  expect(await handle.resubmit(patch)).toMatchObject({ attempt: 2 });
});

it("a refused message throws the case's own sentence", async () => {
  const error = await failureOf((await started()).resubmit({}));
  expect(error).toBeInstanceOf(UpdateRefusedError);
  expect((error as Error).message).toBe('A resubmission must change something.');
});

it('L15 a message to a closed case throws CaseClosedError with the result', async () => {
  const handle = await started();
  await handle.withdraw();
  await handle.result();
  for (const target of [handle, client.get(handle.workflowId)]) {
    const error = await failureOf(target.withdraw());
    expect(error).toBeInstanceOf(CaseClosedError);
    expect((error as CaseClosedError).result).toMatchObject({ outcome: 'withdrawn' });
  }
});

it('L15 a message that was accepted by a case which then ended throws CaseClosedError with the result', async () => {
  const handle = await started('ends-first');
  const error = await failureOf(handle.readAuditNow());
  expect(error).toBeInstanceOf(CaseClosedError);
  expect((error as CaseClosedError).result).toMatchObject({ outcome: 'withdrawn' });
});

it('L15 of messages that race the end, each is answered or finds the case closed, never anything else', async () => {
  const handles = await Promise.all(Array.from({ length: 6 }, () => started()));
  const outcomes = await Promise.all(
    handles
      .flatMap((handle) => [
        handle.withdraw(),
        ...Array.from({ length: 4 }, () => handle.resubmit({ set: { 'certificate/0': '/a.png' } })),
      ])
      .map((call) =>
        call.then(
          () => 'answered',
          (error: unknown) => (error as Error).name,
        ),
      ),
  );
  expect(new Set(outcomes)).toContain('answered');
  expect(outcomes.filter((outcome) => outcome !== 'answered' && outcome !== 'CaseClosedError')).toEqual([]);
});

it('L15 a handle never sends to a later case with the same id', async () => {
  const input = shopInput();
  const first = (await client.channelsShop.start(input)).handle;
  await first.withdraw();
  await first.result();
  const second = (await client.channelsShop.start(input)).handle;
  expect(await failureOf(first.withdraw())).toBeInstanceOf(CaseClosedError);
  expect((await second.view()).status).toBe('in_review');
});

it('L15 a message that waited for a worker takes effect once when it is repeated with the same updateId', async () => {
  const hurried = await connect({ address, taskQueue: 'client-worker-comes-later', updateTimeoutMs: 1_000 });
  const { handle } = await hurried.channelsShop.start(shopInput());
  const patch = { set: { 'certificate/0': '/a.png' } };
  expect(await failureOf(handle.resubmit(patch, { updateId: 'once' }))).toBeInstanceOf(NoWorkerError);
  const late = await stub.another('client-worker-comes-later');
  try {
    expect(await handle.resubmit(patch, { updateId: 'once' })).toMatchObject({ attempt: 1 });
    expect((await handle.view()).attempts).toHaveLength(1);
  } finally {
    await late.close();
    await hurried.close();
  }
});

it('a case that never was is a CaseNotFoundError, for every method', async () => {
  const handle = client.get('channels-shop/wxnobody0001/1');
  const calls = [handle.result, handle.view, handle.retry, () => handle.adopt({ auditId: '1' })];
  for (const call of calls) expect(await failureOf(call())).toBeInstanceOf(CaseNotFoundError);
});

it('a failed workflow is a bug: result() says so with its message, and messages find the case closed', async () => {
  const handle = await started('fails');
  const error = await failureOf(handle.result());
  expect(error).toBeInstanceOf(CaseFailedError);
  expect((error as Error).message).toContain('a bug in the lifecycle');
  expect(await failureOf(handle.withdraw())).toMatchObject({ name: 'CaseClosedError', ending: 'failed' });
});

it('L13 a cancelled or terminated workflow is told from a failed one', async () => {
  const [cancelled, terminated] = [await started(), await started()];
  await client.temporal.workflow.getHandle(cancelled.workflowId).cancel();
  await client.temporal.workflow.getHandle(terminated.workflowId).terminate();
  expect(await failureOf(cancelled.result())).toMatchObject({ name: 'CaseCancelledError', ending: 'cancelled' });
  expect(await failureOf(terminated.result())).toBeInstanceOf(CaseCancelledError);
  expect(await failureOf(terminated.withdraw())).toMatchObject({ name: 'CaseClosedError', ending: 'terminated' });
});
