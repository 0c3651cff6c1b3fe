/** A real PostgreSQL for one test file: Debian's, in a folder of its own, on a free port, never as root. */
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

export interface Postgres {
  /** For {@link newDatabaseAt}, in another process. */
  adminUrl: string;
  /** Of an empty database that nobody else uses. */
  newDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** Throws, with what to install, where there is none: the tests that need it are not left out. */
export async function startPostgres({ maxConnections = 60, user = 'wxq' } = {}): Promise<Postgres> {
  const programs = programFolder();
  const folder = mkdtempSync(join(tmpdir(), 'wxq-postgres-'));
  const data = join(folder, 'data');
  const owner = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid);
  const options = { cwd: folder, stdio: 'ignore', ...owner } as const;
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', user, '-A', 'trust', '--no-sync', '-E', 'UTF8'], options);
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    'fsync=off',
    `max_connections=${maxConnections}`,
    `unix_socket_directories=${folder}`,
  ];
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((one) => ['-c', one])],
    options,
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    // "Immediate": nobody needs what is in it.
    server.kill('SIGQUIT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const url = (name: string): string => `postgres://${user}@127.0.0.1:${port}/${name}`;
  const adminUrl = url('postgres');
  for (let tries = 1; ; tries += 1) {
    try {
      await ask(adminUrl, 'SELECT 1');
      break;
    } catch (error) {
      if (tries >= 100 || server.exitCode !== null) {
        await stop();
        throw error;
      }
      await sleep(100);
    }
  }
  let count = 0;
  return {
    adminUrl,
    async newDatabase() {
      count += 1;
      await ask(adminUrl, `CREATE DATABASE wxq_${count}`);
      return url(`wxq_${count}`);
    },
    stop,
  };
}

/** An empty database on a server that another process has started. */
export async function newDatabaseAt(adminUrl: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `wxq_${randomUUID().replaceAll('-', '')}`;
  await ask(adminUrl, `CREATE DATABASE ${name}`);
  return {
    url: adminUrl.replace(/[^/]+$/, name),
    drop: () => ask(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function ask(connectionString: string, sql: string): Promise<void> {
  const client = new Client({ connectionString });
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function programFolder(): string {
  const packaged = '/usr/lib/postgresql';
  const versions = existsSync(packaged) ? readdirSync(packaged).map((version) => join(packaged, version, 'bin')) : [];
  const found = [...versions, ...(process.env.PATH ?? '').split(delimiter)].find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  );
  if (found !== undefined) return found;
  throw new Error('PostgreSQL is needed for this test: apt-get install postgresql (initdb and postgres, on PATH)');
}

/** The user that Debian's package makes, or nobody. */
function idOf(what: '-u' | '-g'): number {
  try {
    return Number(execFileSync('id', [what, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  } catch {
    return 65_534;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
