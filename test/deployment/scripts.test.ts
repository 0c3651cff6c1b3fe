/** The scripts of the one-shots, run for real: the namespace on a Temporal, the database on a PostgreSQL. */
import { spawn } from 'node:child_process';
import { createHmac, pbkdf2Sync } from 'node:crypto';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { searchAttributeTypes } from '../../src/contract/search-attributes.ts';
import { findTemporal, startDevServer } from '../../src/runtime/dev-server.ts';
import { startPostgres } from '../postgres.ts';
import { root, textOf } from './compose-file.ts';

/** Runs one of docker/ with nothing in the environment but what is given. */
async function script(name: string, env: Record<string, string>): Promise<{ status: number | null; output: string }> {
  const child = spawn('/bin/sh', [join(root, 'docker', name)], { env: { PATH: process.env.PATH ?? '', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { status, output };
}

describe('the namespace script', () => {
  test('it names the search attributes of the contract, no more and no fewer', () => {
    const named = [...textOf('docker/temporal/create-namespace.sh').matchAll(/^ {2}([A-Za-z]+)=([A-Za-z]+)/gm)].map(
      (match) => [match[1], match[2]],
    );
    expect(Object.fromEntries(named)).toEqual(searchAttributeTypes);
  });

  test('it makes a namespace in which a case can start, and a second run changes nothing', async () => {
    const env = { ...process.env, TEMPORAL_ADDRESS: '' };
    const found = await findTemporal({ env });
    if (!('path' in found)) throw new Error('expected a program');
    const bin = await mkdtemp(join(tmpdir(), 'wxq-compose-'));
    await symlink(found.path, join(bin, 'temporal'));
    const server = await startDevServer({ env, persistence: { kind: 'memory' } });
    try {
      for (let run = 1; run <= 2; run += 1) {
        const { status, output } = await script('temporal/create-namespace.sh', {
          PATH: [bin, process.env.PATH].join(delimiter),
          HOME: bin,
          TEMPORAL_ADDRESS: server.address,
          TEMPORAL_NAMESPACE: 'shops',
        });
        expect(status, output).toBe(0);
        expect(output).toContain('The namespace shops is ready.');
      }
      const connection = await Connection.connect({ address: server.address });
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'shops' });
      expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(Object.keys(searchAttributeTypes)));
      await connection.close();
    } finally {
      await server.stop();
      await rm(bin, { recursive: true, force: true });
    }
  }, 90_000);
});

describe('the database script', () => {
  test('it makes a database and a user who reads no other, and a second run takes a new password over', async () => {
    const postgres = await startPostgres({ user: 'temporal' });
    try {
      const { hostname, port, username } = new URL(postgres.adminUrl);
      await run(postgres.adminUrl, 'CREATE DATABASE temporal');
      const server = { PGHOST: hostname, PGPORT: port, PGUSER: username };
      for (const password of ['first', "it's second \\ $1"]) {
        const { status, output } = await script('postgresql/create-database.sh', {
          ...server,
          WXQ_DATABASE_PASSWORD: password,
        });
        expect(status, output).toBe(0);
        expect(output).toBe('The database wxq is ready.\n');
        const url = `postgres://wxq:${encodeURIComponent(password)}@${hostname}:${port}/wxq`;
        await run(url, 'CREATE TABLE IF NOT EXISTS wxq_probe (id int)');
        await expect(run(url.replace(/wxq$/, 'temporal'), 'SELECT 1')).rejects.toThrow('permission denied');
        // Taken over: the stored verifier is of this very password.
        const [{ rolpassword } = { rolpassword: '' }] = await run(
          postgres.adminUrl,
          "SELECT rolpassword FROM pg_authid WHERE rolname = 'wxq'",
        );
        expect(await verifies(rolpassword, password)).toBe(true);
      }
    } finally {
      await postgres.stop();
    }
  }, 60_000);

  test('without a password it makes nothing', async () => {
    const { status, output } = await script('postgresql/create-database.sh', { PGHOST: '127.0.0.1' });
    expect(status).not.toBe(0);
    expect(output).toContain('WXQ_DATABASE_PASSWORD');
  });
});

async function run(connectionString: string, sql: string): Promise<{ rolpassword: string }[]> {
  const client = new Client({ connectionString });
  try {
    await client.connect();
    return (await client.query<{ rolpassword: string }>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whether PostgreSQL's SCRAM verifier (RFC 5803) is of this password: the server under test asks nobody for one. */
function verifies(verifier: string, password: string): boolean {
  const [, iterations = '', salt = '', serverKey = ''] =
    /^SCRAM-SHA-256\$(\d+):([^$]+)\$[^:]+:(.+)$/.exec(verifier) ?? [];
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
  return createHmac('sha256', salted).update('Server Key').digest('base64') === serverKey;
}
