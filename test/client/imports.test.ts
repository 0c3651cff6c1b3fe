/** What the client drags along: a backend that only starts cases must not install a worker or native code. */
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** Every module that an entry reaches, and every package that those import at run time. */
async function closure(entry: string): Promise<{ modules: string[]; packages: Map<string, string[]> }> {
  const modules = new Set<string>();
  const packages = new Map<string, string[]>();
  const visit = async (file: string): Promise<void> => {
    if (modules.has(file)) return;
    modules.add(file);
    const source = await readFile(file, 'utf8');
    for (const [, typeOnly, specifier = ''] of source.matchAll(
      /^(?:import|export)\s+(type\s)?(?:[^'";]*?from\s+)?'([^']+)'/gms,
    )) {
      if (typeOnly !== undefined) continue;
      if (specifier.startsWith('.')) await visit(resolve(dirname(file), specifier));
      else packages.set(specifier, [...(packages.get(specifier) ?? []), relative(root, file)]);
    }
  };
  await visit(resolve(root, entry));
  return { modules: [...modules].map((file) => relative(root, file)), packages };
}

it('the client reaches only src/client, src/contract and src/codec, and three packages of Temporal with zod', async () => {
  for (const entry of ['src/client/index.ts', 'src/index.ts']) {
    const { modules, packages } = await closure(entry);
    expect(modules.length).toBeGreaterThan(15);
    expect(modules.filter((file) => !/^src\/(client|contract|codec)\/|^src\/index\.ts$/.test(file))).toEqual([]);
    expect([...packages.keys()].sort()).toEqual([
      '@temporalio/client',
      '@temporalio/client/lib/helpers.js',
      '@temporalio/common',
      '@temporalio/envconfig',
      // For the definitions of messages; it holds no native code.
      '@temporalio/workflow',
      'node:crypto',
      'node:events',
      'node:path',
      'zod',
    ]);
    expect(packages.get('zod')).toEqual(['src/client/input.ts']);
    expect(packages.get('@temporalio/workflow')).toEqual(['src/contract/messages.ts']);
  }
});

it('loading the client loads no worker and no native code', async () => {
  const { execFile } = await import('node:child_process');
  const script = `await import(${JSON.stringify(resolve(root, 'src/client/index.ts'))});
    const { createRequire } = await import('node:module');
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    process.stdout.write(JSON.stringify(loaded.filter((file) => /core-bridge|@temporalio.worker|sharp|undici|\\.node$/.test(file)).concat(loaded.some((file) => file.includes('@temporalio')) ? [] : ['nothing was loaded'])));`;
  const output = await new Promise<string>((done, fail) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      { cwd: root },
      (error, stdout) => (error ? fail(error) : done(stdout)),
    );
  });
  expect(JSON.parse(output)).toEqual([]);
}, 60_000);
