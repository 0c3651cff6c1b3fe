/** Reads a case from a JSON file, tells its platform by its members, and checks the files it names. */
import { access, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { platformOf } from '../client/case-content.ts';
import type { Finding, Platform } from '../client/index.ts';
import type { CliContext } from './context.ts';
import { UsageError } from './exit-status.ts';

/** What the file held, not yet checked against the schema. */
export interface CaseFile {
  platform: Platform;
  input: unknown;
  /** Relative image paths start at the file's own folder (for `-`: at the current one). */
  folder: string;
}

/** Throws `UsageError` when there is no such file or it holds no JSON, `InvalidCaseError` when it holds no case. */
export async function readCaseFile(context: CliContext, name: string): Promise<CaseFile> {
  const input = parsed(name, name === '-' ? await context.readStdin() : await read(resolve(context.cwd, name), name));
  const folder = name === '-' ? context.cwd : dirname(resolve(context.cwd, name));
  return { platform: platformOf(input), input, folder };
}

async function read(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${name} cannot be read: ${error instanceof Error ? error.message : error}.`, undefined, {
      cause: error,
    });
  }
}

function parsed(name: string, text: string): unknown {
  try {
    // Ids that were written as numbers lose digits here; the schema refuses them for being numbers.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UsageError(
      `${name} is not JSON: ${error instanceof Error ? error.message : error}.`,
      'Correct the file.',
      {
        cause: error,
      },
    );
  }
}

/** Findings for relative paths that name no file here: they are meant for this machine, and a typo costs days. */
export async function missingFiles(sources: { path: string; source: string }[], folder: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { path, source } of sources) {
    if (/^([a-z][a-z0-9+.-]+:|\/|\\|[a-z]:)/i.test(source)) continue;
    const file = resolve(folder, source);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) continue;
    findings.push({
      path,
      message: `${path} names ${source}, but there is no file ${file}.`,
      zh: `${path} 指向的文件不存在：${file}。`,
    });
  }
  return findings;
}
