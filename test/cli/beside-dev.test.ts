/** A command beside a running `wxq dev` goes to its parts; what somebody has set counts more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { besideDev, devLock, writeDevParts } from '../../src/cli/beside-dev.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { type LockFile, takeLock } from '../../src/runtime/lock-file.ts';

const parts = { temporal: '127.0.0.1:7240', callback: 'http://127.0.0.1:8082', console: 'http://127.0.0.1:8083' };
const given: { dataDir: string; lock?: LockFile } = { dataDir: '' };

beforeEach(async () => {
  given.dataDir = mkdtempSync(join(tmpdir(), 'wxq-beside-'));
  given.lock = await takeLock(join(given.dataDir, devLock));
  await writeDevParts(given.dataDir, parts);
});
afterEach(async () => {
  await given.lock?.release();
  rmSync(given.dataDir, { recursive: true });
});

async function aimed(command: string, env: NodeJS.ProcessEnv = {}) {
  const said: string[] = [];
  // No configuration file of a person's own Temporal.
  const settings = { WXQ_DATA_DIR: given.dataDir, TEMPORAL_CONFIG_FILE: join(given.dataDir, 'none.toml'), ...env };
  const outside = { env: settings, stderr: { write: (text: string) => said.push(text) } } as Partial<CliContext>;
  const context = await besideDev(outside as CliContext, command);
  const { TEMPORAL_ADDRESS: temporal, WXQ_CONSOLE_PORT: port } = context.env;
  return { temporal, port, said: said.join('') };
}

test('Temporal and the ports are those of the `wxq dev`, and that is said', async () => {
  expect(await aimed('list')).toEqual({
    temporal: parts.temporal,
    port: '8083',
    said: expect.stringContaining(parts.temporal),
  });
});

test('at the usual ports nothing has to be said', async () => {
  await writeDevParts(given.dataDir, { ...parts, temporal: '127.0.0.1:7233' });
  expect(await aimed('list')).toEqual({ temporal: '127.0.0.1:7233', port: '8083', said: '' });
});

test('what somebody has set stays', async () => {
  const env = { TEMPORAL_ADDRESS: 'temporal.example.com:7233', WXQ_CONSOLE_PORT: '9000' };
  expect(await aimed('list', env)).toEqual({ temporal: 'temporal.example.com:7233', port: '9000', said: '' });
});

test.each(['dev', 'demo', 'worker', 'server'])('%s stands on its own', async (command) => {
  expect(await aimed(command)).toEqual({ temporal: undefined, port: undefined, said: '' });
});

test('one that has ended, or is not there, changes nothing', async () => {
  await given.lock?.release();
  expect(await aimed('list')).toEqual({ temporal: undefined, port: undefined, said: '' });
});
