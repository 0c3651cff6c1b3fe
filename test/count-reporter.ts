import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends the run with the line `N passed, N failed`. A test that was skipped, and a file that could not be
 * loaded, count as failed: a green run means that everything ran.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        if (test.result().state === 'passed') passed += 1;
        else failed += 1;
        if (test.diagnostic()?.flaky === true) process.stdout.write(`needed a second try: ${test.fullName}\n`);
      }
    }
    if (failed > 0) process.exitCode = 1;
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}
