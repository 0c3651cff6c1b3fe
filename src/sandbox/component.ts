/** The calls of a third-party platform for itself: ticket -> component token -> authorizer tokens. */
import { type Authorizer, defaultPermissionSets, type PlatformAccount } from './accounts.ts';
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
import { counted, platformCallChecked } from './troubles.ts';
import { opaqueId, type World } from './world.ts';

const lifeMs = 7_200_000;
const overlapMs = 300_000;
const mostPerPage = 500;
const preAuthCodeSeconds = 1_800;

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
    post('api_component_token', (call) => {
      const { world } = call;
      const asked = members(call.body, ['component_appid', 'component_appsecret', 'component_verify_ticket']);
      const { componentAppId } = credentialsChecked(call, asked, 'component_appsecret');
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
    post('api_start_push_ticket', (call) => {
      const { world } = call;
      const asked = members(call.body, ['component_appid', 'component_secret']);
      const { componentAppId } = credentialsChecked(call, asked, 'component_secret');
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
          func_info: grantsOf(platform, code.appId),
        },
      };
    }),
    post('api_authorizer_token', (call) => {
      const { world } = call;
      const { platform, asked } = componentCall(call, ['authorizer_appid', 'authorizer_refresh_token']);
      const { authorizer_appid: appId, authorizer_refresh_token: refreshToken } = asked;
      const chain = chainOf(world, platform.componentAppId);
      authorizerOf(world, platform, appId);
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
    post('api_get_authorizer_info', (call) => {
      const { platform, asked } = componentCall(call, ['authorizer_appid']);
      return authorizerInfo(call.world, platform, authorizerOf(call.world, platform, asked.authorizer_appid));
    }),
    post('api_create_preauthcode', (call) => {
      componentCall(call, []);
      // Nothing is behind it: an authorization is given by the control API.
      return { pre_auth_code: opaqueId('preauthcode@@@', 32), expires_in: preAuthCodeSeconds };
    }),
  ];
}

function authorizerOf(world: World, platform: PlatformAccount, appId: unknown): Authorizer {
  const found = authorizedAccounts(world, platform).find((account) => account.appId === appId);
  if (found === undefined) throw new Refusal(61003, 'component is not authorized by this account');
  return found;
}

/** `func_info`: the permission sets that the account grants. */
function grantsOf({ authorizers }: PlatformAccount, appId: string): { funcscope_category: { id: number } }[] {
  const found = authorizers.find((account) => account.appId === appId);
  const sets = found === undefined ? [] : (found.permissionSets ?? defaultPermissionSets[found.platform]);
  return sets.map((id) => ({ funcscope_category: { id } }));
}

function tokensAnew(world: World, { componentAppId }: PlatformAccount, appId: string): Answer {
  const chain = chainOf(world, componentAppId);
  const isKept = world.state.drift.refreshTokens === 'kept';
  const refreshToken = isKept ? currentRefreshToken(chain, appId) : anewRefreshToken(chain, appId, world.now());
  const { token, expiresInSeconds } = authorizerTokenAnew(world, appId);
  return {
    authorizer_access_token: token,
    expires_in: expiresInSeconds,
    authorizer_refresh_token: refreshToken,
  };
}

/** Who the account is: `user_name` is the original id that its pushes are addressed to. */
function authorizerInfo(world: World, platform: PlatformAccount, authorizer: Authorizer): Answer {
  const { appId, ghId, nickName = '沙盒账号', principalName = '沙盒科技有限公司' } = authorizer;
  const isMiniProgram = authorizer.platform === 'mini-program';
  const chain = chainOf(world, platform.componentAppId);
  const answer = {
    authorizer_info: {
      nick_name: nickName,
      head_img: 'https://wx.qlogo.cn/mmopen/sandbox/0',
      service_type_info: { id: 0 },
      verify_type_info: { id: 0 },
      user_name: ghId,
      alias: '',
      qrcode_url: 'https://mmbiz.qpic.cn/mmbiz_jpg/sandbox/0',
      business_info: { open_pay: 0, open_shake: 0, open_scan: 0, open_card: 0, open_store: 0 },
      idc: 1,
      principal_name: principalName,
      signature: '',
      ...(isMiniProgram
        ? {
            MiniProgramInfo: {
              network: { RequestDomain: [], WsRequestDomain: [], UploadDomain: [], DownloadDomain: [], UDPDomain: [] },
              categories: [],
              visit_status: 0,
            },
          }
        : {}),
      register_type: 0,
      account_status: 1,
      basic_config: { is_phone_configured: true, is_email_configured: true },
    },
    authorization_info: {
      authorizer_appid: appId,
      authorizer_refresh_token: chain.neverExchanged.includes(appId) ? '' : currentRefreshToken(chain, appId),
      func_info: grantsOf(platform, appId),
    },
  };
  world.changed();
  return answer;
}

function members(body: Buffer, allowed: readonly string[]): Members {
  return createReader(wrongType, 'either').members(parseWeChatBody(body), 'body', allowed);
}

function credentialsChecked({ world, path }: Call, asked: Members, secretName: string): PlatformAccount {
  if (asked.component_appid === undefined) throw new Refusal(41018, 'component_appid missing');
  const platform = findPlatform(world, asked.component_appid);
  if (platform === undefined) throw new Refusal(40013, 'invalid appid');
  if (asked[secretName] === undefined || asked[secretName] === '') throw new Refusal(41004, 'appsecret missing');
  if (asked[secretName] !== platform.secret) throw new Refusal(40125, 'invalid appsecret');
  platformCallChecked(world, platform.componentAppId);
  counted(world, platform.componentAppId, path);
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
  platformCallChecked(world, platform.componentAppId);
  counted(world, platform.componentAppId, call.path);
  return { platform, asked };
}
