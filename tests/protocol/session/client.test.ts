import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../protocol/codes.ts';
import type { Blocked, Hello, PublishTerms, Rejection, ServerFrame } from '../../../protocol/frames.ts';
import { ClientSession, type ClientSessionOptions } from '../../../protocol/session/client.ts';
import type { Verdict } from '../../../protocol/session/verdict.ts';
import { codecFor } from '../../../protocol/wire.ts';
import { decodeEvents } from '../../helpers/decode-events.ts';

const codec = codecFor('gapless.v1.msgpack');

/** A session and what it says, decoded. Events are small integers; an event's tag is the event. */
class Talk {
  now = 0;
  readonly verdicts: (Verdict & { tag: number | null })[] = [];
  readonly session: ClientSession<number>;

  constructor(options: Partial<ClientSessionOptions<number>> = {}) {
    this.session = new ClientSession<number>({
      codec,
      producer: 'p',
      epoch: 1,
      attempt: 0,
      numbering: 'own',
      onVerdict: (verdict, tag) => this.verdicts.push({ ...verdict, tag }),
      ...options,
    });
  }

  push(...events: number[]): void {
    for (const event of events) this.session.push(codec.encodeEvent(event), event);
  }

  open(terms: Partial<PublishTerms> = {}): Hello {
    this.session.connect(this.now);
    const hello = codec.decodeClient(this.session.hello({ clock: 5 }, this.now) as Uint8Array) as Hello;
    this.welcome(terms);
    return hello;
  }

  /** Lost the connection, and waits for WELCOME on the next. */
  reopen(): this {
    this.session.closed(1006, 0, this.now);
    this.session.connect(this.now);
    this.session.hello({ clock: 0 }, this.now);
    return this;
  }

  welcome(terms: Partial<PublishTerms> = {}): void {
    const { producer, epoch } = this.session;
    const all = { producer, epoch, done: 0, limit: 4, limitBytes: 4096, maxFrameBytes: 1024, maxFrameEvents: 3 };
    const rest = { maxEventBytes: 512, durability: 'fsync', dedupMs: 1, maxAgeMs: 0 } as const;
    this.get({ op: 'WELCOME', session: 's', serverTime: 1, terms: { ...all, ...rest, ...terms } });
  }

  get(frame: ServerFrame): void {
    this.session.receive(codec.decodeServer(codec.encode(frame)), this.now);
  }

  ack(done: number, limit: number, limitBytes = 4096): void {
    this.get({ op: 'ACK', done, limit, limitBytes, level: 0 });
  }

  /** All that goes out now: PUBLISH as `[first, ...events]`, BLOCKED as it is. */
  out(): (unknown[] | Blocked)[] {
    const messages: (unknown[] | Blocked)[] = [];
    for (;;) {
      const message = this.session.next(this.now);
      if (message === null) return messages;
      const frame = codec.decodeClient(message as Uint8Array);
      if (frame.op === 'PUBLISH') messages.push([frame.first, ...decodeEvents(frame)]);
      else messages.push(frame as Blocked);
    }
  }

  told(): string[] {
    return this.verdicts.splice(0).map((verdict) => `${verdict.seq} ${verdict.status} ${verdict.tag}`);
  }
}

const reject = (seq: number, code: Rejection[1] = 'invalid_field'): Rejection => [seq, code, 'x', 'bad'];

describe('a client that only subscribes', () => {
  test('HELLO says nothing of a producer, and WELCOME needs no terms', () => {
    const talk = new Talk({ publishes: false });
    talk.session.connect(0);
    const hello = codec.decodeClient(talk.session.hello({ clock: 5, token: 't' }, 0) as Uint8Array);
    expect(hello).toEqual({ op: 'HELLO', clock: 5, token: 't' });
    talk.session.feeds.add({ feed: 'stats', window: 3, onChange: () => undefined });
    expect(talk.out()).toEqual([]);
    talk.get({ op: 'WELCOME', session: 's', serverTime: 1 });
    expect(talk.session.state).toBe('open');
    expect(talk.out()).toEqual([{ op: 'SUBSCRIBE', sub: 1, feed: 'stats', options: { limit: 3 } }]);
  });
});

