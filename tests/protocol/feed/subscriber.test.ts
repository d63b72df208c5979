import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../protocol/codes.ts';
import type { ClientSubscription, SubscriptionRequest } from '../../../protocol/feed/client-subscription.ts';
import { Subscriber } from '../../../protocol/feed/subscriber.ts';
import type { ClientFrame, Data, Gap, Subscribed, Unsubscribed } from '../../../protocol/frames.ts';

/** A subscriber and what it says. */
class Talk {
  now = 0;
  readonly subscriber = new Subscriber();

  add(request: Partial<SubscriptionRequest> = {}): ClientSubscription {
    return this.subscriber.add({ feed: 'events', window: 4, onChange: () => undefined, ...request });
  }

  out(): ClientFrame[] {
    const frames: ClientFrame[] = [];
    for (let frame = this.subscriber.next(this.now); frame; frame = this.subscriber.next(this.now)) frames.push(frame);
    return frames;
  }

  get(frame: Subscribed | Data | Gap | Unsubscribed): void {
    this.subscriber.receive(frame, this.now, 1);
  }

  subscribed(sub: number, offset = '0', recovered?: boolean): void {
    this.get({ op: 'SUBSCRIBED', sub, position: { epoch: 'e', offset, recovered } });
  }

  data(sub: number, offset: string, ...items: unknown[]): void {
    this.get({ op: 'DATA', sub, offset, items });
  }

  live(request: Partial<SubscriptionRequest> = {}): ClientSubscription {
    const subscription = this.add(request);
    this.out();
    this.subscribed(1);
    return subscription;
  }
}

const at = (offset: string) => ({ epoch: 'e', offset });

