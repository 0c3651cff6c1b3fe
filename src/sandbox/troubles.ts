/** What WeChat refuses an account whatever it asks: an address off the allow-list, a bad standing, too many calls. */
import type { KnownAccount } from './accounts.ts';
import type { Operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import type { AccountTrouble } from './state.ts';
import { beijingDay, type World } from './world.ts';

/** A refusal that is no JSON at all: a shop's IP refusal is said to look so. */
export class HttpRefusal extends Error {
  readonly httpStatus = 403;

  constructor() {
    super('HTTP 403');
    this.name = 'HttpRefusal';
  }
}

export function troubleOf(world: World, appId: string): AccountTrouble {
  const { troubles = {} } = world.state;
  return (Object.hasOwn(troubles, appId) ? troubles[appId] : undefined) ?? {};
}

/** For the calls that need the AppSecret: 40164, 40243, 50007. */
export function secretCallChecked(world: World, appId: string): void {
  const { refusedIp, ipRefusalAs = 'errcode', standing } = troubleOf(world, appId);
  if (refusedIp !== undefined && ipRefusalAs === 'errcode') {
    throw new Refusal(40164, `invalid ip ${refusedIp} ipv6 ::ffff:${refusedIp}, not in whitelist`);
  }
  if (standing === 'secret-frozen')
    throw new Refusal(40243, 'AppSecret has been frozen, please unfreeze and try again');
  if (standing === 'frozen') throw new Refusal(50007, 'account has been frozen');
}

/** For a platform's own calls: 61004. */
export function platformCallChecked(world: World, componentAppId: string): void {
  const { refusedIp } = troubleOf(world, componentAppId);
  if (refusedIp !== undefined) throw new Refusal(61004, `access clientip is not registered, requestIP: ${refusedIp}`);
}

/** For every call with an account's token. */
export function accountCallChecked(world: World, account: KnownAccount, operation: Operation): void {
  const { appId, componentAppId, platform } = account;
  if (componentAppId !== null) platformCallChecked(world, componentAppId);
  const { refusedIp, ipRefusalAs = 'errcode', standing } = troubleOf(world, appId);
  if (refusedIp !== undefined) {
    if (ipRefusalAs === 'http-403') throw new HttpRefusal();
    throw new Refusal(45035, `access clientip is not registered, not in ip-whitelist: ${refusedIp}`);
  }
  if (standing === 'frozen') throw new Refusal(50002, 'user limited, the account is frozen');
  if (standing === 'banned') throw new Refusal(48004, 'api forbidden for irregularities, view detail on the console');
  if (platform === 'channels-shop' && operation.isForClosedShops !== true) {
    if (standing === 'closing') throw new Refusal(10080000, 'the shop is in its closing period');
    if (standing === 'closed') throw new Refusal(10080001, 'the shop is closed');
  }
  permissionChecked(account, operation);
}

/** A call that a platform makes needs a set that the account granted to it. */
function permissionChecked({ permissionSets, platform }: KnownAccount, { permissionSets: needed }: Operation): void {
  if (permissionSets === null || needed === undefined) return;
  if (needed.some((set) => permissionSets.includes(set))) return;
  // Captured on shops: 48001; an official reply about Mini Programs: 61007.
  if (platform === 'channels-shop') throw new Refusal(48001, 'api unauthorized, the permission set is not granted');
  throw new Refusal(61007, 'api is not authorized to the component');
}

/** Counts a call of one path; beyond the account's limits it is refused, and not counted. */
export function counted(world: World, appId: string, path: string): void {
  world.state.callCounts ??= {};
  const { perMinute, perDay } = troubleOf(world, appId);
  const key = `${appId} ${path}`;
  const [minute, day] = [Math.floor(world.now() / 60_000), beijingDay(world)];
  const before = Object.hasOwn(world.state.callCounts, key) ? world.state.callCounts[key] : undefined;
  const inMinute = before?.minute === minute ? before.inMinute : 0;
  const inDay = before?.day === day ? before.inDay : 0;
  if (perDay !== undefined && inDay >= perDay) throw new Refusal(45009, 'reach max api daily quota limit');
  if (perMinute !== undefined && inMinute >= perMinute) {
    throw new Refusal(45011, 'api minute-quota reach limit, must slower, retry next minute');
  }
  world.state.callCounts[key] = { minute, inMinute: inMinute + 1, day, inDay: inDay + 1 };
  // Without a limit a lost count harms nobody: it is written with the next change.
  if (perDay !== undefined || perMinute !== undefined) world.changed();
}

/** How often a path was called today. */
export function countOfToday(world: World, appId: string, path: string): number {
  const count = world.state.callCounts?.[`${appId} ${path}`];
  return count?.day === beijingDay(world) ? count.inDay : 0;
}
