/** Carries out checks: each within its time, each whatever became of the others, accounts a few at a time. */
import { redact, WeChatError } from '../../wechat/index.ts';
import { type Check, type Finding, fail, NotToBeHad, type Outcome, skipped } from './finding.ts';

/** About whom a finding is. */
export type Whose = Pick<Finding, 'appId' | 'via'>;

/** One check within `limitMs`; never throws. */
export async function carryOut<Subject>(
  check: Check<Subject>,
  subject: Subject,
  limitMs: number,
  whose: Whose = {},
): Promise<Finding[]> {
  const giveUp = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    timer = setTimeout(() => {
      resolve(
        fail(`no answer within ${limitMs / 1000} s`, {
          zh: '在限定时间内没有应答:请检查网络、代理和对方进程,或用 --timeout 放宽时限再试。',
          en: 'Look at the network, the proxy and the process that should answer, or allow more time by --timeout.',
        }),
      );
      giveUp.abort();
    }, limitMs);
  });
  try {
    const found = await Promise.race([late, outcomesOf(check, subject, giveUp.signal)]);
    return [found].flat().map((outcome) => ({ check: check.name, ...whose, ...outcome }));
  } finally {
    clearTimeout(timer);
    // What was still under way when the time was over is given up.
    giveUp.abort();
  }
}

async function outcomesOf<Subject>(
  check: Check<Subject>,
  subject: Subject,
  signal: AbortSignal,
): Promise<Outcome | readonly Outcome[]> {
  try {
    return await check.run(subject, signal);
  } catch (error) {
    if (error instanceof NotToBeHad) return skipped(error.message);
    if (error instanceof WeChatError) return fail(`${error.endpoint}: ${error.reason}`, error.advice);
    return fail(`the check itself failed: ${redact(error instanceof Error ? error.message : String(error))}`, {
      zh: '请把这一行交给开发人员。',
      en: 'Give this line to the developers of this program.',
    });
  }
}

/** Runs `work` for every item, at most `width` at once, and gives the results in the order of the items. */
export async function inTurn<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as Item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}
