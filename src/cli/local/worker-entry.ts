/** The worker as a child of `wxq demo` and `wxq dev`: tells its parent when it polls, and does not outlive it. */
import { loadConfig } from '../../runtime/config.ts';
import { runWorker } from '../../worker.ts';
import { workerIsPolling } from './worker-process.ts';

// The parent's end of the channel closes however the parent ends; Temporal then goes as well.
process.once('disconnect', () => process.exit(1));

try {
  await runWorker(loadConfig(process.env));
  process.send?.(workerIsPolling);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
