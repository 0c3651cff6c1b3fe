import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** What `.ci/run` reads to try the files with failures once more, alone. */
interface RunReport {
  passed: number;
  failed: number;
  /** Files in which something failed, each with how much of it passed and failed. */
  failedFiles: { file: string; passed: number; failed: number }[];
}

/**
 * Ends the run with the line `N passed, N failed`. A test that was skipped, and a file that could not be
 * loaded, count as failed: a green run means that everything ran. With `TEST_REPORT` the counts are written there too.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const report: RunReport = { passed: 0, failed: unhandledErrors.length, failedFiles: [] };
    for (const module of modules) {
      let passed = 0;
      let failed = module.errors().length;
      for (const test of module.children.allTests()) {
        if (test.result().state === 'passed') passed += 1;
        else failed += 1;
        if (test.diagnostic()?.flaky === true) process.stdout.write(`needed a second try: ${test.fullName}\n`);
      }
      report.passed += passed;
      report.failed += failed;
      if (failed > 0) report.failedFiles.push({ file: module.relativeModuleId, passed, failed });
    }
    if (report.failed > 0) process.exitCode = 1;
    if (process.env.TEST_REPORT) writeFileSync(process.env.TEST_REPORT, JSON.stringify(report));
    process.stdout.write(`\n${report.passed} passed, ${report.failed} failed\n`);
  }
}
