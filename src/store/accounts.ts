/** Which shops and third-party platforms there are, and how to speak for them. */
import { inspect } from 'node:util';
import { type AccountEntries, loadEntries, parseEntries } from './account-file.ts';

/** Token and EncodingAESKey(s) of a push address; more than one key while it is being changed, newest first. */
export interface CallbackSettings {
  token: string;
  /** Tokens from before the last change, which a push may still be signed with. */
  olderTokens?: readonly string[];
  encodingAesKey: readonly string[];
}

/** Where every push of an account goes on to, besides what this program takes itself. */
export interface ForwardSettings {
  url: string;
  timeoutMs?: number;
}

/** What an account's entry may say besides how to speak for it. */
interface AccountFacts {
  callback?: CallbackSettings;
  /** Another receiver of the same pushes. */
  forward?: ForwardSettings;
  /** The account's principal (主体) as on its licence: who should hold the papers. */
  principal?: string;
  /** For people. */
  name?: string;
  /** WeChat's original id, `gh_…`. */
  ghId?: string;
}

/** How access tokens are had: from WeChat with the secret, or from the user's own HTTP service. */
export type Credentials = { secret: string } | { tokenService: { url: string; bearer?: string } };

/** A shop (or Mini Program) that calls for itself. */
export interface ShopAccount extends AccountFacts {
  appId: string;
  credentials: Credentials;
}

/** A third-party platform; it speaks for every account that authorised it. */
export interface PlatformAccount extends AccountFacts {
  componentAppId: string;
  secret?: string;
  tokenService?: { url: string; bearer?: string };
}

export interface Accounts {
  readonly shops: readonly ShopAccount[];
  readonly platforms: readonly PlatformAccount[];
  shop(appId: string): ShopAccount | undefined;
  platform(componentAppId: string): PlatformAccount | undefined;
  /**
   * What to get a token of this account with: a shop's own entry, or with `componentAppId` the platform's token
   * service. `undefined`: it is not in the file, or its platform has no token service.
   */
  credentialsOf(account: { appId: string; componentAppId?: string }): Credentials | undefined;
}

/**
 * The accounts in the text of an accounts file. A secret, token, key or bearer may be `env:NAME` or `file:PATH`.
 * @param readFile reads a `file:PATH`; throws when it can't.
 * @throws AccountsError with every finding at once.
 */
export function parseAccounts(
  json: string,
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): Accounts {
  return accountsOf(parseEntries(json, env, readFile));
}

/**
 * The accounts in the file at `path`; a relative `file:PATH` in it is relative to the file's own folder.
 * @throws AccountsError, also when the file can't be read.
 */
export function loadAccounts(path: string, env: Readonly<Record<string, string | undefined>>): Accounts {
  return accountsOf(loadEntries(path, env));
}

/** Accounts of entries; from here on no way of printing one shows a secret. */
export function accountsOf(entries: AccountEntries): Accounts {
  const shops = entries.shops.map(
    ({ appId, secret, tokenService, ...facts }): ShopAccount =>
      concealed({
        appId,
        credentials: concealed(
          tokenService === undefined ? { secret: secret ?? '' } : { tokenService: service(tokenService) },
        ),
        ...factsOf(facts),
      }),
  );
  const platforms = entries.platforms.map(
    ({ componentAppId, secret, tokenService, ...facts }): PlatformAccount =>
      concealed({
        componentAppId,
        ...(secret === undefined ? {} : { secret }),
        ...(tokenService === undefined ? {} : { tokenService: service(tokenService) }),
        ...factsOf(facts),
      }),
  );
  const byAppId = new Map(shops.map((shop) => [shop.appId, shop]));
  const byComponent = new Map(platforms.map((platform) => [platform.componentAppId, platform]));
  return {
    shops,
    platforms,
    shop: (appId) => byAppId.get(appId),
    platform: (componentAppId) => byComponent.get(componentAppId),
    credentialsOf: ({ appId, componentAppId }) => {
      if (componentAppId === undefined) return byAppId.get(appId)?.credentials;
      const tokenService = byComponent.get(componentAppId)?.tokenService;
      return tokenService === undefined ? undefined : concealed({ tokenService });
    },
  };
}

function factsOf(facts: { [Name in keyof AccountFacts]: unknown }): AccountFacts {
  const { callback, forward, ...texts } = facts as AccountFacts;
  const given = Object.entries(texts).filter(([, value]) => value !== undefined);
  return {
    ...Object.fromEntries(given),
    ...(callback === undefined ? {} : { callback: concealed(callback) }),
    ...(forward === undefined ? {} : { forward }),
  };
}

function service({ url, bearer }: { url: string; bearer?: string | undefined }): { url: string; bearer?: string } {
  return concealed({ url, ...(bearer === undefined ? {} : { bearer }) });
}

/** The fields that may be shown; every other one is `[secret]` in a log, an inspection, a string or JSON. */
const shownFields = new Set([
  'appId',
  'componentAppId',
  'url',
  'credentials',
  'callback',
  'tokenService',
  'forward',
  'timeoutMs',
  'principal',
  'name',
  'ghId',
]);

/** Makes `value` show none of its secrets; a program still reads them by name. */
function concealed<T extends object>(value: T): T {
  const shown = (): object =>
    Object.fromEntries(
      Object.entries(value).map(([name, content]) => [name, shownFields.has(name) ? content : '[secret]']),
    );
  return Object.defineProperties(value, {
    [inspect.custom]: { value: shown },
    toJSON: { value: shown },
    toString: { value: () => JSON.stringify(shown()) },
  });
}
