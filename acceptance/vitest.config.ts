import { defineConfig } from 'vitest/config';

/** The suites that attack a server from outside: each file needs the machine for itself. */
export default defineConfig({
  test: {
    include: ['acceptance/{fuzz,faults}/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
});
