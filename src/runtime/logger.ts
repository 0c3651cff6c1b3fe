/** The log of every process: pino to standard error, secrets cut out, readable on a terminal, JSON elsewhere. */
import type { Logger as TemporalLogger } from '@temporalio/common';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { LogLevel } from './config.ts';

export type { Logger } from 'pino';

/** Fields that hold a secret wherever they stand, up to three levels deep. */
const secretFields = [
  'secret',
  'appsecret',
  'appSecret',
  'token',
  'accessToken',
  'access_token',
  'component_access_token',
  'authorizer_access_token',
  'refresh_token',
  'rejectedToken',
  'bearer',
  'authorization',
  'encodingAesKey',
  'encodingAESKey',
  'apiKey',
];

/** The same in the text of a line: query parameters and bearer headers inside an address or a message. */
const secretInText =
  /\b((?:component_|authorizer_)?access_token|refresh_token|appsecret|secret)=[^&\s"'\\]+|\b(Bearer) [\w.~+/=-]+/gi;

export interface LoggerOptions {
  level: LogLevel;
  /** The process: `worker`, `server`, … */
  name: string;
  /** Lines for people instead of JSON. Default: when standard error is a terminal. */
  pretty?: boolean;
  /** Fields of every line that is written now: what it concerns, where the writer itself does not know. */
  context?: () => object;
  /** Where lines go instead of standard error. */
  stream?: DestinationStream;
}

/** Makes the log of one process. Standard output is never written to: it belongs to `--json`. */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const stream = options.stream ?? (await standardError(options.pretty ?? process.stderr.isTTY === true));
  return pino(
    {
      level: options.level,
      name: options.name,
      ...(options.context === undefined ? {} : { mixin: options.context }),
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[secret]' },
      hooks: {
        streamWrite: (line) =>
          line.replace(secretInText, (_, key: string | undefined, bearer: string | undefined) =>
            key === undefined ? `${bearer} [secret]` : `${key}=[secret]`,
          ),
      },
    },
    stream,
  );
}

async function standardError(isPretty: boolean): Promise<DestinationStream> {
  if (!isPretty) return destination({ fd: 2, sync: true });
  // Loaded only for a terminal: a production process logs JSON.
  const { PinoPretty } = await import('pino-pretty');
  return PinoPretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' });
}

/** The same log for `Runtime.install({ logger })`: lines of workers, workflows and activities with their ids. */
export function temporalLogger(logger: Logger): TemporalLogger {
  const write = (level: 'trace' | 'debug' | 'info' | 'warn' | 'error', message: string, meta: object = {}): void => {
    if (!logger.isLevelEnabled(level)) return;
    const { error, ...fields } = meta as { error?: unknown };
    logger[level](error === undefined ? fields : { ...fields, err: error }, message);
  };
  return {
    log: (level, message, meta) => write(levelNames[level], message, meta),
    trace: (message, meta) => write('trace', message, meta),
    debug: (message, meta) => write('debug', message, meta),
    info: (message, meta) => write('info', message, meta),
    warn: (message, meta) => write('warn', message, meta),
    error: (message, meta) => write('error', message, meta),
  };
}

const levelNames = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
