import { beforeEach, describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../protocol/codes.ts';
import { CreditBudget } from '../../../protocol/credit/budget.ts';
import type { Publish, Rejection, ServerFrame } from '../../../protocol/frames.ts';
import { DEFAULT_FRAME_LIMITS, WINDOW_CAP } from '../../../protocol/limits.ts';
import { Publisher, type PublisherSink, type PublisherStart } from '../../../protocol/session/publisher.ts';

const EMPTY = new Uint8Array();
const rejection = (seq: number): Rejection => [seq, 'invalid_field', 'action', 'not one of the actions'];

let sent: ServerFrame[];
let taken: { first: number; count: number; skip: number }[];
let budget: CreditBudget;

beforeEach(() => {
  sent = [];
  taken = [];
  budget = new CreditBudget({ capacity: 1 << 20, socketBytes: 16_384, largestEvent: 8256 });
});

function open(more: Partial<PublisherStart> = {}): Publisher {
  const sink: PublisherSink = {
    send: (frame) => sent.push(frame),
    violation: (close, message) => {
      throw new ProtocolError(message, close);
    },
    take: ({ first, count }, skip) => taken.push({ first, count, skip }),
  };
  const nothing = { done: 0, clientDone: 0, rejected: [], contextBytes: 0 };
  return new Publisher(sink, { budget, limits: DEFAULT_FRAME_LIMITS, ...nothing, ...more });
}

const frame = (first: number, count: number, bytes = 100): Publish => {
  return { op: 'PUBLISH', first, count, bytes, format: 'msgpack', events: EMPTY };
};
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const last = () => sent.at(-1);

describe('taking frames', () => {
  it('takes what continues and acknowledges at once when everything is settled', () => {
    const publisher = open();
    publisher.publish(frame(1, 2), 0);
    expect(taken).toEqual([{ first: 1, count: 2, skip: 0 }]);
    expect(sent).toEqual([]);
    publisher.settle([1, 2], [], 5);
    expect(sent).toEqual([{ op: 'ACK', done: 2, limit: 6, limitBytes: 4096 + 100, level: 0 }]);
  });

  it('does not pass a number that is not settled', () => {
    const publisher = open();
    publisher.publish(frame(1, 4), 0);
    publisher.settle([2, 4], [], 1);
    expect(publisher.done).toBe(0);
    publisher.settle([1], [], 2);
    expect(publisher.done).toBe(2);
    publisher.settle([3], [], 3);
    expect(last()).toMatchObject({ op: 'ACK', done: 4 });
  });

  it('skips what overlaps and repeats its verdict', () => {
    const publisher = open({ done: 3, rejected: [rejection(2)] });
    publisher.publish(frame(2, 3), 0);
    expect(taken).toEqual([{ first: 2, count: 3, skip: 2 }]);
    publisher.settle([4], [], 1);
    expect(sent.map(({ op }) => op)).toEqual(['REJECTED', 'ACK']);
    expect(sent[0]).toEqual({ op: 'REJECTED', rejections: [rejection(2)] });
  });

  it('acknowledges a frame that only overlaps even when nothing else changed', () => {
    const publisher = open({ done: 3 });
    budget.ceiling = 0;
    publisher.publish(frame(1, 2, 50), 0);
    expect(taken).toEqual([{ first: 1, count: 2, skip: 2 }]);
    expect(last()).toMatchObject({ op: 'ACK', done: 3 });
  });

  it('refuses more events than a frame may hold, larger frames and numbers that are too large', () => {
    const publisher = open();
    expect(() => publisher.publish(frame(1, DEFAULT_FRAME_LIMITS.maxFrameEvents + 1), 0)).toThrow(ProtocolError);
    expect(() => publisher.publish(frame(1, 1, DEFAULT_FRAME_LIMITS.maxFrameBytes + 1), 0)).toThrow(
      expect.objectContaining({ close: 'too_large' }),
    );
    expect(() => publisher.publish(frame(Number.MAX_SAFE_INTEGER, 2), 0)).toThrow(ProtocolError);
  });
});

describe('NACK', () => {
  it('answers a gap with the number expected next, then ignores until a frame contains it', () => {
    const publisher = open();
    publisher.publish(frame(2, 1), 0);
    expect(sent).toEqual([expect.objectContaining({ op: 'NACK', code: 'sequence_gap', from: 1 })]);
    publisher.publish(frame(3, 1), 0);
    publisher.publish(frame(4, 1), 0);
    expect(sent).toHaveLength(1);
    publisher.publish(frame(1, 2), 0);
    expect(taken).toEqual([{ first: 1, count: 2, skip: 0 }]);
  });

  it('a frame that ends before the number it waits for does not end the ignoring', () => {
    const publisher = open();
    publisher.publish(frame(1, 2), 0);
    publisher.publish(frame(4, 1), 0);
    publisher.publish(frame(1, 2), 0);
    publisher.publish(frame(5, 1), 0);
    publisher.publish(frame(6, 1), 0);
    expect(sent.filter(({ op }) => op === 'NACK')).toMatchObject([{ from: 3, code: 'sequence_gap' }]);
    publisher.publish(frame(3, 1), 0);
    publisher.publish(frame(5, 1), 0);
    expect(sent.filter(({ op }) => op === 'NACK')).toMatchObject([{ from: 3 }, { from: 4 }]);
  });

  it('refuses a frame over the events or over the bytes whole', () => {
    const publisher = open();
    publisher.publish(frame(1, 5), 0);
    expect(sent[0]).toMatchObject({ op: 'NACK', code: 'over_credit', from: 1 });
    const other = open();
    other.publish(frame(1, 1, 4097), 0);
    expect(sent.filter(({ op }) => op === 'NACK')).toHaveLength(2);
    expect(taken).toEqual([]);
  });

  it('checks the gap before the credit', () => {
    const publisher = open();
    publisher.publish(frame(100, 1), 0);
    expect(sent[0]).toMatchObject({ code: 'sequence_gap' });
  });

  it('three gaps, or three frames over credit, in a minute are a violation; over a longer time they are not', () => {
    const gaps = open();
    for (const at of [0, 1000]) {
      gaps.publish(frame(gaps.next + 1, 1), at);
      gaps.publish(frame(gaps.next, 1), at);
    }
    expect(() => gaps.publish(frame(gaps.next + 1, 1), 2000)).toThrow(
      expect.objectContaining({ close: 'sequence_violation' }),
    );
    const greedy = open();
    greedy.publish(frame(1, 9), 0);
    greedy.publish(frame(1, 9), 10);
    expect(() => greedy.publish(frame(1, 9), 20)).toThrow(expect.objectContaining({ close: 'credit_violation' }));
    const slow = open();
    for (let i = 0; i < 5; i++) slow.publish(frame(1, 9), i * 31_000);
  });

  it('more than one full window of ignored bytes is a violation', () => {
    const publisher = open();
    publisher.publish(frame(2, 1), 0);
    const flood = () => {
      for (let sum = 0; sum <= WINDOW_CAP.bytes; sum += 16_000) publisher.publish(frame(3, 1, 16_000), 0);
    };
    expect(flood).toThrow(expect.objectContaining({ close: 'credit_violation' }));
  });

  it('after GOAWAY nothing is taken, what was taken still settles', () => {
    const publisher = open();
    publisher.publish(frame(1, 2), 0);
    publisher.drain();
    publisher.publish(frame(3, 1), 0);
    expect(last()).toMatchObject({ op: 'NACK', code: 'going_away', from: 3 });
    publisher.settle([1, 2], [], 1);
    expect(last()).toMatchObject({ op: 'ACK', done: 2 });
    expect(publisher.drained).toBe(true);
  });
});

describe('acknowledging', () => {
  it('tells verdicts before the ACK that covers them', () => {
    const publisher = open();
    publisher.publish(frame(1, 3), 0);
    publisher.settle([1, 2, 3], [rejection(2)], 1);
    expect(sent.map(({ op }) => op)).toEqual(['REJECTED', 'ACK']);
  });

  it('splits long lists of verdicts', () => {
    const publisher = open({ limits: { ...DEFAULT_FRAME_LIMITS, maxFrameEvents: 2 } });
    publisher.publish(frame(1, 2), 0);
    publisher.publish(frame(3, 2), 0);
    publisher.settle([1, 2, 3, 4], [1, 2, 3, 4].map(rejection), 1);
    const lists = sent.filter((one) => one.op === 'REJECTED');
    expect(lists.map(({ rejections }) => rejections.length)).toEqual([2, 2]);
  });

  it('comes at once, but not sooner than a few ms after the one before', () => {
    const publisher = open();
    publisher.publish(frame(1, 4), 90);
    publisher.settle([1], [], 100);
    expect(last()).toMatchObject({ op: 'ACK', done: 1 });
    expect(publisher.deadline).toBeNull();
    publisher.settle([2], [], 102);
    expect(last()).toMatchObject({ done: 1 });
    expect(publisher.deadline).toBe(105);
    publisher.tick(104);
    expect(last()).toMatchObject({ done: 1 });
    publisher.tick(105);
    expect(last()).toMatchObject({ op: 'ACK', done: 2 });
    expect(publisher.deadline).toBeNull();
  });

  it('comes at once when half a window is settled, or all there is', () => {
    const publisher = open();
    publisher.publish(frame(1, 4), 90);
    publisher.settle([1], [], 100);
    expect(last()).toMatchObject({ op: 'ACK', done: 1, limit: 8 });
    publisher.publish(frame(5, 3), 101);
    publisher.settle([2, 3, 4], [], 102);
    expect(last()).toMatchObject({ op: 'ACK', done: 1 });
    publisher.settle([5], [], 103);
    expect(last()).toMatchObject({ op: 'ACK', done: 5 });
    publisher.settle([6, 7], [], 104);
    expect(last()).toMatchObject({ op: 'ACK', done: 7 });
  });

  it('comes at every change while the client is blocked, and at least every second', () => {
    const publisher = open();
    publisher.publish(frame(1, 4, 4000), 0);
    publisher.blocked(500, 1);
    expect(sent).toEqual([expect.objectContaining({ op: 'ACK', done: 0, limit: 8 })]);
    expect(publisher.deadline).toBe(1001);
    publisher.tick(1000);
    expect(sent).toHaveLength(1);
    publisher.tick(1001);
    expect(sent).toHaveLength(2);
    publisher.settle([1], [], 1002);
    expect(last()).toMatchObject({ op: 'ACK', done: 1 });
    publisher.settle([2, 3, 4], [], 1003);
    expect(publisher.window.limitBytes).toBeGreaterThanOrEqual(4500);
  });

  it('does not raise the credit of a client that does not read', () => {
    const publisher = open();
    publisher.setReading(false, 0);
    publisher.publish(frame(1, 4), 0);
    publisher.settle([1, 2, 3, 4], [], 1);
    expect(publisher.window.limit).toBe(4);
    publisher.setReading(true, 2);
    expect(last()).toMatchObject({ op: 'ACK', limit: expect.any(Number) });
    expect(publisher.window.limit).toBeGreaterThan(4);
  });
});

describe('opening and closing', () => {
  it('tells in WELCOME what was rejected after what the client has processed', () => {
    const publisher = open({ done: 9, clientDone: 4, rejected: [rejection(3), rejection(7)] });
    expect(publisher.terms()).toMatchObject({ done: 9, rejected: [rejection(7)], limit: 13 });
  });

  it('keeps bytes of a closed connection until they are settled; abandoned ones at once', () => {
    const one = open();
    one.publish(frame(1, 2, 300), 0);
    one.close();
    expect(budget.used).toBe(300);
    one.settle(numbers(1, 2), [], 1);
    expect(budget.used).toBe(0);
    const other = open();
    other.publish(frame(1, 2, 300), 0);
    other.abandon();
    expect(budget.used).toBe(0);
    expect(sent.filter(({ op }) => op === 'ACK')).toEqual([]);
  });
});
