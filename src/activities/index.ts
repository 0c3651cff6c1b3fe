/** All activities. Workflow code imports their types only. */
import { createChannelsShopActivities } from './channels-shop.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { createMiniProgramActivities } from './mini-program.ts';

export type { ActivityDependencies } from './dependencies.ts';

export const createActivities = (deps: ActivityDependencies) => ({
  ...createChannelsShopActivities(deps),
  ...createMiniProgramActivities(deps),
});

export type Activities = ReturnType<typeof createActivities>;
