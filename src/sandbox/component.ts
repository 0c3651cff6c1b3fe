/** The calls of a third-party platform for itself: ticket -> component token -> authorizer tokens. */
import type { PlatformAccount } from './accounts.ts';
import type { Answer, Call, Operation } from './operation.ts';
import {
  anewRefreshToken,
  authorizedAccounts,
  chainOf,
  currentRefreshToken,
  findPlatform,
  ticketLifeMs,
} from './platform-chain.ts';
import { Refusal } from './refusal.ts';
import { createReader, type Members, parseWeChatBody, wrongType } from './shape.ts';
import { authorizerTokenAnew } from './tokens.ts';
import { opaqueId, type World } from './world.ts';

const lifeMs = 7_200_000;
const overlapMs = 300_000;
/** The permission sets that every authorizer of the sandbox grants: Mini Program 18 and 30, shop 85 and 129, push 174. */
const permissionSets = [18, 30, 85, 129, 174];
const mostPerPage = 500;

/** `pushTicket` sends one at once. */
export function componentOperations(pushTicket: (componentAppId: string) => void): Operation[] {
  const post = (name: string, run: (call: Call) => Answer): Operation => ({
    paths: [`/cgi-bin/component/${name}`],
    methods: ['POST'],
    caller: 'anyone',
    isBare: true,
    run,
  });
  return [
    post('api_component_token', ({ world, body }) => {
      const asked = members(body, ['component_appid', 'component_appsecret', 'component_verify_ticket']);
      const { componentAppId } = credentialsChecked(world, asked, 'component_appsecret');
      const chain = chainOf(world, componentAppId);
      const ticket = chain.tickets.find((one) => one.ticket === asked.component_verify_ticket);
      if (ticket === undefined) throw new Refusal(61006, 'component ticket is invalid');
      if (world.now() - ticket.issuedAt > ticketLifeMs) throw new Refusal(61005, 'component ticket is expired');
      for (const record of Object.values(chain.tokens)) {
        record.expiresAt = Math.min(record.expiresAt, world.now() + overlapMs);
      }
      const token = opaqueId('81_', 96);
      chain.tokens[token] = { expiresAt: world.now() + lifeMs };
      world.changed();
      return { component_access_token: token, expires_in: lifeMs / 1000 };
    }),
    post('api_start_push_ticket', ({ world, body }) => {
      const { componentAppId } = credentialsChecked(
        world,
        members(body, ['component_appid', 'component_secret']),
        'component_secret',
      );
      chainOf(world, componentAppId).isPushing = true;
      pushTicket(componentAppId);
      return { errcode: 0, errmsg: 'ok' };
    }),
    post('api_query_auth', (call) => {
      const { world } = call;
      const { platform, asked } = componentCall(call, ['authorization_code']);
      const chain = chainOf(world, platform.componentAppId);
      const name = createReader(wrongType, 'either').text(asked.authorization_code, 'authorization_code');
      const code = Object.hasOwn(chain.codes, name) ? chain.codes[name] : undefined;
      if (code === undefined || code.isUsed) throw new Refusal(61009, 'code is invalid');
      if (code.expiresAt <= world.now()) throw new Refusal(61010, 'code is expired');
      code.isUsed = true;
      chain.neverExchanged = chain.neverExchanged.filter((appId) => appId !== code.appId);
      return {
        authorization_info: {
          authorizer_appid: code.appId,
          ...tokensAnew(world, platform, code.appId),
          func_info: permissionSets.map((id) => ({ funcscope_category: { id } })),
        },
      };
    }),
    post('api_authorizer_token', (call) => {
      const { world } = call;
      const { platform, asked } = componentCall(call, ['authorizer_appid', 'authorizer_refresh_token']);
      const { authorizer_appid: appId, authorizer_refresh_token: refreshToken } = asked;
      const chain = chainOf(world, platform.componentAppId);
      if (!authorizedAccounts(world, platform).some((account) => account.appId === appId)) {
        throw new Refusal(61003, 'component is not authorized by this account');
      }
      const known =
        typeof refreshToken === 'string' && Object.hasOwn(chain.refreshTokens, refreshToken)
          ? chain.refreshTokens[refreshToken]
          : undefined;
      if (
        known === undefined ||
        known.appId !== appId ||
        (known.validUntil !== null && known.validUntil <= world.now())
      ) {
        throw new Refusal(61023, 'refresh_token is invalid');
      }
      return tokensAnew(world, platform, known.appId);
    }),
    post('api_get_authorizer_list', (call) => {
      const { world } = call;
      const { platform, asked } = componentCall(call, ['offset', 'count']);
      const reader = createReader(wrongType, 'either');
      const offset = reader.integer(asked.offset, 'offset');
      const count = reader.integer(asked.count, 'count');
      if (offset < 0 || count < 1 || count > mostPerPage) throw new Refusal(40097, 'invalid args');
      const chain = chainOf(world, platform.componentAppId);
      const all = authorizedAccounts(world, platform);
      const list = all.slice(offset, offset + count).map(({ appId }) => ({
        authorizer_appid: appId,
        refresh_token: chain.neverExchanged.includes(appId) ? '' : currentRefreshToken(chain, appId),
        auth_time: Math.floor((chain.authorizedAt[appId] ?? 1_600_000_000_000) / 1000),
      }));
      world.changed();
      return { total_count: all.length, list };
    }),
  ];
}

function tokensAnew(world: World, { componentAppId }: PlatformAccount, appId: string): Answer {
  const refreshToken = anewRefreshToken(chainOf(world, componentAppId), appId, world.now());
  const { token, expiresInSeconds } = authorizerTokenAnew(world, appId);
  return {
    authorizer_access_token: token,
    expires_in: expiresInSeconds,
    authorizer_refresh_token: refreshToken,
  };
}

function members(body: Buffer, allowed: readonly string[]): Members {
  return createReader(wrongType, 'either').members(parseWeChatBody(body), 'body', allowed);
}

function credentialsChecked(world: World, asked: Members, secretName: string): PlatformAccount {
  if (asked.component_appid === undefined) throw new Refusal(41018, 'component_appid missing');
  const platform = findPlatform(world, asked.component_appid);
  if (platform === undefined) throw new Refusal(40013, 'invalid appid');
  if (asked[secretName] === undefined || asked[secretName] === '') throw new Refusal(41004, 'appsecret missing');
  if (asked[secretName] !== platform.secret) throw new Refusal(40125, 'invalid appsecret');
  return platform;
}

/** A call with the component token; older pages call the parameter `component_access_token`, newer ones `access_token`. */
function componentCall(call: Call, names: readonly string[]): { platform: PlatformAccount; asked: Members } {
  const { world, query } = call;
  const token = query.get('access_token') ?? query.get('component_access_token') ?? '';
  if (token === '') throw new Refusal(41001, 'access_token missing');
  const asked = members(call.body, ['component_appid', ...names]);
  const platform = findPlatform(world, asked.component_appid);
  if (platform === undefined) throw new Refusal(61011, 'invalid component');
  const { tokens } = chainOf(world, platform.componentAppId);
  const record = Object.hasOwn(tokens, token) ? tokens[token] : undefined;
  if (record === undefined) throw new Refusal(40001, 'invalid credential, access_token is invalid or not latest');
  if (record.expiresAt <= world.now()) throw new Refusal(42001, 'access_token expired');
  return { platform, asked };
}
