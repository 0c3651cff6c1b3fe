/** The third-party platform's own calls: ticket -> component token -> authorizer tokens, and the list of authorizers. */
import type { CallOptions, Send } from '../call.ts';
import { acknowledged } from '../wire.ts';
import {
  type Authorization,
  type AuthorizerInfo,
  type AuthorizerToken,
  authorization,
  authorizerInfo,
  authorizerPage,
  authorizerToken,
  type ComponentToken,
  componentToken,
  type ListedAuthorizer,
} from './schema.ts';

/** WeChat gives at most this many authorizers at a time. */
export const authorizersPerPage = 500;

/**
 * The calls of one platform. All but the first two are made with the component token. Every call throws only
 * `WeChatError`; neither a secret, a ticket, a code nor a token stands in it.
 */
export interface PlatformApi {
  /** The component token for a ticket. 61005: the ticket has run out (12 h); 61006: it is not one; 61004: the caller's IP. */
  getComponentToken(credentials: { secret: string; ticket: string }, options?: CallOptions): Promise<ComponentToken>;
  /** Asks WeChat to push tickets again. The next one comes within minutes. */
  startPushTicket(secret: string, options?: CallOptions): Promise<void>;
  /** Exchanges the code of an `authorized` or `updateauthorized` event. A code is good once, and not for long. */
  queryAuth(authorizationCode: string, options?: CallOptions): Promise<Authorization>;
  /**
   * A new access token of an authorizer. The refresh token that comes back replaces the one that was sent: keep it
   * before the access token is used. 61023: the refresh token is none, another account's, or revoked.
   */
  getAuthorizerToken(
    authorizer: { authorizerAppId: string; refreshToken: string },
    options?: CallOptions,
  ): Promise<AuthorizerToken>;
  /** Who an authorised account is, and which permission sets it grants. 61003: it has not authorised the platform. */
  getAuthorizerInfo(authorizerAppId: string, options?: CallOptions): Promise<AuthorizerInfo>;
  /** One page (500 at most) of the accounts that have authorised the platform, with their refresh tokens. */
  getAuthorizerList(
    page: { offset: number; count?: number },
    options?: CallOptions,
  ): Promise<{ totalCount: number; authorizers: ListedAuthorizer[] }>;
}

/** `send` makes calls with the component token of `componentAppId`. */
export function createPlatformApi(send: Send, componentAppId: string): PlatformApi {
  const component = { component_appid: componentAppId };
  return {
    // https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getcomponentaccesstoken
    getComponentToken: ({ secret, ticket }, options) =>
      send({
        endpoint: 'platform/component-token',
        isTokenless: true,
        isErrcodeOptional: true,
        json: () => ({ ...component, component_appsecret: secret, component_verify_ticket: ticket }),
        secrets: [secret, ticket],
        answer: componentToken,
        options,
      }),

    // https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_startpushticket
    // `component_secret` here, `component_appsecret` above: so the pages have it.
    startPushTicket: (secret, options) =>
      send({
        endpoint: 'platform/start-push-ticket',
        isTokenless: true,
        json: () => ({ ...component, component_secret: secret }),
        secrets: [secret],
        answer: acknowledged,
        options,
      }),

    // https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getauthorizerrefreshtoken
    queryAuth: (authorizationCode, options) =>
      send({
        endpoint: 'platform/query-auth',
        isErrcodeOptional: true,
        json: () => ({ ...component, authorization_code: authorizationCode }),
        secrets: [authorizationCode],
        answer: authorization,
        options,
      }),

    // https://developers.weixin.qq.com/doc/oplatform/openApi/ticket-token/api_getauthorizeraccesstoken
    getAuthorizerToken: ({ authorizerAppId, refreshToken }, options) =>
      send({
        endpoint: 'platform/authorizer-token',
        isErrcodeOptional: true,
        json: () => ({ ...component, authorizer_appid: authorizerAppId, authorizer_refresh_token: refreshToken }),
        secrets: [refreshToken],
        answer: authorizerToken,
        options,
      }),

    // https://developers.weixin.qq.com/doc/oplatform/openApi/authorization-management/api_getauthorizerinfo
    getAuthorizerInfo: (authorizerAppId, options) =>
      send({
        endpoint: 'platform/get-authorizer-info',
        isErrcodeOptional: true,
        json: () => ({ ...component, authorizer_appid: authorizerAppId }),
        answer: authorizerInfo,
        options,
      }),

    // https://developers.weixin.qq.com/doc/oplatform/openApi/authorization-management/api_getauthorizerlist
    getAuthorizerList: ({ offset, count = authorizersPerPage }, options) =>
      send({
        endpoint: 'platform/get-authorizer-list',
        isErrcodeOptional: true,
        json: () => ({ ...component, offset, count }),
        answer: authorizerPage,
        options,
      }),
  };
}
