/** The check of the clocks: WeChat's, the database's and Temporal's against the one of this machine. */
import { type Check, fail, type Outcome, ok, skipped } from './finding.ts';
import type { Installation } from './installation.ts';

export const clockChecks: readonly Check<Installation>[] = [
  { name: 'clock', run: async (one, signal) => await Promise.all([wechat(one, signal), database(one), temporal(one)]) },
];

const mostMs = 60_000;
/** A poller's time is that of the start of its last call, which takes up to a minute. */
const longestPollMs = 70_000;

/** `aheadMs`: the other clock minus ours. */
export function comparedClock(whose: string, aheadMs: number): Outcome {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= mostMs) return ok(`${whose} and this machine agree within ${Math.max(1, seconds)} s`);
  return fail(`${whose} is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine`, {
    zh: '请在这台机器上校时(chrony 或 systemd-timesyncd);时钟不准会让推送的时间校验和令牌有效期出错。',
    en: 'Set the clock of this machine by NTP (chrony, systemd-timesyncd): with a wrong one pushes are refused as too old, and tokens end at the wrong moment.',
  });
}

async function wechat({ config, aimFrom, fetch, now }: Installation, signal: AbortSignal): Promise<Outcome> {
  if (aimFrom === 'unknown') return skipped('which WeChat is meant is not known');
  const before = now();
  let date: string | null;
  try {
    // Any answer will do: it is for the header.
    const answer = await fetch(config.wechatBaseUrl, { signal, redirect: 'manual' });
    await answer.body?.cancel();
    date = answer.headers.get('date');
  } catch (error) {
    if (signal.aborted) throw error;
    return fail(`${config.wechatBaseUrl} can't be reached`, {
      zh: '请检查到微信接口域名的网络、DNS、代理和出站防火墙。',
      en: 'Look at network, DNS, proxy and outgoing firewall towards WeChat.',
    });
  }
  const theirs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return skipped('WeChat did not say what time it is');
  // The header has whole seconds: its middle against the middle of the exchange.
  return comparedClock("WeChat's clock", theirs + 500 - (before + now()) / 2);
}

async function database(installation: Installation): Promise<Outcome> {
  if (installation.config.databaseUrl === undefined) return skipped("PGlite has this machine's clock");
  const open = await installation.database().catch(() => undefined);
  if (open === undefined) return skipped("the database's clock can't be read");
  const before = installation.now();
  const [row] = await open.query('SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms');
  return comparedClock("the database's clock", Number(row?.now_ms) - (before + installation.now()) / 2);
}

async function temporal(installation: Installation): Promise<Outcome> {
  const pollers = await installation.pollers().catch(() => []);
  if (pollers.length === 0) return skipped("Temporal's clock is seen by its pollers, and there is none");
  const ageMs = installation.now() - Math.max(...pollers.map(({ lastSeenAt }) => lastSeenAt));
  // Within the longest poll nothing can be told; a worker that ended looks like a clock that is behind.
  const aheadMs = ageMs < 0 ? -ageMs : 0;
  return ageMs > longestPollMs
    ? skipped("no poller is fresh enough to tell Temporal's clock")
    : comparedClock("Temporal's clock", aheadMs);
}
