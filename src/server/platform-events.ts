/** What happens to a push on a platform's authorization address: kept first, answered then. */
import type { PlatformEvent } from '../wechat/push/index.ts';
import type { CallbackLimits, PlatformAuthorizations, ServerLogger } from './dependencies.ts';
import type { PushResult } from './metrics.ts';
import { within } from './time-limit.ts';

export interface PlatformEventDependencies {
  authorizations: PlatformAuthorizations;
  limits: Pick<CallbackLimits, 'answerMs'>;
  logger: ServerLogger;
}

/** `event` came in an authentic message, and is about a platform whose tokens are kept here. */
export async function receivePlatformEvent(
  { authorizations, limits, logger }: PlatformEventDependencies,
  event: Exclude<PlatformEvent, { type: 'other' }>,
): Promise<PushResult> {
  const { componentAppId, type } = event;
  const fields = { componentAppId, event: type, ...('appId' in event ? { appId: event.appId } : {}) };
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
