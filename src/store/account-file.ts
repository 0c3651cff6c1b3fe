/** The accounts file (`WXQ_ACCOUNTS_FILE`): its schema, and its entries with every secret read in. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** One entry of `shops`. Holds secrets in clear: it goes to `accountsOf` or into the database, and is never printed. */
export type ShopEntry = z.output<ReturnType<typeof fileSchema>>['shops'][number];
/** One entry of `platforms`; the same holds. */
export type PlatformEntry = z.output<ReturnType<typeof fileSchema>>['platforms'][number];

/** What a file, or the database, says about accounts. */
export interface AccountEntries {
  shops: readonly ShopEntry[];
  platforms: readonly PlatformEntry[];
}

export const noEntries: AccountEntries = { shops: [], platforms: [] };

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

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the entries out of the text of the file. A secret, token, key or bearer may be `env:NAME` or `file:PATH`.
 * @param readFile reads a `file:PATH`; throws when it can't.
 * @throws AccountsError with every finding at once.
 */
export function parseEntries(json: string, env: Environment, readFile: (path: string) => string): AccountEntries {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text around the mistake, which may be a secret.
    throw new AccountsError([{ path: '', problem: 'it is not JSON' }]);
  }
  const parsed = fileSchema(env, readFile).safeParse(content);
  if (parsed.success) return parsed.data;
  throw new AccountsError(parsed.error.issues.map(({ path, message }) => ({ path: pathOf(path), problem: message })));
}

/**
 * Reads the accounts file at `path`; a relative `file:PATH` in it is relative to the file's own folder.
 * @throws AccountsError, also when the file can't be read.
 */
export function loadEntries(path: string, env: Environment): AccountEntries {
  let json: string;
  try {
    json = readFileSync(path, 'utf8');
  } catch (error) {
    throw new AccountsError([{ path: '', problem: `${path} can't be read (${codeOf(error)})` }]);
  }
  return parseEntries(json, env, (file) => readFileSync(resolve(dirname(path), file), 'utf8'));
}

function fileSchema(env: Environment, readFile: (path: string) => string) {
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

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
}
