/** The calls that tell about calls: how much is left of a path, what became of a rid, where pushes come from. */
import type { KnownAccount } from './accounts.ts';
import { findAccount } from './accounts.ts';
import type { AccountCall, Answer, Operation } from './operation.ts';
import { Refusal } from './refusal.ts';
import { createReader, type Members, parseWeChatBody, wrongType } from './shape.ts';
import { countOfToday, secretCallChecked, troubleOf } from './troubles.ts';
import { beijingMonth, type World } from './world.ts';

/** A refused call as `rid/get` shows it; kept in memory only. */
export interface RefusedCall {
  appId: string | null;
  at: number;
  costMs: number;
  /** Without the token. */
  url: string;
  requestBody: string;
  responseBody: string;
}

const clearsPerMonth = 10;
/** What `quota/get` shows for a path without a limit of its own. */
const unlimitedPerDay = 1_000_000;
const ridLifeMs = 7 * 86_400_000;

/** `callerOf` tells which kind of account a path is for; `undefined`: there is no such path. */
export function diagnosisOperations(
  refusedCalls: ReadonlyMap<string, RefusedCall>,
  callerOf: (path: string) => Operation['caller'] | undefined,
): Operation[] {
  const post = (path: string, run: (call: AccountCall) => Answer): Operation => ({
    paths: [path],
    methods: ['POST'],
    caller: 'either',
    isForClosedShops: true,
    run,
  });
  return [
    post('/cgi-bin/openapi/quota/get', ({ world, account, body }) => {
      const path = textOf(members(body, ['cgi_path']), 'cgi_path');
      const caller = callerOf(path);
      if (caller === undefined) throw new Refusal(76021, 'cgi_path not found, please check');
      if (caller !== 'either' && caller !== 'anyone' && caller !== account.platform) {
        throw new Refusal(76022, 'could not use this cgi_path, no permission');
      }
      const { perDay = unlimitedPerDay, perMinute } = troubleOf(world, account.appId);
      const used = countOfToday(world, account.appId, path);
      return {
        quota: { daily_limit: perDay, used, remain: Math.max(0, perDay - used) },
        ...(perMinute === undefined ? {} : { rate_limit: { call_count: perMinute, refresh_second: 60 } }),
      };
    }),
    post('/cgi-bin/openapi/rid/get', ({ world, account, body }) => {
      const rid = textOf(members(body, ['rid']), 'rid');
      if (!/^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/.test(rid)) throw new Refusal(76002, 'invalid rid');
      const refused = refusedCalls.get(rid);
      if (refused === undefined || world.now() - refused.at > ridLifeMs) throw new Refusal(76001, 'rid not found');
      if (refused.appId !== account.appId) throw new Refusal(76003, 'rid belongs to another account');
      return {
        request: {
          invoke_time: Math.floor(refused.at / 1000),
          cost_in_ms: refused.costMs,
          request_url: refused.url,
          request_body: refused.requestBody,
          response_body: refused.responseBody,
          client_ip: troubleOf(world, account.appId).refusedIp ?? '127.0.0.1',
        },
      };
    }),
    post('/cgi-bin/clear_quota', ({ world, account, body }) => {
      if (members(body, ['appid']).appid !== account.appId) throw new Refusal(40013, 'invalid appid');
      return cleared(world, account);
    }),
    {
      paths: ['/cgi-bin/clear_quota/v2'],
      methods: ['POST'],
      caller: 'anyone',
      isBare: true,
      run({ world, body }) {
        const asked = members(body, ['appid', 'appsecret']);
        if (asked.appid === undefined) throw new Refusal(41002, 'appid missing');
        if (asked.appsecret === undefined) throw new Refusal(41004, 'appsecret missing');
        const account = typeof asked.appid === 'string' ? findAccount(world.state.accounts, asked.appid) : undefined;
        if (account === undefined || account.secret === null) throw new Refusal(40013, 'invalid appid');
        if (account.secret !== asked.appsecret) throw new Refusal(40125, 'invalid appsecret');
        secretCallChecked(world, account.appId);
        return { errcode: 0, errmsg: 'ok', ...cleared(world, account) };
      },
    },
    {
      paths: ['/cgi-bin/getcallbackip', '/cgi-bin/get_api_domain_ip'],
      methods: ['GET'],
      caller: 'either',
      isBare: true,
      isForClosedShops: true,
      run: () => ({ ip_list: ['127.0.0.1'] }),
    },
    post('/cgi-bin/callback/check', ({ account, body }) => {
      const asked = members(body, ['action', 'check_operator']);
      if (!['dns', 'ping', 'all'].includes(textOf(asked, 'action'))) throw new Refusal(40202, 'invalid action');
      const operator = textOf(asked, 'check_operator');
      if (!['CHINANET', 'UNICOM', 'CAP', 'DEFAULT'].includes(operator)) throw new Refusal(40203, 'invalid operator');
      const { url } = account.callback;
      if (url === null) throw new Refusal(40201, 'callback url is not set');
      // The sandbox sees no network but its own: it says what it would dial.
      const ip = new URL(url).hostname;
      return {
        ...(asked.action === 'ping' ? {} : { dns: [{ ip, real_operator: operator }] }),
        ...(asked.action === 'dns'
          ? {}
          : { ping: [{ ip, from_operator: operator, package_loss: '0%', time: '1.000ms' }] }),
      };
    }),
  ];
}

/** Ends today's counts of an account; ten times a month, both forms together. */
function cleared(world: World, { appId }: KnownAccount): Answer {
  world.state.quotaClears ??= {};
  const month = beijingMonth(world);
  const before = world.state.quotaClears[appId];
  const used = before?.month === month ? before.used : 0;
  if (used >= clearsPerMonth) throw new Refusal(48006, 'forbid to clear quota because of reaching the limit');
  world.state.quotaClears[appId] = { month, used: used + 1 };
  for (const key of Object.keys(world.state.callCounts ?? {})) {
    if (key.startsWith(`${appId} `)) delete world.state.callCounts?.[key];
  }
  world.changed();
  return {};
}

function members(body: Buffer, allowed: readonly string[]): Members {
  return createReader(wrongType, 'either').members(parseWeChatBody(body), 'body', allowed);
}

function textOf(asked: Members, name: string): string {
  if (asked[name] === undefined) throw wrongType(`${name} is missing`);
  return createReader(wrongType, 'either').text(asked[name], name);
}
