/**
 * The contract of `server/log/port.ts`. An engine's test is a factory and one call of `runEventLogContract`.
 *
 * What an engine declares not to give (its `guarantees`) is shown as skipped with the reason; what it does not declare, fails.
 *
 * Two rules for conflicts that the port leaves to this suite:
 *   - `watermark` and `record` are always what stands in storage, also where a unit collides with an earlier unit of its own batch.
 *   - A unit is judged as if the earlier units of its batch had been cut as their conflicts ask: after `overlap` and `repeated_id`
 *     the watermark counts as moved to `last`, after `out_of_sequence` it does not; and only units without a conflict claim ids.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Stream } from '../../format/model.ts';
import { decodeRecord } from '../../format/record.ts';
import type { EventLog, LogWaker } from '../../server/log/port.ts';
import {
  contents,
  decodeItems,
  hashOf,
  keyOf,
  makeBatch,
  mustAppend,
  numbers,
  readAll,
  simpleBatch,
} from './log-fixtures.ts';
import { runEventLogProperty } from './log-property.ts';
import { runEventLogStress } from './log-stress.ts';

export interface LogOptions {
  partitions: number;
  rememberProducersMs: number;
  dedupMs: number;
  /** The engine judges how long it remembers producers and ids by this clock (ms since 1970). */
  now: () => number;
}

/** One log with data of its own. */
export interface LogUnderTest {
  /** The log as it is open now; after `reopen` another object. */
  readonly log: EventLog;
  /** Closes the log and opens the same data again, with other options if given. Rejects as opening does; it may then be called again. */
  reopen(changes?: Partial<LogOptions>): Promise<EventLog>;
  /** Closes the log and removes its data. */
  destroy(): Promise<void>;
  /** Flips one bit behind the header of the stored entry under this position, which is the newest of its stream. */
  corrupt(stream: Stream, partition: number, last: number): Promise<void>;
}
export type OpenLog = (options: LogOptions) => Promise<LogUnderTest>;

export interface ContractSettings {
  /** Runs of the property test; default 40. */
  propertyRuns?: number;
  /** Batches per partition of the stress test; default 40. */
  stressBatches?: number;
}

const DAY = 86_400_000;
const HOUR = 3_600_000;

export function runEventLogContract(name: string, open: OpenLog, settings: ContractSettings = {}): void {
  describe(`event log contract: ${name}`, () => {
    const opened: LogUnderTest[] = [];
    let clock = Date.now();
    const openOne = (changes: Partial<LogOptions> = {}): Promise<LogUnderTest> => {
      clock = Date.now();
      return open({ partitions: 4, rememberProducersMs: DAY, dedupMs: HOUR, now: () => clock, ...changes });
    };
    const openLog = async (changes?: Partial<LogOptions>): Promise<LogUnderTest> => {
      const subject = await openOne(changes);
      opened.push(subject);
      return subject;
    };
    afterEach(async () => {
      for (const subject of opened.splice(0)) await subject.destroy();
    });
    const cases = { openLog, advance: (ms: number) => (clock += ms) };

    describe('opening and closing', () => openingCases(cases));
    describe('appending', () => appendingCases(cases));
    describe('conflicts', () => conflictCases(cases));
    describe('reading', () => readingCases(cases));
    describe('what is remembered', () => memoryCases(cases));
    describe('trimming', () => trimmingCases(cases));
    runEventLogProperty(openOne, settings.propertyRuns ?? 40);
    runEventLogStress(openLog, settings.stressBatches ?? 40);
  });
}

interface Cases {
  openLog(changes?: Partial<LogOptions>): Promise<LogUnderTest>;
  /** Moves the clock of the logs that are open. */
  advance(ms: number): void;
}

