import { defineConfig } from 'vitest/config';

/** Tests that need a Temporal server; everything else is quick and runs on its own. */
const needsTemporal = ['test/workflows/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/client/**/*.temporal.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', './test/count-reporter.ts'],
    pool: 'forks',
    // Two cores are what this has to run on; most tests wait for something rather than compute.
    maxWorkers: 2,
    // Machines are shared and these tests have real deadlines: one more try, and the reporter names who needed it.
    retry: 1,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          // test/topology, test/callers: `.ci/run --full`.
          exclude: [...needsTemporal, 'test/topology/**', 'test/callers/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'temporal',
          include: needsTemporal,
          globalSetup: ['test/temporal-server.ts'],
          testTimeout: 90_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
