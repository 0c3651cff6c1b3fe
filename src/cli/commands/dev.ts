/** `wxq dev`: everything in one terminal, until it is stopped; the next time every case goes on where it was. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../runtime/config.ts';
import { LockHeldError, takeLock } from '../../runtime/lock-file.ts';
import { createLogger } from '../../runtime/logger.ts';
import { fixtures } from '../../sandbox/index.ts';
import { devLock, forgetDevParts, writeDevParts } from '../beside-dev.ts';
import type { CliContext } from '../context.ts';
import { type ExitStatus, exitStatus, UsageError } from '../exit-status.ts';
import { onInterrupt } from '../local/interruption.ts';
import { type LocalStack, startLocalStack } from '../local/local-stack.ts';
import { createOutput, type Output } from '../output.ts';
import { announceWeChat } from '../world.ts';

const restartPauseMs = 1_000;
/** Above the worker's own 35 s. */
const workerStopWithinMs = 38_000;
const usualTemporal = '127.0.0.1:7233';
const usualSandbox = 'http://127.0.0.1:8090';

/** Settles when it has been stopped: 0 by a signal, 3 when Temporal died. */
export async function runDev({ json }: { json: boolean }, context: CliContext): Promise<ExitStatus> {
  const out = createOutput(context, json);
  const config = loadConfig(context.env);
  mkdirSync(config.dataDir, { recursive: true });
  // Temporal locks its database; the sandbox's state needs it just as much, also with a server of TEMPORAL_ADDRESS.
  const lock = await takeLock(join(config.dataDir, devLock)).catch((error: unknown) => {
    if (!(error instanceof LockHeldError)) throw error;
    throw new UsageError(
      `\`wxq dev\` runs already on ${config.dataDir} (pid ${error.pid}).`,
      'Stop that one first, or name another data folder: WXQ_DATA_DIR.',
    );
  });
  await forgetDevParts(config.dataDir);
  const interruption = (context.interruption ?? onInterrupt)();
  const logger = await createLogger({ level: config.logLevel, name: 'server' });
  let stack: LocalStack | undefined;
  try {
    const running = await startLocalStack({
      env: context.env,
      // Who tries things out wants to see them arrive; `demo` tells nobody.
      passesOn: ['WXQ_WEBHOOK_URL', 'WXQ_WEBHOOK_SECRET', 'WXQ_ROBOT_URLS', 'WXQ_CONSOLE_URL'],
      dataDir: config.dataDir,
      sandboxStateFile: join(config.dataDir, 'sandbox.json'),
      taskQueue: config.taskQueue,
      logger,
      workerLog: 'inherit',
      workerStopWithinMs,
      onWorkerDeath: (how) => restartWorker(how),
      onProgress: out.note,
      signal: interruption.signal,
    });
    stack = running;
    await writeDevParts(config.dataDir, {
      temporal: running.temporal.address,
      callback: running.server.callbackUrl,
      console: running.server.privateUrl,
    });
    const restartWorker = (how: string): void => {
      out.warn(`the worker died (${how}); it is started again`);
      setTimeout(() => {
        if (interruption.signal.aborted) return;
        running.worker.start().catch((error: unknown) => restartWorker(String(error)));
      }, restartPauseMs);
    };
    announceWeChat(context, { wechatBaseUrl: running.sandbox.url });
    announce(running, config.dataDir, out);
    const end = await Promise.race([
      aborted(interruption.signal),
      ...(running.temporal.exited === undefined ? [] : [running.temporal.exited]),
    ]);
    if (end === undefined) out.note('Stopping in order …');
    else out.warn(`Temporal ended: ${end}`);
    return end === undefined ? exitStatus.done : exitStatus.unreachable;
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    return exitStatus.done;
  } finally {
    await stack?.stop();
    await lock.release();
    interruption.forget();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Where everything is, and what to type next, in another terminal. */
function announce({ temporal, uiUrl, sandbox, server, ports }: LocalStack, dataDir: string, out: Output): void {
  const urls = {
    temporal: temporal.address,
    ui: uiUrl,
    sandbox: sandbox.url,
    callback: server.callbackUrl,
    console: server.privateUrl,
  };
  // Only what differs from the defaults has to be typed.
  const place = temporal.address === usualTemporal ? '' : `TEMPORAL_ADDRESS=${temporal.address} `;
  const elsewhere = sandbox.url === usualSandbox ? '' : ` --sandbox ${sandbox.url}`;
  const example = `channels-shop/${fixtures.shop.appId}/6201`;
  out.result(
    { ...urls, ports, dataDir },
    `
  Temporal Web UI   ${urls.ui}
  WeChat sandbox    ${urls.sandbox}
  callbacks         ${urls.callback}
  console           ${urls.console}

Everything is kept in ${dataDir}; Ctrl-C stops all of it. Next, in another terminal:
  ${place}npx wxq submit examples/channels-shop.json
  npx wxq trigger rejected --reason 营业执照不清晰${elsewhere}
  ${place}npx wxq resubmit ${example} --image licenses/1/2/images/0=examples/images/business-licence-sharp.jpg
  npx wxq trigger approved${elsewhere}
`,
  );
}