function openingCases({ openLog }: Cases): void {
  test('declares what it was asked for', async () => {
    const { log } = await openLog({ partitions: 3, rememberProducersMs: DAY, dedupMs: HOUR });
    expect(log.guarantees).toMatchObject({ partitions: 3, rememberProducersMs: DAY, dedupMs: HOUR });
    expect(log.guarantees.engine).not.toBe('');
    expect(log.durability()).toMatch(/^(fsync|os|memory|replicas:\d+)$/);
  });

  test('a new log is empty', async () => {
    const { log } = await openLog({ partitions: 2 });
    const empty = [0, 1].map((partition) => ({ partition, first: 1, last: 0, bytes: 0 }));
    expect(await log.state()).toEqual({
      identity: expect.stringMatching(/.{8}/),
      events: empty,
      deadLetters: empty,
      producers: 0,
    });
    expect(await log.read('events', 0, 1, 1000)).toEqual([]);
    expect(await log.producers([keyOf('p')])).toEqual([[]]);
  });

  test('two logs are told apart by their identity', async () => {
    const [one, other] = [await openLog(), await openLog()];
    expect((await one.log.state()).identity).not.toBe((await other.log.state()).identity);
  });

  test('close twice; afterwards everything answers closed', async () => {
    const { log } = await openLog();
    await mustAppend(log, simpleBatch(0, 'p', 1, 1));
    await log.close();
    await log.close();
    const closed = { code: 'closed' };
    await expect(log.append(simpleBatch(0, 'p', 2, 1))).rejects.toMatchObject(closed);
    await expect(log.read('events', 0, 1, 1000)).rejects.toMatchObject(closed);
    await expect(log.producers([keyOf('p')])).rejects.toMatchObject(closed);
    await expect(log.state()).rejects.toMatchObject(closed);
    await expect(log.trim({ stream: 'events' })).rejects.toMatchObject(closed);
  });

  test('close while appends are under way: each is either stored or told that it is not', async (context) => {
    const subject = await openLog();
    const appends = [0, 1, 2, 3].map((partition) => subject.log.append(simpleBatch(partition, 'p', 1, 20)));
    const settled = Promise.allSettled(appends);
    await subject.log.close();
    const outcomes = await settled;
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') expect(outcome.value).toMatchObject({ status: 'appended', last: 20 });
      else expect(outcome.reason).toMatchObject({ name: 'LogError', code: 'closed' });
    }
    skipUnlessRestartable(context, subject.log);
    const log = await subject.reopen();
    for (const [partition, outcome] of outcomes.entries()) {
      const expected = outcome.status === 'fulfilled' ? numbers('p', 1, 20) : [];
      expect(await contents(log, 'events', partition)).toEqual(expected);
    }
  });

  test('reopening keeps events, dead letters, positions, producers and ids', async (context) => {
    const subject = await openLog();
    skipUnlessRestartable(context, subject.log);
    const batch = makeBatch(2, [{ producer: 'p', first: 1, count: 5, dead: [2], ids: { 3: 'a' } }]);
    await mustAppend(subject.log, batch);
    await subject.log.trim({ stream: 'events', maxBytes: 0 });
    await mustAppend(subject.log, makeBatch(2, [{ producer: 'p', first: 6, count: 2 }]));
    const before = await subject.log.state();
    const records = await subject.log.producers([keyOf('p'), keyOf('q')]);

    const log = await subject.reopen();
    expect(await log.state()).toEqual(before);
    expect(before.events[2]).toMatchObject({ first: 5, last: 6 });
    expect(await log.producers([keyOf('p'), keyOf('q')])).toEqual(records);
    expect(await contents(log, 'events', 2)).toEqual(['p:6', 'p:7']);
    expect(await contents(log, 'dead-letters', 2)).toEqual(['p:2']);
    expect(await log.append(batch)).toMatchObject({
      status: 'conflict',
      conflicts: [{ reason: 'overlap', watermark: 7 }],
    });
    const again = makeBatch(2, [{ producer: 'q', first: 1, count: 1, ids: { 1: 'a' } }]);
    expect(await log.append(again)).toMatchObject({ status: 'conflict', conflicts: [{ reason: 'repeated_id' }] });
    expect(await mustAppend(log, simpleBatch(2, 'p', 8, 1))).toEqual({ last: 7, lastDead: 1 });
  });

  test('another number of partitions than the data has is refused', async (context) => {
    const subject = await openLog({ partitions: 4 });
    skipUnlessRestartable(context, subject.log);
    await mustAppend(subject.log, simpleBatch(0, 'p', 1, 1));
    await expect(subject.reopen({ partitions: 8 })).rejects.toMatchObject({ name: 'LogError', code: 'misconfigured' });
    const log = await subject.reopen();
    expect(await contents(log, 'events', 0)).toEqual(['p:1']);
  });
}

