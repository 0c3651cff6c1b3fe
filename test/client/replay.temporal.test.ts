/** `wxq replay` with histories of a real server: one that the workflow code made, and one that it never could have made. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type History, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { workflowTypes } from '../../src/contract/messages.ts';
import { connect, type QualificationClient } from '../../src/index.ts';
import { run } from '../cli/run.ts';
import { shopInput } from './inputs.ts';

const address = inject('temporalAddress');
const context = { connect, env: { TEMPORAL_ADDRESS: address } };
let client: QualificationClient;
let connection: NativeConnection;
let folder: string;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  client = await connect({ address });
  connection = await NativeConnection.connect({ address });
  folder = await mkdtemp(join(tmpdir(), 'wxq-replay-'));
});
afterAll(async () => {
  await connection.close();
  await client.close();
  await rm(folder, { recursive: true });
});

it('replays what the present workflow code made, from the server and from a file', async () => {
  // An id that is not the input's own: the workflow fails at once, by itself, and needs no activity.
  const workflowId = 'channels-shop/wxnotitsown01/1';
  const worker = await Worker.create({
    connection,
    taskQueue: 'replay-real',
    workflowBundle: { codePath: inject('workflowBundlePath') },
  });
  await worker.runUntil(async () => {
    const handle = await client.temporal.workflow.start(workflowTypes.channelsShop, {
      taskQueue: 'replay-real',
      workflowId,
      args: [shopInput()],
    });
    await handle.result().catch(() => undefined);
  });
  const fromServer = await run(['replay', '--workflow-id', workflowId, '--json'], context);
  expect(fromServer).toMatchObject({ status: 0 });
  expect(fromServer.json()).toEqual({ replayed: [workflowId] });
  const file = join(folder, 'history.json');
  const history = await client.temporal.workflow.getHandle(workflowId).fetchHistory();
  await writeFile(file, historyToJSON(history));
  // As a browser downloads it, and as Temporal's HTTP API answers.
  const { events } = JSON.parse(await readFile(file, 'utf8')) as { events: unknown[] };
  await writeFile(join(folder, 'array.json'), `\uFEFF${JSON.stringify(events)}`);
  await writeFile(join(folder, 'answer.json'), JSON.stringify({ history: { events } }));
  expect(await run(['replay', file, 'array.json', 'answer.json'], { cwd: folder })).toMatchObject({
    status: 0,
    stdout: '3 histories replayed.\n',
  });
  expect((await run(['replay', 'gone.json'], { cwd: folder })).stderr).toContain('there is no such file');
});

/** An activity is scheduled and no workflow task is under way: a history in the middle of one does not replay. */
const isWaitingForActivity = ({ events }: { events?: History['events'] }): boolean =>
  events?.at(-1)?.activityTaskScheduledEventAttributes != null;

it('a case in a file is replayed under its own id, which the workflow code checks', async () => {
  const taskQueue = 'replay-open';
  const bundle = { codePath: inject('workflowBundlePath') };
  // WeChat does not answer: the case waits for its first look, which the server tries again and again.
  const readCategoryPermission = async (): Promise<never> => {
    throw new Error('no answer');
  };
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowBundle: bundle,
    activities: { readCategoryPermission },
  });
  const open = await connect({ address, taskQueue });
  const history = await worker.runUntil(async () => {
    const { handle } = await open.channelsShop.start(
      shopInput({ appId: 'wxreplayfile01', category: { leaf: '6033' } }),
    );
    const workflow = open.temporal.workflow.getHandle(handle.workflowId);
    let events = await workflow.fetchHistory();
    for (let look = 0; look < 100 && !isWaitingForActivity(events); look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      events = await workflow.fetchHistory();
    }
    await workflow.terminate('end of the test');
    return events;
  });
  await open.close();
  expect(history.events?.some((event) => event.activityTaskScheduledEventAttributes)).toBe(true);
  const file = join(folder, 'case.json');
  await writeFile(file, historyToJSON(history));
  expect(await run(['replay', file, '--json'])).toMatchObject({
    status: 0,
    stdout: '{"replayed":["channels-shop/wxreplayfile01/6033"]}\n',
  });
});

it('a history that other code made is status 1 and named', async () => {
  const worker = await Worker.create({
    connection,
    taskQueue: 'replay-stub',
    workflowsPath: new URL('./stub-workflows.ts', import.meta.url).pathname,
  });
  const stub = await connect({ address, taskQueue: 'replay-stub' });
  const workflowId = await worker.runUntil(async () => {
    const { handle } = await stub.channelsShop.start(shopInput({ externalId: 'ends-first' }));
    await handle.result();
    return handle.workflowId;
  });
  await stub.close();
  const done = await run(['replay', '--workflow-id', workflowId, '--json'], context);
  expect(done.status).toBe(1);
  expect(done.json()).toMatchObject({ error: { name: 'ReplayFailedError', failed: [{ workflowId }] } });
});

it('a case that never was is told from one that does not replay', async () => {
  const done = await run(['replay', '--workflow-id', 'channels-shop/wxnobody0002/1'], context);
  expect(done.status).toBe(1);
  expect(done.stderr).toContain('There is no case channels-shop/wxnobody0002/1');
});
