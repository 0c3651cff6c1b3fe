#!/usr/bin/env node
/** The process behind `wxq`: hands the real streams and settings to the program. */
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { besideDev } from './cli/beside-dev.ts';
import type { CliContext } from './cli/context.ts';
import { runCli } from './cli/program.ts';
import { connect } from './client/index.ts';

// Whoever reads a pipe may stop early (`wxq list | head`); that is not an error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const argv = process.argv.slice(2);
const outside: CliContext = {
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  readStdin: () => text(process.stdin),
  ...(process.stdin.isTTY ? { confirm, ask } : {}),
  connect,
  fetch: globalThis.fetch,
  sleep: (ms, signal) =>
    sleep(ms, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    }),
};
const status = await runCli(argv, await besideDev(outside, argv[0]));
// Only set, not exited with: the long-running commands have things open that keep the process alive.
process.exitCode = status;
// But what failed has to end whatever it had opened by then (the SDK's runtime stays for ever): a worker that could not
// start and still answers for its metrics is started again by nobody.
if (status !== 0) process.stdout.write('', () => process.stderr.write('', () => process.exit()));

/** What was typed; empty when the person ends it by Ctrl-C or Ctrl-D, which nobody would hear otherwise. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  terminal.once('SIGINT', () => ended.abort()).once('close', () => ended.abort());
  try {
    return (await terminal.question(`${question} `, { signal: ended.signal })).trim();
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    process.stderr.write('\n');
    return '';
  } finally {
    terminal.close();
  }
}

async function confirm(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N]`));
}
