/** How a report reaches a case through Temporal, and what happens when it does not. */

import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { Client, Connection, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { afterEach, describe, expect, test } from 'vitest';
import type { AuditReport } from '../../src/contract/qualification.ts';
import { createCaseSignals, quickRetries } from '../../src/server/case-signals.ts';
import { never } from './callback-server.ts';

type SignalClient = Parameters<typeof createCaseSignals>[0];
const report: AuditReport = { kind: 'hint', auditId: '5' };

/** A client whose signals and lists the test plays. */
function fakeClient(
  signal: () => Promise<void>,
  found: string[] = [],
): { client: SignalClient; sent: unknown[]; queries: unknown[] } {
  const sent: unknown[] = [];
  const queries: unknown[] = [];
  const workflow = {
    getHandle: (workflowId: string) => ({
      signal: async (definition: { name: string }, argument: unknown) => {
        sent.push({ workflowId, name: definition.name, argument });
        await signal();
      },
    }),
    list: async function* ({ query }: { query: string }) {
      queries.push(query);
      for (const workflowId of found) yield { workflowId };
    },
  };
  const client = {
    workflow,
    withDeadline: (_deadline: number, call: () => Promise<unknown>) => call(),
    withAbortSignal: (_signal: AbortSignal, call: () => Promise<unknown>) => call(),
  };
  return { client: client as unknown as SignalClient, sent, queries };
}

describe('L8 a report goes to the case by its workflow id', () => {
  test('as the signal auditReported', async () => {
    const { client, sent } = fakeClient(async () => {});
    await expect(createCaseSignals(client).report('channels-shop/wx1/6033', report)).resolves.toBe('delivered');
    expect(sent).toEqual([{ workflowId: 'channels-shop/wx1/6033', name: 'auditReported', argument: report }]);
  });

  test('a case that never was, or is closed, is no error', async () => {
    const { client } = fakeClient(async () => {
      throw new WorkflowNotFoundError('workflow execution already completed', 'channels-shop/wx1/6033', undefined);
    });
    await expect(createCaseSignals(client).report('channels-shop/wx1/6033', report)).resolves.toBe('no-such-case');
  });

  test('any other refusal is thrown', async () => {
    const { client } = fakeClient(async () => {
      throw new ServiceError('Failed to signal Workflow');
    });
    await expect(createCaseSignals(client).report('channels-shop/wx1/6033', report)).rejects.toThrow(ServiceError);
  });

  test('a signal that gets no answer is given up in time', async () => {
    const { client } = fakeClient(never);
    const startedAt = performance.now();
    await expect(
      createCaseSignals(client, { signalMs: 80 }).report('channels-shop/wx1/6033', report),
    ).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});

describe('L8 the index is only a help', () => {
  test('it finds the open shop case that waits for an audit', async () => {
    const { client, queries } = fakeClient(never, ['notify/1/2', 'channels-shop/wx2/6033', 'channels-shop/wx1/6033']);
    await expect(createCaseSignals(client).findByAudit('wx1', '42')).resolves.toBe('channels-shop/wx1/6033');
    expect(queries).toEqual(["WxAuditId = '42' AND WxAppId = 'wx1' AND ExecutionStatus = 'Running'"]);
  });

  test('it is asked nothing that is not an id', async () => {
    const { client, queries } = fakeClient(never, ['channels-shop/wx1/6033']);
    const signals = createCaseSignals(client);
    await expect(signals.findByAudit("wx1' OR 'a' = 'a", '42')).resolves.toBeUndefined();
    await expect(signals.findByAudit('wx1', "42'")).resolves.toBeUndefined();
    expect(queries).toEqual([]);
  });
});

describe('with the SDK and no Temporal behind it', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
  });

  /** A port where nobody listens, or where somebody takes the connection and says nothing. */
  async function deadPort(kind: 'closed' | 'mute'): Promise<number> {
    const server = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    if (kind === 'mute') servers.push(server);
    else await new Promise((resolve) => server.close(resolve));
    return port;
  }

  test.each(['closed', 'mute'] as const)(
    'a %s port: a report throws, and readiness fails, within the time that WeChat waits',
    async (kind) => {
      const connection = Connection.lazy({ address: `127.0.0.1:${await deadPort(kind)}`, ...quickRetries() });
      const client = new Client({ connection });
      const cases = createCaseSignals(client);
      const startedAt = performance.now();
      await Promise.all([
        expect(cases.report('channels-shop/wx1/6033', report)).rejects.toThrow(),
        expect(cases.findByAudit('wx1', '42')).rejects.toThrow(),
        expect(cases.readiness.check()).rejects.toThrow(),
      ]);
      expect(performance.now() - startedAt).toBeLessThan(2900);
      // A retry of the SDK that outlives its connection would be an uncaught exception, and fail this run.
      await cases.settled();
      await connection.close();
      expect(performance.now() - startedAt).toBeLessThan(4000);
    },
  );
});
