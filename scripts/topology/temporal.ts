/** Temporal on PostgreSQL as docker-compose.yml has it, without containers: the same schema and namespace scripts, the same settings. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { findTemporal } from '../../src/runtime/dev-server.ts';
import { createPart, freePorts, type Part } from './part.ts';
import { temporalPrograms } from './temporal-build.ts';

/** Of the repository. */
export const root = join(import.meta.dirname, import.meta.url.endsWith('.ts') ? '../..' : '../../..');

export interface TemporalOnPostgres {
  address: string;
  metricsUrl: string;
  part: Part;
}

export interface TemporalOptions {
  env: NodeJS.ProcessEnv;
  /** For logs and settings. */
  folder: string;
  /** Of a PostgreSQL; Temporal makes its two databases in it. */
  adminUrl: string;
  say: (line: string) => void;
}

/** Makes the schema, starts the server and makes the namespace `default` with the search attributes. */
export async function startTemporal({ env, folder, adminUrl, say }: TemporalOptions): Promise<TemporalOnPostgres> {
  const programs = await temporalPrograms(env, say);
  const found = await findTemporal({ env: { ...env, TEMPORAL_ADDRESS: '' }, onProgress: say });
  if (!('path' in found)) throw new Error('The temporal program is needed to make the namespace.');
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(found.path, join(bin, 'temporal'));
  await symlink(programs.sqlTool, join(bin, 'temporal-sql-tool'));
  const database = new URL(adminUrl);
  const ports = await freePorts(11);
  const port = (index: number): string => String(ports[index]);
  const address = `127.0.0.1:${port(0)}`;
  const settings = {
    PATH: [bin, env.PATH].join(delimiter),
    HOME: folder,
    DB: 'postgres12',
    DB_PORT: database.port,
    POSTGRES_SEEDS: database.hostname,
    POSTGRES_USER: database.username,
    // Loopback and trusted; the tool wants some password all the same.
    POSTGRES_PWD: 'none',
    SQL_PASSWORD: 'none',
    TEMPORAL_SCHEMA_DIR: programs.schema,
  };
  say('Making the schema of Temporal');
  await script('create-schema.sh', settings);

  const dynamicConfig = join(folder, 'dynamic-config.yaml');
  await writeFile(
    dynamicConfig,
    `${await readFile(join(root, 'docker/temporal/dynamic-config.yaml'), 'utf8')}
frontend.WorkflowTimeSkippingEnabled:
  # Only here: the tests move the clock of one workflow.
  - value: true
`,
  );
  const part = createPart({
    name: 'temporal',
    program: programs.server,
    args: ['start'],
    env: {
      ...settings,
      BIND_ON_IP: '127.0.0.1',
      TEMPORAL_BROADCAST_ADDRESS: '127.0.0.1',
      TEMPORAL_ALLOW_NO_AUTH: 'true',
      NUM_HISTORY_SHARDS: '4',
      LOG_LEVEL: 'warn',
      DYNAMIC_CONFIG_FILE_PATH: dynamicConfig,
      FRONTEND_GRPC_PORT: port(0),
      FRONTEND_HTTP_PORT: port(1),
      FRONTEND_MEMBERSHIP_PORT: port(2),
      HISTORY_GRPC_PORT: port(3),
      HISTORY_MEMBERSHIP_PORT: port(4),
      MATCHING_GRPC_PORT: port(5),
      MATCHING_MEMBERSHIP_PORT: port(6),
      WORKER_GRPC_PORT: port(7),
      WORKER_MEMBERSHIP_PORT: port(8),
      PROMETHEUS_ENDPOINT: `127.0.0.1:${port(9)}`,
    },
    log: join(folder, 'temporal.log'),
    isReady: () => serves(address),
    stopWithinMs: 15_000,
  });
  say('Starting Temporal on PostgreSQL');
  await part.start();
  try {
    await script('create-namespace.sh', { ...settings, TEMPORAL_ADDRESS: address });
    await untilUsable(address);
  } catch (error) {
    await part.stop();
    throw error;
  }
  return { address, metricsUrl: `http://127.0.0.1:${port(9)}/metrics`, part };
}

async function serves(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, tls: false, connectTimeout: 1_000 });
  try {
    // Answered by history and the database, not by the frontend alone.
    await connection.workflowService.listNamespaces({});
    return true;
  } finally {
    await connection.close();
  }
}

/** The server looks at its namespaces once in a while: a new one takes some seconds to be usable. */
async function untilUsable(address: string): Promise<void> {
  const connection = await Connection.connect({ address, tls: false });
  const deadline = performance.now() + 60_000;
  try {
    for (;;) {
      try {
        await connection.workflowService.countWorkflowExecutions({
          namespace: 'default',
          query: "QualificationStatus = 'in_review'",
        });
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await pause(500);
      }
    }
  } finally {
    await connection.close();
  }
}

/** Runs a script of docker/temporal as the compose file does. @throws Error with all that it said. */
async function script(name: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('/bin/sh', [join(root, 'docker/temporal', name)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
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
  if (status !== 0) throw new Error(`${name} ended with status ${status}:\n${output}`);
}
