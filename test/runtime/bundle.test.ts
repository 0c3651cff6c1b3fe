/** The workflow bundle is made once, is small, says what is wrong, and is made again when its input changes. */
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleWorkflows } from '../../scripts/bundle-workflows.ts';

let folder: string;
let workflows: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxq-bundle-'));
  await mkdir(join(folder, 'workflows'));
  await mkdir(join(folder, 'contract'));
  await symlink(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
  workflows = join(folder, 'workflows/index.ts');
  await writeFile(join(folder, 'contract/greeting.ts'), "export const greeting = 'ni hao';\n");
  await writeFile(
    workflows,
    "import { sleep } from '@temporalio/workflow';\nimport { greeting } from '../contract/greeting.ts';\n" +
      'export async function greet(): Promise<string> {\n  await sleep(10);\n  return greeting;\n}\n',
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('unchanged input is not bundled again; a changed contract file is', async () => {
  const outFile = join(folder, 'bundle.js');
  const first = await bundleWorkflows(workflows, outFile);
  expect(first.isNew).toBe(true);
  expect(first.codeBytes).toBeLessThan(600 * 1024);
  expect(await bundleWorkflows(workflows, outFile)).toEqual({ codeBytes: first.codeBytes, isNew: false });

  await writeFile(join(folder, 'contract/greeting.ts'), "export const greeting = 'zai jian';\n");
  expect((await bundleWorkflows(workflows, outFile)).isNew).toBe(true);
  expect(await readFile(outFile, 'utf8')).toContain('zai jian');
}, 30_000);

test('code that reaches for Node is refused with the name of the module, and no file is left', async () => {
  const bad = join(folder, 'workflows/bad.ts');
  const outFile = join(folder, 'bad-bundle.js');
  await writeFile(
    bad,
    "import { readFileSync } from 'node:fs';\nexport async function bad() { return readFileSync('x'); }\n",
  );
  await expect(bundleWorkflows(bad, outFile)).rejects.toThrow(/can't be bundled[\s\S]*fs/);
  await expect(readFile(outFile)).rejects.toThrow('ENOENT');
}, 30_000);

test('the workflows of this application make at most 600 KB of code, with their functions and classes under their own names', async () => {
  const outFile = join(folder, 'product.js');
  const own = join(import.meta.dirname, '../../src/workflows/index.ts');
  expect((await bundleWorkflows(own, outFile)).codeBytes).toBeLessThan(600_000);
  const code = await readFile(outFile, 'utf8');
  expect(code).toMatch(/function channelsShopQualification\(/);
  expect(code).toMatch(/function miniProgramQualification\(/);
  expect(code).toMatch(/class ApplicationFailure /);
}, 30_000);
