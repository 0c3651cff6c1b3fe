/** Asks a worker to compare an input with the live rules of its category, before anything is started. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import type { ChannelsShopInput } from '../contract/channels-shop.ts';
import { type CheckAnswer, type CheckedRules, type CheckFinding, checkRequestOf } from '../contract/check.ts';
import { checkWorkflowType } from '../contract/messages.ts';
import type { MiniProgramInput } from '../contract/mini-program.ts';
import type { HandleDeps } from './case-handle.ts';
import { CheckFailedError, NoWorkerError, RulesUnavailableError } from './errors.ts';
import { checkInput, withoutUndefined } from './input.ts';
import { withAbsoluteMiniProgramSources, withAbsoluteShopSources } from './sources.ts';
import { asOurs, isTimeout } from './temporal-failures.ts';

/** What a check found. `rules` is missing when the input is no case, so that no rules were asked for. */
export interface Checked {
  /** Errors first. Without an error WeChat is expected to take it. */
  findings: CheckFinding[];
  rules?: CheckedRules;
}

/** A worker has taken it: it fetches and decodes images, which takes its time. */
const answerTimeoutMs = 90_000;
/** Started, and its first task scheduled: no worker has seen it. */
const eventsWithoutWorker = 2;

/** What is wrong with an input's shape, as findings of a check. */
export const shapeFindings = (platform: 'channels-shop' | 'mini-program', input: unknown): CheckFinding[] =>
  checkInput(platform, input).map(({ path, message, en = message, zh = message }) => ({
    code: 'input',
    path,
    level: 'error',
    zh,
    en,
    advice: { zh: '改正后再检查。', en: 'Correct it, and check again.' },
  }));

/** @param folder where relative image paths start. @throws NoWorkerError, RulesUnavailableError, CheckFailedError, TemporalUnreachableError */
export async function checkCase(
  deps: HandleDeps,
  given: ChannelsShopInput | MiniProgramInput,
  folder: string,
): Promise<Checked> {
  const { client, place, taskQueue, updateTimeoutMs } = deps;
  const platform = typeof given === 'object' && given !== null && 'first' in given ? 'mini-program' : 'channels-shop';
  const wrong = shapeFindings(platform, given);
  if (wrong.length > 0) return { findings: wrong };
  const input = withoutUndefined(given);
  const absolute =
    'first' in input ? withAbsoluteMiniProgramSources(input, folder) : withAbsoluteShopSources(input, folder);
  const inTime = <Answer>(ms: number, call: () => Promise<Answer>): Promise<Answer> =>
    client.connection.withDeadline(Date.now() + ms, call);

  try {
    const handle = await inTime(updateTimeoutMs, () =>
      client.workflow.start(checkWorkflowType, {
        workflowId: `check/${randomUUID()}`,
        taskQueue,
        args: [checkRequestOf(platform, absolute)],
        // Nobody waits for the answer any longer.
        workflowExecutionTimeout: answerTimeoutMs + updateTimeoutMs,
        staticSummary: `check ${absolute.appId}`,
      }),
    );
    const ask = async (ms: number) => (await inTime(ms, () => handle.result())) as CheckAnswer;
    const answer = await ask(updateTimeoutMs).catch(async (error: unknown) => {
      if (!isTimeout(error)) throw error;
      const { historyLength } = await inTime(updateTimeoutMs, () => handle.describe());
      if (historyLength > eventsWithoutWorker) return ask(answerTimeoutMs);
      await inTime(updateTimeoutMs, () => handle.terminate('no worker took it')).catch(() => undefined);
      throw new NoWorkerError(taskQueue, updateTimeoutMs, { cause: error });
    });
    if ('unavailable' in answer)
      throw new RulesUnavailableError({ ...answer.unavailable, isRefused: answer.isRefused === true });
    return answer;
  } catch (error) {
    if (error instanceof WorkflowFailedError) throw new CheckFailedError(error.cause?.message ?? error.message, error);
    throw asOurs(error, place);
  }
}
