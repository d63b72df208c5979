import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Conflation } from '../../../protocol/feed/conflation.ts';
import { LatestValues } from '../../../protocol/feed/latest.ts';
import { type FeedFrame, FeedSubscription } from '../../../protocol/feed/server-subscription.ts';
import { CONFLATED_KEYS_MAX } from '../../../protocol/limits.ts';

interface Value {
  key: string;
  version: number;
}

function recorded(limit: number) {
  const frames: FeedFrame<Value>[] = [];
  const connection = { ready: true };
  const subscription = new FeedSubscription<Value>(1, limit, {
    send: (frame) => frames.push(frame),
    get ready() {
      return connection.ready;
    },
    sizeOf: () => 10,
  });
  subscription.start({ epoch: 'e', offset: '0' });
  const values = new LatestValues(subscription);
  const publish = (key: string, version: number) => values.publish(key, version, { key, version });
  const items = () => frames.flatMap((frame) => (frame.op === 'DATA' ? [...frame.items] : []));
  return { frames, connection, subscription, values, publish, items };
}

describe('latest values', () => {
  it('conflates by key without credit, and sends the newest of each in the order the keys came', () => {
    const { subscription, values, publish, items } = recorded(0);
    for (const [key, version] of [
      ['a', 1],
      ['b', 1],
      ['a', 2],
      ['c', 1],
      ['a', 3],
    ] as const)
      publish(key, version);
    expect(items()).toEqual([]);
    subscription.flow(2);
    values.resume();
    expect(items()).toEqual([
      { key: 'a', version: 3 },
      { key: 'b', version: 1 },
    ]);
    subscription.flow(9);
    values.resume();
    expect(items().at(-1)).toEqual({ key: 'c', version: 1 });
  });

  it('drops the oldest of too many keys and tells how many before the next DATA', () => {
    const { subscription, values, publish, frames, items } = recorded(0);
    for (let i = 0; i < CONFLATED_KEYS_MAX + 3; i++) publish(`k${i}`, 1);
    expect(frames.length).toBe(1);
    subscription.flow(1);
    values.resume();
    expect(frames.slice(1)).toMatchObject([{ op: 'GAP', skipped: 3 }, { op: 'DATA' }]);
    expect(items()).toEqual([{ key: 'k3', version: 1 }]);
    subscription.flow(5_000);
    values.resume();
    expect(items().length).toBe(CONFLATED_KEYS_MAX);
    expect(frames.filter(({ op }) => op === 'GAP').length).toBe(1);
  });

  it('sends no version of a key after a newer one', () => {
    const { publish, items } = recorded(10);
    publish('a', 5);
    publish('a', 4);
    publish('a', 5);
    publish('a', 6);
    expect(items().map(({ version }) => version)).toEqual([5, 6]);
  });

  it('never exceeds credit, keeps versions in order, and ends with the newest of every key that did not have to go', () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant('publish' as const),
          key: fc.constantFrom('a', 'b', 'c', 'd'),
          version: fc.nat(30),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('flow' as const), limit: fc.nat(30) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('ready' as const), ready: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { subscription, connection, values, publish, items } = recorded(0);
        const newest = new Map<string, number>();
        let limit = 0;
        for (const action of steps) {
          if (action.kind === 'publish') {
            newest.set(action.key, Math.max(action.version, newest.get(action.key) ?? -1));
            publish(action.key, action.version);
          } else if (action.kind === 'flow') {
            limit = Math.max(limit, action.limit);
            subscription.flow(action.limit);
          } else connection.ready = action.ready;
          values.resume();
          expect(items().length).toBeLessThanOrEqual(limit);
        }
        subscription.flow(1_000);
        connection.ready = true;
        values.resume();
        const last = new Map<string, number>();
        for (const { key, version } of items()) {
          expect(version).toBeGreaterThan(last.get(key) ?? -1);
          last.set(key, version);
        }
        expect(last).toEqual(newest);
      }),
    );
  });
});

describe('conflation', () => {
  it('holds no more keys than it may, and counts what went', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(9)), (most, keys) => {
        const held = new Conflation<number>(most);
        for (const [version, key] of keys.entries()) held.put(String(key), version, version);
        expect(held.size).toBeLessThanOrEqual(most);
        const distinct = new Set(keys).size;
        expect(held.size).toBe(Math.min(most, distinct));
        expect(held.takeSkipped() > 0).toBe(distinct > most);
        expect(held.takeSkipped()).toBe(0);
      }),
    );
  });
});
