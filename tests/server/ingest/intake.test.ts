/** Small slabs: where they are worked on, and when. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { pack } from '../../../format/msgpack.ts';
import { partitionOf } from '../../../format/partition.ts';
import { Copy } from '../../../server/ingest/arena.ts';
import { Desk } from '../../../server/ingest/desk.ts';
import type { MemoryLog } from '../../../server/log/memory/log.ts';
import type { AppendBatch, EventLog } from '../../../server/log/port.ts';
import { type Client, createWorld, play, SETTINGS } from '../../helpers/ingest-world.ts';

describe('a small slab', () => {
  it('never sees a worker', async () => {
    const world = createWorld({ here: true });
    const client = world.client('p');
    client.send([play('u', 'a'), play('u', 'b', { action: 'jump' }), null]);
    await client.until(3);
    expect(world.slabs).toEqual([]);
    expect((await world.events()).map(({ seq }) => seq)).toEqual([1]);
    expect(client.verdicts.get(2)).toMatchObject([2, 'invalid_field', 'action', expect.any(String)]);
    expect(world.metrics.ledger()).toMatchObject({ received: 3, stored: 1, rejected: 2, gap: 0, inFlight: 0 });
  });

  it('goes to the pool until a worker has read the name of its client', async () => {
    const world = createWorld({ here: true });
    const client = world.client('p');
    client.id.userAgent = 'Player/1 (Linux)';
    client.send([play('u', 'a')]);
    await client.until(1);
    expect(world.slabs).toHaveLength(1);
    client.send([play('u', 'b')]);
    await client.until(2);
    expect(world.slabs).toHaveLength(1);
  });

  it('goes to the pool if it breaks, with its originals', async () => {
    const world = createWorld({ here: true });
    const [broken, good] = [world.client('broken'), world.client('good')];
    broken.send([play('u', 'a')], 1, 2);
    await broken.untilFailed();
    expect(world.slabs.length).toBeGreaterThan(0);
    good.send([play('v', 'b')]);
    await good.until(1);
    expect((await world.events()).map(({ user_id }) => user_id)).toEqual(['v']);
  });

  it('is no small one with many events', async () => {
    const world = createWorld({ here: true });
    const client = world.client('p');
    client.send(Array.from({ length: 300 }, (_, i) => play('u', `t-${i}`)));
    await client.until(300);
    expect(world.slabs).toHaveLength(1);
  });

  it('is no small one with many bytes, nor where more waits behind it', async () => {
    const world = createWorld({ here: true });
    const clients = Array.from({ length: 100 }, (_, i) => world.client(`p-${i}`));
    const filler = { context: { note: 'x'.repeat(3_000) } };
    for (const [i, client] of clients.entries())
      client.send([play(`u-${i}`, 'a', filler), play(`u-${i}`, 'b', filler)]);
    await Promise.all(clients.map((client) => client.until(2)));
    expect(world.slabs.flatMap(({ frames }) => frames)).toHaveLength(100);
  });
});

describe('those who send little', () => {
  /** Whose workers stand still from `hold` on until `free`. */
  const busy = () => {
    let held = Promise.resolve();
    let free = () => {};
    const hold = () => {
      held = new Promise((resolve) => {
        free = resolve;
      });
    };
    return { world: createWorld({ here: true, worker: () => held }), hold, free: () => free() };
  };
  const much = () => Array.from({ length: 300 }, (_, i) => play('u', `t-${i}`));

  it('do not wait for a worker behind the slabs of others, however many there are', async () => {
    const { world, hold, free } = busy();
    const heavy = ['a', 'b', 'c'].map((name) => world.client(name));
    for (const client of heavy) client.send(much());
    await Promise.all(heavy.map((client) => client.until(300)));
    const before = world.slabs.length;
    hold();
    for (const client of heavy) {
      client.send(much());
      await setImmediate();
      await setImmediate();
    }
    const light = world.client('light');
    for (const seq of [1, 2]) {
      light.send([play('v', `t-${seq}`)]);
      await light.until(seq);
    }
    // Two slabs for the one thread, and a third that waits.
    expect(world.slabs).toHaveLength(before + 2);
    expect(heavy.map(({ done }) => done)).toEqual([300, 300, 300]);
    free();
    await Promise.all(heavy.map((client) => client.until(600)));
    expect(world.metrics.ledger()).toMatchObject({ received: 1802, stored: 1802, gap: 0, inFlight: 0 });
  });

  it('wait with all others where it is not known that they are harmless', async () => {
    const { world, hold, free } = busy();
    hold();
    world.client('heavy').send(much());
    await setImmediate();
    await setImmediate();
    const light = world.client('light');
    light.id.userAgent = 'Player/1 (Linux)';
    light.send([play('v', 'a')]);
    await setImmediate();
    await setImmediate();
    expect(world.slabs).toHaveLength(2);
    expect(light.done).toBe(0);
    free();
    await light.until(1);
  });
});

