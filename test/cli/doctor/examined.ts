/** Runs `wxq doctor` on a sandbox and an accounts file of its own; Temporal is not there. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from '../../../src/cli/context.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import { createSandbox, type Sandbox, type SandboxAccounts } from '../../../src/sandbox/index.ts';
import { run } from '../run.ts';

export interface Examined {
  status: number;
  text: string;
  findings: Finding[];
  /** Of one check, and of one account if it is named. */
  of(check: string, appId?: string): Finding[];
}

export interface Place {
  sandbox: Sandbox;
  folder: string;
  env: NodeJS.ProcessEnv;
  /** The accounts file as the sandbox's own, changed. */
  accounts(change?: (file: ReturnType<Sandbox['accountsFile']>) => void, tokens?: 'chain'): Promise<void>;
  examine(argv?: string[], context?: Partial<CliContext>, env?: NodeJS.ProcessEnv): Promise<Examined>;
  close(): Promise<void>;
}

export async function place(accounts?: SandboxAccounts): Promise<Place> {
  const sandbox = await createSandbox({ port: 0, ...(accounts === undefined ? {} : { accounts }) });
  const folder = await mkdtemp(join(tmpdir(), 'wxq-doctor-'));
  const accountsFile = join(folder, 'accounts.json');
  const env: NodeJS.ProcessEnv = {
    WXQ_WECHAT_BASE_URL: sandbox.url,
    WXQ_ACCOUNTS_FILE: accountsFile,
    WXQ_DATA_DIR: folder,
    // Nobody listens on this port.
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    WXQ_CALLBACK_PORT: '1',
    WXQ_CONSOLE_PORT: '1',
  };
  const made: Place = {
    sandbox,
    folder,
    env,
    async accounts(change, tokens) {
      const file = sandbox.accountsFile(tokens);
      change?.(file);
      await writeFile(accountsFile, JSON.stringify(file));
    },
    async examine(argv = [], context = {}, more = {}) {
      const done = await run(['doctor', ...argv, '--timeout', '3', '--json'], { ...context, env: { ...env, ...more } });
      const { findings = [] } = done.json() as { findings?: Finding[] };
      return {
        status: done.status,
        text: done.stdout + done.stderr,
        findings,
        of: (check, appId) => findings.filter((one) => one.check === check && one.appId === appId),
      };
    },
    async close() {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await made.accounts();
  return made;
}
