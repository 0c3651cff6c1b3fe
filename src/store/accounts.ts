/** The accounts file (`WXQ_ACCOUNTS_FILE`): which shops and third-party platforms there are, and how to speak for them. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { z } from 'zod';

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

/** The accounts file can't be used. Each finding has the path in the file and a sentence; neither holds a secret. */
export class AccountsError extends Error {
  override readonly name = 'AccountsError';
  readonly findings: readonly { path: string; problem: string }[];
  constructor(findings: readonly { path: string; problem: string }[]) {
    const lines = findings.map(({ path, problem }) => `  ${path === '' ? '' : `${path}: `}${problem}`);
    super(`The accounts file can't be used:\n${lines.join('\n')}`);
    this.findings = findings;
  }
}

/**
 * Reads the accounts out of the text of the file. A secret, token, key or bearer may be `env:NAME` or `file:PATH`.
 * @param readFile reads a `file:PATH`; throws when it can't.
 * @throws AccountsError with every finding at once.
 */
export function parseAccounts(
  json: string,
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): Accounts {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text around the mistake, which may be a secret.
    throw new AccountsError([{ path: '', problem: 'it is not JSON' }]);
  }
  const parsed = fileSchema(env, readFile).safeParse(content);
  if (!parsed.success) {
    throw new AccountsError(parsed.error.issues.map(({ path, message }) => ({ path: pathOf(path), problem: message })));
  }
  const shops = parsed.data.shops.map(
    ({ appId, secret, tokenService, ...facts }): ShopAccount =>
      concealed({
        appId,
        credentials: concealed(
          tokenService === undefined ? { secret: secret ?? '' } : { tokenService: service(tokenService) },
        ),
        ...factsOf(facts),
      }),
  );
  const platforms = parsed.data.platforms.map(
    ({ componentAppId, secret, tokenService, ...facts }): PlatformAccount =>
      concealed({
        componentAppId,
        ...(secret === undefined ? {} : { secret }),
        ...(tokenService === undefined ? {} : { tokenService: service(tokenService) }),
        ...factsOf(facts),
      }),
  );
  return accountsOf(shops, platforms);
}

/**
 * Reads the accounts file at `path`; a relative `file:PATH` in it is relative to the file's own folder.
 * @throws AccountsError, also when the file can't be read.
 */
export function loadAccounts(path: string, env: Readonly<Record<string, string | undefined>>): Accounts {
  let json: string;
  try {
    json = readFileSync(path, 'utf8');
  } catch (error) {
    throw new AccountsError([{ path: '', problem: `${path} can't be read (${codeOf(error)})` }]);
  }
  return parseAccounts(json, env, (file) => readFileSync(resolve(dirname(path), file), 'utf8'));
}

function accountsOf(shops: readonly ShopAccount[], platforms: readonly PlatformAccount[]): Accounts {
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

function fileSchema(env: Readonly<Record<string, string | undefined>>, readFile: (path: string) => string) {
  const secret = z
    .string()
    .min(1, 'must not be empty')
    .transform((written, context) => {
      const fail = (message: string): never => {
        context.addIssue({ code: 'custom', message });
        return z.NEVER;
      };
      if (written.startsWith('env:')) {
        return env[written.slice(4)] || fail(`the environment variable ${written.slice(4)} is not set`);
      }
      if (!written.startsWith('file:')) return written;
      let path = written.slice(5);
      try {
        if (path.startsWith('//')) path = fileURLToPath(written);
        return readFile(path).trim() || fail(`the file ${path} is empty`);
      } catch (error) {
        return fail(`the file ${path} can't be read (${codeOf(error)})`);
      }
    });
  const key = secret.refine(
    (text) => /^[A-Za-z0-9+/]{43}$/.test(text),
    'an EncodingAESKey has 43 characters of A-Z a-z 0-9 + /',
  );
  const callback = z
    .strictObject({
      url: z.string().optional(),
      token: z.union([secret, z.array(secret).min(1, 'at least one Token is needed')]),
      olderTokens: z.array(secret).optional(),
      encodingAesKey: z.array(key).min(1, 'at least one EncodingAESKey is needed'),
    })
    .transform(({ token: written, olderTokens, ...others }) => {
      const [token = '', ...older] = [written, olderTokens ?? []].flat();
      return { ...others, token, ...(older.length === 0 ? {} : { olderTokens: older }) };
    });
  const tokenService = z.strictObject({ url: z.url({ protocol: /^https?$/ }), bearer: secret.optional() });
  // WeChat waits 5 s for an answer, of which the other receiver may have most.
  const forward = z.strictObject({
    url: z.url({ protocol: /^https?$/ }),
    timeoutMs: z.int().min(1).max(4500, 'WeChat waits 5 s: at most 4500').optional(),
  });
  const appId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be an appid');
  const named = {
    secret: secret.optional(),
    tokenService: tokenService.optional(),
    callback: callback.optional(),
    forward: forward.optional(),
    principal: z.string().min(1, 'must not be empty').optional(),
    name: z.string().optional(),
    ghId: z.string().optional(),
  };
  const shop = z
    .strictObject({ appId, ...named })
    .refine(
      ({ secret, tokenService }) => (secret === undefined) !== (tokenService === undefined),
      'needs either secret or tokenService, not both',
    );
  const platform = z.strictObject({ componentAppId: appId, ...named });
  return z
    .strictObject({ shops: z.array(shop).default([]), platforms: z.array(platform).default([]) })
    .superRefine(({ shops, platforms }, context) => {
      const once = (list: 'shops' | 'platforms', ids: string[]): void => {
        for (const [index, id] of ids.entries()) {
          if (ids.indexOf(id) !== index)
            context.addIssue({ code: 'custom', path: [list, index], message: `${id} is there twice` });
        }
      };
      once(
        'shops',
        shops.map((each) => each.appId),
      );
      once(
        'platforms',
        platforms.map((each) => each.componentAppId),
      );
    });
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

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}
