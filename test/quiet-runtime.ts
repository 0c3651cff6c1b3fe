/** The SDK's Runtime, without its warnings about the failures that a test provokes: they would hide the others. */
import { DefaultLogger, Runtime } from '@temporalio/worker';

let isQuiet = false;

/** Installs it once; there is one Runtime per process. */
export function quietRuntime(): void {
  if (isQuiet) return;
  isQuiet = true;
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
}
