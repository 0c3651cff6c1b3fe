/** The programs of the Temporal server, built from its Go module where they are not there yet. */
import { spawn } from 'node:child_process';
import { access, cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { defaultCacheDir } from '../../src/runtime/dev-server.ts';

/** The same as the images in docker-compose.yml; a test compares them. */
export const temporalServerVersion = '1.32.0';

export interface TemporalPrograms {
  server: string;
  sqlTool: string;
  /** Folder that holds `postgresql/v12/…`. */
  schema: string;
}

/**
 * Taken from `TEMPORAL_SERVER_BUILD_DIR`, or from the cache folder; missing ones are built there, which takes some
 * minutes once.
 * @throws Error that says what is missing.
 */
export async function temporalPrograms(env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<TemporalPrograms> {
  const folder =
    env.TEMPORAL_SERVER_BUILD_DIR || join(defaultCacheDir(env), `temporal-server-${temporalServerVersion}`);
  const programs = { server: join(folder, 'temporal-server'), sqlTool: join(folder, 'temporal-sql-tool') };
  const schema = join(folder, 'src', 'schema');
  const paths = [programs.server, programs.sqlTool, join(schema, 'postgresql')];
  if (!(await Promise.all(paths.map(isThere))).every(Boolean)) await build(folder, env, say);
  return { ...programs, schema };
}

async function build(folder: string, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const module = `go.temporal.io/server@v${temporalServerVersion}`;
  say(`Building Temporal ${temporalServerVersion} in ${folder}: some minutes, once`);
  await mkdir(folder, { recursive: true });
  const { Dir: source } = JSON.parse(await go(['mod', 'download', '-json', module], folder, env)) as { Dir: string };
  // Go's own copy can't be written to, and a build of it by its name would want a module around it.
  const copy = join(folder, 'src');
  await rm(copy, { recursive: true, force: true });
  await cp(source, copy, { recursive: true, mode: 0 });
  for (const [name, main] of [
    ['temporal-server', './cmd/server'],
    ['temporal-sql-tool', './cmd/tools/sql'],
  ] as const) {
    const begun = performance.now();
    const seconds = (): number => Math.round((performance.now() - begun) / 1000);
    const clock = setInterval(() => say(`  ${name}: ${seconds()} s`), 15_000);
    const unfinished = join(folder, `${name}.unfinished`);
    try {
      await go(['build', '-o', unfinished, main], copy, { ...env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' });
      // A build that was cut off must not look like a program.
      await rename(unfinished, join(folder, name));
    } finally {
      clearInterval(clock);
    }
    say(`  ${name}: built in ${seconds()} s`);
  }
}

async function go(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn('go', [...args], { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) =>
      reject(
        new Error(`Go is needed to build the Temporal server, or a folder in TEMPORAL_SERVER_BUILD_DIR: ${error}`),
      ),
    );
    child.once('close', resolve);
  });
  const [output, status] = await Promise.all([text(child.stdout), ended]);
  if (status !== 0) throw new Error(`go ${args.join(' ')} ended with status ${status}`);
  return output;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
