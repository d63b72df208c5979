/** The consumer over engines in memory: order, commits, retries, hand-over. Real storage and processes are in `processes.test.ts`. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Consumer, type ConsumerParts } from '../../../server/consumer/consumer.ts';
import { GroupMemory, openMemoryGroups } from '../../../server/consumer/memory/groups.ts';
import type { Batch } from '../../../server/consumer/partition-consumer.ts';
import { type Start, startPositions } from '../../../server/consumer/start.ts';
import { type MemoryLog, openMemoryLog } from '../../../server/log/memory/log.ts';
import { LogWriter } from '../../helpers/log-writer.ts';
import { until } from '../../helpers/redis-server.ts';

const PARTITIONS = 4;

let log: MemoryLog;
let writer: LogWriter;
let memory: GroupMemory;
let seq = 0;
const running: Consumer[] = [];

beforeEach(() => {
  log = openMemoryLog({ partitions: PARTITIONS, rememberProducersMs: 1e9, dedupMs: 0 });
  writer = new LogWriter(log);
  memory = new GroupMemory();
  seq = 0;
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((consumer) => consumer.stop()));
  await log.close();
});

/** Appends so many events as one entry; `n` rises over all. */
async function append(partition: number, count: number): Promise<void> {
  const events = Array.from({ length: count }, () => ({ seq: ++seq, event: { type: 'x', user_id: 'u', n: seq } }));
  await writer.events(partition, 'p', events);
}

interface Options extends Partial<Omit<ConsumerParts, 'log' | 'groups'>> {
  start?: Start;
}

async function open(options: Options = {}): Promise<Consumer> {
  const { start = 'earliest', ...rest } = options;
  const readable = Object.assign(Object.create(log) as MemoryLog, {
    partitions: PARTITIONS,
    read: log.read.bind(log),
    state: log.state.bind(log),
    wait: log.wait.bind(log),
  });
  const starts = await startPositions(log, start);
  const consumer = new Consumer({
    ...{ log: readable as unknown as ConsumerParts['log'], groups: openMemoryGroups({ group: 'g', memory }) },
    ...{ handler: () => {}, maxEvents: 100, maxBytes: 1e6, leaseMs: 60_000, member: `m${running.length}` },
    ...{ backoff: { minMs: 1, maxMs: 5 }, onError: () => {}, onChange: () => {} },
    startOf: async (partition) => starts[partition]!,
    ...rest,
  });
  running.push(consumer);
  return consumer;
}

/** A handler that keeps what it gets. */
function keeper() {
  const batches: Batch[] = [];
  const numbers = (): number[] => batches.flatMap(({ events }) => events.map(({ event }) => event.n as number));
  return { batches, numbers, handler: async (batch: Batch) => void batches.push(batch) };
}

const positions = async (): Promise<number[]> =>
  (await openMemoryGroups({ group: 'g', memory }).progress()).map(({ position }) => position);

describe('batches', () => {
  test('follow each other without a gap, each with what it covers', async () => {
    await append(0, 5);
    await append(0, 2);
    const { batches, handler } = keeper();
    await open({ handler, maxEvents: 3 });
    await until(async () => batches.length === 3);
    expect(batches.map(({ from, to, events }) => [from, to, events.map(({ position }) => position)])).toEqual([
      [1, 3, [1, 2, 3]],
      [4, 6, [4, 5, 6]],
      [7, 7, [7]],
    ]);
    await append(0, 1);
    await until(async () => batches.length === 4);
    await until(async () => (await positions())[0] === 8);
  });

  test('partitions run side by side', async () => {
    for (let partition = 0; partition < PARTITIONS; partition++) await append(partition, 1);
    let most = 0;
    let now = 0;
    let open_: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      open_ = resolve;
    });
    await open({
      handler: async () => {
        most = Math.max(most, ++now);
        if (now === PARTITIONS) open_();
        await all;
      },
    });
    await all;
    expect(most).toBe(PARTITIONS);
  });

  test('damaged entries are said, and the partition goes on', async () => {
    await append(0, 2);
    await writer.damaged(0);
    await append(0, 1);
    const { batches, handler } = keeper();
    await open({ handler });
    await until(async () => batches.length > 0);
    expect(batches[0]).toMatchObject({ from: 1, to: 4, damaged: [{ last: 3, reason: 'checksum' }] });
    expect(batches[0]!.events.map(({ position }) => position)).toEqual([1, 2, 4]);
  });
});

describe('where it begins', () => {
  test('latest is the end when the group was opened, also for who takes over before the first batch', async () => {
    await append(0, 3);
    const first = await open({ start: 'latest' });
    await until(async () => (await positions())[0] === 3);
    await first.stop();
    await append(0, 2);
    const { numbers, handler } = keeper();
    await open({ start: 'latest', handler });
    await until(async () => numbers().length === 2);
    expect(numbers()).toEqual([4, 5]);
  });

  test('a list of positions, and a time', async () => {
    await append(0, 3);
    const listed = keeper();
    const consumer = await open({ start: [2, 0, 0, 0], handler: listed.handler });
    await until(async () => listed.numbers().length === 1);
    await consumer.stop();
    memory.groups.clear();
    writer.now += 1000;
    const since = writer.now;
    await append(0, 2);
    const timed = keeper();
    await open({ start: { time: since }, handler: timed.handler });
    await until(async () => timed.numbers().length === 2);
    expect([listed.numbers(), timed.numbers()]).toEqual([[3], [4, 5]]);
    for (const wrong of [[0], [0, 0, 0, -1]]) await expect(startPositions(log, wrong)).rejects.toThrow(RangeError);
  });

  test('a group that has been there goes on where it was', async () => {
    await append(0, 3);
    const before = keeper();
    const first = await open(before);
    await until(async () => (await positions())[0] === 3);
    await first.stop();
    await append(0, 1);
    const after = keeper();
    await open({ start: 'earliest', handler: after.handler });
    await until(async () => after.numbers().length === 1);
    expect(after.numbers()).toEqual([4]);
  });
});