describe('events that are sent one by one', () => {
  it('go on as one frame, with a verdict each', async () => {
    const world = createWorld();
    const client = world.client('p');
    client.receivedAt = Date.now();
    for (const track of ['a', 'b', 'c']) client.send([play('u', track)]);
    client.send([play('u', 'd', { action: 'jump' })]);
    expect(world.ingest.waitingBytes).toBeGreaterThan(0);
    await client.until(4);
    expect(world.slabs.map(({ frames }) => frames.map(({ first, count }) => [first, count]))).toEqual([[[1, 4]]]);
    expect((await world.events()).map(({ seq, track_id }) => [seq, track_id])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ]);
    expect(client.verdicts.get(4)).toMatchObject([4, 'invalid_field', 'action', expect.any(String)]);
    expect(world.ingest.waitingBytes).toBe(0);
    expect(world.metrics.ledger()).toMatchObject({ received: 4, stored: 3, rejected: 1, gap: 0, inFlight: 0 });
  });

  it('are told apart where one of them kills a worker', async () => {
    const world = createWorld({
      worker: ({ bytes }) => {
        if (Buffer.from(bytes).includes('poison')) throw new Error('worker died');
      },
    });
    const client = world.client('p');
    client.receivedAt = Date.now();
    for (const track of ['a', 'poison', 'c']) client.send([play('u', track)]);
    await client.until(3);
    expect(world.slabs[0]!.frames).toHaveLength(1);
    expect(client.verdicts.get(2)).toMatchObject([2, 'unprocessable', '', expect.any(String)]);
    expect((await world.events()).map(({ seq }) => seq)).toEqual([1, 3]);
  });

  it('are let go with their source', () => {
    const world = createWorld();
    const client = world.client('p');
    client.receivedAt = Date.now();
    for (const track of ['a', 'b', 'c']) client.send([play('u', track)]);
    client.source.fail('gone');
    expect(world.ingest.waitingBytes).toBe(0);
    expect(world.ingest.eventsInFlight).toBe(0);
  });
});

describe('while a commit is under way', () => {
  /** A log whose appends to one partition, or to all, wait until they are let go. */
  function held(which: (partition: number) => boolean = () => true) {
    const waiting: (() => void)[] = [];
    let appends = 0;
    const wrap = (log: MemoryLog): EventLog =>
      Object.assign(Object.create(log) as EventLog, {
        async append(batch: AppendBatch) {
          appends++;
          if (which(batch.partition)) await new Promise<void>((resolve) => waiting.push(resolve));
          return log.append(batch);
        },
      });
    return {
      wrap,
      get appends() {
        return appends;
      },
      letGo: () => {
        for (const go of waiting.splice(0)) go();
      },
    };
  }
  const until = (holds: () => boolean) => vi.waitFor(() => expect(holds()).toBe(true));

  it('what is small waits for its end, and goes together', async () => {
    const log = held();
    const world = createWorld({ wrap: log.wrap });
    const [first, second, third] = ['p', 'q', 'r'].map((name) => world.client(name)) as [Client, Client, Client];
    first.send([play('u', 'a')]);
    await until(() => log.appends === 1);
    second.send([play('u', 'b')]);
    third.send([play('u', 'c')]);
    log.letGo();
    await first.until(1);
    await until(() => log.appends === 2);
    log.letGo();
    await Promise.all([second.until(1), third.until(1)]);
    expect(world.slabs.map(({ frames }) => frames.length)).toEqual([1, 2]);
    expect(log.appends).toBe(2);
  });

  it('what is large does not wait', async () => {
    const log = held();
    const world = createWorld({ wrap: log.wrap });
    const [first, second] = [world.client('p'), world.client('q')];
    first.send([play('u', 'a')]);
    await until(() => log.appends === 1);
    second.send(Array.from({ length: 64 }, (_, i) => play('u', `t-${i}`)));
    await until(() => world.slabs.length === 2);
    expect(log.appends).toBe(1);
    log.letGo();
    await first.until(1);
    await until(() => log.appends === 2);
    log.letGo();
    await second.until(64);
  });

  it('nobody is held back again and again', async () => {
    const log = held();
    const world = createWorld({ wrap: log.wrap });
    const client = world.client('p');
    const own = { tenant: 'default', owner: '', producer: 'own', epoch: 1 };
    const desk = new Desk(0, () => {});
    const source = world.ingest.open(own, desk);
    const commitOne = (first: number) => {
      const bytes = pack(play('v', `t-${first}`));
      const frame = {
        format: 'msgpack',
        copy: Copy.of(bytes),
        first,
        count: 1,
        skip: 0,
        receivedAt: Date.now(),
        sender: own,
      } as const;
      world.ingest.takeHere(source, frame);
      return desk.verdicts(first, 1);
    };
    let commit = commitOne(1);
    await until(() => log.appends === 1);
    client.send([play('u', 'a')]);
    // One commit after the other ends, and the next begins before anything else has its turn.
    for (let seq = 2; world.slabs.length === 0; seq++) {
      await setImmediate();
      log.letGo();
      await commit;
      for (let hop = 0; hop < 50; hop++) await null;
      commit = commitOne(seq);
    }
    expect(world.slabs).toHaveLength(1);
    const letGo = setInterval(log.letGo, 1);
    await Promise.all([client.until(1), commit]);
    clearInterval(letGo);
  });

  it('nobody waits for a partition whose storage stands still', async () => {
    const stuck = partitionOf('default', 'u', SETTINGS.partitions);
    const other = ['v', 'w', 'x', 'y', 'z'].find(
      (user) => partitionOf('default', user, SETTINGS.partitions) !== stuck,
    )!;
    const log = held((partition) => partition === stuck);
    const world = createWorld({ wrap: log.wrap });
    const [first, second] = [world.client('p'), world.client('q')];
    first.send([play('u', 'a')]);
    await until(() => log.appends === 1);
    for (let i = 1; i <= 3; i++) {
      second.send([play(other, `t-${i}`)]);
      await second.until(i);
    }
    expect(first.done).toBe(0);
    log.letGo();
    await first.until(1);
  });
});
