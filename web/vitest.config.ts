import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests of the pages in a real browser, on a real server: a file at a time, for both want the whole machine. */
export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['web/test/**/*.test.ts'],
    globalSetup: ['web/test/harness/built-pages.ts'],
    testTimeout: 60_000,
    // A browser on a busy machine loses its patience now and then; a defect fails twice.
    retry: 1,
    // As patient as locators are: the machine may be busy.
    expect: { poll: { timeout: 10_000, interval: 50 } },
    hookTimeout: 400_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
});
