/** After WeChat has refused an account as asking too often, its further calls wait without asking; other accounts do not. */
import { adviceWait } from './errcodes/row.ts';
import { WeChatError } from './errors.ts';

export interface CallHold {
  errcode: string;
  leftMs: number;
}

/** Where holds are kept. What it throws lets the call through: WeChat would refuse it itself. */
export interface CallHolds {
  heldFor(appId: string): Promise<CallHold | undefined>;
  /** A longer hold that is there already stays. */
  hold(hold: { appId: string; errcode: string; forMs: number }): Promise<void>;
  /** A person asked: its next call goes to WeChat. Refused again, the account is held back again. */
  lift(appId: string): Promise<void>;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;

/** A store of holds that hangs must not use up the time of the call. */
const askLimitMs = 500;

/** A limit per minute is over in the next one; a day's quota is asked after once an hour. */
const holdMsOf = ({ errcode }: WeChatError): number => (errcode === '45009' ? hourMs : minuteMs);

/** @throws WeChatError (`retry-slowly`, not sent) while the account is held back. */
export async function refuseWhileHeld(holds: CallHolds, appId: string, endpoint: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), askLimitMs);
  });
  const held = await Promise.race([holds.heldFor(appId).catch(() => undefined), late]);
  clearTimeout(timer);
  if (held === undefined) return;
  const seconds = Math.ceil(held.leftMs / 1000);
  throw new WeChatError({
    kind: 'retry-slowly',
    endpoint,
    delivery: 'not-sent',
    advice: adviceWait,
    reason: `held back for ${seconds} s more: WeChat has refused this account with ${held.errcode}; nothing was sent`,
    errcode: held.errcode,
    retryAfterMs: held.leftMs,
  });
}

/** Notes a refusal that says "too often". */
export async function holdAfter(holds: CallHolds | undefined, appId: string, error: WeChatError): Promise<void> {
  if (holds === undefined || error.kind !== 'retry-slowly' || error.delivery !== 'answered') return;
  const hold = { appId, errcode: error.errcode ?? `HTTP ${error.httpStatus}`, forMs: holdMsOf(error) };
  await holds.hold(hold).catch(() => undefined);
}
