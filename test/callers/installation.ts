/** Everything as `wxq dev` starts it, with tokens for the API, on the Temporal server of the tests; from the built code. */
import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { LocalStack, startLocalStack } from '../../src/cli/local/local-stack.ts';
import { connect, type QualificationClient } from '../../src/client/index.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import type { SandboxAccounts } from '../../src/sandbox/index.ts';
import { renamedAccounts, uniqueAppId } from '../stage-accounts.ts';
import { createStageStore } from '../stage-store.ts';

/** A token for each role. */
export const tokens = {
  viewer: 'reader-token-0123456789',
  operator: 'mender-token-0123456789',
  starter: 'backend-token-0123456789',
  admin: 'boss-token-0123456789abc',
} as const;
export type Role = keyof typeof tokens;

export interface Installation {
  stack: LocalStack;
  client: QualificationClient;
  /** Of the JSON API. */
  url: string;
  stop(): Promise<void>;
}

/** The sandbox's accounts under appids of their own: test files share one Temporal server. */
export function accountsOfOurOwn(): { accounts: SandboxAccounts; appId: string } {
  const ids = {
    appId: uniqueAppId(),
    miniAppId: uniqueAppId(),
    platformShopAppId: uniqueAppId(),
    componentAppId: uniqueAppId(),
  };
  return { accounts: renamedAccounts(null, ids), appId: ids.appId };
}

/** @param options accounts in place of the sandbox's fixtures; further settings of its parts. */
export async function startInstallation(
  options: { accounts?: SandboxAccounts; settings?: Record<string, string> } = {},
): Promise<Installation> {
  const { accounts, settings = {} } = options;
  const built = new URL('../../dist/src/cli/local/local-stack.js', import.meta.url).href;
  const { startLocalStack: start } = (await import(built)) as { startLocalStack: typeof startLocalStack };
  const store = await createStageStore('postgresql');
  const { WXQ_DATA_DIR: folder = '', ...database } = store.settings;
  const stack = await start({
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      WXQ_CALLBACK_PORT: '0',
      WXQ_CONSOLE_PORT: '0',
      WXQ_WORKER_METRICS_PORT: '0',
      WXQ_LOG_LEVEL: 'fatal',
      WXQ_API_TOKENS: Object.entries(tokens)
        .map(([role, token]) => `${role}-program:${role}:${token}`)
        .join(),
      ...database,
      ...settings,
    },
    passesOn: Object.keys({ ...database, ...settings }),
    dataDir: folder,
    taskQueue: `callers-${randomUUID()}`,
    ...(accounts === undefined ? {} : { accounts }),
    logger: await createLogger({ level: 'silent', name: 'server' }),
    workerLog: 'inherit',
    workerStopWithinMs: 20_000,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  const client = await connect({ env: stack.env });
  return {
    stack,
    client,
    url: stack.server.privateUrl,
    async stop() {
      await client.close();
      await stack.stop();
      await store.remove();
    },
  };
}
