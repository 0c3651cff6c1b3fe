/** What happens to a push on a platform's authorization address: kept first, answered then. */
import { PushRejected, parsePlatformEvent } from '../wechat/push/index.ts';
import type { CallbackLimits, PlatformAuthorizations, ServerLogger } from './dependencies.ts';
import type { PushResult, ServerMetrics } from './metrics.ts';
import { within } from './time-limit.ts';

export interface PlatformEventDependencies {
  authorizations?: PlatformAuthorizations | undefined;
  limits: Pick<CallbackLimits, 'answerMs'>;
  metrics: ServerMetrics;
  logger: ServerLogger;
}

/** `message` is authentic. Throws only `PushRejected`, for a message that is not readable or names another platform. */
export async function receivePlatformEvent(
  { authorizations, limits, metrics, logger }: PlatformEventDependencies,
  componentAppId: string,
  message: string,
): Promise<PushResult> {
  const event = parsePlatformEvent(message);
  const label = metrics.otherEvent(event.type === 'other' ? event.infoType : event.type);
  const fields = { componentAppId, event: label, ...('appId' in event ? { appId: event.appId } : {}) };
  if (event.type === 'other' || authorizations?.covers(componentAppId) !== true) {
    logger.info(fields, 'push to the platform acknowledged: its tokens are not kept here');
    return 'other_event';
  }
  if (event.componentAppId !== componentAppId) throw new PushRejected('wrong-appid', 'it is about another platform');
  try {
    const result = await within(limits.answerMs, () => authorizations.take(event));
    logger.info({ ...fields, result }, 'push to the platform kept');
    return result === 'stored' ? 'stored' : 'old_event';
  } catch (error) {
    // A driver's message may quote a value; its code and name do not.
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    const problem = error instanceof Error ? error.name : 'unknown';
    logger.warn({ ...fields, problem, code }, 'push to the platform not kept; WeChat will push again');
    return 'undeliverable';
  }
}
