import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LocalBus } from '../../../server/bus/local.ts';
import { encodeMessage } from '../../../server/bus/message.ts';
import { TOPICS } from '../../../server/bus/messages.ts';
import { AnnouncedLog } from '../../../server/log/announced.ts';
import { LogHints } from '../../../server/log/hints.ts';
import { openMemoryLog } from '../../../server/log/memory/log.ts';
import { mustAppend, simpleBatch } from '../../contract/log-fixtures.ts';

/** Longer than any test: what resolves was woken. */
const FOREVER_MS = 1_000_000;

describe('hints of the log', () => {
  let bus: LocalBus;
  let hints: LogHints;
  const errors: unknown[] = [];
  beforeEach(() => {
    bus = new LocalBus((error) => errors.push(error));
    hints = new LogHints(bus, FOREVER_MS);
  });
  afterEach(async () => {
    hints.close();
    await bus.close();
    expect(errors).toEqual([]);
  });

  test('an append wakes who waits for its partition; whoever comes later finds it at once', async () => {
    const log = new AnnouncedLog(openMemoryLog({ partitions: 2, rememberProducersMs: 1e9, dedupMs: 1000 }), bus);
    const { signal } = new AbortController();
    const waiting = hints.wait('events', 1, 0, FOREVER_MS, signal);
    await mustAppend(log, simpleBatch(1, 'p', 1, 3));
    await waiting;
    await hints.wait('events', 1, 2, FOREVER_MS, signal);
    await log.close();
  });

  test('what is not understood wakes nobody and breaks nothing', async () => {
    const stop = new AbortController();
    let woken = false;
    const waiting = hints.wait('events', 0, 0, FOREVER_MS, stop.signal).then(() => {
      woken = true;
    });
    const heard = new Promise<void>((resolve) => bus.subscribe(TOPICS.appended, () => resolve()));
    bus.publish(TOPICS.appended, Buffer.from('?'));
    bus.publish(TOPICS.appended, encodeMessage({ events: 'none' }));
    await heard;
    expect(woken).toBe(false);
    stop.abort();
    await waiting;
  });
});
