/** The answers of the third-party platform's own calls. */
import { z } from 'zod';
import { optionalSeconds, optionalText, present, wireId, wireList, wireNumber, wireText } from '../wire.ts';

const filled = wireText.refine((value) => value !== '', 'empty');
const lifeSeconds = wireNumber.refine((value) => value > 0, 'not a life');

/** The platform's own token (`component_access_token`). */
export interface ComponentToken {
  accessToken: string;
  expiresInSeconds: number;
}

export const componentToken = z
  .object({ component_access_token: filled, expires_in: lifeSeconds })
  .transform(
    (answer): ComponentToken => ({ accessToken: answer.component_access_token, expiresInSeconds: answer.expires_in }),
  );

/** A token of an account that authorised the platform, and the refresh token to keep from now on. */
export interface AuthorizerToken {
  accessToken: string;
  expiresInSeconds: number;
  refreshToken: string;
}

const tokenFields = { authorizer_access_token: filled, expires_in: lifeSeconds, authorizer_refresh_token: filled };

function tokenOf(answer: {
  authorizer_access_token: string;
  expires_in: number;
  authorizer_refresh_token: string;
}): AuthorizerToken {
  return {
    accessToken: answer.authorizer_access_token,
    expiresInSeconds: answer.expires_in,
    refreshToken: answer.authorizer_refresh_token,
  };
}

export const authorizerToken = z.object(tokenFields).transform(tokenOf);

/** What an authorization code stands for. */
export interface Authorization extends AuthorizerToken {
  authorizerAppId: string;
  /** Ids of the permission sets that were granted, e.g. `30`. */
  permissionSets: string[];
}

const authorizationInfo = z
  .object({
    ...tokenFields,
    authorizer_appid: filled,
    func_info: wireList(z.object({ funcscope_category: z.object({ id: wireId }) })),
  })
  .transform(
    (info): Authorization => ({
      ...tokenOf(info),
      authorizerAppId: info.authorizer_appid,
      permissionSets: info.func_info.map((scope) => scope.funcscope_category.id),
    }),
  );

/** Users have met it without the outer object. */
export const authorization = z.union([
  z.object({ authorization_info: authorizationInfo }).transform((answer) => answer.authorization_info),
  authorizationInfo,
]);

/** Who an account that authorised the platform is. */
export interface AuthorizerInfo {
  /** The name that people know it by. */
  name?: string;
  /** The original id, `gh_…`, that its pushes are addressed to. */
  ghId?: string;
  /** The principal (主体) of the account. */
  principal?: string;
  /** Ids of the permission sets that are granted now. */
  permissionSets: string[];
}

export const authorizerInfo = z
  .object({
    authorizer_info: z.object({ nick_name: optionalText, user_name: optionalText, principal_name: optionalText }),
    authorization_info: z.object({
      func_info: wireList(z.object({ funcscope_category: z.object({ id: wireId }) })),
    }),
  })
  .transform(
    ({ authorizer_info: info, authorization_info: granted }): AuthorizerInfo =>
      present({
        name: info.nick_name,
        ghId: info.user_name,
        principal: info.principal_name,
        permissionSets: granted.func_info.map((scope) => scope.funcscope_category.id),
      }),
  );

/** One account that authorised the platform. Without `refreshToken` its authorization code was never exchanged. */
export interface ListedAuthorizer {
  authorizerAppId: string;
  refreshToken?: string;
  /** Seconds since 1970. */
  authTime?: number;
}

export const authorizerPage = z
  .object({
    total_count: wireNumber,
    list: wireList(z.object({ authorizer_appid: filled, refresh_token: optionalText, auth_time: optionalSeconds })),
  })
  .transform((page) => ({
    totalCount: page.total_count,
    authorizers: page.list.map(
      (one): ListedAuthorizer =>
        present({ authorizerAppId: one.authorizer_appid, refreshToken: one.refresh_token, authTime: one.auth_time }),
    ),
  }));
