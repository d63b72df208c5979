import { describe, expect, it } from 'vitest';
import { homePartition, partitionOf } from '../../../format/partition.ts';
import { LogError } from '../../../server/log/error.ts';
import { openMemoryLog } from '../../../server/log/memory/log.ts';
import type { AppendBatch, EventLog } from '../../../server/log/port.ts';
import type { SlabTask } from '../../../workers/slab.ts';
import { type Client, createWorld, type IngestWorld, play, SETTINGS } from '../../helpers/ingest-world.ts';

const numbers = async (world: IngestWorld) =>
  (await world.events()).map(({ seq }) => seq as number).sort((a, b) => a - b);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const plays = (count: number, users = 5) => range(1, count).map((i) => play(`user-${i % users}`, `track-${i}`));
const holds = (task: SlabTask, text: string) => Buffer.from(task.bytes).includes(text);

/** A log whose appends go through `append`. */
function through(log: EventLog, append: (batch: AppendBatch) => ReturnType<EventLog['append']>): EventLog {
  return new Proxy(log, { get: (target, name) => (name === 'append' ? append : Reflect.get(target, name)) });
}

describe('from a frame to its commit', () => {
  it('stores each event once, in order per user, and keeps the ledger', async () => {
    const world = createWorld();
    const client = world.client('p');
    for (let i = 0; i < 10; i++) client.send(plays(50));
    await client.until(500);
    const events = await world.events();
    expect(await numbers(world)).toEqual(range(1, 500));
    for (const user of range(0, 4)) {
      const seqs = events.filter((event) => event.user_id === `user-${user}`).map(({ seq }) => seq as number);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    }
    expect(world.metrics.ledger()).toMatchObject({ received: 500, stored: 500, gap: 0, inFlight: 0 });
  });

  it('rejects bad events without touching their neighbours, and keeps them as dead letters', async () => {
    const world = createWorld();
    const client = world.client('p');
    client.send([play('u', 'a'), play('u', 'b', { action: 'jump' }), null, play('u', 'c')]);
    await client.until(4);
    expect(client.verdicts.get(2)).toMatchObject([2, 'invalid_field', 'action', expect.any(String)]);
    expect(client.verdicts.get(3)).toMatchObject([3, 'withdrawn', '', expect.any(String)]);
    expect(await numbers(world)).toEqual([1, 4]);
    expect(await world.deadLetters()).toMatchObject([{ seq: 2, code: 'invalid_field', stage: 'validate' }]);
    expect(world.metrics.ledger()).toMatchObject({ received: 4, stored: 2, rejected: 2, gap: 0 });
  });

  it('has one slab of a source in the pool at a time; what comes meanwhile shares the next', async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let first = true;
    const world = createWorld({
      worker: () => {
        if (!first) return;
        first = false;
        return gate;
      },
    });
    const client = world.client('p');
    client.send(plays(1));
    await new Promise(setImmediate);
    for (let i = 0; i < 5; i++) client.send(plays(1));
    await new Promise(setImmediate);
    expect(world.slabs).toHaveLength(1);
    release();
    await client.until(6);
    const events = world.slabs.map(({ frames }) => frames.reduce((sum, { count }) => sum + count, 0));
    expect(events).toEqual([1, 5]);
  });
});

