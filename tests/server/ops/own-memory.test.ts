/** Memory without the pages of files. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { expect, it } from 'vitest';
import { ownMemory, ownOf } from '../../../server/ops/own-memory.ts';

const MIB = 1024 * 1024;

it('grows with memory and not with mapped files that are read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gapless.memory-'));
  const root = open<Buffer, number>({ path: folder, noSubdir: false, encoding: 'binary' });
  try {
    for (let i = 0; i < 64; i++) await root.put(i, Buffer.alloc(MIB, i));
    await root.flushed;
    const [own, resident] = [ownMemory(), process.memoryUsage.rss()];
    let sum = 0;
    for (let i = 0; i < 64; i++) {
      const bytes = root.getBinaryFast(i)!;
      for (let at = 0; at < bytes.length; at += 4096) sum += bytes[at]!;
    }
    expect(sum).toBeGreaterThan(0);
    const before = ownMemory();
    expect(before - own).toBeLessThan(Math.max(16 * MIB, process.memoryUsage.rss() - resident));
    const kept = Buffer.alloc(96 * MIB, 1);
    expect(ownMemory() - before).toBeGreaterThan(64 * MIB);
    expect(kept[1]).toBe(1);
    expect(ownMemory()).toBeLessThan(process.memoryUsage.rss());
  } finally {
    await root.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

it('says so where the system does not tell it', () => {
  expect(ownOf('VmRSS:\t9000 kB\nRssAnon:\t  1000 kB\nRssFile:\t8000 kB\nRssShmem:\t24 kB\n')).toBe(1024 * 1024);
  expect(() => ownOf('VmRSS: 5 kB\n')).toThrow('anonymous');
});
