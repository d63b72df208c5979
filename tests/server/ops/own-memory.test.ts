/** Memory without the pages of files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { ownOf } from '../../../server/ops/own-memory.ts';

const MIB = 1024 * 1024;
const CHILD = fileURLToPath(new URL('./own-memory-child.ts', import.meta.url));

it('grows with memory and not with mapped files that are read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gapless.memory-'));
  try {
    const said = execFileSync(process.execPath, ['--import', 'tsx', CHILD, folder], {
      encoding: 'utf8',
    });
    const { filled, read, grown, resident, sum } = JSON.parse(said);
    expect(sum).toBeGreaterThan(0);
    expect(read - filled).toBeLessThan(16 * MIB);
    expect(grown - read).toBeGreaterThan(64 * MIB);
    expect(grown).toBeLessThan(resident - 32 * MIB);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('says so where the system does not tell it', () => {
  expect(ownOf('VmRSS:\t9000 kB\nRssAnon:\t  1000 kB\nRssFile:\t8000 kB\nRssShmem:\t24 kB\n')).toBe(1024 * 1024);
  expect(() => ownOf('VmRSS: 5 kB\n')).toThrow('anonymous');
});
