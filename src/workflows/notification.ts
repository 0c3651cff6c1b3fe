/** One event on its way to everybody who is told: tried for days, and what became of it stays to be looked at. */
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { type FailureDetails, failureTypes } from '../contract/failures.ts';
import { notificationViewQuery } from '../contract/messages.ts';
import type { Delivery, Notification } from '../contract/notification.ts';
import { askingWhomToTell, notifying } from './policies.ts';

/** Tells one event. A child of a case, or started again by `wxq notifications redeliver` under the same id. */
export async function deliverNotification(notification: Notification): Promise<{ deliveries: Delivery[] }> {
  let deliveries: Delivery[] = [];
  setHandler(notificationViewQuery, () => ({ notification, deliveries }), {
    description: 'The event, and how far it is with each receiver.',
  });
  const show = () => setCurrentDetails(describe(notification, deliveries));
  show();
  const targets = await proxyLocalActivities<Activities>(askingWhomToTell).listNotificationTargets(notification.type);
  deliveries = targets.map((target) => ({ target, outcome: 'under_way' }));
  show();
  await Promise.all(
    targets.map(async (target, index) => {
      deliveries[index] = await deliver(target, notification);
      show();
    }),
  );
  return { deliveries };
}

async function deliver(target: string, notification: Notification): Promise<Delivery> {
  try {
    const { notifyBackend } = proxyActivities<Activities>(notifying(`${notification.type} to ${target}`));
    return { target, outcome: 'delivered', ...(await notifyBackend({ target, notification })) };
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const { cause } = error;
    const last = cause instanceof ApplicationFailure ? cause : cause?.cause;
    if (!(last instanceof ApplicationFailure))
      return { target, outcome: 'given_up', reason: 'no worker told it in time' };
    const [details] = (last.details ?? []) as [FailureDetails?];
    const outcome = last.type === failureTypes.receiverGone ? 'gone' : 'given_up';
    return { target, outcome, reason: details?.reason ?? last.message };
  }
}

function describe({ type, data }: Notification, deliveries: Delivery[]): string {
  const about = data.workflowId === undefined ? '' : ` of \`${data.workflowId}\``;
  return [
    `### ${type}${about}`,
    '',
    'Tried for 7 days, 5 s to 6 h apart. The case does not wait for it.',
    ...(deliveries.length === 0 ? [] : ['', '| receiver | | when | why not |', '|---|---|---|---|']),
    ...deliveries.map(
      ({ target, outcome, deliveredAt = '', reason = '' }) =>
        `| ${target} | ${outcome} | ${deliveredAt} | ${reason.replaceAll(/[\s|\\]+/g, ' ')} |`,
    ),
  ].join('\n');
}