function appendingCases({ openLog }: Cases): void {
  test('gives dense rising positions, each partition and stream its own', async () => {
    const { log } = await openLog();
    expect(await mustAppend(log, simpleBatch(0, 'p', 1, 3))).toEqual({ last: 3, lastDead: 0 });
    expect(await mustAppend(log, simpleBatch(1, 'p', 1, 2))).toEqual({ last: 2, lastDead: 0 });
    const mixed = makeBatch(0, [{ producer: 'p', first: 4, count: 4, dead: [5, 6] }]);
    expect(await mustAppend(log, mixed)).toEqual({ last: 5, lastDead: 2 });
    const positions = decodeItems(await readAll(log, 'events', 0)).map(({ position }) => position);
    expect(positions).toEqual([1, 2, 3, 4, 5]);
  });

  test('keeps the entry byte for byte', async () => {
    const { log } = await openLog();
    const batch = makeBatch(3, [{ producer: 'p', first: 1, count: 3, dead: [2] }], { created: 1_234_567 });
    await mustAppend(log, batch);
    const [event] = await log.read('events', 3, 1, 1000);
    expect(event).toMatchObject({
      status: 'intact',
      partition: 3,
      stream: 'events',
      first: 1,
      last: 2,
      created: 1_234_567,
    });
    expect(Buffer.from(event!.bytes)).toEqual(Buffer.from(batch.entry!.bytes));
    const [dead] = await log.read('dead-letters', 3, 1, 1000);
    expect(dead).toMatchObject({ status: 'intact', partition: 3, stream: 'dead-letters', first: 1, last: 1 });
    expect(Buffer.from(dead!.bytes)).toEqual(Buffer.from(batch.dead!.bytes));
  });

  test('the caller may reuse its bytes as soon as the append has answered', async () => {
    const { log } = await openLog();
    const batch = simpleBatch(0, 'p', 1, 3);
    await mustAppend(log, batch);
    batch.entry!.bytes.fill(0);
    batch.units[0]!.record.fill(0);
    expect(await contents(log, 'events', 0)).toEqual(numbers('p', 1, 3));
    expect(await log.producers([keyOf('p')])).toMatchObject([[{ watermark: 3 }]]);
  });

  test('many units of many producers in one batch keep their order', async () => {
    const { log } = await openLog();
    const batch = makeBatch(0, [
      { producer: 'a', first: 1, count: 2 },
      { producer: 'b', first: 1, count: 2 },
      { producer: 'a', first: 3, count: 2 },
    ]);
    await mustAppend(log, batch);
    expect(await contents(log, 'events', 0)).toEqual(['a:1', 'a:2', 'b:1', 'b:2', 'a:3', 'a:4']);
    expect(await log.producers([keyOf('a'), keyOf('b')])).toMatchObject([[{ watermark: 4 }], [{ watermark: 2 }]]);
  });

  test('a batch of rejected events only leaves dead letters and a watermark', async () => {
    const { log } = await openLog();
    const batch = makeBatch(0, [{ producer: 'p', first: 1, count: 3, dead: [1, 2, 3] }]);
    expect(await mustAppend(log, batch)).toEqual({ last: 0, lastDead: 3 });
    expect(await contents(log, 'events', 0)).toEqual([]);
    expect(await contents(log, 'dead-letters', 0)).toEqual(numbers('p', 1, 3));
    const [records] = await log.producers([keyOf('p')]);
    expect(records).toMatchObject([
      { watermark: 3, rejected: [[1], [2], [3]].map(([seq]) => [seq, 'invalid_field', 'action', expect.any(String)]) },
    ]);
  });

  test('a batch of withdrawn numbers only moves the watermark', async () => {
    const { log } = await openLog();
    const batch = makeBatch(0, [{ producer: 'p', first: 1, count: 2, withdrawn: [1, 2] }]);
    expect(await mustAppend(log, batch)).toEqual({ last: 0, lastDead: 0 });
    expect(await log.producers([keyOf('p')])).toMatchObject([[{ watermark: 2 }]]);
    expect(await mustAppend(log, simpleBatch(0, 'p', 3, 1))).toEqual({ last: 1, lastDead: 0 });
  });

  test('numbers of a partition may have holes: other partitions hold the rest', async () => {
    const { log } = await openLog();
    await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 1, count: 1 }]));
    await mustAppend(log, makeBatch(1, [{ producer: 'p', first: 2, count: 5, prev: 0 }]));
    await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 7, count: 1, prev: 1 }]));
    expect(await contents(log, 'events', 0)).toEqual(['p:1', 'p:7']);
  });

  test('epochs of a producer have watermarks of their own', async () => {
    const { log } = await openLog();
    await mustAppend(log, makeBatch(0, [{ producer: 'p', epoch: 1, first: 1, count: 9 }]));
    await mustAppend(log, makeBatch(0, [{ producer: 'p', epoch: 2, first: 1, count: 2 }]));
    expect(await log.producers([keyOf('p', 1), keyOf('p', 2)])).toMatchObject([[{ watermark: 9 }], [{ watermark: 2 }]]);
  });

  test('appends to several partitions at once', async () => {
    const { log } = await openLog();
    const results = await Promise.all(
      [0, 1, 2, 3].map((partition) => mustAppend(log, simpleBatch(partition, 'p', 1, 9))),
    );
    expect(results).toEqual(Array(4).fill({ last: 9, lastDead: 0 }));
    for (const partition of [0, 1, 2, 3]) expect(await contents(log, 'events', partition)).toEqual(numbers('p', 1, 9));
  });

  test('a batch of 5,000 events in 500 units, and one of a megabyte', async () => {
    const { log } = await openLog();
    const drafts = Array.from({ length: 500 }, (_, i) => ({
      producer: `p${i}`,
      first: 1,
      count: 10,
      ids: Object.fromEntries(Array.from({ length: 10 }, (_, n) => [n + 1, `${i}-${n}`])),
    }));
    expect(await mustAppend(log, makeBatch(0, drafts))).toEqual({ last: 5000, lastDead: 0 });
    expect(await contents(log, 'events', 0)).toHaveLength(5000);
    expect(await log.state()).toMatchObject({ producers: 500 });
    const large = makeBatch(1, [{ producer: 'p', first: 1, count: 128, padding: 8192 }]);
    await mustAppend(log, large);
    const [item] = await log.read('events', 1, 64, 1);
    expect(item!.bytes).toHaveLength(large.entry!.bytes.length);
  });
}

