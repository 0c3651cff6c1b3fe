/**
 * A machine that is shared may be too busy for two test files with real servers at once. The files in which something
 * failed are run once more, one after another and with nothing beside them, and the line `N passed, N failed` is that of
 * both runs together. More than ten such files are no matter of the machine: nothing is tried again.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const [reportFile = ''] = process.argv.slice(2);
/** @returns undefined where the run ended before it could write its report. */
const read = () => {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8'));
  } catch {
    return undefined;
  }
};
const end = (passed, failed) => {
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exit(failed === 0 ? 0 : 1);
};

const first = read();
if (first === undefined) end(0, 1);
const { passed, failed, failedFiles } = first;
const sum = (name) => failedFiles.reduce((total, one) => total + one[name], 0);
// What failed outside of any file can't be tried again.
const elsewhere = failed - sum('failed');
if (failedFiles.length === 0 || failedFiles.length > 10 || elsewhere > 0) end(passed, failed);

const files = failedFiles.map(({ file }) => file);
process.stdout.write(`\nOnce more, alone: ${files.join(', ')}\n`);
const run = spawnSync('npx', ['vitest', 'run', '--maxWorkers=1', '--no-file-parallelism', ...files], {
  stdio: 'inherit',
  env: { ...process.env, TEST_REPORT: reportFile },
});
const second = read();
if (second === undefined || run.error !== undefined) end(passed, failed);
end(passed - sum('passed') + second.passed, second.failed);
