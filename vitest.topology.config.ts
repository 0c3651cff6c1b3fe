/** What `.ci/run --full` runs: the end-to-end tests and the crash drill on Temporal with PostgreSQL, as it is installed; the JSON API fuzzed, and called from Java. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './test/count-reporter.ts'],
    pool: 'forks',
    // One file after another: the drill starts a topology of its own, and two side by side starve each other on two cores.
    maxWorkers: 1,
    // As in vitest.config.ts: real deadlines on a shared machine; the reporter names who needed a second try.
    retry: 1,
    projects: [
      {
        test: {
          name: 'topology',
          include: ['test/e2e/**/*.test.ts', 'test/topology/**/*.test.ts'],
          globalSetup: ['test/topology/set-up.ts'],
          testTimeout: 180_000,
          // A first run builds the Temporal server.
          hookTimeout: 1_800_000,
        },
      },
      {
        test: {
          name: 'callers',
          include: ['test/callers/**/*.test.ts'],
          globalSetup: ['test/temporal-server.ts'],
        },
      },
    ],
  },
});
