/** Starting and listing cases on a real Temporal server, with and without a worker. */
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  type CaseRow,
  connect,
  NoWorkerError,
  type QualificationClient,
  SearchAttributesMissingError,
  workflowIdOfShopCase,
} from '../../src/index.ts';
import { miniProgramInput, shopInput } from './inputs.ts';

const address = inject('temporalAddress');
const taskQueue = 'client-without-a-worker';
const warnings: string[] = [];
let client: QualificationClient;

beforeAll(async () => {
  client = await connect({ address, taskQueue, updateTimeoutMs: 1_500, onWarning: (text) => warnings.push(text) });
});
afterAll(async () => client.close());

describe('start', () => {
  it('L14 a first start gives a case that did not exist, under the id that belongs to its input', async () => {
    const input = shopInput();
    const started = await client.channelsShop.start(input);
    expect(started.existing).toBe(false);
    expect(started.handle.workflowId).toBe(workflowIdOfShopCase(input));
    expect(started.handle.runId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('L14 a repeated start with the same input, its members in another order, finds the running case', async () => {
    const input = shopInput();
    const first = await client.channelsShop.start(input);
    const reordered = Object.fromEntries(Object.entries(input).reverse()) as typeof input;
    const again = await client.channelsShop.start({ ...reordered, externalId: undefined } as unknown as typeof input);
    expect(again).toMatchObject({ existing: true, sameInput: true });
    expect(again.handle.runId).toBe(first.handle.runId);
    expect(warnings.filter((text) => text.includes(first.handle.workflowId))).toEqual([]);
  });

  it('L14 a start with a different input changes nothing and is said loudly', async () => {
    const input = miniProgramInput();
    const first = await client.miniProgram.start(input);
    const again = await client.miniProgram.start({ ...input, requestedBy: 'someone else' });
    expect(again).toMatchObject({ existing: true, sameInput: false });
    expect(again.handle.runId).toBe(first.handle.runId);
    const said = warnings.filter((text) => text.includes(first.handle.workflowId));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('different input');
  });

  it('L14 of many starts at once exactly one begins the case', async () => {
    const input = shopInput();
    const started = await Promise.all(Array.from({ length: 8 }, () => client.channelsShop.start(input)));
    expect(started.filter((one) => !one.existing)).toHaveLength(1);
    expect(new Set(started.map((one) => one.handle.runId)).size).toBe(1);
  });

  it('L14 a case that has ended makes room for a new one', async () => {
    const input = shopInput();
    const first = await client.channelsShop.start(input);
    await client.temporal.workflow.getHandle(first.handle.workflowId).terminate('the test ends it');
    const second = await client.channelsShop.start(input);
    expect(second.existing).toBe(false);
    expect(second.handle.runId).not.toBe(first.handle.runId);
  });

  it('gives Temporal the summary, details, search attributes and absolute image paths', async () => {
    const input = shopInput({ requestedBy: 'shop-team | `x`' });
    const { handle } = await client.channelsShop.start(input, { relativeTo: '/srv/material' });
    const described = await client.temporal.workflow.getHandle(handle.workflowId).describe();
    const leaf = 'leaf' in input.category ? input.category.leaf : '';
    expect(await described.staticSummary()).toBe(`微信小店 ${input.appId} · 类目 ${leaf}`);
    expect(await described.staticDetails()).toContain('| `licence 101/7001` | 1 | 2031-12-31 |');
    expect(await described.staticDetails()).toContain('- requested by: `shop-team    x `');
    expect(described.searchAttributes).toMatchObject({
      QualificationStatus: ['preparing'],
      QualificationPlatform: ['channels-shop'],
      WxAppId: [input.appId],
      WxCategoryId: [leaf],
      QualificationAttempt: [1],
    });
    const history = await client.temporal.workflow.getHandle(handle.workflowId).fetchHistory();
    const payload = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    expect(Buffer.from(payload ?? []).toString()).toContain('"/srv/material/licence.png"');
  });

  it('names the search attributes that the namespace lacks, and the command that adds them', async () => {
    const connection = await Connection.connect({ address });
    const namespace = 'without-search-attributes';
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
    const other = await connect({ connection, namespace, address });
    const refused = () => other.channelsShop.start(shopInput()).catch((error: unknown) => error);
    // A namespace is known to the whole server a moment after it was registered.
    await expect.poll(refused, { timeout: 40_000, interval: 500 }).toBeInstanceOf(SearchAttributesMissingError);
    const missing = (await refused()) as SearchAttributesMissingError;
    expect(missing.missing).toContain('QualificationStatus');
    expect(missing.missing).toContain('QualificationDueAt');
    expect(missing.command).toContain(`--namespace ${namespace} --name QualificationStatus --type Keyword`);
    const listing = (async () => {
      for await (const _ of other.list({ status: 'blocked' })) break;
    })();
    await expect(listing).rejects.toBeInstanceOf(SearchAttributesMissingError);
    await connection.close();
  });

  it('says that a namespace does not exist', async () => {
    const other = await connect({ address, namespace: 'nobody-made-it' });
    await expect(other.channelsShop.start(shopInput())).rejects.toThrow(/has no namespace nobody-made-it/);
    await other.close();
  });
});

describe('without a worker', () => {
  it('L15 a message that no worker takes is a NoWorkerError within the deadline, and names the task queue', async () => {
    const { handle } = await client.channelsShop.start(shopInput());
    const before = performance.now();
    const error = await handle.withdraw().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NoWorkerError);
    expect((error as Error).message).toContain(taskQueue);
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('a view that no worker answers is a NoWorkerError', async () => {
    const { handle } = await client.channelsShop.start(shopInput());
    await expect(handle.view()).rejects.toBeInstanceOf(NoWorkerError);
  });
});

describe('list', () => {
  const rowsOf = async (filter: Parameters<QualificationClient['list']>[0]): Promise<CaseRow[]> => {
    const rows: CaseRow[] = [];
    for await (const row of client.list(filter)) rows.push(row);
    return rows;
  };

  it('filters by account, platform and status, newest first, up to the limit', async () => {
    const appId = 'wxlistlistlist0001';
    const shops = [shopInput({ appId }), shopInput({ appId }), shopInput({ appId })];
    for (const input of shops) await client.channelsShop.start(input);
    await client.miniProgram.start(miniProgramInput({ appId }));
    await expect.poll(async () => (await rowsOf({ appId })).length, { timeout: 20_000 }).toBe(4);
    const listed = await rowsOf({ appId, platform: 'channels-shop', status: 'preparing' });
    expect(listed.map((row) => row.workflowId)).toEqual(shops.map(workflowIdOfShopCase).reverse());
    expect(listed[0]).toMatchObject({ platform: 'channels-shop', appId, attempt: 1, execution: 'running' });
    expect(listed[0]?.closedAt).toBeUndefined();
    expect(await rowsOf({ appId, limit: 2 })).toHaveLength(2);
    expect(await rowsOf({ appId, status: 'approved' })).toEqual([]);
  });

  it('takes a filter literally, whatever quotes it holds', async () => {
    const hostile = ["x' OR WxAppId != '", 'x\\', `x\\' OR 'a' = 'a`];
    for (const appId of hostile) expect(await rowsOf({ appId })).toEqual([]);
  });
});
