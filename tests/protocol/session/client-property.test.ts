/**
 * Random histories of one client and the servers it meets, checked against the rules. The server here grants, settles, refuses and dies at
 * random, but keeps its word: what it settled stays settled over all connections.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClientFrame, Publish, Rejection, ServerFrame } from '../../../protocol/frames.ts';
import { BLOCKED_INTERVAL_MS } from '../../../protocol/limits.ts';
import { ClientSession } from '../../../protocol/session/client.ts';
import type { Verdict } from '../../../protocol/session/verdict.ts';
import { codecFor } from '../../../protocol/wire.ts';
import { decodeEvents } from '../../helpers/decode-events.ts';

const LIMITS = { maxFrameBytes: 200, maxFrameEvents: 5, maxEventBytes: 100 };

/** What the servers committed, over all connections, by epoch. */
class Log {
  done = 0;
  readonly verdicts = new Map<number, { event: number | null; rejected: boolean }>();
}

/** One connection as an honest server sees it. */
class Connection {
  readonly log: Log;
  next: number;
  limit: number;
  limitBytes: number;
  takenBytes = 0;
  nackFrom: number | null = null;
  goneAway = false;
  readonly taken = new Map<number, number | null>();

  constructor(log: Log, clientDone: number, events: number, bytes: number) {
    expect(clientDone).toBeLessThanOrEqual(log.done);
    this.log = log;
    this.next = log.done + 1;
    this.limit = log.done + events;
    this.limitBytes = bytes;
  }

  /** Checks the rules that a client owes; refuses the frame if told to. */
  receive(frame: Publish, refuse: boolean): ServerFrame | null {
    const last = frame.first + frame.count - 1;
    expect(frame.bytes).toBeLessThanOrEqual(LIMITS.maxFrameBytes);
    expect(frame.count).toBeLessThanOrEqual(LIMITS.maxFrameEvents);
    if (this.nackFrom !== null && frame.first > this.nackFrom) return null;
    expect(frame.first).toBe(this.next);
    expect(last).toBeLessThanOrEqual(this.limit);
    expect(this.takenBytes + frame.bytes).toBeLessThanOrEqual(this.limitBytes);
    if (refuse || this.goneAway) {
      this.nackFrom = this.next;
      return { op: 'NACK', from: this.next, code: this.goneAway ? 'going_away' : 'over_credit', message: '' };
    }
    this.nackFrom = null;
    decodeEvents(frame).forEach((event, i) => {
      this.taken.set(frame.first + i, (event as { n: number } | null)?.n ?? null);
    });
    this.next = last + 1;
    this.takenBytes += frame.bytes;
    return null;
  }

  /** Commits up to `count` numbers; every fifth event is rejected, and what was given up. */
  settle(count: number): Rejection[] {
    const rejections: Rejection[] = [];
    for (let i = 0; i < count && this.log.done + 1 < this.next; i++) {
      const seq = this.log.done + 1;
      const event = this.taken.get(seq)!;
      const rejected = event === null || event % 5 === 0;
      if (rejected) rejections.push([seq, event === null ? 'withdrawn' : 'invalid_field', '', '']);
      this.log.verdicts.set(seq, { event, rejected });
      this.log.done = seq;
    }
    return rejections;
  }
}

type Step =
  | { do: 'push'; count: number }
  | { do: 'drop' }
  | { do: 'connect'; events: number; bytes: number }
  | { do: 'send'; count: number; refuse: boolean }
  | { do: 'settle'; count: number; tell: boolean }
  | { do: 'grant'; events: number; bytes: number }
  | { do: 'goaway' }
  | { do: 'cut' }
  | { do: 'wait'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('push' as const), count: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('connect' as const), events: fc.nat(12), bytes: fc.nat(300) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      count: fc.integer({ min: 1, max: 8 }),
      refuse: fc.nat(2).map((n) => n === 0),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('settle' as const), count: fc.nat(9), tell: fc.nat(6).map((n) => n > 0) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('grant' as const), events: fc.nat(6), bytes: fc.nat(120) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('goaway' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(1500) }) },
);

