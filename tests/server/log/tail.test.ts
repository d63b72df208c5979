import { describe, expect, test } from 'vitest';
import { openMemoryLog } from '../../../server/log/memory/log.ts';
import type { EventLog, LogWaker } from '../../../server/log/port.ts';
import { tail } from '../../../server/log/tail.ts';
import { decodeItems, mustAppend, numbers, simpleBatch } from '../../contract/log-fixtures.ts';

const openLog = () => openMemoryLog({ partitions: 2, rememberProducersMs: 1e9, dedupMs: 0 });
type Readable = Pick<EventLog, 'read'> & Partial<LogWaker>;

/** What a tail gives, until it has given so many events. */
async function follow(log: Readable, from: number, events: number, pollMs?: number): Promise<string[]> {
  const stop = new AbortController();
  const seen: string[] = [];
  for await (const item of tail(log, 'events', 0, from, stop.signal, { maxBytes: 200, pollMs })) {
    seen.push(...decodeItems([item]).map(({ producer, seq }) => `${producer}:${seq}`));
    if (seen.length >= events) stop.abort();
  }
  return seen;
}

describe.each([
  ['woken', (log: Readable) => log],
  ['polling', (log: Readable): Readable => ({ read: (...args) => log.read(...args) })],
] as const)('a tail, %s', (_, view) => {
  test('gives what is there and then what comes', async () => {
    const log = openLog();
    for (let i = 0; i < 5; i++) await mustAppend(log, simpleBatch(0, 'p', 1 + i * 2, 2));
    const following = follow(view(log), 3, 18, 1);
    for (let i = 5; i < 10; i++) {
      await mustAppend(log, simpleBatch(1, 'other', i - 4, 1));
      await mustAppend(log, simpleBatch(0, 'p', 1 + i * 2, 2));
      await new Promise(setImmediate);
    }
    expect(await following).toEqual(numbers('p', 3, 20));
  });

  test('ends at once when it is told to, also while it waits', async () => {
    const stop = new AbortController();
    const waiting = tail(view(openLog()), 'events', 0, 1, stop.signal).next();
    await new Promise(setImmediate);
    stop.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await tail(openLog(), 'events', 0, 1, stop.signal).next()).toEqual({ done: true, value: undefined });
  });

  test('says that the log was closed while it waited', async () => {
    const log = openLog();
    const waiting = tail(view(log), 'events', 0, 1, new AbortController().signal, { pollMs: 1 }).next();
    await new Promise(setImmediate);
    await log.close();
    await expect(waiting).rejects.toMatchObject({ code: 'closed' });
  });
});
