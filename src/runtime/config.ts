/** Settings of every process, read from the environment in one place; all problems are reported together. */
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type CodecKey, parseCodecKeys } from '../codec/keys.ts';
import { type ApiTokenSetting, parseApiTokens } from './api-tokens.ts';
import { type ConsoleSettings, consoleFields, consoleSettings } from './console-settings.ts';
import {
  type MaterialSources,
  materialFields,
  materialProblems,
  materialSources,
  type ObjectStorageSettings,
  objectStorageSettings,
} from './material-settings.ts';
import { notificationFields, type RobotSetting } from './notification-settings.ts';

/** The settings that exist; TEMPORAL_* are read by `temporal-connection.ts`. */
export interface Config {
  /** `WXQ_TASK_QUEUE`. */
  taskQueue: string;
  /** `WXQ_WECHAT_BASE_URL` without a slash at its end: the real WeChat, or a sandbox. */
  wechatBaseUrl: string;
  /** `WXQ_ACCOUNTS_FILE`; a process that talks to WeChat can't do without it, and says so. */
  accountsFile?: string;
  /** `WXQ_MATERIAL_STORE`: a folder, as a path or `file:` address, or `s3://bucket/prefix`. Default: `material` in the data folder. */
  materialStore: string;
  /** `WXQ_MATERIAL_FOLDERS`, `WXQ_MATERIAL_HOSTS`, `WXQ_MATERIAL_PRIVATE_HOSTS`. */
  materialSources: MaterialSources;
  /** `WXQ_S3_*`; unset, `s3:` addresses are not read. */
  objectStorage?: ObjectStorageSettings;
  /** `WXQ_MODE`: `observe` writes nothing to WeChat. */
  mode: 'normal' | 'observe';
  /** `WXQ_WATCH_HOUR`: when accounts are read daily, by the clock of China; absent: they are not (`off`). */
  watchHour?: number;
  /** `WXQ_DATA_DIR`, absolute. */
  dataDir: string;
  /** `WXQ_DATABASE_URL`: PostgreSQL. Without it the server keeps what must last in the data folder. */
  databaseUrl?: string;
  /** `WXQ_SECRET_KEY`: what secrets are encrypted with at rest; see `store/secrets.ts`. */
  secretKey?: string;
  /** `WXQ_CALLBACK_PORT`: public, WeChat calls it. */
  callbackPort: number;
  /** `WXQ_CONSOLE_PORT`: private. */
  consolePort: number;
  /** `WXQ_WORKER_METRICS_PORT`. */
  workerMetricsPort: number;
  /** `WXQ_PRIVATE_HOST`: address that the console and the worker's metrics listen on; not meant for the public. */
  privateHost: string;
  /** `WXQ_EVENTS_TOKEN`: who may bring events to the private port; without it nobody. */
  eventsToken?: string;
  /** `WXQ_TRUSTED_PROXIES`: whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[];
  /** `WXQ_LOG_LEVEL`. */
  logLevel: LogLevel;
  /** `WXQ_API_TOKENS`: who may use the JSON API; empty: only programs of this machine. */
  apiTokens: readonly ApiTokenSetting[];
  /** `WXQ_API_REQUESTS_PER_MINUTE`: of one token; absent: any number (`off`). */
  apiRequestsPerMinute?: number;
  /** `WXQ_CONSOLE_USERS`, `WXQ_CONSOLE_USER_HEADER`, `WXQ_CONSOLE_OPERATORS`, `WXQ_TEMPORAL_UI_URL`. */
  console: ConsoleSettings;
  /** `WXQ_CODEC_KEYS`: histories are encrypted with the first, decrypted with each. */
  codecKeys?: readonly [CodecKey, ...CodecKey[]];
  /** `WXQ_CODEC_TOKEN`: who may ask the codec server. */
  codecToken?: string;
  /** `WXQ_WEBHOOK_URL`, `WXQ_WEBHOOK_SECRET`: signed with every secret. */
  webhooks: { urls: readonly string[]; secrets: readonly string[] };
  /** `WXQ_ROBOT_URLS`: robots of chat groups. */
  robots: readonly RobotSetting[];
  /** `WXQ_CONSOLE_URL`: where people reach the console; robots link to it. */
  consoleUrl?: string;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Settings can't be used; `problems` has one sentence for each, which begins with the variable's name. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The settings can't be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** A process is told everything by its environment: somebody who types `--help` does not want one that runs. @throws ConfigError */
export function refuseArguments(command: 'worker' | 'server', given: readonly string[]): void {
  if (given.length > 0)
    throw new ConfigError([`arguments are not taken here (${given.join(' ')}): see \`wxq ${command} --help\``]);
}

function port(whenUnset: number) {
  const rule = 'must be a port, 0 to 65535 (0: any free one)';
  return z
    .string()
    .regex(/^\d+$/, rule)
    .transform(Number)
    .refine((number) => number <= 65_535, rule)
    .default(whenUnset);
}

const bearer = z
  .string()
  .regex(/^[\x21-\x7e]{16,}$/, 'must have at least 16 characters, without blanks: openssl rand -hex 32')
  .optional();

const settings = z.object({
  WXQ_TASK_QUEUE: z.string().default('wechat-qualification'),
  WXQ_WECHAT_BASE_URL: z
    .string()
    .refine(isWebAddress, 'must be an http: or https: address without query, such as https://api.weixin.qq.com')
    .default('https://api.weixin.qq.com'),
  WXQ_ACCOUNTS_FILE: z.string().optional(),
  ...materialFields,
  ...consoleFields,
  WXQ_MODE: z.enum(['normal', 'observe'], 'must be observe, normal, or not set').default('normal'),
  WXQ_WATCH_HOUR: z
    .string()
    .regex(/^(off|1?\d|2[0-3])$/, 'must be an hour, 0 to 23 (China time), or off')
    .transform((hour) => (hour === 'off' ? undefined : Number(hour)))
    .default(4),
  WXQ_DATA_DIR: z.string().default('.wxq'),
  WXQ_DATABASE_URL: z
    .string()
    .refine(
      (url) => /^postgres(ql)?:\/\//.test(url) && URL.canParse(url),
      'must be postgres://user:password@host/database',
    )
    .optional(),
  WXQ_SECRET_KEY: z.string().optional(),
  WXQ_CALLBACK_PORT: port(8080),
  WXQ_CONSOLE_PORT: port(8081),
  WXQ_WORKER_METRICS_PORT: port(9464),
  WXQ_PRIVATE_HOST: z.string().default('127.0.0.1'),
  WXQ_API_TOKENS: z
    .string()
    .transform((text, context) => {
      try {
        return parseApiTokens(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is no list of tokens' });
        return z.NEVER;
      }
    })
    .optional(),
  WXQ_API_REQUESTS_PER_MINUTE: z
    .string()
    .regex(/^([1-9]\d{0,8}|off)$/, 'must be a whole number of 1 or more, or off')
    .transform((text) => (text === 'off' ? undefined : Number(text)))
    .default(3_000),
  WXQ_CODEC_KEYS: z
    .string()
    .transform((text, context) => {
      try {
        return parseCodecKeys(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is no list of keys' });
        return z.NEVER;
      }
    })
    .optional(),
  WXQ_CODEC_TOKEN: bearer,
  ...notificationFields,
  WXQ_EVENTS_TOKEN: bearer,
  WXQ_TRUSTED_PROXIES: z
    .string()
    .transform((list) =>
      list
        .split(',')
        .map((one) => one.trim())
        .filter((one) => one !== ''),
    )
    .refine((list) => list.every(isAddressRange), 'must be IP addresses or ranges with commas between: 10.0.0.0/8,::1')
    .default([]),
  WXQ_LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
});

/**
 * Reads the settings; an empty variable counts as not set (compose files pass those).
 * @throws ConfigError that names every setting that can't be used.
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = settings.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));
  }
  const found = parsed.data;
  if (found.WXQ_DATABASE_URL !== undefined && found.WXQ_SECRET_KEY === undefined) {
    throw new ConfigError([
      'WXQ_SECRET_KEY must be set with WXQ_DATABASE_URL, the same for every process: `openssl rand -base64 32` makes one',
    ]);
  }
  const problems = materialProblems(found);
  if (problems.length > 0) throw new ConfigError(problems);
  const objectStorage = objectStorageSettings(found);
  if (found.WXQ_WEBHOOK_URL !== undefined && found.WXQ_WEBHOOK_SECRET === undefined) {
    throw new ConfigError([
      'WXQ_WEBHOOK_SECRET must be set with WXQ_WEBHOOK_URL: `echo whsec_$(openssl rand -base64 32)` makes one',
    ]);
  }
  const dataDir = resolve(found.WXQ_DATA_DIR);
  return {
    taskQueue: found.WXQ_TASK_QUEUE,
    wechatBaseUrl: found.WXQ_WECHAT_BASE_URL.replace(/\/+$/, ''),
    ...(found.WXQ_ACCOUNTS_FILE === undefined ? {} : { accountsFile: found.WXQ_ACCOUNTS_FILE }),
    materialStore: found.WXQ_MATERIAL_STORE ?? join(dataDir, 'material'),
    materialSources: materialSources(found, process.cwd()),
    ...(objectStorage === undefined ? {} : { objectStorage }),
    mode: found.WXQ_MODE,
    ...(found.WXQ_WATCH_HOUR === undefined ? {} : { watchHour: found.WXQ_WATCH_HOUR }),
    dataDir,
    ...(found.WXQ_DATABASE_URL === undefined ? {} : { databaseUrl: found.WXQ_DATABASE_URL }),
    ...(found.WXQ_SECRET_KEY === undefined ? {} : { secretKey: found.WXQ_SECRET_KEY }),
    callbackPort: found.WXQ_CALLBACK_PORT,
    consolePort: found.WXQ_CONSOLE_PORT,
    workerMetricsPort: found.WXQ_WORKER_METRICS_PORT,
    privateHost: found.WXQ_PRIVATE_HOST,
    logLevel: found.WXQ_LOG_LEVEL,
    console: consoleSettings(found),
    apiTokens: found.WXQ_API_TOKENS ?? [],
    ...(found.WXQ_API_REQUESTS_PER_MINUTE === undefined
      ? {}
      : { apiRequestsPerMinute: found.WXQ_API_REQUESTS_PER_MINUTE }),
    ...(found.WXQ_CODEC_KEYS === undefined ? {} : { codecKeys: found.WXQ_CODEC_KEYS }),
    ...(found.WXQ_EVENTS_TOKEN === undefined ? {} : { eventsToken: found.WXQ_EVENTS_TOKEN }),
    trustedProxies: found.WXQ_TRUSTED_PROXIES,
    webhooks: { urls: found.WXQ_WEBHOOK_URL ?? [], secrets: found.WXQ_WEBHOOK_SECRET ?? [] },
    robots: found.WXQ_ROBOT_URLS ?? [],
    ...(found.WXQ_CONSOLE_URL === undefined ? {} : { consoleUrl: found.WXQ_CONSOLE_URL.replace(/\/+$/, '') }),
    ...(found.WXQ_CODEC_TOKEN === undefined ? {} : { codecToken: found.WXQ_CODEC_TOKEN }),
  };
}

/** The real WeChat, by any of its addresses: submissions count. Everything else is taken for a sandbox. */
export const isLive = ({ wechatBaseUrl }: Pick<Config, 'wechatBaseUrl'>): boolean =>
  /(^|\.)weixin\.qq\.com$/.test(new URL(wechatBaseUrl).hostname);

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.search === '' && url.hash === '';
}
