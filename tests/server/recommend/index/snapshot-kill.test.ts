/** Whatever moment a process is killed at while it writes snapshots: the folder holds the last whole one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSnapshot } from '../../../../server/recommend/index/snapshot-file.ts';
import { PARTITIONS } from './listening.ts';

const CHILD = new URL('../../../helpers/snapshot-child.ts', import.meta.url).pathname;
const ROUNDS = 3;

it('survives kill -9 at any moment', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gapless-index-'));
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', CHILD, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      let said = '';
      for await (const text of child.stdout.setEncoding('utf8')) {
        said += text;
        // Right after a snapshot stood, and a random moment into the next ones.
        if (said.split('\n').length > round) break;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      child.kill('SIGKILL');
      await exited;
      const whole = said.split('\n').filter((line) => line !== '');
      const index = readSnapshot(folder, PARTITIONS)!;
      // The one that it told of, or a later one that it could not tell of any more.
      expect(index.events).toBeGreaterThanOrEqual(Number(whole.at(-1)));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
