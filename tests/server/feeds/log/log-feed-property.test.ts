/** Subscribers that come and go, with little credit and clogged sockets, while events are stored and trimmed: nothing lost, nothing twice. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partitionOf } from '../../../../format/partition.ts';
import type { Cursor } from '../../../../protocol/frames.ts';
import { type FeedClient, type FeedsWorld, feedsWorld, settled } from '../../../helpers/feeds-world.ts';

const PARTITIONS = 3;
const USERS = ['ann', 'bob', 'cem', 'dot', 'eve', 'fay'];

/** One application that reads a feed over many connections; it only keeps what the protocol gives it. */
class Reader {
  readonly seen: { user: string; n: number }[] = [];
  readonly key: string | undefined;
  gaps = 0;
  private readonly world: FeedsWorld;
  private client: FeedClient;
  private from: Cursor | null = null;
  private limit = 0;
  private items = 0;

  constructor(world: FeedsWorld, key: string | undefined, takes: boolean) {
    this.world = world;
    this.key = key;
    this.client = this.connect(takes);
  }

  private connect(takes: boolean): FeedClient {
    const client = this.world.connect({ takes });
    client.subscribe(1, 'events', {
      limit: 0,
      ...(this.key !== undefined && { key: this.key }),
      ...(this.from && { from: this.from }),
    });
    this.limit = 0;
    this.items = 0;
    return client;
  }

  read(): void {
    for (const frame of this.client.frames.splice(0)) {
      if (frame.op === 'SUBSCRIBED') {
        this.from = frame.position;
        if (frame.position.recovered === false) this.gaps++;
      } else if (frame.op === 'GAP') this.gaps++;
      else if (frame.op === 'DATA') {
        this.items += frame.items.length;
        for (const { user_id: user, n } of frame.items as { user_id: string; n: number }[]) this.seen.push({ user, n });
      } else throw new Error(`ended: ${JSON.stringify(frame)}`);
      if (frame.op === 'GAP' || frame.op === 'DATA') this.from = { epoch: this.from!.epoch, offset: frame.offset };
    }
    expect(this.items).toBeLessThanOrEqual(this.limit);
  }

  grant(more: number): void {
    this.limit += more;
    this.client.flow(1, this.limit);
  }

  take(): void {
    this.client.take();
  }

  reconnect(takes: boolean): void {
    this.read();
    this.client.close();
    this.client = this.connect(takes);
  }

  async started(): Promise<void> {
    await this.client.until(() => this.from || this.client.frames.some(({ op }) => op === 'SUBSCRIBED'));
    this.read();
  }
}

const which = fc.nat(2);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('store' as const),
      users: fc.array(fc.constantFrom(...USERS), { minLength: 1, maxLength: 40 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('grant' as const), which, more: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const), which, takes: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('take' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), maxBytes: fc.nat(20_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const) }) },
);

it('property: what is sent is what was stored, in order, and what is missing was announced', {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), fc.boolean(), async (steps, trims) => {
      const world = feedsWorld({ partitions: PARTITIONS, slowReads: true, timing: { ringBytes: 2_000 } });
      try {
        const stored: { user: string; n: number }[] = [];
        const readers = [undefined, undefined, 'bob'].map((key, i) => new Reader(world, key, i !== 1));
        await Promise.all(readers.map((reader) => reader.started()));
        for (const action of steps) {
          if (action.do === 'store') {
            const events = action.users.map((user) => ({
              user_id: user,
              type: 'x',
              n: stored.push({ user, n: stored.length }) - 1,
              pad: 'p'.repeat(300),
            }));
            await world.append.events(...events);
          } else if (action.do === 'grant') readers[action.which]!.grant(action.more);
          else if (action.do === 'reconnect') readers[action.which]!.reconnect(action.takes);
          else if (action.do === 'take') readers[action.which]!.take();
          else if (action.do === 'settle') await settled(5);
          else if (trims) await world.log.trim({ stream: 'events', maxBytes: action.maxBytes });
          for (const reader of readers) reader.read();
        }
        const last = { user: 'bob', n: stored.length };
        stored.push(last);
        for (const reader of readers) {
          reader.take();
          reader.grant(10_000);
        }
        await world.append.events({ user_id: last.user, type: 'x', n: last.n });
        const done = (reader: Reader) => {
          reader.read();
          const all = reader.seen.length >= expected(stored, reader.key).length;
          return reader.seen.some(({ n }) => n === last.n) && (all || reader.gaps > 0);
        };
        while (!readers.every(done)) await settled(1);
        await settled(30);
        for (const reader of readers) {
          if (!trims) expect(reader.gaps).toBe(0);
          check(reader, stored);
        }
      } finally {
        await world.stop();
      }
    }),
    { numRuns: 50 },
  );
});

function expected(stored: readonly { user: string; n: number }[], key: string | undefined) {
  return stored.filter(({ user }) => key === undefined || user === key);
}

function check(reader: Reader, stored: readonly { user: string; n: number }[]): void {
  const wanted = expected(stored, reader.key);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const own = (list: readonly { user: string; n: number }[]) =>
      list.filter(({ user }) => partitionOf('default', user, PARTITIONS) === partition).map(({ n }) => n);
    const seen = own(reader.seen);
    if (reader.gaps === 0) expect(seen).toEqual(own(wanted));
    // After a position was lost the feed starts anew at the oldest: then things may come again, but only then.
    else expect(own(wanted)).toEqual(expect.arrayContaining(seen));
  }
}
