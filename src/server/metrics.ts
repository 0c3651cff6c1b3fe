/** The counters of the callback server, in a registry of their own. Labels are bounded: never an appid, an id or a text from outside. */
import { Counter, Histogram, Registry } from 'prom-client';
import type { ForwardFailure } from './forward.ts';

/** How a push ended. The first group is answered `success`, the second 503 (WeChat pushes again), the third 4xx. */
export type PushResult =
  | 'delivered'
  | 'hinted'
  | 'no_case'
  | 'in_review'
  | 'early'
  | 'not_ours'
  | 'other_event'
  | 'stored'
  | 'old_event'
  | 'unreadable'
  | 'undeliverable'
  | 'misconfigured'
  | 'forged'
  | 'too_old'
  | 'malformed'
  | 'loop'
  | 'too_large'
  | 'unknown_account';

export type CallbackRoute = 'channels-shop' | 'platform' | 'platform-events';

/** How passing a push on ended: with an answer of the other side (2xx, or another), or without one. */
export type ForwardResult = 'accepted' | 'refused' | ForwardFailure;

export interface ServerMetrics {
  registry: Registry;
  /** Counts a push by how it ended. */
  pushEnded(route: CallbackRoute, result: PushResult): void;
  /** Counts an event that is acknowledged and otherwise ignored; answers the label that it was counted under. */
  otherEvent(event: string): string;
  /** Counts a check of the callback address (GET). */
  echo(route: CallbackRoute, result: 'answered' | 'refused'): void;
  /** Counts a request that was passed on to an account's other receiver. */
  forwarded(route: CallbackRoute, result: ForwardResult): void;
  /** Counts a refusal that was made a 429. */
  limited(): void;
  /** Counts an event that a gateway of the user's own brought. */
  eventEnded(result: PushResult | 'refused' | 'unauthorized'): void;
  /** Counts a push that could not be noted in the log of pushes. */
  noteDropped(count: number): void;
  /** Counts an exception that nobody expected. */
  bug(): void;
  /** Time from the whole body to the answer, in seconds. */
  took(route: CallbackRoute, seconds: number): void;
}

/** Events that WeChat is known to send to such addresses; any other is counted as `unknown`. */
const knownEvents = new Set([
  'api_diff',
  'authorized',
  'channels_ec_brand',
  'channels_ec_change_status',
  'channels_ec_close_store',
  'component_verify_ticket',
  'debug_demo',
  'open_product_category_audit',
  'product_category_audit',
  'product_spu_audit',
  'product_spu_listing',
  'product_spu_update',
  'set_shop_headimg',
  'set_shop_nickname',
  'unauthorized',
  'updateauthorized',
  'weapp_audit_delay',
  'weapp_audit_fail',
  'weapp_audit_success',
  'wxa_category_audit',
  'wxa_nickname_audit',
]);

/** Metrics for one server process; both its ports show the same. */
export function createServerMetrics(registry = new Registry()): ServerMetrics {
  const registers = [registry];
  const pushes = new Counter({
    name: 'wxq_callback_pushes_total',
    help: 'Pushes received from WeChat, by how they ended',
    labelNames: ['route', 'result'] as const,
    registers,
  });
  const others = new Counter({
    name: 'wxq_callback_other_events_total',
    help: 'Authentic pushes that are no audit result of ours, by event',
    labelNames: ['event'] as const,
    registers,
  });
  const echoes = new Counter({
    name: 'wxq_callback_echoes_total',
    help: 'Checks of the callback address by WeChat',
    labelNames: ['route', 'result'] as const,
    registers,
  });
  const forwards = new Counter({
    name: 'wxq_callback_forwards_total',
    help: 'Requests passed on to the other receiver of an account, by how that ended',
    labelNames: ['route', 'result'] as const,
    registers,
  });
  const limited = new Counter({
    name: 'wxq_callback_limited_total',
    help: 'Refusals answered 429, because their address had been refused too often',
    registers,
  });
  const events = new Counter({
    name: 'wxq_events_total',
    help: 'Events brought to POST /events, by how they ended',
    labelNames: ['result'] as const,
    registers,
  });
  const dropped = new Counter({
    name: 'wxq_push_log_dropped_total',
    help: 'Pushes that are missing in the log of pushes; they were answered all the same',
    registers,
  });
  const bugs = new Counter({
    name: 'wxq_callback_unexpected_errors_total',
    help: 'Exceptions that nobody expected; 0 is healthy',
    registers,
  });
  const durations = new Histogram({
    name: 'wxq_callback_duration_seconds',
    help: 'Time from the whole body to the answer',
    labelNames: ['route'] as const,
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5],
    registers,
  });
  return {
    registry,
    pushEnded: (route, result) => pushes.inc({ route, result }),
    otherEvent: (event) => {
      const label = knownEvents.has(event) ? event : 'unknown';
      others.inc({ event: label });
      return label;
    },
    echo: (route, result) => echoes.inc({ route, result }),
    forwarded: (route, result) => forwards.inc({ route, result }),
    limited: () => limited.inc(),
    eventEnded: (result) => events.inc({ result }),
    noteDropped: (count) => dropped.inc(count),
    bug: () => bugs.inc(),
    took: (route, seconds) => durations.observe({ route }, seconds),
  };
}
