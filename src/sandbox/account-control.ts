/** What the control API can do to one account: trouble, quotas, brands, events of other programs, and how it stands. */
import type { Authorizer } from './accounts.ts';
import { accountNamed, isoTime } from './audit-view.ts';
import { usedThisMonth } from './mini-program.ts';
import { chainOf, findPlatform } from './platform-chain.ts';
import type { OtherEvent } from './push-message.ts';
import type { PushSender } from './push-sender.ts';
import { BadControlRequest } from './refusal.ts';
import type { AccountTrouble, BrandRecord, SandboxPlatform, Standing, VerdictRule } from './state.ts';
import { troubleOf } from './troubles.ts';
import { beijingMonth, type World } from './world.ts';

export type AuditorKind = 'by-hand' | 'instant' | 'human';

/** An account as `GET /sandbox/accounts` shows it; never a secret. */
export interface AccountView extends AccountTrouble {
  appId: string;
  platform: SandboxPlatform;
  componentAppId: string | null;
  /** `false`: the platform has lost its authorization. */
  isAuthorized: boolean;
  permissionSets: readonly number[] | null;
  callbackUrl: string | null;
  /** Mini Program only. */
  quota?: { limit: number; left: number; categoryLimit: number };
}

export interface PlatformView extends AccountTrouble {
  componentAppId: string;
  areTicketsPushed: boolean;
  nextTicketAt: string | null;
  eventsUrl: string | null;
}

export interface AccountControl {
  accounts(): { accounts: AccountView[]; platforms: PlatformView[] };
  /** A shop that begins or ends closing is told so by WeChat (`channels_ec_change_status`, `channels_ec_close_store`). */
  setStanding(change: { appId: string; standing: Standing }): void;
  /** WeChat sees calls come from an address that is not on the list. `null` ends it. Also for a platform. */
  setRefusedIp(change: { appId: string; address: string | null; as?: 'errcode' | 'http-403' }): void;
  /** Calls of one path in a minute (45011) and in a day (45009); `null` takes a limit away. Also for a platform. */
  setLimits(change: { appId: string; perMinute?: number | null; perDay?: number | null }): void;
  /** A Mini Program's `limit`, what is left of it this month, `category_limit`. */
  setQuota(change: { appId: string; monthlyLimit?: number; left?: number; categoryLimit?: number }): void;
  /** All brands of a shop. */
  setBrands(change: { appId: string; brands: BrandRecord[] }): void;
  /** Who decides where no rule says so: nobody, at once, or a person who takes his time and rejects some. */
  setAuditor(auditor: {
    kind: AuditorKind;
    appId?: string;
    betweenSeconds?: [number, number];
    rejectOneIn?: number;
  }): void;
  /** An event that belongs to another program (orders, customer service): it comes to the same address. */
  sendOtherEvent(event: OtherEvent & { appId: string; isForged?: boolean }): void;
}

/** A person's time: from half an hour to two days. */
const humanSeconds: [number, number] = [1_800, 172_800];
const humanRejectsOneIn = 4;

