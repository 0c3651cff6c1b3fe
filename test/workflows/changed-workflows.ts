/** The workflow with a change that old histories cannot follow: proves that the replay test can fail. */
import { sleep } from '@temporalio/workflow';
import type { ChannelsShopInput } from '../../src/contract/channels-shop.ts';
import type { QualificationResult } from '../../src/contract/qualification.ts';
import { channelsShopQualification as unchanged } from '../../src/workflows/channels-shop.ts';

export async function channelsShopQualification(input: ChannelsShopInput): Promise<QualificationResult> {
  await sleep('1 minute');
  return unchanged(input);
}