function conflictCases({ openLog }: Cases): void {
  /** Expects a conflict and that nothing whatsoever of the batch was written. */
  async function refused(log: EventLog, batch: ReturnType<typeof makeBatch>) {
    const keys = [...new Set(batch.units.map(({ producer }) => producer))];
    const before = [await log.state(), await log.producers(keys)];
    const result = await log.append(batch);
    expect([await log.state(), await log.producers(keys)]).toEqual(before);
    if (result.status !== 'conflict') throw new Error('the batch was appended');
    return result.conflicts;
  }

  test('overlap: what is settled already is not stored again', async () => {
    const { log } = await openLog();
    const first = makeBatch(0, [{ producer: 'p', first: 1, count: 5, dead: [2] }]);
    await mustAppend(log, first);
    const [conflict] = await refused(log, first);
    expect(conflict).toMatchObject({ unit: 0, reason: 'overlap', watermark: 5, repeated: [] });
    expect(decodeRecord(conflict!.record!)).toMatchObject({
      watermark: 5,
      rejected: [[2, 'invalid_field', 'action', expect.any(String)]],
    });
    expect(await refused(log, makeBatch(0, [{ producer: 'p', first: 5, count: 2 }]))).toMatchObject([
      { reason: 'overlap' },
    ]);
    expect(await contents(log, 'events', 0)).toEqual(['p:1', 'p:3', 'p:4', 'p:5']);
    expect(await contents(log, 'dead-letters', 0)).toEqual(['p:2']);
  });

  test('out of sequence: an earlier unit is missing', async () => {
    const { log } = await openLog();
    expect(await refused(log, makeBatch(0, [{ producer: 'p', first: 6, count: 2, prev: 5 }]))).toEqual([
      { unit: 0, reason: 'out_of_sequence', watermark: 0, record: null, repeated: [] },
    ]);
    await mustAppend(log, simpleBatch(0, 'p', 1, 4));
    const [conflict] = await refused(log, makeBatch(0, [{ producer: 'p', first: 6, count: 2, prev: 5 }]));
    expect(conflict).toMatchObject({ reason: 'out_of_sequence', watermark: 4 });
    await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 6, count: 2, prev: 4 }]));
  });

  test('repeated id: claimed by the log', async () => {
    const { log } = await openLog();
    await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 1, count: 2, ids: { 1: 'a', 2: 'b' } }]));
    const again = makeBatch(0, [{ producer: 'q', first: 1, count: 3, ids: { 1: 'c', 2: 'a', 3: 'b' } }]);
    expect(await refused(log, again)).toEqual([
      { unit: 0, reason: 'repeated_id', watermark: 0, record: null, repeated: [1, 2] },
    ]);
    const [conflict] = await refused(log, makeBatch(0, [{ producer: 'p', first: 3, count: 1, ids: { 3: 'a' } }]));
    expect(conflict).toMatchObject({ reason: 'repeated_id', watermark: 2 });
  });

  test('repeated id: claimed earlier in the batch, by another unit or the same one', async () => {
    const { log } = await openLog();
    const batch = makeBatch(0, [
      { producer: 'p', first: 1, count: 2, ids: { 1: 'a', 2: 'a' } },
      { producer: 'q', first: 1, count: 2, ids: { 1: 'b', 2: 'c' } },
      { producer: 'r', first: 1, count: 2, ids: { 1: 'c', 2: 'd' } },
    ]);
    expect(await refused(log, batch)).toMatchObject([
      { unit: 0, reason: 'repeated_id', repeated: [1] },
      { unit: 2, reason: 'repeated_id', repeated: [0] },
    ]);
  });

  test('a refused batch claims none of its ids', async () => {
    const { log } = await openLog();
    await mustAppend(log, simpleBatch(0, 'p', 1, 1));
    await refused(
      log,
      makeBatch(0, [
        { producer: 'q', first: 1, count: 1, ids: { 1: 'a' } },
        { producer: 'p', first: 1, count: 1 },
      ]),
    );
    await mustAppend(log, makeBatch(0, [{ producer: 'q', first: 1, count: 1, ids: { 1: 'a' } }]));
  });

  test('every conflict of a batch is reported, and nothing of it is written', async () => {
    const { log } = await openLog();
    await mustAppend(log, makeBatch(0, [{ producer: 'a', first: 1, count: 3, ids: { 1: 'x' } }]));
    const batch = makeBatch(0, [
      { producer: 'a', first: 2, count: 4, dead: [5] },
      { producer: 'b', first: 1, count: 2 },
      { producer: 'c', first: 9, count: 2, prev: 8 },
      { producer: 'd', first: 1, count: 2, ids: { 2: 'x' } },
    ]);
    expect(await refused(log, batch)).toMatchObject([
      { unit: 0, reason: 'overlap', watermark: 3 },
      { unit: 2, reason: 'out_of_sequence', watermark: 0, record: null },
      { unit: 3, reason: 'repeated_id', repeated: [0] },
    ]);
  });

  test('units of one producer see each other', async () => {
    const { log } = await openLog();
    await mustAppend(log, simpleBatch(0, 'p', 1, 3));
    const chain = (first: number) =>
      makeBatch(0, [
        { producer: 'p', first, count: 3, prev: first - 1 },
        { producer: 'p', first: first + 3, count: 2, prev: first + 2 },
      ]);
    // Both missing, both there, the first half there: only what the first lacks decides over the second.
    expect(await refused(log, chain(5))).toMatchObject([
      { unit: 0, reason: 'out_of_sequence' },
      { unit: 1, reason: 'out_of_sequence' },
    ]);
    expect(await refused(log, chain(2))).toMatchObject([{ unit: 0, reason: 'overlap', watermark: 3 }]);
    await mustAppend(log, chain(4));
    expect(await refused(log, chain(4))).toMatchObject([
      { unit: 0, reason: 'overlap', watermark: 8 },
      { unit: 1, reason: 'overlap', watermark: 8 },
    ]);
  });

  test('a unit that overlaps an earlier one of its batch is told what stands in storage', async () => {
    const { log } = await openLog();
    await mustAppend(log, simpleBatch(0, 'p', 1, 3));
    const batch = makeBatch(0, [
      { producer: 'p', first: 4, count: 3 },
      { producer: 'p', first: 5, count: 3, prev: 0 },
    ]);
    expect(await refused(log, batch)).toMatchObject([{ unit: 1, reason: 'overlap', watermark: 3 }]);
  });

  test('after a repeated id is cut, the next unit of the producer fits', async () => {
    const { log } = await openLog();
    await mustAppend(log, makeBatch(0, [{ producer: 'q', first: 1, count: 1, ids: { 1: 'x' } }]));
    const batch = makeBatch(0, [
      { producer: 'p', first: 1, count: 2, ids: { 1: 'x', 2: 'y' } },
      { producer: 'p', first: 3, count: 1, prev: 2, ids: { 3: 'y' } },
    ]);
    expect(await refused(log, batch)).toMatchObject([{ unit: 0, reason: 'repeated_id', repeated: [0] }]);
  });
}

