/** The turn of a submission among those of its account. Waiting for it is a failure with a delay: it holds no slot. */
import { activityInfo, log } from '@temporalio/activity';
import type { TurnRequest } from '../contract/activities.ts';
import { failureTypes } from '../contract/failures.ts';
import type { SubmissionTurns, Turn } from '../store/turns.ts';
import { failure } from './failure.ts';
import { fromStore } from './store-wait.ts';

const defaultPriority = 3;

const caseId = (): string => activityInfo().workflowExecution?.workflowId ?? 'unknown';

/** Gives the turn back. Where that fails it ends by itself. */
export type GiveBack = () => Promise<void>;

/**
 * Takes the turn, or fails: WaitsItsTurn while others go first, SubmitNotSent where nobody can say whose turn it is
 * (then nothing is sent).
 */
export async function takeTurn(turns: SubmissionTurns, { account, priority }: TurnRequest): Promise<GiveBack> {
  const wish = { appId: account.appId, caseId: caseId(), priority: priority ?? defaultPriority };
  let turn: Turn;
  try {
    turn = await fromStore(turns.take(wish));
  } catch (error) {
    log.warn('the store of turns does not answer', { problem: error instanceof Error ? error.name : 'unknown' });
    throw failure(failureTypes.submitNotSent, {
      reason: 'unreachable: the store that says whose turn it is to submit does not answer; nothing was sent',
      advice:
        'Check the database (WXQ_DATABASE_URL), or the server beside this worker; then press retry. (请检查数据库或同机的 server 进程,恢复后点「重试」(retry)。)',
    });
  }
  if (!turn.granted)
    throw failure(
      failureTypes.waitsItsTurn,
      {
        reason: `waits its turn: ${turn.ahead} submissions of this account go first`,
        advice: 'Nothing to do: submissions of one account go one after another, the most urgent first.',
        ahead: turn.ahead,
      },
      turn.askAgainMs,
    );
  const held = { appId: wish.appId, caseId: wish.caseId, ticket: turn.ticket };
  return async () => {
    await fromStore(turns.giveBack(held)).catch(() => undefined);
  };
}

export const createTurnActivities = ({ turns }: { turns: SubmissionTurns }) => ({
  /** Ends when it is this case's turn, which is then kept for a moment. @throws WaitsItsTurn (BENIGN), SubmitNotSent */
  async awaitSubmissionTurn(request: TurnRequest): Promise<void> {
    await takeTurn(turns, request);
  },
});
