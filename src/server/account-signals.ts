/** The open cases of an account, found by Visibility, and the signal that tells them of its authorization. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { type AccountChanged, accountChangedSignal } from '../contract/messages.ts';
import type { AccountCases } from './account-changes.ts';

const callMs = 10_000;

/** Visibility lags by a second or so: a case that it does not list yet finds out by its own next call. */
export function createAccountSignals(client: Pick<Client, 'workflow' | 'withDeadline'>): AccountCases {
  return {
    async openCasesOf(appId) {
      // It goes into a query: nothing but what an id may hold.
      if (!/^[0-9A-Za-z_-]{1,64}$/.test(appId)) return [];
      const query = `WxAppId = '${appId}' AND ExecutionStatus = 'Running'`;
      return await client.withDeadline(Date.now() + callMs, async () => {
        const workflowIds: string[] = [];
        for await (const { workflowId } of client.workflow.list({ query, pageSize: 500 })) workflowIds.push(workflowId);
        return workflowIds;
      });
    },
    async tell(workflowId, change: AccountChanged) {
      try {
        await client.withDeadline(Date.now() + callMs, () =>
          client.workflow.getHandle(workflowId).signal(accountChangedSignal, change),
        );
      } catch (error) {
        // It has ended meanwhile.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
  };
}