function readingCases({ openLog }: Cases): void {
  test('from a position in the middle of an entry, and from the first of the next', async () => {
    const { log } = await openLog();
    for (let i = 0; i < 4; i++) await mustAppend(log, simpleBatch(0, 'p', 1 + i * 5, 5));
    const starts = async (from: number) => (await log.read('events', 0, from, 1)).map((item) => item.last);
    expect(await starts(1)).toEqual([5]);
    expect(await starts(3)).toEqual([5]);
    expect(await starts(5)).toEqual([5]);
    expect(await starts(6)).toEqual([10]);
    expect(await starts(20)).toEqual([20]);
    expect(await contents(log, 'events', 0, 13)).toEqual(numbers('p', 11, 20));
  });

  test('beyond the end there is nothing, until there is', async () => {
    const { log } = await openLog();
    await mustAppend(log, simpleBatch(0, 'p', 1, 5));
    expect(await log.read('events', 0, 6, 1000)).toEqual([]);
    expect(await log.read('events', 0, 1_000_000, 1000)).toEqual([]);
    await mustAppend(log, simpleBatch(0, 'p', 6, 1));
    expect(await contents(log, 'events', 0, 6)).toEqual(['p:6']);
  });

  test('until maxBytes is passed, at least one entry', async () => {
    const { log } = await openLog();
    for (let i = 0; i < 30; i++)
      await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 1 + i, count: 1, padding: i * 10 }]));
    const all = await readAll(log, 'events', 0, 1, 1 << 20);
    expect(all).toHaveLength(30);
    expect(await log.read('events', 0, 1, 1)).toHaveLength(1);
    for (const maxBytes of [1, 100, 1000, 2500, 5000]) {
      const items = await log.read('events', 0, 1, maxBytes);
      const size = (count: number) => all.slice(0, count).reduce((sum, item) => sum + item.bytes.length, 0);
      expect(size(items.length - 1)).toBeLessThan(maxBytes);
      expect(size(items.length + 1)).toBeGreaterThan(maxBytes);
    }
  });

  test('order: entries of interleaved producers come as they were appended', async () => {
    const { log } = await openLog();
    const expected: string[] = [];
    for (let i = 0; i < 60; i++) {
      const producer = `p${i % 3}`;
      const first = 1 + Math.floor(i / 3) * 2;
      await mustAppend(log, simpleBatch(1, producer, first, 2));
      expected.push(...numbers(producer, first, first + 1));
    }
    expect(await contents(log, 'events', 1)).toEqual(expected);
  });

  test.each(['events', 'dead-letters'] as const)(
    'a damaged entry of %s is set aside, its neighbours are read',
    async (stream) => {
      const subject = await openLog();
      const batch = (first: number) => makeBatch(1, [{ producer: 'p', first, count: 4, dead: [first, first + 1] }]);
      await mustAppend(subject.log, batch(1));
      await mustAppend(subject.log, batch(5));
      await subject.corrupt(stream, 1, 4);
      await mustAppend(subject.log, batch(9));
      const items = await readAll(subject.log, stream, 1);
      expect(items.map(({ status, last }) => [status, last])).toEqual([
        ['intact', 2],
        ['damaged', 4],
        ['intact', 6],
      ]);
      expect(items[1]).toMatchObject({ reason: 'checksum', partition: 1, stream });
      expect(items[1]!.bytes.length).toBeGreaterThan(0);
      expect(await subject.log.read(stream, 1, 3, 1)).toMatchObject([{ status: 'damaged', last: 4 }]);
      expect(await subject.log.read(stream, 1, 5, 1)).toMatchObject([{ status: 'intact', last: 6 }]);
      const name = stream === 'events' ? 'events' : 'deadLetters';
      expect((await subject.log.state())[name][1]).toMatchObject({ first: 1, last: 6 });
      expect(await subject.log.trim({ stream, maxBytes: 0 })).toMatchObject({ entries: 3, events: 6 });
      expect((await subject.log.state())[name][1]).toMatchObject({ first: 7, last: 6, bytes: 0 });
    },
  );

  test('a waiting reader wakes, if the engine can wait', async (context) => {
    const { log } = await openLog();
    const waker = log as EventLog & Partial<LogWaker>;
    if (!waker.wait) return context.skip(`${log.guarantees.engine} has no LogWaker; readers poll`);
    const never = new AbortController();
    await mustAppend(log, simpleBatch(0, 'p', 1, 2));
    await waker.wait('events', 0, 1, 60_000, never.signal);
    const woken = waker.wait('events', 0, 2, 60_000, never.signal);
    await mustAppend(log, simpleBatch(0, 'p', 3, 1));
    await woken;
    await waker.wait('events', 0, 3, 1, never.signal);
    const stop = new AbortController();
    const aborted = waker.wait('events', 0, 3, 60_000, stop.signal);
    stop.abort();
    await aborted;
  });
}

