/**
 * Random histories of subscriptions and the servers they meet: connections are cut, servers say `unavailable` or that the position is gone,
 * consumers are slow. The server keeps its word: it sends what the log holds from the position on, never beyond its credit.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClientSubscription } from '../../../protocol/feed/client-subscription.ts';
import { Subscriber } from '../../../protocol/feed/subscriber.ts';

/** The log is the numbers from 1 on, items those that are not divisible by 3 (the filter); an offset is the last number looked at. */
const isItem = (n: number): boolean => n % 3 !== 0;

class Reader {
  readonly window: number;
  readonly subscription: ClientSubscription;
  inHand = 0;
  taken: number[] = [];
  /** Numbers that a gap told of. */
  gaps = 0;

  constructor(subscriber: Subscriber, window: number) {
    this.window = window;
    this.subscription = subscriber.add({
      ...{ feed: 'events', window, from: { epoch: 'e', offset: '0' } },
      onChange: () => undefined,
    });
  }

  take(most: number): void {
    const batch = this.subscription.take(most);
    if (!batch) return;
    if (batch.gap) this.gaps++;
    this.taken.push(...(batch.items as number[]));
    this.inHand += batch.items.length;
    // What the position covers was taken, and no more than a frame beyond it.
    const covered = Number(batch.position!.offset);
    for (const item of batch.items as number[]) if (most > 1) expect(item).toBeLessThanOrEqual(covered);
  }

  release(): void {
    this.subscription.release(this.inHand);
    this.inHand = 0;
  }
}

/** The server's side of one subscription on one connection. */
interface Served {
  offset: number;
  sent: number;
  limit: number;
  subscribed: boolean;
}

class World {
  now = 0;
  logEnd = 0;
  readonly subscriber = new Subscriber();
  readonly readers: Reader[];
  served = new Map<number, Served>();
  said: number[] = [];

  constructor(windows: number[]) {
    this.readers = windows.map((window) => new Reader(this.subscriber, window));
  }

  pump(): void {
    for (let frame = this.subscriber.next(this.now); frame; frame = this.subscriber.next(this.now)) {
      this.said.push(this.now);
      if (frame.op === 'SUBSCRIBE') {
        expect(this.served.has(frame.sub)).toBe(false);
        const { limit, from } = frame.options;
        this.served.set(frame.sub, { offset: Number(from!.offset), sent: 0, limit, subscribed: false });
      } else if (frame.op === 'FLOW') {
        const served = this.served.get(frame.sub)!;
        expect(frame.limit).toBeGreaterThan(served.limit);
        served.limit = frame.limit;
      }
    }
    const recent = this.said.filter((at) => at > this.now - 1000).length;
    expect(recent).toBeLessThanOrEqual(64);
  }

  serve(sub: number, count: number): void {
    const served = this.served.get(sub)!;
    if (!served.subscribed) {
      served.subscribed = true;
      this.subscriber.receive(
        { op: 'SUBSCRIBED', sub, position: { epoch: 'e', offset: `${served.offset}` } },
        this.now,
        1,
      );
    }
    const items: number[] = [];
    while (served.offset < this.logEnd && items.length < count) {
      if (isItem(served.offset + 1)) {
        if (served.sent === served.limit) break;
        items.push(served.offset + 1);
        served.sent++;
      }
      served.offset++;
    }
    this.subscriber.receive({ op: 'DATA', sub, offset: `${served.offset}`, items }, this.now, 1);
  }

  check(): void {
    for (const { subscription, window } of this.readers) {
      expect(subscription.waiting + subscription.credit).toBeLessThanOrEqual(window);
      expect(subscription.waiting).toBeGreaterThanOrEqual(0);
    }
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('append' as const), n: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('serve' as const), who: fc.nat(9), n: fc.nat(6) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('take' as const), who: fc.nat(2), n: fc.constantFrom(1, 99) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('release' as const), who: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unavailable' as const), who: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), n: fc.nat(3000) }) },
);

test('never more than the window, nothing lost, nothing twice, over any number of connections', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      fc.array(step, { maxLength: 150 }),
      (windows, steps) => {
        const world = new World(windows);
        const pick = (who: number): number | undefined => {
          const subs = [...world.served.keys()];
          return subs[who % Math.max(1, subs.length)];
        };
        const reader = (who: number): Reader => world.readers[who % world.readers.length]!;
        world.pump();
        for (const what of steps) {
          if (what.do === 'append') world.logEnd += what.n;
          else if (what.do === 'take') reader(what.who).take(what.n);
          else if (what.do === 'release') reader(what.who).release();
          else if (what.do === 'wait') world.now += what.n;
          else if (what.do === 'cut') {
            world.served.clear();
            world.subscriber.disconnected();
            world.said = [];
          } else {
            const sub = pick(what.who);
            if (sub === undefined) continue;
            if (what.do === 'serve') world.serve(sub, what.n);
            else {
              world.served.delete(sub);
              world.subscriber.receive({ op: 'UNSUBSCRIBED', sub, code: 'unavailable', message: '' }, world.now, 1);
            }
          }
          world.check();
          world.pump();
          world.check();
        }
        // A quiet end: everything that the log holds arrives.
        for (let round = 0; round < 2000; round++) {
          world.now += 1000;
          for (const each of world.readers) {
            each.release();
            each.take(99);
          }
          world.pump();
          for (const sub of [...world.served.keys()]) world.serve(sub, 50);
        }
        const wanted = Array.from({ length: world.logEnd }, (_, i) => i + 1).filter(isItem);
        for (const each of world.readers) {
          for (let left = 1; left > 0; left = each.subscription.waiting - each.inHand) each.take(99);
          expect(each.taken).toEqual(wanted);
          expect(each.gaps).toBe(0);
        }
      },
    ),
    { numRuns: 60 },
  );
});
