/** Whose push address was called, and whether it was WeChat who called. */
import { openPush, PushRejected, type PushRejectedReason } from '../wechat/push/index.ts';
import type { CallbackAccount, CallbackAccounts, CallbackSettings, ForwardSettings } from './dependencies.ts';
import type { CallbackRoute, PushResult } from './metrics.ts';

/** One address that WeChat pushes to, and how to tell that it was WeChat. */
export interface PushAddress {
  route: CallbackRoute;
  account: CallbackAccount;
  settings: CallbackSettings;
  /** Pushes through a third-party platform carry the platform's appid, not the shop's. */
  tailAppId: string;
  forward?: ForwardSettings | undefined;
}

/** A query may hold a parameter twice, which makes an array. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** What a path can hold as an account. The appid becomes part of a workflow id and of a token request; a `$APPID$` that was not filled in is refused too. */
const appIdPattern = /^[0-9A-Za-z_-]{1,64}$/;

/** The address of a shop, or with `componentAppId` of an account (or, without `appId`, of the platform itself). */
export function findAddress(
  accounts: CallbackAccounts,
  { appId, componentAppId }: { appId?: string | undefined; componentAppId?: string | undefined },
): PushAddress | undefined {
  if (componentAppId === undefined) {
    if (appId === undefined) return undefined;
    const shop = accounts.shop(appId);
    if (shop?.callback === undefined) return undefined;
    return {
      route: 'channels-shop',
      account: { appId },
      settings: shop.callback,
      tailAppId: appId,
      forward: shop.forward,
    };
  }
  const platform = accounts.platform(componentAppId);
  if (platform?.callback === undefined || (appId !== undefined && !appIdPattern.test(appId))) return undefined;
  const shared = { settings: platform.callback, tailAppId: componentAppId, forward: platform.forward };
  return appId === undefined
    ? { route: 'platform-events', account: { appId: componentAppId }, ...shared }
    : { route: 'platform', account: { appId, componentAppId }, ...shared };
}

/** Where the other receiver wants this account's pushes; WeChat itself fills `$APPID$` the same way. */
export function forwardUrl({ url }: ForwardSettings, { appId }: CallbackAccount): string {
  return url.replaceAll('$APPID$', appId).replaceAll('%24APPID%24', appId);
}

/** Every Token that a request to this address may be signed with. */
export function tokensOf({ token, olderTokens = [] }: CallbackSettings): string[] {
  return [token, ...olderTokens];
}

/** Opens what was pushed to this address, at `notBefore` (seconds since 1970) at the earliest. Throws only `PushRejected`. */
export function authenticMessage(
  { settings, tailAppId }: PushAddress,
  query: Query,
  body: unknown,
  notBefore?: number,
): string {
  const { timestamp, nonce, msg_signature } = query;
  if (!isText(timestamp) || !isText(nonce) || !isText(msg_signature) || !(body instanceof Uint8Array)) {
    throw new PushRejected('bad-query', 'incomplete');
  }
  // The signature covers the parts without separators: bounds on them keep the ciphertext from being moved into the nonce.
  if (!/^\d{1,20}$/.test(timestamp) || nonce.length > 100) throw new PushRejected('bad-query', 'out of bounds');
  const { message } = openPush({
    query: { timestamp, nonce, msg_signature },
    body,
    token: tokensOf(settings),
    encodingAesKeys: [...settings.encodingAesKey],
    tailAppId,
    ...(notBefore === undefined ? {} : { notBefore }),
  });
  return message;
}

export const resultOfRejection: Record<PushRejectedReason, PushResult> = {
  'bad-query': 'malformed',
  'bad-body': 'malformed',
  'bad-signature': 'forged',
  'too-old': 'too_old',
  'bad-key': 'misconfigured',
  'bad-ciphertext': 'malformed',
  'wrong-appid': 'forged',
  'bad-message': 'malformed',
};

/** Refused although it was signed with our Token: it came from WeChat, and only we can't read it. */
export function isSigned({ reason }: PushRejected): boolean {
  return reason === 'bad-key' || reason === 'bad-ciphertext' || reason === 'bad-message';
}

/** Whether a parameter stands in the query once, and is not empty. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
