/** All activities. Workflow code imports their types only. */
import { createCaseCheck } from '../checking/case-check.ts';
import { createKeptRules } from '../checking/kept-rules.ts';
import { createChannelsShopActivities } from './channels-shop.ts';
import { createCheckActivities } from './check.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { createMiniProgramActivities } from './mini-program.ts';
import { createTurnActivities } from './turn.ts';

export type { ActivityDependencies } from './dependencies.ts';

/** Holds the category rules that were read lately: one of them for a worker. */
export function createActivities(deps: ActivityDependencies) {
  const { wechat, onBug } = deps;
  const rules = createKeptRules(wechat);
  const check = createCaseCheck({ wechat, rules, ...(onBug === undefined ? {} : { onBug }) });
  return {
    ...createChannelsShopActivities(deps, { rules, check }),
    ...createMiniProgramActivities(deps, check),
    ...createCheckActivities(deps, check),
    ...createTurnActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
