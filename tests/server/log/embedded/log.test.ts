import { open } from 'lmdb';
import { describe, expect, test } from 'vitest';
import { openEmbeddedLog } from '../../../../server/log/embedded/log.ts';
import { contents, keyOf, makeBatch, mustAppend, numbers, simpleBatch } from '../../../contract/log-fixtures.ts';
import { temporaryDirectory } from './processes.ts';

const openLog = (dir = temporaryDirectory(), extra: Partial<Parameters<typeof openEmbeddedLog>[0]> = {}) =>
  openEmbeddedLog({ dir, partitions: 8, rememberProducersMs: 1e9, dedupMs: 1e9, minFreeBytes: 0, ...extra });

describe('the embedded engine', () => {
  test('a folder that cannot be made is refused, and does not keep the process busy', async () => {
    await expect(openLog('/proc/gapless/data')).rejects.toMatchObject({ code: 'misconfigured' });
  });

  test('appends that wait together become one transaction', async () => {
    const dir = temporaryDirectory();
    const log = await openLog(dir);
    const view = open({ path: dir, noSubdir: false, readOnly: true, maxDbs: 12 });
    const transactions = () => {
      view.resetReadTxn();
      return (view.getStats() as { lastTxnId: number }).lastTxnId;
    };
    const before = transactions();
    await Promise.all(Array.from({ length: 8 }, (_, partition) => mustAppend(log, simpleBatch(partition, 'p', 1, 5))));
    expect(transactions()).toBe(before + 1);
    await view.close();
    await log.close();
  });

  test('a conflict in one partition does not hold up the others', async () => {
    const log = await openLog();
    await mustAppend(log, simpleBatch(0, 'p', 1, 5));
    const [conflict, stored] = await Promise.all([
      log.append(simpleBatch(0, 'p', 1, 5)),
      log.append(simpleBatch(1, 'p', 1, 5)),
    ]);
    expect(conflict.status).toBe('conflict');
    expect(stored.status).toBe('appended');
    await log.close();
  });

  test('several batches of one partition at once are taken one after another', async () => {
    const log = await openLog();
    const results = await Promise.all([1, 6, 11, 16].map((first) => log.append(simpleBatch(3, 'p', first, 5))));
    expect(results.map((result) => result.status === 'appended' && result.last)).toEqual([5, 10, 15, 20]);
    expect(await contents(log, 'events', 3)).toEqual(numbers('p', 1, 20));
    await log.close();
  });

  test('a batch that is not well made is refused, and the log goes on', async () => {
    const log = await openLog();
    await expect(log.append(simpleBatch(8, 'p', 1, 1))).rejects.toMatchObject({ code: 'misconfigured' });
    await expect(log.append(simpleBatch(-1, 'p', 1, 1))).rejects.toMatchObject({ code: 'misconfigured' });
    const broken = simpleBatch(0, 'p', 1, 1);
    await expect(log.append({ ...broken, units: null as never })).rejects.toThrow();
    await mustAppend(log, broken);
    await log.close();
  });

  test('very long producer keys are told apart', async () => {
    const log = await openLog();
    const withKey = (producer: string) => {
      const batch = simpleBatch(2, 'p', 1, 1);
      return { ...batch, units: [{ ...batch.units[0]!, producer }] };
    };
    const long = 'x'.repeat(3000);
    const keys = [`${long}a/1`, `${long}b/1`, 'x/1', 'x/11'];
    for (const key of keys) await mustAppend(log, withKey(key));
    for (const key of keys) expect(await log.append(withKey(key))).toMatchObject({ status: 'conflict' });
    expect(await log.producers(keys)).toMatchObject(keys.map(() => [{ partition: 2, watermark: 1 }]));
    await log.close();
  });

  test('a trim of many transactions lets appends in between', async () => {
    const log = await openLog();
    for (let i = 0; i < 60; i++) {
      await Promise.all(
        Array.from({ length: 8 }, (_, partition) => mustAppend(log, simpleBatch(partition, 'p', 1 + i, 1))),
      );
    }
    const trim = log.trim({ stream: 'events', maxBytes: 0, keepFrom: Array(8).fill(60) });
    const appended = mustAppend(log, simpleBatch(0, 'p', 61, 1));
    expect(await trim).toMatchObject({ entries: 59 * 8, events: 59 * 8 });
    expect(await appended).toEqual({ last: 61, lastDead: 0 });
    expect((await log.state()).events.map(({ first, last }) => [first, last])).toEqual([
      [60, 61],
      ...Array(7).fill([60, 60]),
    ]);
    await log.close();
  });

  test('producers and ids beyond their time leave the data', async () => {
    let now = 1_000_000;
    const log = await openLog(temporaryDirectory(), { now: () => now, rememberProducersMs: 1000, dedupMs: 1000 });
    for (let round = 0; round < 6; round++) {
      const drafts = Array.from({ length: 50 }, (_, i) => ({
        producer: `p${round}-${i}`,
        first: 1,
        count: 1,
        ids: { 1: `${round}-${i}` },
      }));
      await mustAppend(log, makeBatch(0, drafts));
      expect((await log.state()).producers).toBe(round === 0 ? 50 : 100);
      now += 1000;
    }
    expect(await log.producers([keyOf('p3-0'), keyOf('p4-0'), keyOf('p5-0')])).toMatchObject([
      [],
      [{ watermark: 1 }],
      [{ watermark: 1 }],
    ]);
    await log.close();
  });
});