describe('feeds beside events', () => {
  test('are asked for before events go out, and anew on the next connection', () => {
    const talk = new Talk();
    talk.session.feeds.add({ feed: 'events', window: 3, onChange: () => undefined });
    talk.push(1);
    talk.open();
    expect(talk.out()).toMatchObject([{ op: 'SUBSCRIBE', sub: 1 }, [1, 1]]);
    talk.get({ op: 'SUBSCRIBED', sub: 1, position: { epoch: 'e', offset: '7' } });
    talk.reopen().welcome();
    expect(talk.out()).toMatchObject([{ op: 'SUBSCRIBE', sub: 2, options: { from: { offset: '7' } } }, [1, 1]]);
  });

  test('nothing is said after GOAWAY', () => {
    const talk = new Talk();
    talk.open();
    talk.get({ op: 'GOAWAY', code: 'going_away', message: '', retryAfterMs: 0 });
    talk.session.feeds.add({ feed: 'events', window: 3, onChange: () => undefined });
    expect(talk.out()).toEqual([]);
    expect(talk.session.wakeAt()).toBeGreaterThan(0);
  });

  test('a feed that is unavailable wakes the session when it is due', () => {
    const talk = new Talk();
    talk.open();
    talk.session.feeds.add({ feed: 'events', window: 3, onChange: () => undefined });
    talk.out();
    talk.now = 100;
    talk.get({ op: 'UNSUBSCRIBED', sub: 1, code: 'unavailable', message: '' });
    expect(talk.session.wakeAt()).toBe(600);
    talk.now = 600;
    expect(talk.out()).toMatchObject([{ op: 'SUBSCRIBE', sub: 2 }]);
  });
});

describe('opening', () => {
  test('HELLO tells who it is, which attempt, and what it has processed', () => {
    const talk = new Talk({ epoch: 7 });
    expect(talk.open()).toMatchObject({ producer: 'p', epoch: 7, attempt: 1, done: 0, clock: 5 });
    talk.push(1, 2);
    talk.out();
    talk.ack(2, 6);
    talk.session.closed(1006, 0, 0);
    expect(talk.open({ done: 2 })).toMatchObject({ attempt: 2, done: 2 });
  });

  test('nothing goes out before WELCOME', () => {
    const talk = new Talk();
    talk.push(1);
    expect(talk.out()).toEqual([]);
    talk.session.connect(0);
    expect(talk.out()).toEqual([]);
    talk.session.hello({ clock: 0 }, 0);
    expect(talk.out()).toEqual([]);
    talk.welcome();
    expect(talk.out()).toEqual([[1, 1]]);
  });

  test('a HELLO that is too long is refused before it is sent', () => {
    const talk = new Talk();
    talk.session.connect(0);
    expect(() => talk.session.hello({ clock: 0, token: 'x'.repeat(8192) }, 0)).toThrow(RangeError);
  });

  test.each([
    ['a second WELCOME', (talk: Talk) => talk.welcome()],
    ['another producer', (talk: Talk) => talk.reopen().welcome({ producer: 'q' })],
    ['another epoch', (talk: Talk) => talk.reopen().welcome({ epoch: 2 })],
    ['no terms', (talk: Talk) => talk.reopen().get({ op: 'WELCOME', session: 's', serverTime: 1 })],
    ['an ACK before WELCOME', (talk: Talk) => talk.reopen().ack(0, 1)],
  ])('%s is a protocol error', (_, act) => {
    const talk = new Talk();
    talk.open();
    expect(() => act(talk)).toThrow(ProtocolError);
  });

  test('events of an earlier connection that are settled meanwhile get their verdicts with WELCOME', () => {
    const talk = new Talk();
    talk.open();
    talk.push(1, 2, 3);
    talk.out();
    talk.session.closed(1006, 0, 0);
    talk.open({ done: 2, limit: 6, rejected: [reject(2)] });
    expect(talk.told()).toEqual(['1 stored 1', '2 rejected 2']);
    expect(talk.out()).toEqual([[3, 3]]);
  });
});

