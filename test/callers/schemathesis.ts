/** schemathesis, which makes requests of an OpenAPI document and judges the answers; in the versions of requirements.txt, kept in the cache folder. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from './run-to-end.ts';

const requirements = join(import.meta.dirname, 'requirements.txt');

/** The program and its first arguments; installs it when it is not there yet. */
export async function schemathesisProgram(): Promise<[program: string, ...given: string[]]> {
  const cache = process.env.WXQ_CACHE_DIR || join(homedir(), '.cache', 'wechat-qualification');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(cache, `schemathesis-${digest}`);
  // Not by its script, which names the folder that it was made in.
  const program = [
    join(folder, 'bin', 'python'),
    '-c',
    'from schemathesis.cli import schemathesis; schemathesis()',
  ] as const;
  if (existsSync(folder)) return [...program];
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(`${folder}-`);
  try {
    await must('python3', ['-m', 'venv', made]);
    await must(join(made, 'bin', 'python'), ['-m', 'pip', 'install', '-q', '--no-deps', '-r', requirements]);
    // Whole or not at all.
    await rename(made, folder);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    throw error;
  }
  return [...program];
}

async function must(program: string, given: readonly string[]): Promise<void> {
  const { status, output } = await runToEnd(program, given);
  if (status !== 0) throw new Error(`${program} ${given.join(' ')} ended with ${status}:\n${output}`);
}
