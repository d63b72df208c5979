import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openEmbeddedLog } from '../../../../server/log/embedded/log.ts';
import { openEmbeddedReader } from '../../../../server/log/embedded/reader.ts';
import { contents, keyOf, makeBatch, mustAppend, numbers, simpleBatch } from '../../../contract/log-fixtures.ts';
import { startChild, temporaryDirectory } from './processes.ts';

const openLog = (dir: string, extra: Partial<Parameters<typeof openEmbeddedLog>[0]> = {}) =>
  openEmbeddedLog({ dir, partitions: 2, rememberProducersMs: 10_000, dedupMs: 0, minFreeBytes: 0, ...extra });

describe('reading beside the server', () => {
  test('another process follows the log while it is written, and the file grows under it', async () => {
    const dir = temporaryDirectory();
    const log = await openLog(dir);
    const reader = startChild('reader', dir, 1);
    await reader.until(1);
    expect(reader.lines).toEqual(['partitions:2']);
    for (let i = 0; i < 300; i++) {
      await mustAppend(log, makeBatch(1, [{ producer: 'p', first: 1 + i * 5, count: 5, padding: 10_000 }]));
    }
    await reader.until(1 + 1500);
    expect(reader.lines.slice(1)).toEqual(numbers('p', 1, 1500));
    await log.close();
  });

  test('sees events, producers of both generations and the state as they stand', async () => {
    const dir = temporaryDirectory();
    let now = 1_000_000;
    const log = await openLog(dir, { now: () => now });
    const reader = await openEmbeddedReader(dir);
    await mustAppend(log, simpleBatch(0, 'p', 1, 3));
    expect(await contents(reader, 'events', 0)).toEqual(['p:1', 'p:2', 'p:3']);
    now += 10_001;
    await mustAppend(log, simpleBatch(1, 'q', 1, 1));
    expect(await reader.producers([keyOf('p'), keyOf('q')])).toEqual(await log.producers([keyOf('p'), keyOf('q')]));
    expect(await reader.producers([keyOf('p')])).toMatchObject([[{ partition: 0, watermark: 3 }]]);
    now += 10_001;
    await mustAppend(log, simpleBatch(1, 'q', 2, 1));
    expect(await reader.producers([keyOf('p')])).toEqual([[]]);
    await log.trim({ stream: 'events', maxBytes: 0, keepFrom: [100, 1] });
    expect(await reader.state()).toEqual(await log.state());
    await reader.close();
    await reader.close();
    await expect(reader.read('events', 0, 1, 1)).rejects.toMatchObject({ code: 'closed' });
    await expect(reader.state()).rejects.toMatchObject({ code: 'closed' });
    await log.close();
  });

  test('reads a log that no server has open, and goes on over restarts of the server', async () => {
    const dir = temporaryDirectory();
    const first = await openLog(dir);
    await mustAppend(first, simpleBatch(0, 'p', 1, 1));
    await first.close();
    const reader = startChild('reader', dir, 0);
    await reader.until(2);
    const second = await openLog(dir);
    await mustAppend(second, simpleBatch(0, 'p', 2, 1));
    await reader.until(3);
    await second.close();
    const third = await openLog(dir);
    await mustAppend(third, simpleBatch(0, 'p', 3, 1));
    await reader.until(4);
    expect(reader.lines).toEqual(['partitions:2', 'p:1', 'p:2', 'p:3']);
    await third.close();
  });

  test('where there is no log it says so and makes none', async () => {
    const dir = path.join(temporaryDirectory(), 'none');
    await expect(openEmbeddedReader(dir)).rejects.toMatchObject({
      code: 'misconfigured',
      message: `there is no log in ${dir}`,
    });
    expect(existsSync(dir)).toBe(false);
  });
});