describe('publishing', () => {
  test('frames follow each other, within the limits of events, bytes and frame', () => {
    const talk = new Talk();
    talk.open({ limit: 5 });
    talk.push(11, 12, 13, 14, 15, 16);
    expect(talk.out().slice(0, 2)).toEqual([
      [1, 11, 12, 13],
      [4, 14, 15],
    ]);
    talk.ack(0, 6);
    expect(talk.out()).toEqual([[6, 16]]);
  });

  test('bytes count as payload sizes of whole frames', () => {
    const talk = new Talk();
    const size = codec.publishBytes(1, 2, 2);
    talk.open({ limit: 100, limitBytes: size });
    talk.push(1, 2, 3);
    expect(talk.out()[0]).toEqual([1, 1, 2]);
    talk.ack(0, 100, size + codec.publishBytes(3, 1, 1) - 1);
    expect(talk.out()).toEqual([]);
    talk.ack(0, 100, size + codec.publishBytes(3, 1, 1));
    expect(talk.out()).toEqual([[3, 3]]);
  });

  test('a repeated or late ACK takes nothing back', () => {
    const talk = new Talk();
    talk.open();
    talk.push(1, 2, 3);
    talk.out();
    talk.ack(2, 9, 9000);
    talk.ack(1, 5, 5000);
    expect(talk.session.outbox.done).toBe(2);
    expect([talk.session.limit, talk.session.limitBytes]).toEqual([9, 9000]);
    expect(talk.told()).toEqual(['1 stored 1', '2 stored 2']);
  });

  test('REJECTED comes before the ACK that covers it, and its first verdict stands', () => {
    const talk = new Talk();
    talk.open();
    talk.push(1, 2);
    talk.out();
    talk.get({ op: 'REJECTED', rejections: [reject(2, 'too_old')] });
    talk.get({ op: 'REJECTED', rejections: [reject(2, 'in_future')] });
    expect(talk.told()).toEqual([]);
    talk.ack(2, 4);
    expect(talk.verdicts[1]).toMatchObject({ seq: 2, status: 'rejected', code: 'too_old', path: 'x', message: 'bad' });
    talk.get({ op: 'REJECTED', rejections: [reject(2), reject(1)] });
    talk.ack(2, 5);
    expect(talk.verdicts).toHaveLength(2);
  });

  test('null gives a number up', () => {
    const talk = new Talk();
    talk.open();
    talk.session.push(codec.encodeEvent(null), 9);
    expect(talk.out()).toEqual([[1, null]]);
    talk.get({ op: 'REJECTED', rejections: [reject(1, 'withdrawn')] });
    talk.ack(1, 4);
    expect(talk.told()).toEqual(['1 rejected 9']);
  });

  test('only what is durable goes out, and nothing while a number changes its event', () => {
    const talk = new Talk();
    talk.open();
    const first = talk.session.push(codec.encodeEvent(1), 1, false)!;
    talk.push(2);
    expect(talk.out()).toEqual([]);
    first.durable = true;
    talk.session.outbox.holds = 1;
    expect(talk.out()).toEqual([]);
    talk.session.outbox.holds = 0;
    expect(talk.out()).toEqual([[1, 1, 2]]);
  });
});

