/** Checks of a third-party platform: its ticket, its own token, who has authorised it, its two push addresses. */
import type { PlatformAccount } from '../../store/accounts.ts';
import type { StoredFacts } from '../../store/stored-facts.ts';
import { WeChatError } from '../../wechat/index.ts';
import { heldToken, pushed, refusal } from './account-checks.ts';
import { type Check, fail, type Outcome, ok, skipped, warn } from './finding.ts';
import type { Installation } from './installation.ts';
import { echoed } from './server-checks.ts';
import { spanOf } from './span.ts';
import type { WeChatEdge } from './wechat-edge.ts';

export interface PlatformSubject {
  installation: Installation;
  edge: WeChatEdge;
  platform: PlatformAccount;
  /** Its Token is in the server's database alone. */
  isHeld: boolean;
  /** @throws NotToBeHad when the database can't be asked. */
  facts(): Promise<StoredFacts>;
}

export const platformChecks: readonly Check<PlatformSubject>[] = [
  { name: 'ticket', run: ticket },
  { name: 'token', run: componentToken },
  { name: 'authorizers', run: authorizers },
  { name: 'callback', run: callbacks },
  {
    name: 'last-push',
    run: async ({ installation, platform: { componentAppId, callback }, facts, isHeld }) =>
      callback === undefined && !isHeld
        ? skipped('no callback is set for it')
        : pushed(installation.now(), await facts(), componentAppId),
  },
];

const hourMs = 3_600_000;
const ticketLifeHours = 12;
const shopSets = ['85', '129'];
const miniProgramSet = '30';

const isChained = ({ secret, tokenService }: PlatformAccount): boolean =>
  secret !== undefined && tokenService === undefined;

async function ticket({ installation, platform, facts }: PlatformSubject): Promise<Outcome> {
  if (!isChained(platform)) return skipped('its tokens come from a token service, which keeps the ticket');
  const { componentAppId } = platform;
  const known = (await facts()).platforms.find((one) => one.componentAppId === componentAppId);
  const advice = {
    zh: `请在微信开放平台确认「授权事件接收URL」为 https://公网地址/callback/platform/${componentAppId} 且可从公网访问;微信每 10 分钟推送一次。`,
    en: `In the open platform's console the authorization event URL must be https://(your public address)/callback/platform/${componentAppId}, reachable from outside; WeChat pushes every 10 minutes.`,
  };
  if (known?.ticketAt === undefined) return fail('WeChat has never pushed a component_verify_ticket here', advice);
  const ageMs = installation.now() - known.ticketAt;
  const said = `the last component_verify_ticket is ${spanOf(ageMs)} old`;
  if (ageMs > ticketLifeHours * hourMs) return fail(`${said}; it lives for ${ticketLifeHours} hours`, advice);
  return ageMs > hourMs ? warn(said, advice) : ok(said);
}

async function componentToken({ edge, platform, installation, facts }: PlatformSubject): Promise<Outcome> {
  if (!isChained(platform)) return skipped("a token service gives the accounts' tokens; see those");
  const { componentAppId } = platform;
  const stored = (await facts()).platforms.find((one) => one.componentAppId === componentAppId);
  if (stored?.ticketAt === undefined || installation.now() - stored.ticketAt > ticketLifeHours * hourMs)
    return skipped('without a ticket there is none');
  try {
    await edge.tokens.get({ appId: componentAppId });
    return ok('the component token is there');
  } catch (error) {
    if (error instanceof WeChatError) return refusal(error, componentAppId);
    throw error;
  }
}

async function authorizers({ platform, facts }: PlatformSubject): Promise<Outcome[]> {
  const of = (await facts()).authorizers.filter((one) => one.componentAppId === platform.componentAppId);
  const authorised = of.filter((one) => one.isAuthorized);
  const left = of.length - authorised.length;
  const found = ok(`${authorised.length} accounts are authorised${left === 0 ? '' : `, ${left} have withdrawn it`}`);
  const lacking = authorised.filter(
    ({ permissionSets }) =>
      permissionSets !== undefined && ![...shopSets, miniProgramSet].some((set) => permissionSets.includes(set)),
  );
  if (lacking.length === 0) return [found];
  const named = lacking.map(({ appId }) => appId);
  const shown = named.length > 5 ? `${named.slice(0, 5).join(', ')} and ${named.length - 5} more` : named.join(', ');
  return [
    found,
    fail(`${lacking.length} without permission for category calls: ${shown}`, {
      zh: '请这些账号的管理员重新授权,并勾选权限集:小店 85 或 129(推送 174),小程序 30。',
      en: 'Have their owners authorise again with the permission sets: shop 85 or 129 (pushes 174), Mini Program 30.',
    }),
  ];
}

async function callbacks({ installation, platform, isHeld }: PlatformSubject, signal: AbortSignal): Promise<Outcome[]> {
  if (isHeld) return [heldToken];
  const { componentAppId, callback: settings } = platform;
  // WeChat puts each account's appid there; any will do for the check of the signature.
  const paths = [`/callback/platform/${componentAppId}`, `/callback/platform/${componentAppId}/wx0000000000000000`];
  if (settings === undefined) return [await echoed(installation, { path: paths[0] ?? '', settings }, signal)];
  return await Promise.all(paths.map((path) => echoed(installation, { path, settings }, signal)));
}