class World {
  now = 0;
  pushed = 0;
  blockedAt = Number.NEGATIVE_INFINITY;
  publishedSinceBlocked = true;
  /** NACK over_credit came, and no ACK since. */
  awaitsAck = false;
  readonly verdicts = new Map<number, Verdict>();
  readonly log = new Log();
  connection: Connection | null = null;
  readonly codec;
  readonly session: ClientSession<number>;

  constructor(subprotocol: 'gapless.v1.msgpack' | 'gapless.v1.json') {
    this.codec = codecFor(subprotocol);
    this.session = new ClientSession<number>({
      codec: this.codec,
      producer: 'p',
      epoch: 1,
      attempt: 0,
      numbering: 'own',
      onVerdict: (verdict, tag) => {
        expect(this.verdicts.has(tag!)).toBe(false);
        this.verdicts.set(tag!, verdict);
      },
    });
  }

  run(step: Step): void {
    switch (step.do) {
      case 'push':
        for (let i = 0; i < step.count; i++) {
          const event = ++this.pushed;
          this.session.push(this.codec.encodeEvent({ n: event, pad: 'x'.repeat((event * 7) % 60) }), event);
        }
        return;
      case 'drop': {
        const seq = this.session.outbox.oldest();
        if (seq > 0) this.session.drop(seq, 'outbox_full');
        return;
      }
      case 'connect':
        return this.connect(step.events, step.bytes);
      case 'send':
        return this.send(step.count, step.refuse);
      case 'settle':
        return this.settle(step.count, step.tell);
      case 'grant':
        return this.grant(step.events, step.bytes);
      case 'goaway':
        if (!this.connection) return;
        this.connection.goneAway = true;
        return this.tell({ op: 'GOAWAY', code: 'going_away', message: '', retryAfterMs: 0 });
      case 'cut':
        return this.cut();
      case 'wait':
        this.now += step.ms;
    }
  }

  tell(frame: ServerFrame): void {
    this.session.receive(this.codec.decodeServer(this.codec.encode(frame)), this.now);
  }

  connect(events: number, bytes: number): void {
    this.cut();
    this.session.connect(this.now);
    const hello = this.decode(this.session.hello({ clock: 0 }, this.now));
    if (hello.op !== 'HELLO') throw new Error('HELLO comes first');
    this.connection = new Connection(this.log, hello.done ?? 0, events, bytes);
    const { done } = this.log;
    const rejected: Rejection[] = [];
    for (let seq = (hello.done ?? 0) + 1; seq <= done; seq++) {
      if (this.log.verdicts.get(seq)?.rejected) rejected.push([seq, 'invalid_field', '', '']);
    }
    const { limit, limitBytes } = this.connection;
    const credit = { done, rejected, limit, limitBytes, ...LIMITS };
    const terms = { producer: 'p', epoch: 1, ...credit, durability: 'fsync', dedupMs: 1, maxAgeMs: 0 } as const;
    this.tell({ op: 'WELCOME', session: 's', serverTime: 1, terms });
    this.blockedAt = Number.NEGATIVE_INFINITY;
  }

  decode(message: Uint8Array | string): ClientFrame {
    return this.codec.decodeClient(typeof message === 'string' ? new TextEncoder().encode(message) : message);
  }

