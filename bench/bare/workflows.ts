/** The yardstick: the least that a Temporal workflow can do for one approved case with three images. */
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { BareActivities } from './activities.ts';

const { upload, submit } = proxyActivities<BareActivities>({ startToCloseTimeout: '30s' });
const audit = defineSignal<[string]>('audit');

/** Three uploads side by side, one submission, then the verdict by signal. */
export async function lifecycle(id: string): Promise<{ auditId: string; verdict: string }> {
  let verdict = '';
  setHandler(audit, (reported) => {
    verdict = reported;
  });
  const media = await Promise.all([upload(id, 0), upload(id, 1), upload(id, 2)]);
  const auditId = await submit(id, media);
  await condition(() => verdict !== '');
  return { auditId, verdict };
}