describe('what does not fit', () => {
  const large = codec.encodeEvent('x'.repeat(600));

  test('enters only before the limits are known, and never goes out', () => {
    const talk = new Talk();
    talk.session.push(large, 7);
    talk.push(1);
    talk.open();
    expect(talk.session.push(large, 8)).toBeNull();
    expect(talk.told()).toEqual(['0 dropped 7', '0 dropped 8']);
    expect(talk.out()).toEqual([[1, 1]]);
  });

  test('keeps its number where numbers are derived', () => {
    const talk = new Talk({ numbering: 'derived' });
    talk.open();
    talk.session.push(large, 7);
    talk.push(1);
    expect(talk.told()).toEqual(['1 dropped 7']);
    expect(talk.out()).toEqual([[1, null, 1]]);
    talk.ack(2, 4);
    expect(talk.told()).toEqual(['2 stored 1']);
  });

  test('what was sent goes out as nil when another server takes less', () => {
    const talk = new Talk();
    talk.open({ maxEventBytes: 700 });
    talk.session.push(large, 7);
    expect(talk.out()).toHaveLength(1);
    talk.session.closed(1006, 0, 0);
    talk.open();
    expect(talk.told()).toEqual(['1 dropped 7']);
    expect(talk.out()).toEqual([[1, null]]);
    talk.get({ op: 'REJECTED', rejections: [reject(1, 'withdrawn')] });
    talk.ack(1, 4);
    expect(talk.told()).toEqual([]);
  });
});

describe('dropping', () => {
  test('takes the oldest that was never sent, and those behind it move down', () => {
    const talk = new Talk();
    talk.open({ limit: 2 });
    talk.push(1, 2, 3, 4);
    talk.out();
    talk.session.drop(talk.session.outbox.oldest(), 'outbox_full');
    expect(talk.told()).toEqual(['0 dropped 3']);
    expect(talk.session.outbox).toMatchObject({ size: 3, tracked: 3 });
    talk.ack(2, 9);
    expect(talk.out()).toEqual([[3, 4]]);
  });

  test('what was sent keeps its number, whatever became of it', () => {
    const talk = new Talk();
    talk.open();
    talk.push(1, 2);
    talk.out();
    talk.session.drop(talk.session.outbox.oldest(), 'outbox_full');
    expect(talk.told()).toEqual(['1 dropped 1']);
    expect(talk.session.outbox).toMatchObject({ size: 1, bytes: 1 });
    talk.session.closed(1006, 0, 0);
    talk.open();
    expect(talk.out()).toEqual([[1, null, 2]]);
    talk.ack(2, 4);
    expect(talk.told()).toEqual(['2 stored 2']);
  });
});

describe('NACK', () => {
  test('goes back to from, and the byte counter to the frames below it', () => {
    const talk = new Talk();
    talk.open({ limit: 9, limitBytes: 3 * codec.publishBytes(1, 3, 3) });
    talk.push(1, 2, 3, 4, 5, 6, 7, 8, 9);
    expect(talk.out()).toHaveLength(3);
    talk.get({ op: 'NACK', from: 4, code: 'sequence_gap', message: '' });
    // All of the credit but the first frame is there again.
    expect(talk.out()).toEqual([
      [4, 4, 5, 6],
      [7, 7, 8, 9],
    ]);
    talk.ack(3, 9);
    talk.get({ op: 'NACK', from: 4, code: 'sequence_gap', message: '' });
    expect(talk.out()).toHaveLength(2);
  });

  test('over_credit waits for an ACK, and stands as BLOCKED for a second', () => {
    const talk = new Talk();
    talk.open();
    talk.push(1);
    talk.out();
    talk.get({ op: 'NACK', from: 1, code: 'over_credit', message: '' });
    expect(talk.out()).toEqual([]);
    expect(talk.session.blocked).toBe(true);
    talk.now = 1000;
    expect(talk.out()).toMatchObject([{ op: 'BLOCKED', seq: 1 }]);
    talk.ack(0, 4);
    expect(talk.out()).toEqual([[1, 1]]);
  });

  test('going_away stops publishing', () => {
    const talk = new Talk();
    talk.open();
    talk.push(1);
    talk.out();
    talk.get({ op: 'NACK', from: 1, code: 'going_away', message: '' });
    expect(talk.session.state).toBe('leaving');
    expect(talk.out()).toEqual([]);
  });

  test.each([0, 3])('from %i, which is settled or was never sent, is a protocol error', (from) => {
    const talk = new Talk();
    talk.open();
    talk.push(1);
    talk.out();
    expect(() => talk.get({ op: 'NACK', from, code: 'sequence_gap', message: '' })).toThrow(ProtocolError);
  });
});