describe('repeats', () => {
  it('skips what an earlier connection stored, and repeats its first verdict', async () => {
    const world = createWorld();
    const before = world.client('p');
    before.send([play('u', 'a'), play('u', 'b', { action: 'jump' }), play('u', 'c')]);
    await before.until(3);
    const after = world.client('p');
    after.send([play('u', 'a'), play('u', 'b'), play('u', 'c'), play('u', 'd')]);
    await after.until(4);
    expect(await numbers(world)).toEqual([1, 3, 4]);
    expect(after.verdicts.get(2)).toMatchObject([2, 'invalid_field', 'action', expect.any(String)]);
    expect(after.duplicates).toBe(2);
    expect(await world.deadLetters()).toHaveLength(1);
    expect(world.metrics.ledger()).toMatchObject({ received: 7, stored: 3, duplicates: 2, rejected: 2, gap: 0 });
  });

  it('resumes from exactly what is settled over all partitions', async () => {
    const world = createWorld();
    const before = world.client('p');
    before.send(plays(40, 20));
    await before.until(40);
    const after = await world.reconnect('p');
    expect(after.done).toBe(40);
    after.send([play('user-1', 'next')]);
    await after.until(41);
    expect(await numbers(world)).toEqual(range(1, 41));
  });

  it('remembers rejections of an earlier connection in partitions that it writes to anew', async () => {
    const world = createWorld();
    const one = world.client('p');
    one.send([play('u', 'a', { action: 'jump' })]);
    await one.until(1);
    const two = await world.reconnect('p', 1);
    two.send([play('u', 'b')]);
    await two.until(2);
    const known = await world.ingest.known({ tenant: 'default', owner: '', producer: 'p', epoch: 1 }, 0);
    expect(known).toMatchObject({ done: 2, rejected: [[1, 'invalid_field', 'action', expect.any(String)]] });
  });

  it('stores an id once, and settles the repeat as success', async () => {
    const world = createWorld();
    const one = world.client('one');
    one.send([play('u', 'a', { id: 'x' }), play('u', 'b', { id: 'x' }), play('u', 'c', { id: 'y' })]);
    await one.until(3);
    const two = world.client('two');
    two.send([play('u', 'd', { id: 'y' }), play('other', 'e', { id: 'y' })]);
    await two.until(2);
    expect([...one.verdicts.values(), ...two.verdicts.values()]).toEqual(Array(5).fill('ok'));
    expect((await world.events()).map(({ track_id }) => track_id).sort()).toEqual(['a', 'c', 'e']);
    expect(one.duplicates + two.duplicates).toBe(2);
  });

  it('an event given up after it was stored in another partition keeps its first verdict', async () => {
    const home = (user: string) => partitionOf('default', user, SETTINGS.partitions);
    const others = plays(30, 30).filter(({ user_id }) => home(user_id as string) !== home('user-z'));
    let blocked = true;
    const world = createWorld({
      wrap: (log) =>
        through(log, (batch) => {
          if (blocked && batch.partition === home('user-z')) throw new LogError('unavailable', 'its shard is away');
          return log.append(batch);
        }),
    });
    const first = world.client('p');
    first.send([play('user-z', 'first'), ...others]);
    while (first.verdicts.size < others.length) await new Promise(setImmediate);
    const second = await world.reconnect('p');
    expect(second.done).toBe(0);
    blocked = false;
    second.send([play('user-z', 'first'), ...others.map(() => null)]);
    await second.until(1 + others.length);
    expect(new Set(second.verdicts.values())).toEqual(new Set(['ok']));
    expect(await numbers(world)).toEqual(range(1, 1 + others.length));
  });

  /** The first number waits for a partition that is away, the second is given up; then the client connects anew. */
  async function givenUpAhead(): Promise<{ world: IngestWorld; user: string; comeBack(): void; second: Client }> {
    const apart = (user: string) => {
      const { partitions } = SETTINGS;
      return partitionOf('default', user, partitions) !== homePartition('default', 'p', partitions);
    };
    const user = range(1, 50)
      .map((i) => `user-${i}`)
      .find(apart)!;
    let blocked = true;
    const world = createWorld({
      wrap: (log) =>
        through(log, (batch) => {
          if (!blocked || batch.partition === homePartition('default', 'p', SETTINGS.partitions))
            return log.append(batch);
          throw new LogError('unavailable', 'its shard is away');
        }),
    });
    const first = world.client('p');
    first.send([play(user, 'a'), null]);
    while (first.verdicts.size < 1) await new Promise(setImmediate);
    const comeBack = () => {
      blocked = false;
    };
    return { world, user, comeBack, second: await world.reconnect('p') };
  }

  it('a number that was given up before it could be settled in order is told so again', async () => {
    const { user, comeBack, second } = await givenUpAhead();
    comeBack();
    second.send([play(user, 'a'), null]);
    await second.until(2);
    expect(second.verdicts.get(2)).toMatchObject([2, 'withdrawn', '', expect.any(String)]);
  });

  it('a number that is given up after the one behind it is told so, not taken for stored', async () => {
    const { world, second } = await givenUpAhead();
    second.send([null, null]);
    await second.until(2);
    expect([...second.verdicts.values()]).toMatchObject([
      [1, 'withdrawn', '', expect.any(String)],
      [2, 'withdrawn', '', expect.any(String)],
    ]);
    expect(world.metrics.ledger()).toMatchObject({ received: 4, rejected: 3, duplicates: 0, inFlight: 1, gap: 0 });
  });
});