describe('asking', () => {
  test('SUBSCRIBE tells feed, key, filter, and the window as credit', () => {
    const talk = new Talk();
    talk.add({ key: 'u', filter: { type: ['a', 'b'] }, from: at('7') });
    expect(talk.out()).toEqual([
      {
        op: 'SUBSCRIBE',
        sub: 1,
        feed: 'events',
        options: { limit: 4, key: 'u', filter: { type: ['a', 'b'] }, from: at('7') },
      },
    ]);
    expect(talk.out()).toEqual([]);
  });

  test('a log feed goes on behind what came, another one from its current value', () => {
    const talk = new Talk();
    talk.add();
    talk.add({ feed: 'features', key: 'u' });
    talk.out();
    talk.subscribed(1, '5');
    talk.subscribed(2, '9');
    talk.data(1, '6', 'a');
    talk.subscriber.disconnected();
    expect(talk.out()).toMatchObject([
      { sub: 3, feed: 'events', options: { limit: 3, from: at('6') } },
      { sub: 4, feed: 'features', options: { limit: 4, from: undefined } },
    ]);
  });

  test('a subscription that was never answered begins as it was asked', () => {
    const talk = new Talk();
    talk.add();
    talk.out();
    talk.subscriber.disconnected();
    expect(talk.out()).toMatchObject([{ sub: 2, options: { limit: 4, from: undefined } }]);
  });

  test('no more frames in a second than a server takes, the rest later, each in its turn', () => {
    const talk = new Talk();
    for (let i = 0; i < 70; i++) talk.add();
    expect(talk.out()).toHaveLength(64);
    expect(talk.subscriber.wakeAt()).toBe(1000);
    talk.now = 1000;
    expect(talk.out().map((frame) => (frame as { sub: number }).sub)).toEqual([65, 66, 67, 68, 69, 70]);
    expect(talk.subscriber.wakeAt()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('credit', () => {
  test('it rises once half a window is free, by all that is free', () => {
    const talk = new Talk();
    const subscription = talk.live();
    talk.data(1, '4', 1, 2, 3, 4);
    expect(subscription.take(1)!.items).toEqual([1]);
    subscription.release(1);
    expect(talk.out()).toEqual([]);
    subscription.take(2);
    subscription.release(2);
    expect(talk.out()).toEqual([{ op: 'FLOW', sub: 1, limit: 7 }]);
    expect(talk.out()).toEqual([]);
  });

  test('a window of one goes item by item', () => {
    const talk = new Talk();
    const subscription = talk.live({ window: 1 });
    talk.data(1, '1', 'a');
    subscription.take(1);
    expect(talk.out()).toEqual([]);
    subscription.release(1);
    expect(talk.out()).toEqual([{ op: 'FLOW', sub: 1, limit: 2 }]);
  });

  test('what waits counts against the window of the next connection', () => {
    const talk = new Talk();
    talk.live();
    talk.data(1, '4', 1, 2, 3, 4);
    talk.subscriber.disconnected();
    expect(talk.out()).toMatchObject([{ op: 'SUBSCRIBE', options: { limit: 0, from: at('4') } }]);
  });

  test('more items than credit is a protocol error', () => {
    const talk = new Talk();
    talk.live();
    expect(() => talk.data(1, '5', 1, 2, 3, 4, 5)).toThrow(ProtocolError);
  });

  test('DATA before SUBSCRIBED is a protocol error, for an unknown sub it is nothing', () => {
    const talk = new Talk();
    talk.add();
    talk.out();
    talk.data(9, '1', 'a');
    expect(() => talk.data(1, '1', 'a')).toThrow(ProtocolError);
    talk.subscribed(1);
    expect(() => talk.subscribed(1)).toThrow(ProtocolError);
  });
});

describe('taking', () => {
  test('items come one by one or all at once, and the position stands by the frame', () => {
    const talk = new Talk();
    const subscription = talk.live();
    expect(subscription.position).toEqual(at('0'));
    talk.data(1, '2', 'a', 'b');
    talk.data(1, '3', 'c');
    expect(subscription.take(1)).toEqual({ items: ['a'], gap: null, position: at('0') });
    expect(subscription.take(Number.POSITIVE_INFINITY)).toEqual({ items: ['b'], gap: null, position: at('2') });
    expect(subscription.take(1)).toEqual({ items: ['c'], gap: null, position: at('3') });
    expect(subscription.take(1)).toBeNull();
  });

  test('empty DATA moves the position, behind what still waits', () => {
    const talk = new Talk();
    const subscription = talk.live();
    talk.data(1, '5');
    expect(subscription.position).toEqual(at('5'));
    talk.data(1, '6', 'a');
    talk.data(1, '9');
    expect(subscription.position).toEqual(at('5'));
    expect(subscription.take(1)!.position).toEqual(at('9'));
  });

  test('a gap stands where it came, and gaps that follow each other are one', () => {
    const talk = new Talk();
    const subscription = talk.live();
    talk.data(1, '1', 'a');
    talk.get({ op: 'GAP', sub: 1, skipped: 2, offset: '3' });
    talk.get({ op: 'GAP', sub: 1, skipped: 3, offset: '6' });
    talk.data(1, '7', 'b');
    talk.get({ op: 'GAP', sub: 1, skipped: null, offset: '9' });
    expect(subscription.take(9)).toMatchObject({ items: ['a'], position: at('1') });
    expect(subscription.take(9)).toEqual({ items: [], gap: { reason: 'skipped', skipped: 5 }, position: at('6') });
    expect(subscription.take(9)).toMatchObject({ items: ['b'] });
    expect(subscription.take(9)).toMatchObject({ gap: { reason: 'skipped', skipped: null }, position: at('9') });
  });

  test('a position that is gone is a gap', () => {
    const talk = new Talk();
    const subscription = talk.add({ from: at('3') });
    talk.out();
    talk.subscribed(1, '100', false);
    expect(subscription.take(1)).toEqual({
      items: [],
      gap: { reason: 'not_recovered', skipped: null },
      position: at('100'),
    });
  });
});

describe('the end', () => {
  test('leaving says so once, and nothing that still comes counts', () => {
    const talk = new Talk();
    const subscription = talk.live();
    talk.data(1, '1', 'a');
    subscription.leave();
    expect(talk.out()).toEqual([{ op: 'UNSUBSCRIBE', sub: 1 }]);
    talk.data(1, '2', 'b');
    expect(subscription.take(1)).toBeNull();
    talk.get({ op: 'UNSUBSCRIBED', sub: 1, code: 'ok', message: '' });
    expect(subscription.state).toBe('ended');
    expect(talk.out()).toEqual([]);
    expect(talk.subscriber.size).toBe(0);
  });

  test('what was never asked for is not asked for any more', () => {
    const talk = new Talk();
    talk.add().leave();
    expect(talk.out()).toEqual([]);
    expect(talk.subscriber.size).toBe(0);
  });

  test('a number is not used again', () => {
    const talk = new Talk();
    talk.live().leave();
    talk.add();
    expect(talk.out()).toMatchObject([
      { op: 'UNSUBSCRIBE', sub: 1 },
      { op: 'SUBSCRIBE', sub: 2 },
    ]);
  });

  test.each(['unknown_feed', 'forbidden', 'invalid_filter', 'too_many'] as const)('%s ends it', (code) => {
    const talk = new Talk();
    const subscription = talk.live();
    talk.data(1, '1', 'a');
    talk.get({ op: 'UNSUBSCRIBED', sub: 1, code, message: 'no' });
    expect(subscription).toMatchObject({ state: 'ended', reason: { code, message: 'no' } });
    expect(subscription.take(1)!.items).toEqual(['a']);
    talk.subscriber.disconnected();
    expect(talk.out()).toEqual([]);
  });

  test('unavailable is tried again, later each time, until something comes', () => {
    const talk = new Talk();
    const subscription = talk.live();
    const pauses: number[] = [];
    for (let sub = 1; sub <= 3; sub++) {
      talk.get({ op: 'UNSUBSCRIBED', sub, code: 'unavailable', message: '' });
      expect(subscription.state).toBe('waiting');
      expect(talk.out()).toEqual([]);
      pauses.push(talk.subscriber.wakeAt() - talk.now);
      talk.now = talk.subscriber.wakeAt();
      expect(talk.out()).toMatchObject([{ op: 'SUBSCRIBE', sub: sub + 1, options: { from: at('0') } }]);
    }
    expect(pauses).toEqual([500, 1000, 2000]);
    talk.subscribed(4);
    talk.data(4, '1', 'a');
    talk.get({ op: 'UNSUBSCRIBED', sub: 4, code: 'unavailable', message: '' });
    expect(talk.subscriber.wakeAt() - talk.now).toBe(500);
  });

  test('the end of the client is the end of all', () => {
    const talk = new Talk();
    const subscription = talk.live();
    talk.subscriber.end({ code: 'fenced', message: 'm' });
    expect(subscription).toMatchObject({ state: 'ended', reason: { code: 'fenced' } });
    expect(talk.subscriber.wakeAt()).toBe(Number.POSITIVE_INFINITY);
  });
});
