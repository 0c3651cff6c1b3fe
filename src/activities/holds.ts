/** What a person's retry does for an account that is held back because WeChat called it too frequent. */
import { log } from '@temporalio/activity';
import type { LiftHoldRequest } from '../contract/activities.ts';
import type { CallHolds } from '../wechat/call-holds.ts';
import { fromStore } from './store-wait.ts';

export const createHoldActivities = ({ holds }: { holds: Pick<CallHolds, 'lift'> }) => ({
  /** Lets the account's next call go to WeChat. Where the store does not answer the step says itself that it is held back. */
  async liftCallHold({ account }: LiftHoldRequest): Promise<void> {
    try {
      await fromStore(holds.lift(account.appId));
    } catch (error) {
      log.warn('the store of holds does not answer', { problem: error instanceof Error ? error.name : 'unknown' });
    }
  },
});
