/** One authentic event, from its text to how it ended: told apart, routed or kept, counted and logged. */
import {
  type PlatformEvent,
  type ProductCategoryAudit,
  PushRejected,
  parsePlatformEvent,
  parsePushEvent,
  type WxaCategoryAudit,
} from '../wechat/push/index.ts';
import type { CallbackAccount, CallbackLimits, PlatformAuthorizations, ServerLogger } from './dependencies.ts';
import type { CallbackRoute, PushResult, ServerMetrics } from './metrics.ts';
import { receivePlatformEvent } from './platform-events.ts';
import type { AuditRouter } from './route-audit.ts';

export interface EventTakerDependencies {
  router: AuditRouter;
  authorizations?: PlatformAuthorizations | undefined;
  limits: Pick<CallbackLimits, 'answerMs'>;
  metrics: ServerMetrics;
  logger: ServerLogger;
}

/** An event that has been told apart; `take` may be called once. */
export interface SortedEvent {
  /** As WeChat calls it, if that is a name. For people: a metric has fewer, see `ServerMetrics.otherEvent`. */
  name: string;
  /** Whether something here depends on it. */
  isOurs: boolean;
  /** What was pushed, where it could be handed to a case once more. */
  text?: string;
  take(): Promise<TakenEvent>;
}

export interface TakenEvent {
  result: PushResult;
  workflowId?: string;
}

export interface EventTaker {
  /** Reads the text and says what it is, without doing anything yet. Throws only `PushRejected`. */
  sort(route: CallbackRoute, account: CallbackAccount, message: string): SortedEvent;
}

/** An event is believed to be WeChat's only as far as rule L7 goes: it says what to read, and decides nothing. */
export function createEventTaker(dependencies: EventTakerDependencies): EventTaker {
  const { router, authorizations, metrics, logger } = dependencies;

  function acknowledged(route: CallbackRoute, account: CallbackAccount, event: string): SortedEvent {
    const label = metrics.otherEvent(event);
    return {
      name: eventName(event),
      isOurs: false,
      take: async () => {
        logger.info({ route, ...account, event: label }, 'push of another kind acknowledged');
        return { result: 'other_event' };
      },
    };
  }

  function aboutPlatform(route: CallbackRoute, componentAppId: string, event: PlatformEvent): SortedEvent {
    if (event.type === 'other' || authorizations?.covers(componentAppId) !== true) {
      const name = event.type === 'other' ? event.infoType : event.type;
      return acknowledged(route, { appId: componentAppId }, name);
    }
    if (event.componentAppId !== componentAppId) throw new PushRejected('wrong-appid', 'it is about another platform');
    metrics.otherEvent(event.type);
    return {
      name: event.type,
      isOurs: true,
      take: async () => ({ result: await receivePlatformEvent({ ...dependencies, authorizations }, event) }),
    };
  }

  function aboutAudit(
    route: CallbackRoute,
    account: CallbackAccount,
    event: ProductCategoryAudit | WxaCategoryAudit,
    text: string,
  ): SortedEvent {
    const take = async (): Promise<TakenEvent> => {
      const { result, workflowId, problem } =
        event.type === 'product_category_audit'
          ? await router.shopAudit(account, event)
          : await router.miniProgramAudit(account, event);
      const fields = {
        route,
        ...account,
        event: event.type,
        ...(event.type === 'product_category_audit' ? { auditId: event.auditId } : {}),
        result,
        ...(workflowId === undefined ? {} : { workflowId }),
        ...(problem === undefined ? {} : { problem }),
      };
      if (result === 'unreadable' || result === 'undeliverable') {
        logger.warn(fields, 'push not delivered; WeChat will push again');
      } else logger.info(fields, 'push routed');
      return { result, ...(workflowId === undefined ? {} : { workflowId }) };
    };
    return { name: event.type, isOurs: true, text, take };
  }

  return {
    sort(route, account, message) {
      if (route === 'platform-events') return aboutPlatform(route, account.appId, parsePlatformEvent(message));
      const event = parsePushEvent(message);
      if (event.type === 'other') return acknowledged(route, account, event.event || event.infoType || '');
      return aboutAudit(route, account, event, message);
    },
  };
}

/** What stands in the place of an event's name may be anything; a table of names gets names. */
function eventName(event: string): string {
  if (event === '') return 'message';
  return /^[\w.-]{1,64}$/.test(event) ? event : 'unknown';
}
