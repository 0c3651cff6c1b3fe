/** All activities. Workflow code imports their types only. */
import { createCaseCheck } from '../checking/case-check.ts';
import { createKeptRules } from '../checking/kept-rules.ts';
import { createChannelsShopActivities } from './channels-shop.ts';
import { createCheckActivities } from './check.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { createHoldActivities } from './holds.ts';
import { createMiniProgramActivities } from './mini-program.ts';
import { createNotifyActivities, saysWhetherToTell } from './notify.ts';
import { createTurnActivities } from './turn.ts';
import { createUploadsUnderWay } from './uploads-under-way.ts';
import { createWatchActivities } from './watch.ts';

export type { ActivityDependencies } from './dependencies.ts';

/** Holds the category rules that were read lately: one of them for a worker. */
export function createActivities(given: ActivityDependencies) {
  const deps = { uploadsUnderWay: createUploadsUnderWay(), ...given };
  const { wechat, onBug } = deps;
  const rules = createKeptRules(wechat);
  const check = createCaseCheck({ wechat, rules, ...(onBug === undefined ? {} : { onBug }) });
  const shop = createChannelsShopActivities(deps, { rules, check });
  const miniProgram = createMiniProgramActivities(deps, check);
  return {
    ...shop,
    readCategoryPermission: saysWhetherToTell(deps, shop.readCategoryPermission),
    ...miniProgram,
    readCategorySetting: saysWhetherToTell(deps, miniProgram.readCategorySetting),
    ...createCheckActivities(deps, check),
    ...createTurnActivities(deps),
    ...createHoldActivities(deps),
    ...createNotifyActivities(deps),
    ...createWatchActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
