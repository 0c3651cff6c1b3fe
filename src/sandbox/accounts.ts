/** The accounts that WeChat's side knows: shops of their own, and platforms with the accounts that authorised them. */
import type { SandboxPlatform } from './state.ts';

/** Push settings of an account; `url: null` = nobody is told. `$APPID$` in the address is replaced by WeChat. */
export interface CallbackSettings {
  url: string | null;
  token: string;
  /** 43 characters. */
  encodingAesKey: string;
}

/** A self-built shop (自研): it calls with its own secret and gets encrypted JSON. */
export interface ShopAccount {
  appId: string;
  secret: string;
  /** The original id, `ToUserName` of its pushes. */
  ghId: string;
  callback: CallbackSettings;
}

/** An account that a third-party platform calls for. */
export interface Authorizer {
  appId: string;
  platform: SandboxPlatform;
  ghId: string;
  /** Mini Program: category changes a month (53300 beyond) and categories in all (53301 beyond). */
  monthlyLimit?: number;
  categoryLimit?: number;
  /** The permission sets (权限集) that it grants; default all that the category calls and pushes need. */
  permissionSets?: number[];
  nickName?: string;
  /** The principal (主体) that WeChat verified. */
  principalName?: string;
}

/** A third-party platform (第三方平台): pushes to it are encrypted XML under its own token, key and appid. */
export interface PlatformAccount {
  componentAppId: string;
  secret: string;
  /** What `POST /sandbox/token` takes as `Authorization: Bearer` when it serves as the platform's token service. */
  tokenServiceBearer: string;
  /** The 授权事件接收URL: tickets and authorizations, under `callback`'s token and key. Without it none are pushed. */
  eventsUrl?: string | null;
  callback: CallbackSettings;
  authorizers: Authorizer[];
}

export interface SandboxAccounts {
  shops: ShopAccount[];
  platforms: PlatformAccount[];
}

/** An account as a call or a push needs it, whoever owns its settings. */
export interface KnownAccount {
  appId: string;
  platform: SandboxPlatform;
  ghId: string;
  /** Set for an account that a platform calls for. */
  componentAppId: string | null;
  /** Set for a shop of its own. */
  secret: string | null;
  callback: CallbackSettings;
  monthlyLimit: number;
  categoryLimit: number;
  /** What the platform may call and is told; `null` for a shop of its own, which needs no grant. */
  permissionSets: readonly number[] | null;
}

/** Mini Program: code (18), basic information and categories (30). Shop: 85 or 129 for calls, 174 for pushes. */
export const defaultPermissionSets: Readonly<Record<SandboxPlatform, readonly number[]>> = {
  'mini-program': [18, 30],
  'channels-shop': [85, 129, 174],
};

export function findAccount(accounts: SandboxAccounts, appId: string): KnownAccount | undefined {
  const shop = accounts.shops.find((candidate) => candidate.appId === appId);
  if (shop !== undefined) {
    const { secret, ghId, callback } = shop;
    return {
      appId,
      platform: 'channels-shop',
      ghId,
      secret,
      callback,
      componentAppId: null,
      monthlyLimit: 0,
      categoryLimit: 0,
      permissionSets: null,
    };
  }
  for (const { componentAppId, callback, authorizers } of accounts.platforms) {
    const authorizer = authorizers.find((candidate) => candidate.appId === appId);
    if (authorizer === undefined) continue;
    const { platform, ghId, monthlyLimit = 20, categoryLimit = 20 } = authorizer;
    const { permissionSets = defaultPermissionSets[platform] } = authorizer;
    return {
      appId,
      platform,
      ghId,
      secret: null,
      callback,
      componentAppId,
      monthlyLimit,
      categoryLimit,
      permissionSets,
    };
  }
  return undefined;
}

/** How a platform's tokens are had: from `POST /sandbox/token`, or by the chain of tickets, with its own secret. */
export type PlatformTokenSource = 'service' | 'chain';

/** The accounts in the format of `WXQ_ACCOUNTS_FILE`; `sandboxUrl` is where the platforms' token service answers. */
export function accountsFile(
  accounts: SandboxAccounts,
  sandboxUrl: string,
  platformTokens: PlatformTokenSource = 'service',
): AccountsFile {
  return {
    shops: accounts.shops.map(({ appId, secret, callback }) => ({
      appId,
      secret,
      callback: { token: callback.token, encodingAesKey: [callback.encodingAesKey] },
    })),
    platforms: accounts.platforms.map(({ componentAppId, secret, tokenServiceBearer, callback }) => ({
      componentAppId,
      ...(platformTokens === 'chain'
        ? { secret }
        : { tokenService: { url: `${sandboxUrl}/sandbox/token`, bearer: tokenServiceBearer } }),
      callback: { token: callback.token, encodingAesKey: [callback.encodingAesKey] },
    })),
  };
}

export interface AccountsFile {
  shops: { appId: string; secret: string; callback: { token: string; encodingAesKey: string[] } }[];
  platforms: {
    componentAppId: string;
    secret?: string;
    tokenService?: { url: string; bearer: string };
    callback: { token: string; encodingAesKey: string[] };
  }[];
}