describe('a log that fails', () => {
  it('repeats a batch that is in doubt until there is an answer, and stores it once', async () => {
    let left = 3;
    const world = createWorld({
      wrap: (log) =>
        through(log, async (batch) => {
          const result = await log.append(batch);
          if (left-- > 0) throw new LogError('in_doubt', 'the reply was cut');
          return result;
        }),
    });
    const client = world.client('p');
    client.send(plays(20));
    client.send(plays(20));
    await client.until(40);
    expect(await numbers(world)).toEqual(range(1, 40));
    expect(world.metrics.ledger()).toMatchObject({ received: 40, stored: 40, duplicates: 0, gap: 0 });
  });

  it('waits while storage is unavailable, and says how long', async () => {
    let available = false;
    const world = createWorld({
      wrap: (log) =>
        through(log, (batch) => {
          if (available) return log.append(batch);
          throw new LogError('unavailable', 'not connected');
        }),
    });
    const client = world.client('p');
    client.send(plays(5));
    while (world.ingest.oldestAppend() === 0) await new Promise(setImmediate);
    available = true;
    await client.until(5);
    expect(await numbers(world)).toEqual(range(1, 5));
  });

  it('fails the source when storage lost an earlier event, and counts the loss', async () => {
    let current = openMemoryLog({ partitions: SETTINGS.partitions, rememberProducersMs: 1e9, dedupMs: 0 });
    const world = createWorld({ wrap: (log) => through(log, (batch) => current.append(batch)) });
    const client = world.client('p');
    client.send([play('u', 'a')]);
    await client.until(1);
    current = openMemoryLog({ partitions: SETTINGS.partitions, rememberProducersMs: 1e9, dedupMs: 0 });
    client.send([play('u', 'b')]);
    await client.untilFailed();
    expect(client.verdicts.has(2)).toBe(false);
    expect(await world.metrics.text()).toMatch(/^gapless_storage_lost_total 1$/m);
    world.ingest.noticeLoss('default//p/1', 1, 0);
    expect(await world.metrics.text(), 'HELLO sees the same loss').toMatch(/^gapless_storage_lost_total 1$/m);
    world.ingest.noticeLoss('default//p/1', 3, 1);
    expect(await world.metrics.text(), 'and more of it').toMatch(/^gapless_storage_lost_total 3$/m);
    world.ingest.noticeLoss('default//liar/1', Number.MAX_SAFE_INTEGER, 0);
    expect(await world.metrics.text(), 'what nobody can have sent').toMatch(/^gapless_storage_lost_total 1000003$/m);
    expect(world.metrics.ledger()).toMatchObject({ received: 2, stored: 1, abandoned: 1, gap: 0, inFlight: 0 });
  });

  it('fails every source of a batch that the log cannot take, also those whose events stood already', async () => {
    let closed = false;
    const world = createWorld({
      wrap: (log) =>
        through(log, async (batch) => {
          const result = await log.append(batch);
          // The first try is answered with its conflicts, the next one not at all.
          if (closed && result.status === 'appended') throw new LogError('closed', 'closed');
          return result;
        }),
    });
    const before = world.client('p');
    before.send([play('u', 'a')]);
    await before.until(1);
    closed = true;
    const again = world.client('p');
    const other = world.client('q');
    again.send([play('u', 'a')]);
    other.send([play('u', 'b')]);
    await other.untilFailed();
    await again.untilFailed();
    expect(world.ingest.eventsInFlight).toBe(0);
  });
});

describe('a worker that dies', () => {
  const poison = play('u', 'poison');

  it('costs nobody an event: only what crashes alone twice is rejected', async () => {
    const world = createWorld({
      worker: (task) => {
        if (holds(task, 'poison')) throw new Error('worker died');
      },
    });
    const sick = world.client('sick');
    const well = world.client('well');
    sick.send([play('u', 'a'), poison, play('u', 'b')]);
    sick.send([play('u', 'c')]);
    well.send(plays(10));
    await Promise.all([sick.until(4), well.until(10)]);
    expect(sick.verdicts.get(2)).toMatchObject([2, 'unprocessable', '', expect.any(String)]);
    const stored = (await world.events()).filter(({ producer }) => producer === 'sick').map(({ seq }) => seq);
    expect(stored).toEqual([1, 3, 4]);
    expect(await world.deadLetters()).toMatchObject([{ seq: 2, stage: 'process', code: 'unprocessable' }]);
    expect(world.metrics.ledger()).toMatchObject({ received: 14, stored: 13, rejected: 1, gap: 0 });
  });

  it('an event that crashes once goes through on the second try', async () => {
    let crashes = 0;
    const world = createWorld({
      worker: (task) => {
        if (holds(task, 'poison') && ++crashes <= 3) throw new Error('worker died');
      },
    });
    const client = world.client('p');
    client.send([play('u', 'a'), poison]);
    await client.until(2);
    expect([...client.verdicts.values()]).toEqual(['ok', 'ok']);
  });

  it('others go on while a slab is in quarantine', async () => {
    let free: () => void = () => {};
    const stuck = new Promise<void>((resolve) => {
      free = resolve;
    });
    const world = createWorld({
      worker: async (task, inQuarantine) => {
        if (!holds(task, 'poison')) return;
        if (!inQuarantine) throw new Error('worker died');
        await stuck;
      },
    });
    const sick = world.client('sick');
    sick.send([poison]);
    while (world.slabs.length < 2) await new Promise(setImmediate);
    const well = world.client('well');
    well.send(plays(10));
    await well.until(10);
    expect(sick.done).toBe(0);
    free();
    await sick.until(1);
  });

  it('workers that do not start condemn no event: everything waits until they do', async () => {
    let broken = true;
    let attempts = 0;
    const world = createWorld({
      worker: () => {
        attempts++;
        if (broken) throw new Error('the catalogue is gone');
      },
    });
    const client = world.client('p');
    client.send(plays(3));
    while (attempts < 5) await new Promise(setImmediate);
    expect(client.verdicts.size).toBe(0);
    broken = false;
    await client.until(3);
    expect([...client.verdicts.values()]).toEqual(['ok', 'ok', 'ok']);
  });
});
