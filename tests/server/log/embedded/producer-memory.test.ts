/** What the embedded log keeps in memory of its producers must be what stands in the data. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Remembered } from '../../../../server/log/decide.ts';
import { openEmbeddedLog } from '../../../../server/log/embedded/log.ts';
import { ProducerMemory } from '../../../../server/log/embedded/producer-memory.ts';
import { makeBatch } from '../../../contract/log-fixtures.ts';

const DAY = 86_400_000;
const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

describe('the memory', () => {
  it('looks each producer up once, and again when it is cleared', () => {
    const looks: string[] = [];
    const memory = new ProducerMemory(2, (key) => {
      looks.push(key.toString('latin1'));
      return undefined;
    });
    for (let i = 0; i < 3; i++) for (const partition of [0, 1]) memory.of(partition, 'p');
    expect(looks).toEqual(['p\0\0\0', 'p\0\0\x01']);
    memory.clear();
    memory.of(1, 'p');
    expect(looks).toHaveLength(3);
  });

  it('keeps those that are asked for while many others come by', () => {
    const looks = new Map<string, number>();
    const memory = new ProducerMemory(1, (key) => {
      const name = key.toString('latin1').split('\0')[0]!;
      looks.set(name, (looks.get(name) ?? 0) + 1);
      return undefined;
    });
    for (let i = 0; i < 60_000; i++) {
      memory.of(0, `passing-${i}`);
      if (i % 100 === 0) memory.of(0, 'regular');
    }
    expect(looks.get('regular')).toBe(1);
    memory.of(0, 'passing-0');
    expect(looks.get('passing-0')).toBe(2);
  });

  it('hands on what was written', () => {
    const memory = new ProducerMemory(1, () => undefined);
    const stored: Remembered = { watermark: 7, record: new Uint8Array(3) };
    memory.written(memory.of(0, 'p'), stored);
    expect(memory.of(0, 'p')).toMatchObject({ stored, written: true });
  });

  it('keeps no large records, read or written', () => {
    const looks: string[] = [];
    const large: Remembered = { watermark: 7, record: new Uint8Array(100_000) };
    const memory = new ProducerMemory(1, (key) => {
      looks.push(key.toString('latin1').split('\0')[0]!);
      return looks.at(-1) === 'large' ? large : undefined;
    });
    for (let i = 0; i < 2; i++) expect(memory.of(0, 'large').stored).toBe(large);
    memory.written(memory.of(0, 'growing'), large);
    memory.of(0, 'growing');
    expect(looks).toEqual(['large', 'large', 'growing', 'growing']);
  });
});

describe('the log', () => {
  it('answers what it was told before, also when both generations were turned over, and after a restart', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'gapless-memory-'));
    dirs.push(dir);
    let now = Date.now();
    const options = { dir, partitions: 1, rememberProducersMs: DAY, dedupMs: 0, minFreeBytes: 0, now: () => now };
    let log = await openEmbeddedLog(options);
    const append = (first: number, last: number, prev: number) =>
      log.append(makeBatch(0, [{ producer: 'p', first, count: last - first + 1, prev }]));

    expect(await append(1, 3, 0)).toMatchObject({ status: 'appended' });
    expect(await append(2, 4, 3)).toMatchObject({ conflicts: [{ reason: 'overlap', watermark: 3 }] });
    now += DAY;
    // The record moves to the generation that is current now, and out of the other.
    expect(await append(4, 5, 3)).toMatchObject({ status: 'appended' });
    expect((await log.state()).producers).toBe(1);
    now += DAY;
    expect(await append(5, 6, 5)).toMatchObject({ conflicts: [{ reason: 'overlap', watermark: 5 }] });
    await log.close();

    log = await openEmbeddedLog(options);
    expect(await append(9, 9, 7)).toMatchObject({ conflicts: [{ reason: 'out_of_sequence', watermark: 5 }] });
    expect(await append(6, 6, 5)).toMatchObject({ status: 'appended' });
    now += DAY;
    await log.trim({ stream: 'events', keepFrom: [1] });
    now += DAY;
    // Nobody remembers it by now, and neither does the memory.
    expect(await append(7, 7, 6)).toMatchObject({ conflicts: [{ reason: 'out_of_sequence', watermark: 0 }] });
    await log.close();
  });
});
