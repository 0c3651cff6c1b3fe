/** The shape of the source: who imports whom, who reads the environment, sizes and names of files, what is bundled, what is committed. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundleWorkflows } from '../scripts/bundle-workflows.ts';
import { importProblems, importsOf, importTable } from './import-table.ts';

const root = resolve(import.meta.dirname, '..');
/** What is, or is about to be, committed. */
const committed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root })
  .toString('utf8')
  .split('\0')
  .filter((file) => file !== '');
const texts = new Map<string, string>();
for (const file of committed) {
  if (/\.(png|jpe?g|gif|ico|woff2?)$/.test(file)) continue;
  const text = await readFile(join(root, file), 'utf8').catch(() => undefined);
  // Deleted, but the deletion is not committed yet.
  if (text !== undefined) texts.set(file, text);
}
const sources = [...texts].filter(([file]) => /^src\/.*\.tsx?$/.test(file));
const withoutComments = (source: string): string => source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

describe('imports', () => {
  test('every folder of src imports only what the table allows', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.flatMap(([file, source]) => importProblems(file, source))).toEqual([]);
  });

  test.each([
    ['src/workflows/x.ts', "import { z } from 'zod';"],
    ['src/workflows/x.ts', "import { createActivities } from '../activities/index.ts';"],
    ['src/workflows/x.ts', "import {\n  a,\n  type B,\n} from '../wechat/index.ts';"],
    ['src/contract/x.ts', "import { defineSignal } from '@temporalio/workflow';"],
    ['src/contract/x.ts', "import 'node:fs';"],
    ['src/wechat/x.ts', "export { a } from '../contract/failures.ts';"],
    ['src/wechat/x.ts', "export * from '@temporalio/common';"],
    ['src/activities/x.ts', "const a = await import('../server/app.ts');"],
    ['src/activities/x.ts', "import { Worker } from '@temporalio/worker';"],
    ['src/client/x.ts', "import { z } from 'zod';"],
    ['src/runtime/x.ts', "import { Worker } from '@temporalio/worker';"],
    ['src/sandbox/x.ts', "import { addedCategory } from '../wechat/channels-shop/schema.ts';"],
    ['src/sandbox/x.ts', "import type { AuditReport } from '../contract/qualification.ts';"],
    ['src/console/x.tsx', "import { startServer } from '../server/app.ts';"],
    ['src/nowhere/x.ts', ''],
  ])('the check finds a wrong one: %s %j', (file, source) => {
    expect(importProblems(file, source)).toHaveLength(1);
  });

  test.each([
    ['src/workflows/x.ts', "import type { Activities } from '../activities/index.ts';"],
    ['src/contract/messages.ts', "import { defineSignal } from '@temporalio/workflow';"],
    ['src/client/input.ts', "import { z } from 'zod';"],
    ['src/sandbox/push-message.ts', "import { sealPush } from '../wechat/push/index.ts';"],
    ['src/worker.ts', "import { Worker } from '@temporalio/worker';"],
    ['src/runtime/x.ts', "const { Runtime } = await import('@temporalio/worker');"],
  ])('and lets a right one pass: %s %j', (file, source) => {
    expect(importsOf(source)).toHaveLength(1);
    expect(importProblems(file, source)).toEqual([]);
  });

  test('the table names no folder that has gone', () => {
    const folders = new Set(sources.map(([file]) => file.split('/')[1]));
    expect(Object.keys(importTable).filter((folder) => !folders.has(folder))).toEqual([]);
  });

  test('only processes and the command line read the environment', () => {
    const readers = sources.filter(([, source]) =>
      /\bprocess\s*\.\s*env\b|\bprocess\['env'\]/.test(withoutComments(source)),
    );
    expect(readers.map(([file]) => file).filter((file) => !/^src\/([^/]+\.ts$|cli\/)/.test(file))).toEqual([]);
    expect(readers.length).toBeGreaterThan(0);
  });
});

