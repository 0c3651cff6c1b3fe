/** Activities that tell a backend about a case, and how a case learns that there is somebody to tell. */
import { Context, log, metricMeter } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type FailureDetails, failureTypes } from '../contract/failures.ts';
import type { Notification, NotifyRequest, NotifyResult, TargetId } from '../contract/notification.ts';
import { tryToDeliver } from '../notify/delivery.ts';
import { targetsFor } from '../notify/targets.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { castFailure, failure } from './failure.ts';

export function createNotifyActivities({ notify }: ActivityDependencies) {
  return {
    /** Who is to be told of this type of event, by names that show no secret. */
    async listNotificationTargets(type: Notification['type']): Promise<TargetId[]> {
      return notify === undefined ? [] : targetsFor(notify.targets, type);
    },

    /** One try to tell one receiver. @throws NotDelivered (tried again for days), ReceiverGone */
    async notifyBackend({ target: id, notification }: NotifyRequest): Promise<NotifyResult> {
      const target = notify?.targets.get(id);
      if (notify === undefined || target === undefined)
        throw failure(failureTypes.receiverGone, {
          reason: `${id} is no longer in the settings`,
          advice: 'Nothing to do, or start wxq notifications redeliver: it asks the settings anew.',
        });
      const tried = await tryToDeliver(target, notification, notify);
      const { attempt } = Context.current().info;
      countTry(target.kind, notification.type, tried.outcome);
      const about = { target: id, type: notification.type, webhookId: notification.id };
      if (tried.outcome === 'taken') {
        log.info('notification delivered', { ...about, httpStatus: tried.httpStatus });
        return { httpStatus: tried.httpStatus, attempt, deliveredAt: new Date().toISOString() };
      }
      if (tried.outcome === 'gone')
        throw failure(failureTypes.receiverGone, { reason: `${id}: ${tried.reason}`, advice: goneAdvice });
      throw failure(
        failureTypes.notDelivered,
        { reason: `${id}: ${tried.reason}`, advice: 'Look at the receiver; it is tried again by itself for days.' },
        tried.outcome === 'refused' ? tried.againInMs : undefined,
      );
    },
  };
}

/** Labels are kinds of receivers, types of events and outcomes: words of ours. */
function countTry(kind: string, type: string, result: string): void {
  metricMeter
    .createCounter('wxq_notification_tries_total', undefined, 'Tries to tell a receiver of an event, by how they ended')
    .add(1, { kind, type, result });
}

const goneAdvice = 'Take this receiver out of the settings, or mend it and redeliver.';

/**
 * The first look of a case also says whether somebody is to be told, in its answer as in its failure: settings are the
 * worker's, and a workflow may only know what stands in its history. Where nobody is told nothing is added.
 */
export function saysWhetherToTell<Request, Answer extends object>(
  deps: ActivityDependencies,
  read: (request: Request) => Promise<Answer>,
): (request: Request) => Promise<Answer & { notify?: true }> {
  if (deps.notify === undefined || deps.notify.targets.size === 0) return read;
  return async (request) => {
    try {
      return { ...(await read(request)), notify: true };
    } catch (error) {
      throw alsoTelling(castFailure(error));
    }
  };
}

function alsoTelling(error: unknown): unknown {
  const [details] = (error instanceof ApplicationFailure ? (error.details ?? []) : []) as [FailureDetails?];
  if (!(error instanceof ApplicationFailure) || details === undefined) return error;
  return ApplicationFailure.create({
    message: error.message,
    ...(error.type ? { type: error.type } : {}),
    nonRetryable: error.nonRetryable ?? false,
    details: [{ ...details, notify: true }],
    ...(error.category === undefined || error.category === null ? {} : { category: error.category }),
    ...(error.nextRetryDelay === undefined || error.nextRetryDelay === null
      ? {}
      : { nextRetryDelay: error.nextRetryDelay }),
  });
}
