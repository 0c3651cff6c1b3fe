/** The settings of the console: who signs in, and where Temporal's Web UI is. Messages never show a password. */
import { z } from 'zod';

/** One person of `WXQ_CONSOLE_USERS`; `password` in clear, or as `scrypt$salt$key` (base64url). */
export interface ConsoleUserSetting {
  name: string;
  password: string;
}

export interface ConsoleSettings {
  /** `WXQ_CONSOLE_USERS`. */
  users: readonly ConsoleUserSetting[];
  /** `WXQ_CONSOLE_USER_HEADER`. */
  userHeader?: string;
  /** `WXQ_CONSOLE_OPERATORS`. */
  operators?: readonly string[];
  /** `WXQ_TEMPORAL_UI_URL`, without a slash at its end. */
  temporalUiUrl: string;
}

export const consoleFields = {
  WXQ_CONSOLE_USERS: z
    .string()
    .transform((text, context) => {
      try {
        return parseUsers(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is no list of people' });
        return z.NEVER;
      }
    })
    .optional(),
  WXQ_CONSOLE_USER_HEADER: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of a header, such as X-Forwarded-User')
    .refine(
      (name) => !/^(authorization|cookie|host|origin)$/i.test(name),
      'must be a header that the proxy sets itself',
    )
    .optional(),
  WXQ_CONSOLE_OPERATORS: z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    )
    .refine((names) => names.length > 0, 'must name somebody; leave it unset to let everybody act')
    .optional(),
  WXQ_TEMPORAL_UI_URL: z
    .string()
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      'must be an http: or https: address',
    )
    .default('http://localhost:8233'),
};

export function consoleSettings(found: z.infer<z.ZodObject<typeof consoleFields>>): ConsoleSettings {
  return {
    users: found.WXQ_CONSOLE_USERS ?? [],
    ...(found.WXQ_CONSOLE_USER_HEADER === undefined ? {} : { userHeader: found.WXQ_CONSOLE_USER_HEADER }),
    ...(found.WXQ_CONSOLE_OPERATORS === undefined ? {} : { operators: found.WXQ_CONSOLE_OPERATORS }),
    temporalUiUrl: found.WXQ_TEMPORAL_UI_URL.replace(/\/+$/, ''),
  };
}

/** `name:password,…`; a password has no comma, or stands there as its scrypt key. */
function parseUsers(text: string): ConsoleUserSetting[] {
  const users = text.split(',').map((entry, index) => {
    const [, name = '', password = ''] = /^([^:]*):(.*)$/.exec(entry.trim()) ?? [];
    const which = `(entry ${index + 1})`;
    if (!/^[\p{L}\p{N}._@ -]{1,64}$/u.test(name))
      throw new Error(`must read name:password,… with commas between ${which}`);
    if (password.startsWith('scrypt$')) {
      if (!/^scrypt\$[\w-]{16,}\$[\w-]{32,}$/.test(password))
        throw new Error(`has a key that does not read scrypt$salt$key ${which}`);
    } else if (password.length < 8) throw new Error(`has a password of fewer than 8 characters ${which}`);
    return { name, password };
  });
  if (new Set(users.map(({ name }) => name)).size < users.length) throw new Error('has the same name twice');
  return users;
}
