/** Log, ports and shutdown of a process, tried with real processes and sockets. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createLogger, temporalLogger } from '../../src/runtime/logger.ts';
import { isPortFree, nextFreePort } from '../../src/runtime/ports.ts';
import { runProgram } from '../../src/runtime/program-run.ts';

const source = (name: string): string => JSON.stringify(new URL(`../../src/runtime/${name}.ts`, import.meta.url).href);

async function logged(write: (logger: Awaited<ReturnType<typeof createLogger>>) => void): Promise<string> {
  let text = '';
  const stream = {
    write: (line: string): void => {
      text += line;
    },
  };
  write(await createLogger({ level: 'info', name: 'test', stream }));
  return text;
}

describe('the log', () => {
  test('a secret never reaches it: not as a field, not deep in one, not in an address, not in an error', async () => {
    const text = await logged((logger) => {
      logger.info(
        { accessToken: 'TOP-1', account: { secret: 'TOP-2', deeper: { encodingAesKey: ['TOP-3'] } } },
        'fields',
      );
      logger.warn({ url: 'https://api.weixin.qq.com/x?access_token=TOP-4&y=1' }, 'GET ?access_token=TOP-5');
      logger.error({ err: new Error('refused: Authorization: Bearer TOP-6') }, 'failed');
      logger.info({ url: 'https://api.weixin.qq.com/x?appid=wx1&secret=TOP-7"' }, 'address');
    });
    expect(text).not.toContain('TOP-');
    expect(text).toContain('&y=1');
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).name),
    ).toEqual(['test', 'test', 'test', 'test']);
  });

  test('lines of the SDK carry their ids and errors, at their level', async () => {
    const text = await logged((logger) => {
      const adapter = temporalLogger(logger);
      adapter.debug('too fine');
      adapter.log('WARN', 'activity failed', { workflowId: 'channels-shop/wx1/2', error: new Error('lost answer') });
    });
    const line = JSON.parse(text);
    expect(line).toMatchObject({
      level: 40,
      msg: 'activity failed',
      workflowId: 'channels-shop/wx1/2',
      err: { message: 'lost answer' },
    });
  });
});

describe('ports', () => {
  test('a port that is taken is passed over', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await isPortFree(port)).toBe(false);
    expect(await nextFreePort(port)).toBeGreaterThan(port);
    server.close();
    await once(server, 'close');
    expect(await nextFreePort(port)).toBe(port);
  });
});

describe('stopping', () => {
  /** A process that takes `closeMs` to stop, or fails to. */
  async function run(close: string, limitMs: number, afterwards = '') {
    const program = `
      const { closeOnSignal } = await import(${source('shutdown')});
      const { createLogger } = await import(${source('logger')});
      const logger = await createLogger({ level: 'info', name: 'test', pretty: false });
      closeOnSignal({ logger, limitMs: ${limitMs}, close: async () => { ${close} } });
      setInterval(() => {}, 1000);
      ${afterwards}
      console.log('ready');`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program]);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    }
    await once(child.stdout, 'data');
    const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, output }));
    return { child, ended };
  }
  const slowly = "await new Promise((r) => setTimeout(r, 2500)); console.log('closed');";

  test('a signal stops it in order with status 0, also when npm passes the same Ctrl-C on', async () => {
    const { child, ended } = await run("await new Promise((r) => setTimeout(r, 300)); console.log('closed');", 5_000);
    child.kill('SIGINT');
    await delay(50);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ status: 0, output: expect.stringContaining('closed') });
  });

  test('a second Ctrl-C a moment later ends it at once with status 1', async () => {
    const { child, ended } = await run(slowly, 5_000);
    child.kill('SIGINT');
    await delay(1_200);
    child.kill('SIGINT');
    const { status, output } = await ended;
    expect(status).toBe(1);
    expect(output).not.toContain('closed');
  });

  test('a stop that fails or takes too long ends with status 1 and says so', async () => {
    const failing = await run("throw new Error('pool is stuck');", 5_000);
    failing.child.kill('SIGTERM');
    expect(await failing.ended).toMatchObject({ status: 1, output: expect.stringContaining('pool is stuck') });
    const slow = await run(slowly, 300);
    slow.child.kill('SIGTERM');
    expect(await slow.ended).toMatchObject({ status: 1, output: expect.stringContaining('not stopped within 0.3 s') });
  });

  test('an error that nobody caught is logged and stops it with status 1', async () => {
    const crash = "setTimeout(() => { throw new Error('nobody caught this'); }, 50);";
    const { ended } = await run("console.log('closed');", 5_000, crash);
    const { status, output } = await ended;
    expect(status).toBe(1);
    expect(output).toContain('nobody caught this');
    expect(output).toContain('closed');
  });
});

test.each(['worker', 'server'])(
  '%s takes no arguments, and does not start when it is given one',
  async (name) => {
    const file = fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url));
    const { status, stderr } = await runProgram(process.execPath, ['--import', 'tsx', file, '--help'], {
      env: process.env,
      timeoutMs: 60_000,
    });
    expect(status).toBe(2);
    expect(stderr).toContain(`see \`wxq ${name} --help\``);
  },
  70_000,
);
