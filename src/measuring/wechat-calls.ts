/** Counts what is asked of WeChat and how it answers, the same in every process that does. No appid is a label. */
import { Counter, Histogram, type Registry } from 'prom-client';
import type { CallReport } from '../wechat/call.ts';
import type { CallHolds } from '../wechat/call-holds.ts';
import { createErrcodeLabels } from './errcode-labels.ts';

/** For `onCall` of a client and of access tokens. */
export type CallMeter = (report: CallReport) => void;

/** Registers the metrics of calls. Endpoints are paths of a fixed list, so they are bounded. */
export function createCallMeter(registry: Registry): CallMeter {
  const registers = [registry];
  const calls = new Counter({
    name: 'wxq_wechat_calls_total',
    help: 'Requests to WeChat, or to a token service, by their answer; errcode is none where there was no answer',
    labelNames: ['endpoint', 'outcome', 'errcode'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'wxq_wechat_call_duration_seconds',
    help: 'Time from sending a request to its answer, or to giving up',
    labelNames: ['endpoint'] as const,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 45],
    registers,
  });
  const labelOf = createErrcodeLabels();

  return (report) => {
    const { endpoint, outcome, durationMs, errcode } = report;
    calls.inc({ endpoint, outcome, errcode: labelOf(errcode ?? (outcome === 'ok' ? '0' : 'none')) });
    durations.observe({ endpoint }, durationMs / 1000);
  };
}

/** The same holds, counted: how often an account began to be held back, and how many calls were not made because of it. */
export function measuredHolds(holds: CallHolds, registry: Registry): CallHolds {
  const begun = new Counter({
    name: 'wxq_wechat_holds_total',
    help: 'Refusals by which WeChat said that an account asks too often',
    labelNames: ['errcode'] as const,
    registers: [registry],
  });
  const labelOf = createErrcodeLabels();
  const held = new Counter({
    name: 'wxq_wechat_held_calls_total',
    help: 'Calls that were not made, because their account is held back',
    registers: [registry],
  });
  return {
    async heldFor(appId) {
      const hold = await holds.heldFor(appId);
      if (hold !== undefined) held.inc();
      return hold;
    },
    async hold(hold) {
      begun.inc({ errcode: labelOf(hold.errcode) });
      await holds.hold(hold);
    },
    lift: (appId) => holds.lift(appId),
  };
}
