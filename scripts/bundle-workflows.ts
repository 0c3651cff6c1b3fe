/** Bundles the workflow code once, at build time, so that a worker starts in about a second instead of running webpack. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

/** What came of it. `codeBytes` counts the code alone; a source map without sources follows it in the file. */
export interface WorkflowBundle {
  codeBytes: number;
  /** False when the file was there already, made from the same input. */
  isNew: boolean;
}

/** For webpack's JavaScript minimizer: print the code anew, and do nothing else to it. */
const printOnly = {
  compress: false,
  mangle: false,
  keep_classnames: true,
  keep_fnames: true,
  format: { comments: false },
};

/**
 * Bundles the workflows exported by `workflowsPath` (a `.ts` or `.js` file) into `outFile`, whole or not at all, for
 * `workflowBundle: { codePath: outFile }`. Skipped when `outFile` was made from the same files, SDK and this script.
 * Comments and blanks go, which is half of the code; nothing is renamed, dropped or reordered, so that the code that
 * replays a history is the code that was written.
 * `failureConverterPath` names a file that exports a `failureConverter`, for a worker that is given the same.
 * @throws Error with webpack's words when the code does not bundle (a `node:` import, for example).
 */
export async function bundleWorkflows(
  workflowsPath: string,
  outFile: string,
  failureConverterPath?: string,
): Promise<WorkflowBundle> {
  const digest = await inputDigest(workflowsPath, failureConverterPath);
  const stamp = `// input ${digest}\n`;
  const before = await readIfThere(outFile);
  if (before?.includes(stamp)) return { codeBytes: codeBytesOf(before), isNew: false };

  const complaints: string[] = [];
  const say = (message: string): void => void complaints.push(message);
  const { code } = await bundleWorkflowCode({
    workflowsPath: resolve(workflowsPath),
    ...(failureConverterPath === undefined ? {} : { failureConverterPath: resolve(failureConverterPath) }),
    // Standard output belongs to the program that is being built for; webpack is heard only when it fails.
    logger: { log: () => {}, trace: () => {}, debug: () => {}, info: () => {}, warn: say, error: say },
    // The worker insists on an inline map; without the sources it is small, and a stack trace still names file and line.
    webpackConfigHook: (config) => ({
      ...config,
      devtool: 'inline-nosources-source-map',
      optimization: { ...config.optimization, minimize: true, minimizeOptions: { javascript: printOnly } },
    }),
  }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error([`The workflow code can't be bundled: ${why}`, ...complaints].join('\n'));
  });
  // In front of the map, because a line at the top would shift every line that the map speaks of.
  const map = mapPosition(code);
  const content = code.slice(0, map) + stamp + code.slice(map);
  await mkdir(dirname(resolve(outFile)), { recursive: true });
  const draft = `${outFile}.${process.pid}.draft`;
  try {
    await writeFile(draft, content);
    await rename(draft, outFile);
  } finally {
    await rm(draft, { force: true });
  }
  return { codeBytes: codeBytesOf(content), isNew: true };
}

/** Changes when a workflow or contract file, the SDK or this script changes: workflow code may import nothing else. */
async function inputDigest(workflowsPath: string, failureConverterPath: string | undefined): Promise<string> {
  const folder = dirname(resolve(workflowsPath));
  const hash = createHash('sha256').update(workflowsPath.endsWith('.ts') ? 'ts' : 'js');
  const sdk = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
  hash.update(sdk.version).update(await readFile(import.meta.filename));
  if (failureConverterPath !== undefined) hash.update(await readFile(failureConverterPath));
  for (const part of [folder, join(folder, '..', 'contract')]) {
    const names = (await readdir(part, { recursive: true }).catch(() => [])).filter((name) => /\.[jt]s$/.test(name));
    for (const name of names.filter((each) => !each.endsWith('.d.ts')).sort()) {
      hash.update(`\0${name}\0`).update(await readFile(join(part, name)));
    }
  }
  return hash.digest('hex');
}

function codeBytesOf(bundle: string): number {
  return Buffer.byteLength(bundle.slice(0, mapPosition(bundle)));
}

function mapPosition(bundle: string): number {
  const position = bundle.lastIndexOf('//# sourceMappingURL=data:');
  return position === -1 ? bundle.length : position;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const dist = join(import.meta.dirname, '..');
  const workflowsPath = join(dist, 'src/workflows/index.js');
  // The second is for a worker that encrypts: its workflows write failures where the codec reaches them.
  const { codeBytes, isNew } = await bundleWorkflows(workflowsPath, join(dist, 'workflow-bundle.js'));
  await bundleWorkflows(
    workflowsPath,
    join(dist, 'workflow-bundle-private.js'),
    join(dist, 'src/codec/failure-converter.js'),
  );
  if (isNew) process.stderr.write(`workflow bundle: ${Math.round(codeBytes / 1024)} KB of code\n`);
}
