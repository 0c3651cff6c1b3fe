/** `wxq demo`: every turn that a case can take, from images to verdict, against the sandbox, on this machine. */
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { destination } from 'pino';
import { QualificationError } from '../../client/index.ts';
import { loadConfig } from '../../runtime/config.ts';
import { createLogger } from '../../runtime/logger.ts';
import type { CliContext } from '../context.ts';
import { demoCases } from '../demo/cases.ts';
import { createDemoAccounts } from '../demo/demo-accounts.ts';
import { demoJson, demoTable, isApproved } from '../demo/demo-report.ts';
import { runDemoCases } from '../demo/demo-run.ts';
import { type ExitStatus, exitStatus } from '../exit-status.ts';
import { onInterrupt } from '../local/interruption.ts';
import { type LocalStack, startLocalStack } from '../local/local-stack.ts';
import { createOutput } from '../output.ts';

export interface DemoOptions {
  json: boolean;
  /** Leave everything running until it is interrupted, and the data where they are. */
  keep: boolean;
}

/** Status 0 when every case ended approved, else 1; nothing is left running, also when it is interrupted. */
export async function runDemo({ json, keep }: DemoOptions, context: CliContext): Promise<ExitStatus> {
  const out = createOutput(context, json);
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1000;
  const note = (text: string): void => out.note(`${seconds().toFixed(1).padStart(6)} s  ${text}`);
  const nameWidth = Math.max(...demoCases.map(({ name }) => name.length));
  const config = loadConfig(context.env);
  const dataDir = newDataFolder(context.env);
  const logFile = join(dataDir, 'demo.log');
  const log = openSync(logFile, 'a');
  const interruption = (context.interruption ?? onInterrupt)();
  const { accounts, accountOf } = createDemoAccounts(demoCases);
  let stack: LocalStack | undefined;
  try {
    stack = await startLocalStack({
      env: context.env,
      dataDir,
      accounts,
      // On somebody else's server another worker may take the work of the usual queue.
      taskQueue: context.env.TEMPORAL_ADDRESS
        ? `${config.taskQueue}-demo-${randomBytes(4).toString('hex')}`
        : config.taskQueue,
      logger: await createLogger({ level: 'info', name: 'server', stream: destination({ fd: log, sync: true }) }),
      workerLog: log,
      workerStopWithinMs: 5_000,
      onProgress: note,
      signal: interruption.signal,
    });
    const client = await context.connect({ env: stack.env, onWarning: out.warn });
    try {
      const reports = await runDemoCases({
        cases: demoCases,
        accountOf,
        stack,
        client,
        say: (name, text) => {
          if (!interruption.signal.aborted) note(`${name.padEnd(nameWidth)}  ${text}`);
        },
        signal: interruption.signal,
      });
      out.result(demoJson(reports, stack.ports), demoTable(reports, seconds()));
      const isGood = reports.every(isApproved);
      for (const { name, ending } of reports.filter((report) => !isApproved(report))) out.note(`${name}: ${ending}`);
      if (!isGood) out.note(`The last lines of the log:\n${lastLines(logFile)}`);
      if (keep) await stayUp(stack, dataDir, out.note, interruption.signal);
      return isGood ? exitStatus.done : exitStatus.findings;
    } finally {
      await client.close();
    }
  } catch (error) {
    if (!interruption.signal.aborted) {
      // With a stack that stands the reason may be in there; without one the error says all.
      if (!(error instanceof QualificationError)) out.note(`The last lines of the log:\n${lastLines(logFile)}`);
      throw error;
    }
    out.note('Interrupted.');
    return exitStatus.findings;
  } finally {
    await stack?.stop();
    closeSync(log);
    if (!keep) rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    interruption.forget();
  }
}

/** A folder of its own for every demo: in the data folder if one is set, else where the system keeps passing things. */
function newDataFolder(env: NodeJS.ProcessEnv): string {
  const parent = env.WXQ_DATA_DIR ? resolve(env.WXQ_DATA_DIR) : tmpdir();
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, 'wxq-demo-'));
}

async function stayUp(
  { uiUrl, temporal, sandbox, server }: LocalStack,
  dataDir: string,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  note(`Everything stays up until Ctrl-C:
  Temporal Web UI  ${uiUrl}
  Temporal         ${temporal.address}  (TEMPORAL_ADDRESS=${temporal.address} npx wxq list)
  sandbox          ${sandbox.url}
  callbacks        ${server.callbackUrl}
  health, metrics  ${server.privateUrl}
  data             ${dataDir}`);
  await new Promise<void>((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}
