/** The first look of a case at WeChat: inside the workflow task when WeChat answers at once, as an activity otherwise. */
import { type ActivityOptions, isCancellation, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Pace } from '../contract/activities.ts';
import { checkingRules, glancing, reading } from './policies.ts';

type Reads = Pick<Activities, 'readCategoryPermission' | 'readCategorySetting'>;

/**
 * Every case begins with this read, and mostly it takes milliseconds: as a local activity it costs one history event
 * instead of six and a workflow task less. A slow or refusing WeChat is asked again by an activity, whose policy can
 * wait and which holds no slot of a workflow task meanwhile.
 */
export const firstLook = <Seen>(pace: Pace, summary: string, read: (by: Reads) => Promise<Seen>): Promise<Seen> =>
  pace === 'fast'
    ? glance(summary, reading(pace, summary), read)
    : read(proxyActivities<Reads>(reading(pace, summary)));

/** The rules, for material that was corrected. Whoever calls this goes on without them when they cannot be had soon. */
export const lookAtRules = <Seen>(summary: string, read: (by: Reads) => Promise<Seen>): Promise<Seen> =>
  glance(summary, checkingRules(summary), read);

async function glance<Seen>(
  summary: string,
  otherwise: ActivityOptions,
  read: (by: Reads) => Promise<Seen>,
): Promise<Seen> {
  try {
    return await read(proxyLocalActivities<Reads>(glancing(summary)));
  } catch (error) {
    if (isCancellation(error)) throw error;
  }
  return read(proxyActivities<Reads>(otherwise));
}
