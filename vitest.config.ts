import { defineConfig } from 'vitest/config';

/** Each file of these starts whole servers, commands or browsers, and gets a process of its own. */
const WHOLE = ['cli', 'deploy', 'e2e', 'integration'].map((folder) => `tests/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ['tests/helpers/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      // On a machine that others share a process may be late beyond all patience; the report names what had to be repeated.
      { extends: true, test: { name: 'whole', include: WHOLE, retry: process.env.CI ? 1 : 0 } },
      {
        extends: true,
        // One process after the other for many small files: starting one for each took half of their time.
        test: { name: 'parts', include: ['tests/**/*.test.ts'], exclude: WHOLE, isolate: false },
      },
    ],
  },
});
