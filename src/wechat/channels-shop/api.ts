/** All Channels Shop calls of one account. */
import type { Send } from '../call.ts';
import { createCategoryCalls, type ShopCategoryCalls } from './category.ts';
import { createShopCalls, type ShopCalls } from './shop.ts';

/** The Channels Shop (微信小店 / 视频号小店). Every call throws only `WeChatError`. */
export interface ChannelsShopApi extends ShopCategoryCalls, ShopCalls {}

export function createChannelsShopApi(send: Send): ChannelsShopApi {
  return { ...createCategoryCalls(send), ...createShopCalls(send) };
}
