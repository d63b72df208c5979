import { defineConfig } from 'vitest/config';

/** These start whole servers, commands or browsers. */
const WHOLE = ['cli', 'deploy', 'e2e', 'integration'].map((folder) => `tests/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    globalSetup: ['tests/helpers/global-setup.ts'],
    pool: 'forks',
    // One more than a small machine has cores: much of the time is waiting for servers, browsers and clocks.
    maxWorkers: 3,
    // Many files share a process: starting one for each, and loading everything again, took half of their time.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      // On a machine that others share a process may be late beyond all patience; the report names what had to be repeated.
      { extends: true, test: { name: 'whole', include: WHOLE, retry: process.env.CI ? 1 : 0 } },
      { extends: true, test: { name: 'parts', include: ['tests/**/*.test.ts'], exclude: WHOLE } },
    ],
  },
});
