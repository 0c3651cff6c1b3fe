#!/usr/bin/env node
/** The sandbox as a process: WeChat's side on a port of its own until it is told to stop. */
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createSandbox, type Sandbox, type SandboxOptions } from './sandbox/index.ts';

/** Starts a sandbox and closes it on SIGINT or SIGTERM. Where it listens goes to standard error. */
export async function runSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await createSandbox(options);
  const stop = (): void => {
    sandbox.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`The sandbox could not keep its state: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // Said last: whoever has read it may stop this process in order.
  process.stderr.write(`WeChat sandbox: ${sandbox.url}\n`);
  return sandbox;
}

const entry = process.argv[1];
if (entry !== undefined && realpathSync(entry) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { port: { type: 'string' }, 'state-file': { type: 'string' } } });
  await runSandbox({
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values['state-file'] === undefined ? {} : { stateFile: values['state-file'] }),
  });
}
