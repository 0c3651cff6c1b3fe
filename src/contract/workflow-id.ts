/** How a case is addressed: one workflow per account and category, so that a callback finds its case without a search. */
import { type ChannelsShopInput, leafOf } from './channels-shop.ts';
import type { MiniProgramInput } from './mini-program.ts';
import type { Platform } from './qualification.ts';

/** `channels-shop/{appId}/{leafCategoryId}` */
export const channelsShopWorkflowId = (appId: string, leafCategoryId: string): string =>
  `channels-shop/${appId}/${leafCategoryId}`;

/** `mini-program/{appId}/{first}-{second}` */
export const miniProgramWorkflowId = (appId: string, first: string, second: string): string =>
  `mini-program/${appId}/${first}-${second}`;

/** The id that belongs to this input. */
export const workflowIdOfShopCase = (input: ChannelsShopInput): string =>
  channelsShopWorkflowId(input.appId, leafOf(input.category));

/** The id that belongs to this input. */
export const workflowIdOfMiniProgramCase = (input: MiniProgramInput): string =>
  miniProgramWorkflowId(input.appId, input.first, input.second);

/** Takes a workflow id apart; `undefined` when it is none of ours. */
export function parseWorkflowId(
  workflowId: string,
): { platform: Platform; appId: string; categoryId: string } | undefined {
  const [platform, appId, categoryId, ...rest] = workflowId.split('/');
  if (platform !== 'channels-shop' && platform !== 'mini-program') return undefined;
  if (!appId || !categoryId || rest.length > 0) return undefined;
  const shape = platform === 'channels-shop' ? /^[1-9]\d*$/ : /^[1-9]\d*-[1-9]\d*$/;
  return shape.test(categoryId) ? { platform, appId, categoryId } : undefined;
}
