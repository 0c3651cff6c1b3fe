/** Hands audit reports to cases through Temporal, within a time that WeChat waits for. */
import { setMaxListeners } from 'node:events';
import {
  type Client,
  type ConnectionOptions,
  isRetryableError,
  makeGrpcRetryInterceptor,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { auditReportedSignal } from '../contract/messages.ts';
import { parseWorkflowId } from '../contract/workflow-id.ts';
import type { CaseSignals, ReadinessCheck } from './dependencies.ts';
import { within } from './time-limit.ts';

/** The parts of Temporal's client that are used here. */
type SignallingClient = Pick<Client, 'workflow' | 'connection' | 'withDeadline' | 'withAbortSignal'>;

export interface TemporalCases extends Required<CaseSignals> {
  /** Ready while Temporal answers within a second. */
  readiness: ReadinessCheck;
  /** Any other calls of this client, given up after `limitMs` or when `stop` is aborted, and waited for by `settled`. */
  limited<T>(limitMs: number, call: () => Promise<T>, stop?: AbortSignal): Promise<T>;
  /** Resolves when no call is under way; wait for it before the connection is closed. */
  settled(): Promise<void>;
}

export interface CaseSignalLimits {
  /** Milliseconds; WeChat waits 5 s in all, for some events 3 s. */
  signalMs?: number;
  findMs?: number;
  readyMs?: number;
}

/**
 * `report` is done when the Temporal server has taken the signal (it loses none). A case that never existed and one that
 * is closed look the same to Temporal: `no-such-case`. It throws when Temporal is down, refuses, or takes longer than
 * `signalMs`: the signal may have arrived all the same, which is harmless, since a report can be repeated.
 */
export function createCaseSignals(client: SignallingClient, limits: CaseSignalLimits = {}): TemporalCases {
  const { signalMs = 2500, findMs = 500, readyMs = 1000 } = limits;
  const underWay = new Set<Promise<unknown>>();

  /** The deadline goes to the server with the call; `within` also ends the wait for the SDK's retries. */
  function limited<T>(limitMs: number, call: () => Promise<T>, stop?: AbortSignal): Promise<T> {
    return within(limitMs, (late) => {
      // Not `AbortSignal.any`: Node 20 may collect what it gives before it fires.
      const both = new AbortController();
      setMaxListeners(0, both.signal);
      const giveUp = (): void => both.abort();
      for (const signal of [late, stop]) signal?.addEventListener('abort', giveUp);
      const attempt = client.withDeadline(Date.now() + limitMs, () => client.withAbortSignal(both.signal, call));
      const tracked = attempt
        .catch(() => {})
        .finally(() => {
          underWay.delete(tracked);
          for (const signal of [late, stop]) signal?.removeEventListener('abort', giveUp);
        });
      underWay.add(tracked);
      return attempt;
    });
  }

  return {
    limited,

    async report(workflowId, report) {
      try {
        await limited(signalMs, () => client.workflow.getHandle(workflowId).signal(auditReportedSignal, report));
        return 'delivered';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'no-such-case';
        throw error;
      }
    },

    async findByAudit(appId, auditId) {
      // Both go into a query: nothing but what an id may hold.
      if (!/^[0-9A-Za-z_-]+$/.test(appId) || !/^\d+$/.test(auditId)) return undefined;
      const query = `WxAuditId = '${auditId}' AND WxAppId = '${appId}' AND ExecutionStatus = 'Running'`;
      return limited(findMs, async () => {
        for await (const { workflowId } of client.workflow.list({ query, pageSize: 10 })) {
          const address = parseWorkflowId(workflowId);
          if (address?.platform === 'channels-shop' && address.appId === appId) return workflowId;
        }
        return undefined;
      });
    },

    readiness: {
      name: 'temporal',
      check: async () => {
        await limited(readyMs, () => client.connection.workflowService.getSystemInfo({}));
      },
    },

    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/**
 * For the connection of such a client: retries that fit into the time WeChat waits. The SDK's own wait up to 5 s, and one
 * that is still waiting when its connection is closed throws where nobody can catch it.
 */
export function quickRetries(): Pick<ConnectionOptions, 'interceptors'> {
  return {
    interceptors: [
      makeGrpcRetryInterceptor({
        delayFunction: (attempt) => Math.min(400, 50 * 2 ** attempt) * (0.8 + Math.random() * 0.4),
        retryableDecider: (attempt, status) => attempt < 8 && isRetryableError(status),
      }),
    ],
  };
}
