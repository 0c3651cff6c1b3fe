/** All Mini Program calls of one account. */
import type { Send } from '../call.ts';
import { createCategoryCalls, type MiniProgramCategoryCalls } from './category.ts';
import { createMediaCalls, type MediaCalls } from './media.ts';

/** The Mini Program's categories, called by a third-party platform. Every call throws only `WeChatError`. */
export interface MiniProgramApi extends MiniProgramCategoryCalls, MediaCalls {}

export function createMiniProgramApi(send: Send): MiniProgramApi {
  return { ...createCategoryCalls(send), ...createMediaCalls(send) };
}
