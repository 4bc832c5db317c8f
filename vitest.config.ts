import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'server/src/**/*.test.ts',
      'client/test/**/*.test.ts',
      'web/src/**/*.test.ts',
      'tools/**/*.test.ts',
    ],
    // They need what `npm run acceptance:heavy` installs and starts.
    exclude: ['**/node_modules/**', '**/*.heavy.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
