/** Connects to Temporal with the same TEMPORAL_* variables and profiles as the `temporal` command. */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnection } from '@temporalio/worker';

/** What the environment (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS_*, TEMPORAL_PROFILE) says. */
export interface TemporalSettings {
  /** host:port. */
  address: string;
  namespace: string;
  /** For `Connection.connect` and `NativeConnection.connect`. */
  connectionOptions: ReturnType<typeof loadClientConnectConfig>['connectionOptions'];
}

/** Temporal can't be reached at its address; exit status 3 of `wxq`. */
export class TemporalUnreachableError extends Error {
  override readonly name = 'TemporalUnreachableError';
  readonly address: string;
  readonly advice = 'Start it (`npm run dev`), or set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.';
  constructor(address: string, cause: unknown) {
    super(`Temporal at ${address} can't be used: ${reasonOf(cause)}. TEMPORAL_ADDRESS names the server.`, { cause });
    this.address = address;
  }
}

/** The native part of the SDK reports how its own structures look; a person needs two words of that. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const [, kind] = /\bkind: ([A-Z][A-Za-z]+)/.exec(text) ?? [];
  if (kind !== undefined) return kind.replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).toLowerCase();
  const [, namespace] = /^Namespace (\S+) was not found/.exec(text) ?? [];
  return namespace === undefined ? text.replace(/\.$/, '') : `it has no namespace ${namespace}`;
}

/** Where Temporal is when nothing says otherwise. */
export const usualTemporal = 'localhost:7233';

/** Reads the settings. Defaults: localhost:7233, namespace `default`. */
export function temporalSettings(env: NodeJS.ProcessEnv): TemporalSettings {
  const given = Object.entries(env).filter((entry): entry is [string, string] => !!entry[1]);
  const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(given) });
  const address = connectionOptions.address ?? usualTemporal;
  return { address, namespace: namespace ?? 'default', connectionOptions: { ...connectionOptions, address } };
}

/**
 * A client for programs that start and ask cases; close its `connection` at the end.
 * @throws TemporalUnreachableError after `connectTimeoutMs` (default 10 s).
 */
export async function connectClient(
  settings: TemporalSettings,
  connectTimeoutMs = 10_000,
): Promise<{ connection: Connection; client: Client }> {
  try {
    const connection = await Connection.connect({ ...settings.connectionOptions, connectTimeout: connectTimeoutMs });
    return { connection, client: new Client({ connection, namespace: settings.namespace }) };
  } catch (error) {
    throw new TemporalUnreachableError(settings.address, error);
  }
}

/**
 * A connection for workers. It loads the native part of the SDK, which installs the process-wide Runtime: call
 * `installTelemetry` first.
 * @throws TemporalUnreachableError when the server does not answer.
 */
export async function connectNative(settings: TemporalSettings): Promise<NativeConnection> {
  const worker = await import('@temporalio/worker');
  try {
    return await worker.NativeConnection.connect(settings.connectionOptions);
  } catch (error) {
    throw new TemporalUnreachableError(settings.address, error);
  }
}
