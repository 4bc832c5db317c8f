import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests for which `npm run acceptance:heavy` starts a cluster first: too large for `npm test`. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    include: ['server/src/**/*.heavy.test.ts'],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 300_000,
  },
});