describe('files', () => {
  const code = [...texts].filter(([file]) => /^(src|test|scripts|bench)\/.*\.tsx?$/.test(file));

  test('none has more than 350 lines', () => {
    const long = code
      .map(([file, text]) => [file, text.split('\n').length - 1] as const)
      .filter(([, lines]) => lines > 350);
    expect(long).toEqual([]);
  });

  test('each that is no test opens with a sentence that says what it is', () => {
    expect(
      code.filter(([file, text]) => !file.startsWith('test/') && !/^(#!.*\n)?\/\*\*/.test(text)).map(([file]) => file),
    ).toEqual([]);
  });

  test('names say what is inside: no utils, helpers, common, types, service, manager', () => {
    const vague = /(^|[-.])(utils?|helpers?|common|types|services?|managers?)([-.]|$)/;
    expect(code.map(([file]) => file).filter((file) => file.split('/').some((part) => vague.test(part)))).toEqual([]);
    expect(
      code.filter(([file]) => !/^[a-z0-9]+([-.][a-z0-9]+)*\.tsx?$/.test(basename(file))).map(([file]) => file),
    ).toEqual([]);
  });

  test('no deadline is a timeout that only a composed signal knows: Node 20 may collect it before it fires', () => {
    const lost = /AbortSignal\.any\(\s*\[[^\]]*AbortSignal\.timeout\(/;
    expect(code.filter(([file, text]) => file.startsWith('src/') && lost.test(text)).map(([file]) => file)).toEqual([]);
  });

  test('none has a module variable that changes: two of everything live in one process', () => {
    const counters = sources.filter(([, source]) => /^(export )?let /m.test(source)).map(([file]) => file);
    expect(counters).toEqual([]);
  });
});

describe('the workflow bundle', () => {
  test('holds the workflows, the contract and the SDK, and nothing that a cached workflow would pay for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wxq-architecture-'));
    try {
      const outFile = join(folder, 'bundle.js');
      const { codeBytes } = await bundleWorkflows(join(root, 'src/workflows/index.ts'), outFile);
      expect(codeBytes).toBeLessThanOrEqual(600_000);
      const [, encoded = ''] =
        /sourceMappingURL=data:application\/json;[^,]*base64,(\S+)/.exec(await readFile(outFile, 'utf8')) ?? [];
      const { sources: modules } = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as { sources: string[] };
      expect(modules.some((module) => module.includes('src/workflows/lifecycle.ts'))).toBe(true);
      const unwanted =
        /node_modules\/(zod|undici|sharp|fastify|pino)\/|src\/(activities|wechat|images|store|client|server)\//;
      expect(modules.filter((module) => unwanted.test(module))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 240_000);
});

describe('what is committed', () => {
  test('names no path of a machine', () => {
    // Written so that it does not find itself.
    const paths = /(?<![\w.~-])\/(work\/(main|shared|\.)|root\/|home\/[a-z]+\/|tmp\/(brief|bash_jobs))|\bC:\\Users\\/;
    expect([...texts].filter(([, text]) => paths.test(text)).map(([file]) => file)).toEqual([]);
  });

  test('names no registry, and the lockfile no address of a package', () => {
    const registries =
      /registry\.npm(js|mirror)|npmmirror\.|\b(artifactory|nexus)\.[a-z]|_auth(Token)?=|^registry *=/im;
    expect(
      [...texts]
        .filter(([file, text]) => file !== 'test/architecture.test.ts' && registries.test(text))
        .map(([file]) => file),
    ).toEqual([]);
    expect(texts.get('package-lock.json')).not.toContain('"resolved"');
  });

  test('holds no private key and no file of settings with secrets', () => {
    expect(committed.filter((file) => /(^|\/)\.env$|\.(pem|key|p12)$/.test(file))).toEqual([]);
    const key = new RegExp(`-----BEGIN [A-Z ]*${'PRIVATE'} KEY-----`);
    expect([...texts].filter(([, text]) => key.test(text)).map(([file]) => file)).toEqual([]);
  });
});
