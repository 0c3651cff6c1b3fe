/** Finds Temporal by the settings that its own CLI uses, and connects to it within a bounded time. */
import { Connection, type ConnectionLike } from '@temporalio/client';
import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { TemporalSettingsError, TemporalUnreachableError } from './errors.ts';
import type { Place } from './temporal-failures.ts';

/** How long a server may take to answer for the first time. */
const connectTimeoutMs = 8_000;
/** The call after the connection stands has its own time, so that both stay near 10 s. */
const firstCallTimeoutMs = 2_000;

/** A connection and where it leads. */
export interface OpenConnection {
  connection: ConnectionLike;
  place: Place;
  /** Closes it if it was opened here. */
  close(): Promise<void>;
}

/** Where to connect to; what is absent comes from TEMPORAL_* and Temporal's configuration file. */
export interface ConnectionRequest {
  address?: string | undefined;
  namespace?: string | undefined;
  /** Read instead of the process's environment. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** An open connection: used as it is, never closed here. */
  connection?: ConnectionLike | undefined;
}

/** Throws `TemporalUnreachableError` after about 10 s, `TemporalSettingsError` at once. */
export async function openConnection(request: ConnectionRequest): Promise<OpenConnection> {
  const settings = readSettings(request.env);
  const namespace = request.namespace ?? (settings.namespace || 'default');
  if (request.connection !== undefined) {
    const address = request.address ?? addressOf(request.connection) ?? 'the given connection';
    return { connection: request.connection, place: { address, namespace }, close: async () => {} };
  }
  const { apiKey, metadata, tls } = settings.connectionOptions;
  const address = request.address ?? (settings.connectionOptions.address || 'localhost:7233');
  let connection: Connection | undefined;
  try {
    const opening = Connection.lazy({
      address,
      connectTimeout: connectTimeoutMs,
      ...(tls === undefined || tls === null ? {} : { tls }),
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(metadata === undefined ? {} : { metadata }),
    });
    connection = opening;
    await opening.withDeadline(Date.now() + connectTimeoutMs + firstCallTimeoutMs, () => opening.ensureConnected());
  } catch (error) {
    await connection?.close();
    throw new TemporalUnreachableError(address, reasonOf(error), { cause: error });
  }
  const opened = connection;
  return { connection: opened, place: { address, namespace }, close: () => opened.close() };
}

function readSettings(env: ConnectionRequest['env']): ClientConnectConfig {
  try {
    if (env === undefined) return loadClientConnectConfig();
    const given = Object.entries(env).filter((entry): entry is [string, string] => !!entry[1]);
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(given) });
  } catch (error) {
    // Neither the cause nor more than its first line: a parser quotes the file, and that may be the line with the API key.
    throw new TemporalSettingsError(reasonOf(error).split('\n', 1)[0] ?? '');
  }
}

function addressOf(connection: ConnectionLike): string | undefined {
  return connection instanceof Connection ? connection.options.address : undefined;
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