describe('BLOCKED', () => {
  test('is said at once, with the frame that would go next, and repeated after a second', () => {
    const talk = new Talk();
    talk.open({ limit: 0 });
    talk.push(1, 2, 3, 4);
    const blocked = { op: 'BLOCKED', seq: 4, bytes: codec.publishBytes(1, 3, 3) };
    expect(talk.out()).toEqual([blocked]);
    expect(talk.session.wakeAt()).toBe(1000);
    talk.now = 999;
    expect(talk.out()).toEqual([]);
    talk.now = 1000;
    expect(talk.out()).toEqual([blocked]);
  });

  test('is not said while nothing waits', () => {
    const talk = new Talk();
    talk.open({ limit: 0 });
    expect(talk.out()).toEqual([]);
    expect(talk.session.blocked).toBe(false);
  });

  test('after a frame went it is a new one: soon if nothing is under way, else after a second', () => {
    const talk = new Talk();
    talk.open({ limit: 1 });
    talk.push(1, 2, 3);
    expect(talk.out()).toMatchObject([[1, 1], { op: 'BLOCKED' }]);
    talk.ack(1, 2);
    expect(talk.out()).toEqual([[2, 2]]);
    expect(talk.session.wakeAt()).toBe(1000);
    talk.ack(2, 2);
    expect(talk.session.wakeAt()).toBe(50);
    talk.now = 50;
    expect(talk.out()).toMatchObject([{ op: 'BLOCKED', seq: 3 }]);
  });

  test('the time that was spent blocked is counted', () => {
    const talk = new Talk();
    talk.open({ limit: 0 });
    talk.push(1);
    talk.out();
    talk.now = 300;
    talk.ack(0, 1);
    talk.out();
    talk.now = 900;
    expect(talk.session.blockedMs(talk.now)).toBe(300);
  });
});