export function createAccountControl(
  world: World,
  pushes: PushSender,
  addVerdictRule: (rule: VerdictRule) => unknown,
): AccountControl {
  /** Puts `change` in place; a member that is `undefined` is taken away. */
  function setTrouble(appId: string, change: { [name in keyof AccountTrouble]: AccountTrouble[name] | undefined }) {
    if (findPlatform(world, appId) === undefined) accountNamed(world, appId);
    world.state.troubles ??= {};
    const merged = Object.entries({ ...troubleOf(world, appId), ...change }).filter(([, value]) => value !== undefined);
    world.state.troubles[appId] = Object.fromEntries(merged);
    world.changed();
  }

  function authorizerNamed(appId: string): Authorizer {
    const found = world.state.accounts.platforms
      .flatMap(({ authorizers }) => authorizers)
      .find((one) => one.appId === appId && one.platform === 'mini-program');
    if (found === undefined) throw new BadControlRequest(`appId ${appId} is not a Mini Program of this sandbox`, 404);
    return found;
  }

  return {
    accounts() {
      const { shops, platforms } = world.state.accounts;
      const appIds = [...shops, ...platforms.flatMap(({ authorizers }) => authorizers)].map(({ appId }) => appId);
      return {
        accounts: appIds.map((appId) => accountView(world, appId)),
        platforms: platforms.map(({ componentAppId, eventsUrl = null }) => {
          const { isPushing, nextTicketAt } = chainOf(world, componentAppId);
          return {
            componentAppId,
            areTicketsPushed: isPushing && eventsUrl !== null,
            nextTicketAt: nextTicketAt === null ? null : isoTime(nextTicketAt),
            eventsUrl,
            ...troubleOf(world, componentAppId),
          };
        }),
      };
    },
    setStanding({ appId, standing }) {
      const account = accountNamed(world, appId);
      const isOfShops = standing === 'closing' || standing === 'closed';
      if (isOfShops && account.platform !== 'channels-shop') {
        throw new BadControlRequest(`standing ${standing} is for a shop, and appId ${appId} is none`);
      }
      const before = troubleOf(world, appId).standing ?? 'good';
      setTrouble(appId, { standing: standing === 'good' ? undefined : standing });
      const event = account.platform === 'channels-shop' ? standingEvent(world, appId, before, standing) : undefined;
      if (event !== undefined) pushes.announceOther(account, event);
    },
    setRefusedIp({ appId, address, as }) {
      setTrouble(appId, {
        refusedIp: address ?? undefined,
        ipRefusalAs: address === null || as === 'errcode' ? undefined : as,
      });
    },
    setLimits({ appId, perMinute, perDay }) {
      setTrouble(appId, {
        ...(perMinute === undefined ? {} : { perMinute: perMinute ?? undefined }),
        ...(perDay === undefined ? {} : { perDay: perDay ?? undefined }),
      });
    },
    setQuota({ appId, monthlyLimit, left, categoryLimit }) {
      const authorizer = authorizerNamed(appId);
      if (monthlyLimit !== undefined) authorizer.monthlyLimit = monthlyLimit;
      if (categoryLimit !== undefined) authorizer.categoryLimit = categoryLimit;
      if (left !== undefined) {
        const limit = accountNamed(world, appId).monthlyLimit;
        if (left > limit) throw new BadControlRequest(`left must not be more than the monthly limit of ${limit}`);
        world.state.quotas[appId] = { month: beijingMonth(world), used: limit - left };
      }
      world.changed();
    },
    setBrands({ appId, brands }) {
      if (accountNamed(world, appId).platform !== 'channels-shop') {
        throw new BadControlRequest(`appId ${appId} is not a shop: it has no brands`);
      }
      world.state.brands ??= {};
      world.state.brands[appId] = brands.map((brand) => ({ ...brand }));
      world.changed();
    },
    setAuditor({ kind, appId, betweenSeconds = humanSeconds, rejectOneIn = humanRejectsOneIn }) {
      if (appId !== undefined) accountNamed(world, appId);
      const whom = appId === undefined ? {} : { appId };
      if (kind === 'by-hand') addVerdictRule({ ...whom, when: 'by-hand' });
      else if (kind === 'instant') addVerdictRule({ ...whom, when: 'at-once', verdict: 'approved' });
      else addVerdictRule({ ...whom, when: { betweenSeconds }, verdict: 'approved', rejectOneIn });
    },
    sendOtherEvent({ appId, isForged = false, ...event }) {
      const account = accountNamed(world, appId);
      if (account.callback.url === null) {
        throw new BadControlRequest(`appId ${appId} has no callback address`, 409);
      }
      pushes.announceOther(account, event, isForged);
    },
  };
}

function accountView(world: World, appId: string): AccountView {
  const account = accountNamed(world, appId);
  const { platform, componentAppId, permissionSets, callback, monthlyLimit, categoryLimit } = account;
  const isAuthorized = componentAppId === null || !chainOf(world, componentAppId).unauthorized.includes(appId);
  const left = Math.max(0, monthlyLimit - usedThisMonth(world, appId));
  return {
    appId,
    platform,
    componentAppId,
    isAuthorized,
    permissionSets,
    callbackUrl: callback.url,
    ...(platform === 'mini-program' ? { quota: { limit: monthlyLimit, left, categoryLimit } } : {}),
    ...troubleOf(world, appId),
  };
}

/** What a shop is told when it begins, takes back or ends its closing. */
function standingEvent(world: World, appId: string, before: Standing, after: Standing): OtherEvent | undefined {
  const at = String(Math.floor(world.now() / 1000));
  const status = (standing: Standing): string => (standing === 'closing' ? 'closing' : 'open_finished');
  if (after === 'closed' && before !== 'closed') {
    return { event: 'channels_ec_close_store', fields: { appid: appId, close_timestamp: at } };
  }
  if (after === 'closed' || before === 'closed' || status(before) === status(after)) return undefined;
  const fields = { appid: appId, change_timestamp: at, old_status: status(before), new_status: status(after) };
  return { event: 'channels_ec_change_status', fields };
}
