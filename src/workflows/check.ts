/** A check without a case: how a backend that has only Temporal asks for the live rules. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CheckAnswer, CheckRequest } from '../contract/check.ts';
import { checkMiniProgramShape, checkShopShape, isRecord } from './guards.ts';
import { checking } from './policies.ts';

/** Compares an input with the rules of its category and tells what they say; nothing is sent to WeChat. */
export async function qualificationCheck(request: CheckRequest): Promise<CheckAnswer> {
  if (isRecord(request) && request.platform === 'mini-program') checkMiniProgramShape(request.input);
  else checkShopShape(isRecord(request) ? request.input : undefined);
  return await proxyActivities<Activities>(checking).checkCase(request);
}
