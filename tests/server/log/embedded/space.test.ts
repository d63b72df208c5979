import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEmbeddedLog } from '../../../../server/log/embedded/log.ts';
import { contents, makeBatch, mustAppend, numbers, simpleBatch } from '../../../contract/log-fixtures.ts';
import { childArgs, startProcess, temporaryDirectory } from './processes.ts';

const openLog = (extra: Partial<Parameters<typeof openEmbeddedLog>[0]> = {}) =>
  openEmbeddedLog({
    dir: temporaryDirectory(),
    partitions: 2,
    rememberProducersMs: 1e9,
    dedupMs: 0,
    minFreeBytes: 0,
    ...extra,
  });

describe('space on the disk', () => {
  test('below the floor nothing is appended; reading and trimming go on; it recovers', async () => {
    let free = 2_000_000;
    const log = await openLog({ minFreeBytes: 1_000_000, freeBytes: () => free });
    await mustAppend(log, simpleBatch(0, 'p', 1, 3));
    free = 999_999;
    await expect
      .poll(() =>
        log.append(simpleBatch(0, 'q', 1, 1)).then(
          () => 'stored',
          ({ code }) => code,
        ),
      )
      .toBe('no_space');
    await expect(log.append(simpleBatch(0, 'p', 4, 1))).rejects.toMatchObject({
      name: 'LogError',
      code: 'no_space',
      canRetry: true,
      inDoubt: false,
    });
    const before = await log.state();
    expect((await contents(log, 'events', 0)).slice(0, 3)).toEqual(numbers('p', 1, 3));
    expect(await log.state()).toEqual(before);
    free = 1_000_000;
    await mustAppend(log, simpleBatch(0, 'p', 4, 1));
    await log.close();
  });

  test('what trimming frees within the file counts as space', async () => {
    let free = 1e9;
    const log = await openLog({ minFreeBytes: 500_000, freeBytes: () => free });
    for (let i = 0; i < 40; i++)
      await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 1 + i * 10, count: 10, padding: 5_000 }]));
    free = 0;
    await expect
      .poll(() =>
        log.append(simpleBatch(1, `q${Math.random()}`, 1, 1)).then(
          () => 'stored',
          ({ code }) => code,
        ),
      )
      .toBe('no_space');
    await log.trim({ stream: 'events', maxBytes: 100_000 });
    await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 401, count: 10, padding: 5_000 }]));
    await log.close();
  });

  test('the file does not grow while as much is trimmed as appended, whoever reads meanwhile', async () => {
    const dir = temporaryDirectory();
    const log = await openLog({ dir });
    const size = () => statSync(path.join(dir, 'data.mdb')).size;
    const sizes: number[] = [];
    for (let i = 0; i < 80; i++) {
      await mustAppend(log, makeBatch(i % 2, [{ producer: `p${i}`, first: 1, count: 20, padding: 5_000 }]));
      await log.read('events', i % 2, 1, 150_000);
      await log.trim({ stream: 'events', maxBytes: 500_000 });
      sizes.push(size());
    }
    expect(sizes.at(-1)).toBeLessThanOrEqual(sizes[39]! * 1.2);
    await log.close();
  });

  describe('a disk that is really full', () => {
    /** Runs the child with a disk of 8 MB of its own; null where the system does not let us. */
    async function onSmallDisk(minFreeBytes: number): Promise<{ step: string; code: string }[] | null> {
      const mount = 'mount -t tmpfs -o size=8m none "$0"';
      const dir = temporaryDirectory();
      if (spawnSync('unshare', ['-rm', 'sh', '-c', mount, dir]).status !== 0) return null;
      const child = startProcess(
        'unshare',
        '-rm',
        'sh',
        '-c',
        `${mount} && exec "$@"`,
        dir,
        process.execPath,
        ...childArgs('full-disk', dir, minFreeBytes),
      );
      await child.ended;
      return child.lines.map((line) => JSON.parse(line));
    }

    test('with a floor: refused in time, goes on after trimming', async (context) => {
      const steps = await onSmallDisk(1_500_000);
      if (!steps) return context.skip('needs the right to mount a tmpfs (unshare -rm)');
      expect(steps).toEqual([
        { step: 'fill', code: 'no_space', stands: true },
        { step: 'again', code: 'no_space', stopped: [] },
        { step: 'trim', code: 'trimmed' },
        { step: 'go on', code: 'appended', stands: true },
      ]);
    });

    test('without a floor: nothing half, and nothing more is written', async (context) => {
      const steps = await onSmallDisk(0);
      if (!steps) return context.skip('needs the right to mount a tmpfs (unshare -rm)');
      // A write that was cut short is told as an input/output error. LMDB's handling of a full disk may also end the process.
      const [fill, ...more] = steps;
      expect(fill).toEqual({ step: 'fill', code: expect.stringMatching(/^(no_space|in_doubt)$/), stands: true });
      for (const step of more) expect(step).toEqual({ step: 'again', code: 'unavailable', stopped: ['unavailable'] });
    });
  });
});