function memoryCases({ openLog, advance }: Cases): void {
  /** What a running server does now and then; engines may use either to put old memories away. */
  async function upkeep(log: EventLog, step: number): Promise<void> {
    await mustAppend(log, simpleBatch(3, `upkeep-${step}-${Math.random()}`, 1, 1));
    await log.trim({ stream: 'events' });
  }

  test('producers: one record for each partition that has one', async () => {
    const { log } = await openLog();
    await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 1, count: 2, dead: [2] }]));
    await mustAppend(log, makeBatch(2, [{ producer: 'p', first: 3, count: 4, prev: 0 }]));
    await mustAppend(log, simpleBatch(1, 'q', 1, 1));
    const [p, nobody, q] = await log.producers([keyOf('p'), keyOf('nobody'), keyOf('q')]);
    expect(new Map(p!.map(({ partition, watermark }) => [partition, watermark]))).toEqual(
      new Map([
        [0, 2],
        [2, 6],
      ]),
    );
    expect(p!.flatMap(({ rejected }) => rejected)).toMatchObject([[2, 'invalid_field', 'action', expect.any(String)]]);
    expect(nobody).toEqual([]);
    expect(q).toMatchObject([{ partition: 1, watermark: 1 }]);
    expect(await log.producers([])).toEqual([]);
  });

  test('a producer is remembered for at least the stated time after its last commit', async () => {
    const { log } = await openLog({ rememberProducersMs: 10_000 });
    await mustAppend(log, simpleBatch(0, 'once', 1, 3));
    await mustAppend(log, simpleBatch(0, 'often', 1, 3));
    advance(9_000);
    await upkeep(log, 0);
    await mustAppend(log, simpleBatch(0, 'often', 4, 1));
    advance(999);
    await upkeep(log, 1);
    expect(await log.producers([keyOf('once')])).toMatchObject([[{ watermark: 3 }]]);
    expect(await log.append(simpleBatch(0, 'once', 1, 3))).toMatchObject({
      conflicts: [{ reason: 'overlap', watermark: 3 }],
    });
    advance(9_000);
    await upkeep(log, 2);
    expect(await log.producers([keyOf('often')])).toMatchObject([[{ watermark: 4 }]]);
    expect(await log.append(simpleBatch(0, 'often', 4, 1))).toMatchObject({
      conflicts: [{ reason: 'overlap', watermark: 4 }],
    });
  });

  test('a producer that is long gone is forgotten, and starts as new', async () => {
    const { log } = await openLog({ rememberProducersMs: 10_000 });
    for (let i = 0; i < 20; i++) await mustAppend(log, simpleBatch(i % 4, `p${i}`, 1, 3));
    for (let step = 0; step < 6; step++) {
      advance(5_001);
      await upkeep(log, step);
    }
    expect(await log.producers([keyOf('p0')])).toEqual([[]]);
    expect((await log.state()).producers).toBeLessThan(20);
    await mustAppend(log, makeBatch(0, [{ producer: 'p0', first: 1, count: 1 }]));
  });

  test('what is remembered survives reopening, and so does its age', async (context) => {
    const subject = await openLog({ rememberProducersMs: 10_000, dedupMs: 10_000 });
    skipUnlessRestartable(context, subject.log);
    await mustAppend(subject.log, makeBatch(0, [{ producer: 'p', first: 1, count: 3, ids: { 1: 'a' } }]));
    advance(9_999);
    const repeat = makeBatch(0, [{ producer: 'q', first: 1, count: 1, ids: { 1: 'a' } }]);
    expect(await (await subject.reopen()).producers([keyOf('p')])).toMatchObject([[{ watermark: 3 }]]);
    expect(await subject.log.append(repeat)).toMatchObject({ conflicts: [{ reason: 'repeated_id' }] });
    for (let step = 0; step < 6; step++) {
      advance(5_001);
      await upkeep(await subject.reopen(), step);
    }
    expect(await subject.log.producers([keyOf('p')])).toEqual([[]]);
    await mustAppend(subject.log, repeat);
  });

  test('an id is remembered for at least the window, and forgotten some time after it', async () => {
    const { log } = await openLog({ dedupMs: 10_000 });
    await mustAppend(log, makeBatch(0, [{ producer: 'p', first: 1, count: 2, ids: { 1: 'a', 2: 'b' } }]));
    for (let step = 0; step < 3; step++) {
      advance(3_333);
      await upkeep(log, step);
    }
    const repeat = makeBatch(0, [{ producer: 'q', first: 1, count: 2, ids: { 1: 'a', 2: 'b' } }]);
    expect(await log.append(repeat)).toMatchObject({ conflicts: [{ reason: 'repeated_id', repeated: [0, 1] }] });
    for (let step = 0; step < 4; step++) {
      advance(5_001);
      await upkeep(log, step);
    }
    await mustAppend(log, repeat);
  });

  test('a window of 0 claims no ids', async () => {
    const { log } = await openLog({ dedupMs: 0 });
    const batch = (producer: string) => makeBatch(0, [{ producer, first: 1, count: 2, ids: { 1: 'a', 2: 'a' } }]);
    await mustAppend(log, batch('p'));
    await mustAppend(log, batch('q'));
  });

  test('ids are 16 characters, told apart to the last', async () => {
    const { log } = await openLog();
    const withIds = (producer: string, ids: string[]) => {
      const batch = simpleBatch(0, producer, 1, ids.length);
      return { ...batch, units: [{ ...batch.units[0]!, ids }] };
    };
    const base = hashOf('a').slice(0, 15);
    await mustAppend(log, withIds('p', [`${base}A`, `${base}B`]));
    expect(await log.append(withIds('q', [`${base}C`, `${base}B`]))).toMatchObject({ conflicts: [{ repeated: [1] }] });
    await mustAppend(log, withIds('q', [`${base}C`, `${base}_`]));
  });
}