  send(count: number, refuse: boolean): void {
    const { connection } = this;
    if (!connection) return;
    let answer: ServerFrame | null = null;
    for (let i = 0; i < count; i++) {
      const message = this.session.next(this.now);
      if (message === null) {
        if (answer === null && !this.awaitsAck) this.checkNothingFits(connection);
        break;
      }
      const frame = this.decode(message);
      if (frame.op === 'BLOCKED') this.checkBlocked(connection, frame.bytes, answer !== null);
      if (frame.op !== 'PUBLISH') continue;
      expect(connection.goneAway || this.awaitsAck).toBe(false);
      this.publishedSinceBlocked = true;
      // The answer arrives when more is under way already.
      answer ??= connection.receive(frame, refuse && i === 0);
    }
    if (!answer) return;
    this.tell(answer);
    if (answer.op === 'NACK' && answer.code === 'over_credit') {
      this.awaitsAck = true;
      this.blockedAt = this.now;
      this.publishedSinceBlocked = false;
    }
  }

  checkBlocked(connection: Connection, bytes: number, unawares: boolean): void {
    if (!this.publishedSinceBlocked) expect(this.now - this.blockedAt).toBeGreaterThanOrEqual(BLOCKED_INTERVAL_MS);
    expect(bytes).toBeLessThanOrEqual(LIMITS.maxFrameBytes);
    this.blockedAt = this.now;
    this.publishedSinceBlocked = false;
    if (!this.awaitsAck && !unawares) this.checkNothingFits(connection);
  }

  /** Not even one more event may go: all credit that the server knows of is used. */
  checkNothingFits(connection: Connection): void {
    const entry = this.session.outbox.at(connection.next);
    if (connection.goneAway || !entry) return;
    const bytes = this.codec.publishBytes(connection.next, 1, entry.bytes);
    expect(connection.next > connection.limit || connection.takenBytes + bytes > connection.limitBytes).toBe(true);
  }

  settle(count: number, tell: boolean): void {
    if (!this.connection) return;
    const rejections = this.connection.settle(count);
    // What is not told now is lost with the connection.
    if (!tell) return this.cut();
    if (rejections.length > 0) this.tell({ op: 'REJECTED', rejections });
    this.grant(0, 0);
  }

  grant(events: number, bytes: number): void {
    const { connection } = this;
    if (!connection) return;
    connection.limit += events;
    connection.limitBytes += bytes;
    this.awaitsAck = false;
    this.tell({ op: 'ACK', done: this.log.done, limit: connection.limit, limitBytes: connection.limitBytes, level: 0 });
  }

  cut(): void {
    if (this.session.state !== 'closed') this.session.closed(1006, 0, this.now);
    this.connection = null;
    this.awaitsAck = false;
  }

  /** With a server that grants and settles everything, all comes to an end. */
  finish(): void {
    this.connect(50, 10_000);
    for (let i = 0; i < this.pushed + 10 && this.log.done < this.session.outbox.tracked; i++) {
      this.send(1000, false);
      this.settle(1000, true);
      this.grant(50, 10_000);
    }
  }
}

test.each(['gapless.v1.msgpack', 'gapless.v1.json'] as const)(
  '%s: every event once, in order, never beyond credit',
  (subprotocol) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const world = new World(subprotocol);
        world.connect(10, 300);
        for (const each of steps) world.run(each);
        world.finish();

        const { outbox } = world.session;
        expect(outbox).toMatchObject({ done: outbox.tracked, size: 0, bytes: 0 });
        expect(world.verdicts.size).toBe(world.pushed);
        const stored: number[] = [];
        for (const { event, rejected } of world.log.verdicts.values()) if (!rejected) stored.push(event!);
        expect(stored).toEqual([...new Set(stored)].sort((a, b) => a - b));
        for (const [event, verdict] of world.verdicts) {
          const committed = verdict.seq > 0 ? world.log.verdicts.get(verdict.seq) : undefined;
          if (verdict.status === 'stored') expect(committed).toEqual({ event, rejected: false });
          else if (verdict.status === 'rejected') expect(committed).toEqual({ event, rejected: true });
          else expect(verdict.status).toBe('dropped');
          if (verdict.status === 'dropped' && verdict.seq === 0) expect(stored).not.toContain(event);
        }
      }),
      { numRuns: 250 },
    );
  },
);
