import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FeedFrame, FeedSubscription } from '../../../protocol/feed/server-subscription.ts';
import { DATA_MAX_BYTES } from '../../../protocol/limits.ts';

/** An item is its own size in bytes. */
function recorded(limit: number) {
  const frames: FeedFrame<number>[] = [];
  const connection = { ready: true };
  const subscription = new FeedSubscription<number>(7, limit, {
    send: (frame) => frames.push(frame),
    get ready() {
      return connection.ready;
    },
    sizeOf: (item) => item,
  });
  return { frames, connection, subscription };
}

const START = { epoch: 'e', offset: '0' };

describe('a subscription', () => {
  it('sends nothing before SUBSCRIBED and nothing after UNSUBSCRIBED', () => {
    const { subscription, frames } = recorded(5);
    expect(subscription.wants).toBe(false);
    expect(subscription.offer(1)).toBe(false);
    subscription.flush('1');
    subscription.start(START);
    subscription.offer(1);
    subscription.end('ok', '');
    subscription.flush('1');
    subscription.gap(1, '2');
    subscription.start(START);
    subscription.end('unavailable', '');
    expect(frames.map(({ op }) => op)).toEqual(['SUBSCRIBED', 'UNSUBSCRIBED']);
  });

  it('counts its limit from SUBSCRIBED on and ignores a lower one', () => {
    const { subscription } = recorded(0);
    subscription.flow(2);
    subscription.start(START);
    subscription.flow(1);
    expect([subscription.offer(1), subscription.offer(1), subscription.offer(1)]).toEqual([true, true, false]);
    subscription.flush('2');
    subscription.flow(3);
    expect(subscription.credit).toBe(1);
  });

  it('moves the offset for nothing, but not without credit', () => {
    const { subscription, frames } = recorded(1);
    subscription.start(START);
    subscription.flush('1');
    subscription.gap(null, '2');
    expect(subscription.credit).toBe(1);
    subscription.offer(1);
    subscription.flush('3');
    subscription.flush('4');
    expect(frames.map(({ op }) => op)).toEqual(['SUBSCRIBED', 'DATA', 'GAP', 'DATA']);
    expect(() => subscription.gap(1, '5')).toThrow();
  });

  it('waits while the connection takes nothing', () => {
    const { subscription, connection } = recorded(1);
    subscription.start(START);
    connection.ready = false;
    expect(subscription.wants).toBe(false);
  });

  it('never sends more items than credit, in order, in frames of a bounded size, each offset after its items', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('flow' as const), limit: fc.nat(60) }),
      fc.record({
        kind: fc.constant('items' as const),
        sizes: fc.array(fc.integer({ min: 1, max: 80_000 }), { maxLength: 20 }),
      }),
      fc.record({ kind: fc.constant('move' as const) }),
      fc.record({ kind: fc.constant('gap' as const) }),
    );
    fc.assert(
      fc.property(fc.nat(5), fc.array(step, { maxLength: 30 }), (first, steps) => {
        const { subscription, frames } = recorded(first);
        subscription.start(START);
        let limit = first;
        let waiting: number[] = [];
        const offered: number[] = [];
        const pump = () => {
          while (subscription.wants && waiting.length > 0) {
            while (waiting.length > 0 && subscription.offer(waiting[0]!)) offered.push(waiting.shift()!);
            subscription.flush(String(offered.length));
          }
        };
        for (const action of steps) {
          if (action.kind === 'flow') {
            limit = Math.max(limit, action.limit);
            subscription.flow(action.limit);
          } else if (action.kind === 'items') waiting = [...waiting, ...action.sizes];
          else if (subscription.wants) {
            if (action.kind === 'gap') subscription.gap(null, String(offered.length));
            else subscription.flush(String(offered.length));
          }
          pump();
        }
        const data = frames.flatMap((frame) => (frame.op === 'DATA' ? [frame] : []));
        const sent = data.flatMap(({ items }) => items);
        expect(sent.length).toBeLessThanOrEqual(limit);
        // Nothing that credit allows is kept back.
        expect(waiting.length === 0 || sent.length === limit).toBe(true);
        expect(sent).toEqual(offered);
        let count = 0;
        for (const { items, offset } of data) {
          count += items.length;
          expect(Number(offset)).toBe(count);
          if (items.length > 1) expect(items.reduce((sum, item) => sum + item, 0)).toBeLessThan(DATA_MAX_BYTES);
        }
      }),
    );
  });
});