function trimmingCases({ openLog }: Cases): void {
  /** 10 entries of 5 events in each of 4 partitions, made at 1,000 to 10,000. */
  async function fill(log: EventLog): Promise<number> {
    for (let i = 0; i < 10; i++) {
      for (let partition = 0; partition < 4; partition++) {
        const draft = {
          producer: 'p',
          first: 1 + i * 10,
          count: 10,
          prev: i * 10,
          dead: range(1 + i * 10, 5 + i * 10),
        };
        await mustAppend(log, makeBatch(partition, [draft], { created: 1000 + i * 1000 }));
      }
    }
    return (await log.state()).events[0]!.bytes;
  }
  const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

  test('bytes are those of the entries', async () => {
    const { log } = await openLog();
    await fill(log);
    const { events, deadLetters } = await log.state();
    for (const partition of [0, 1, 2, 3]) {
      const size = async (stream: Stream) =>
        (await readAll(log, stream, partition)).reduce((sum, item) => sum + item.bytes.length, 0);
      expect(events[partition]).toEqual({ partition, first: 1, last: 50, bytes: await size('events') });
      expect(deadLetters[partition]).toEqual({ partition, first: 1, last: 50, bytes: await size('dead-letters') });
    }
  });

  test('a policy without bounds keeps everything', async () => {
    const { log } = await openLog();
    await fill(log);
    const before = await log.state();
    expect(await log.trim({ stream: 'events' })).toEqual({ entries: 0, events: 0, bytes: 0 });
    expect(await log.state()).toEqual(before);
  });

  test.each(['events', 'dead-letters'] as const)(
    'by age: entries of %s made before go, and of that stream only',
    async (stream) => {
      const { log } = await openLog();
      await fill(log);
      const before = await log.state();
      const report = await log.trim({ stream, before: 4000 });
      expect(report).toMatchObject({ entries: 12, events: 60 });
      const after = await log.state();
      const [trimmed, untouched] =
        stream === 'events' ? (['events', 'deadLetters'] as const) : (['deadLetters', 'events'] as const);
      expect(after[untouched]).toEqual(before[untouched]);
      for (const { partition, first, last, bytes } of after[trimmed]) {
        expect({ first, last }).toEqual({ first: 16, last: 50 });
        expect(bytes).toBe((await readAll(log, stream, partition)).reduce((sum, item) => sum + item.bytes.length, 0));
      }
      const sum = (state: typeof before) => state[trimmed].reduce((total, { bytes }) => total + bytes, 0);
      expect(report.bytes).toBe(sum(before) - sum(after));
    },
  );

  test('reading from a trimmed position starts at the oldest retained', async () => {
    const { log } = await openLog();
    await fill(log);
    await log.trim({ stream: 'events', before: 4000 });
    expect((await log.read('events', 0, 1, 1))[0]).toMatchObject({ first: 16, last: 20 });
    expect((await log.read('events', 0, 15, 1))[0]).toMatchObject({ first: 16, last: 20 });
    expect((await log.read('events', 0, 17, 1))[0]).toMatchObject({ first: 16, last: 20 });
  });

  test('by bytes over all partitions: as much as needed and not more', async () => {
    const { log } = await openLog();
    const bytes = await fill(log);
    const maxBytes = Math.floor(bytes * 2.3);
    await log.trim({ stream: 'events', maxBytes });
    const { events } = await log.state();
    const total = events.reduce((sum, partition) => sum + partition.bytes, 0);
    expect(total).toBeLessThanOrEqual(maxBytes);
    expect(total).toBeGreaterThan(maxBytes - 4 * (bytes / 10) * 1.5);
    for (const { partition, first, last } of events) {
      expect(last).toBe(50);
      expect(first % 5).toBe(1);
      expect(decodeItems(await readAll(log, 'events', partition)).map(({ position }) => position)).toEqual(
        range(first, 50),
      );
    }
  });

  test('never past what a consumer still needs, not even a part of an entry', async () => {
    const { log } = await openLog();
    await fill(log);
    await log.trim({ stream: 'events', before: Number.MAX_SAFE_INTEGER, keepFrom: [1, 5, 6, 51] });
    expect((await log.state()).events.map(({ first }) => first)).toEqual([1, 1, 6, 51]);
    await log.trim({ stream: 'events', maxBytes: 0, keepFrom: [11, 12, 13, 51] });
    expect((await log.state()).events.map(({ first }) => first)).toEqual([11, 11, 11, 51]);
  });

  test('everything may go; positions go on, verdicts stay', async () => {
    const { log } = await openLog();
    await fill(log);
    await log.trim({ stream: 'events', maxBytes: 0 });
    const { events } = await log.state();
    expect(events).toEqual([0, 1, 2, 3].map((partition) => ({ partition, first: 51, last: 50, bytes: 0 })));
    expect(await log.read('events', 0, 1, 1000)).toEqual([]);
    expect(await log.append(simpleBatch(0, 'p', 1, 100))).toMatchObject({
      conflicts: [{ reason: 'overlap', watermark: 100 }],
    });
    expect(await mustAppend(log, simpleBatch(0, 'p', 101, 2))).toEqual({ last: 52, lastDead: 50 });
    expect((await log.read('events', 0, 1, 1))[0]).toMatchObject({ first: 51, last: 52 });
  });
}

function skipUnlessRestartable(context: { skip(condition: boolean, note: string): void }, log: EventLog): void {
  const { engine, restartable } = log.guarantees;
  context.skip(!restartable, `${engine} declares restartable: false`);
}