describe('leaving and coming back', () => {
  test('after GOAWAY no PUBLISH is started, what was taken is still settled', () => {
    const talk = new Talk();
    talk.open();
    talk.push(1);
    talk.out();
    talk.get({ op: 'GOAWAY', code: 'going_away', message: '', retryAfterMs: 700 });
    talk.push(2);
    expect(talk.out()).toEqual([]);
    talk.ack(1, 9);
    expect(talk.told()).toEqual(['1 stored 1']);
    expect(talk.session.closed(4000, 0.5, 0)).toBe(700);
    talk.open({ done: 1 });
    expect(talk.out()).toEqual([[2, 2]]);
  });

  test.each([
    [1000, true],
    [1001, true],
    [1006, true],
    [4000, true],
    [4007, true],
    [4499, true],
    [4500, false],
    [4504, false],
    [4999, false],
  ])('close code %i: comes back %s', (code, back) => {
    const talk = new Talk();
    talk.open();
    expect(talk.session.closed(code, 1, 0) !== null).toBe(back);
  });

  test('the backoff has full jitter, doubles from 0.5 to 20 s, and begins anew after an ACK', () => {
    const talk = new Talk();
    const delays: (number | null)[] = [];
    for (let i = 0; i < 8; i++) {
      talk.session.connect(0);
      delays.push(talk.session.closed(1006, 1, 0));
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000]);
    talk.session.connect(0);
    expect(talk.session.closed(1006, 0.25, 0)).toBe(5000);
    talk.open();
    talk.ack(0, 4);
    expect(talk.session.closed(1006, 1, 0)).toBe(500);
    talk.open();
    expect(talk.session.closed(1006, 1, 0)).toBe(1000);
    talk.open();
    talk.get({ op: 'DATA', sub: 1, offset: 'o', items: [] });
    expect(talk.session.closed(1006, 1, 0)).toBe(500);
  });

  test('silence: 45 s on an open connection, 15 s while it opens or leaves', () => {
    const talk = new Talk();
    talk.session.connect(0);
    expect(talk.session.wakeAt()).toBe(15_000);
    talk.now = 10_000;
    talk.session.hello({ clock: 0 }, talk.now);
    expect(talk.session.expired(24_999)).toBe(false);
    expect(talk.session.expired(25_000)).toBe(true);
    talk.welcome();
    expect(talk.session.wakeAt()).toBe(55_000);
    talk.now = 20_000;
    talk.get({ op: 'BEAT', serverTime: 1 });
    expect(talk.session.expired(64_999)).toBe(false);
    expect(talk.session.expired(65_000)).toBe(true);
    talk.get({ op: 'GOAWAY', code: 'overloaded', message: '', retryAfterMs: 0 });
    expect(talk.session.wakeAt()).toBe(35_000);
    talk.session.closed(4001, 0, 0);
    expect(talk.session.wakeAt()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('whose numbering', () => {
  test('own: what was tracked but never sent is not settled by a done from before', () => {
    const talk = new Talk();
    talk.push(1, 2, 3);
    talk.open({ done: 2 });
    expect(talk.session.state).toBe('lost');
    expect(talk.out()).toEqual([]);
    expect(talk.told()).toEqual([]);
    talk.session.raiseEpoch(1000);
    talk.session.closed(1000, 0, 0);
    expect(talk.open()).toMatchObject({ epoch: 1000, done: 0, attempt: 2 });
    expect(talk.out()[0]).toEqual([1, 1, 2, 3]);
  });

  test('own: an ACK above all that was used loses the numbering too, and what is open starts again at 1', () => {
    const talk = new Talk();
    talk.open();
    talk.push(1, 2, 3);
    talk.out();
    talk.ack(1, 4);
    talk.push(4);
    talk.ack(9, 20);
    expect(talk.session.state).toBe('lost');
    expect(talk.session.raiseEpoch(5)).toBe(1);
    talk.session.closed(1000, 0, 0);
    talk.open();
    expect(talk.out()).toEqual([[1, 2, 3, 4]]);
  });

  test('derived: what the server settled is believed, and not sent', () => {
    const talk = new Talk({ numbering: 'derived' });
    talk.push(1, 2);
    talk.open({ done: 4, limit: 9, rejected: [reject(2), reject(3)] });
    expect(talk.told()).toEqual(['1 settled 1', '2 rejected 2']);
    expect(talk.session.nextIsSettled).toBe(true);
    talk.session.skip(3);
    talk.session.skip(4);
    expect(talk.told()).toEqual(['3 rejected 3', '4 settled 4']);
    expect(talk.session.nextIsSettled).toBe(false);
    talk.push(5);
    expect(talk.out()).toEqual([[5, 5]]);
  });

  test('derived: all that is settled can be skipped at once', () => {
    const talk = new Talk({ numbering: 'derived' });
    talk.open({ done: 1_000_000, limit: 1_000_004, rejected: [reject(999_999)] });
    expect(talk.session.skipSettled()).toBe(1_000_001);
    expect(talk.told()).toEqual(['999999 rejected null']);
    expect(talk.session.skipSettled()).toBe(1_000_001);
    talk.push(5);
    expect(talk.out()).toEqual([[1_000_001, 5]]);
  });

  test('restored events may have been sent: their numbers are used', () => {
    const talk = new Talk();
    const entry = (tag: number) => ({ ...codec.encodeEvent(tag), tag, durable: true, dropped: false });
    talk.session.outbox.restore(10, [entry(11), entry(12)]);
    expect(talk.open({ done: 11, limit: 20 })).toMatchObject({ done: 10 });
    expect(talk.told()).toEqual(['11 settled 11']);
    talk.push(13);
    expect(talk.out()).toEqual([[12, 12, 13]]);
  });
});