describe('a handler that fails', () => {
  test('gets the same batch again, and its error is told', async () => {
    await append(0, 2);
    const errors: [unknown, number | null][] = [];
    const tries: number[] = [];
    await open({
      handler: ({ to }) => {
        tries.push(to);
        if (tries.length < 3) throw new Error('not now');
      },
      onError: (error, partition) => errors.push([(error as Error).message, partition]),
    });
    await until(async () => (await positions())[0] === 2);
    expect(tries).toEqual([2, 2, 2]);
    expect(errors).toEqual([
      ['not now', 0],
      ['not now', 0],
    ]);
  });

  test('holds up its own partition only', async () => {
    await append(0, 1);
    await append(1, 1);
    await open({
      handler: ({ partition }) => {
        if (partition === 0) throw new Error('never');
      },
    });
    await until(async () => (await positions())[1] === 1);
    expect((await positions())[0]).toBe(0);
  });

  test('does not keep it from stopping', async () => {
    await append(0, 1);
    const failed = new Promise<void>((resolve) => {
      void open({
        backoff: { minMs: 60_000, maxMs: 60_000 },
        handler: () => {
          throw new Error('never');
        },
        onError: () => resolve(),
      });
    });
    await failed;
    await running[0]!.stop();
    expect(running[0]!.state).toBe('stopped');
  });
});

describe("with a position of the caller's own", () => {
  test('it is read from there, whatever the group says, and asked again after a failure', async () => {
    await append(0, 5);
    const store = { position: null as number | null, sum: 0 };
    let fails = 1;
    const handler = ({ partition, from, to, events }: Batch): void => {
      if (partition !== 0) return;
      // One transaction: effect and position, if it stands where the batch begins.
      if ((store.position ?? 0) !== from - 1) throw new Error('moved');
      store.position = to;
      for (const { event } of events) store.sum += event.n as number;
      // The answer of the store is lost.
      if (fails-- > 0) throw new Error('no answer');
    };
    const consumer = await open({
      handler,
      maxEvents: 2,
      position: (partition) => (partition === 0 ? store.position : 0),
    });
    await until(async () => store.position === 5);
    expect(store.sum).toBe(15);
    await until(async () => (await positions())[0] === 5);
    await consumer.stop();
    // Its store was set back: it is read again, and the group's position stays.
    store.position = 3;
    store.sum = 6;
    await open({ handler, position: (partition) => (partition === 0 ? store.position : 0) });
    await until(async () => store.position === 5);
    expect(store.sum).toBe(15);
    expect((await positions())[0]).toBe(5);
  });

  test('one that is no position is told', async () => {
    const told = new Promise((resolve) => {
      void open({ position: () => -1, onError: resolve });
    });
    expect(await told).toBeInstanceOf(TypeError);
  });
});

describe('members', () => {
  test('share the partitions, and hand over in the middle without a gap or a double', async () => {
    const seen = new Map<number, number>();
    const handler = async ({ events }: Batch): Promise<void> => {
      for (const { event } of events) seen.set(event.n as number, (seen.get(event.n as number) ?? 0) + 1);
    };
    const first = await open({ handler, leaseMs: 300 });
    await until(async () => first.partitions.length === PARTITIONS);
    for (let round = 0; round < 20; round++) {
      for (let partition = 0; partition < PARTITIONS; partition++) await append(partition, 3);
      if (round === 5) await open({ handler, leaseMs: 300 });
    }
    const second = running[1]!;
    await until(async () => first.partitions.length === 2 && second.partitions.length === 2);
    await first.stop();
    expect(first.partitions).toEqual([]);
    await append(0, 1);
    await until(async () => (await positions()).reduce((a, b) => a + b) === seq);
    expect(seen.size).toBe(seq);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
  });

  test('one whose lease another took stops, and its commit writes nothing', async () => {
    await append(0, 1);
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    let aborted: AbortSignal | null = null;
    const paused = new Promise<void>((resolve) => {
      void open({
        leaseMs: 150,
        handler: async ({ partition }, { signal }) => {
          if (partition !== 0) return;
          aborted = signal;
          resolve();
          await held;
        },
      });
    });
    await paused;
    // The group was forgotten meanwhile: every lease is gone.
    memory.groups.delete('g');
    const other = openMemoryGroups({ group: 'g', memory });
    const lease = await other.acquire(0, 'other', 60_000);
    await until(async () => aborted!.aborted);
    go();
    await running[0]!.stop();
    expect(await other.renew(lease!, 60_000)).toBe(true);
    expect((await other.progress()).find(({ partition }) => partition === 0)).toMatchObject({ position: 0, at: 0 });
  });
});

test('lag tells of every partition what is left', async () => {
  await append(0, 3);
  await append(1, 2);
  const consumer = await open({
    handler: ({ partition }) => {
      if (partition === 1) throw new Error('never');
    },
  });
  await until(async () => (await consumer.lag())[0]!.lag === 0);
  expect(await consumer.lag()).toMatchObject([
    { partition: 0, position: 3, last: 3, lag: 0, owned: true },
    { partition: 1, position: 0, last: 2, lag: 2, owned: true },
    { partition: 2, last: 0, lag: 0 },
    { partition: 3, last: 0, lag: 0 },
  ]);
});
