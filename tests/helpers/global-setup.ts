/**
 * Runs once before the tests: `dist/` is what the command-line tests spawn. Types are `npm run check`'s business; nothing happens
 * when `npm test` has just built it. A build that fails stops only the tests that need it (`tests/helpers/cli.ts` reads the variable).
 */
import { spawnSync } from 'node:child_process';

export default function setup(): void {
  const build = spawnSync(process.execPath, ['scripts/build.mjs', '--quick'], { encoding: 'utf8' });
  if (build.status !== 0) process.env.BUILD_FAILURE = `${build.stdout}${build.stderr}`;
}
