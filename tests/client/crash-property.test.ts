/**
 * Random histories of a client with a store: it is killed between any two calls of its store, drops events, loses connections. Whatever
 * happens, a number never stands for two events, and what the store had is stored or dropped with a verdict.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connect } from '../../client/index.ts';
import { memoryStore } from '../../client/memory-store.ts';
import type { ClientEvent, GaplessClient, OutboxStore, WebSocketLike } from '../../client/types.ts';
import { codecFor } from '../../protocol/wire.ts';
import { decodeEvents } from '../helpers/decode-events.ts';
import { FakeRuntime } from '../helpers/fake-runtime.ts';

const codec = codecFor('gapless.v1.msgpack');
const CAPACITY = 6;

/** The server over all connections: what it got under each number, and what it settled. */
class Server {
  done = 0;
  window = 3;
  readonly got = new Map<number, number | null>();
  readonly givenUp = new Set<number>();
  socket: Socket | null = null;
  next = 1;

  receive(socket: Socket, message: Uint8Array): void {
    const frame = codec.decodeClient(message);
    if (frame.op === 'HELLO') {
      expect(frame).toMatchObject({ producer: 'p', epoch: 1 });
      expect(frame.done!).toBeLessThanOrEqual(this.done);
      this.socket = socket;
      this.next = this.done + 1;
      const credit = { done: this.done, limit: this.done + this.window, limitBytes: 1e9 };
      const limits = { maxFrameBytes: 16_384, maxFrameEvents: 2, maxEventBytes: 8192 };
      const terms = {
        producer: 'p',
        epoch: 1,
        ...credit,
        ...limits,
        durability: 'fsync',
        dedupMs: 1,
        maxAgeMs: 0,
      } as const;
      socket.tell(codec.encode({ op: 'WELCOME', session: 's', serverTime: 1, terms }));
    } else if (frame.op === 'PUBLISH') {
      expect(frame.first).toBe(this.next);
      decodeEvents(frame).forEach((event, i) => {
        this.take(frame.first + i, (event as { n: number } | null)?.n ?? null);
      });
      this.next = frame.first + frame.count;
    }
  }

  take(seq: number, n: number | null): void {
    const before = this.got.get(seq);
    // Given up later is allowed, once and for all; anything else is not.
    if (before !== undefined && n !== null) expect(n, `number ${seq}`).toBe(this.givenUp.has(seq) ? null : before);
    if (before === undefined) this.got.set(seq, n);
    if (n === null) this.givenUp.add(seq);
  }

  /** Settles up to `count` of what this connection brought; the first event under a number counts. */
  settle(count: number, tell: boolean): void {
    this.done = Math.min(this.done + count, Math.max(this.done, this.next - 1));
    if (tell) this.acknowledge();
  }

  acknowledge(): void {
    const ack = { op: 'ACK', done: this.done, limit: this.done + this.window, limitBytes: 1e9, level: 0 } as const;
    this.socket?.tell(codec.encode(ack));
  }

  get stored(): number[] {
    return [...this.got].filter(([seq, n]) => seq <= this.done && n !== null).map(([, n]) => n!);
  }
}

class Socket implements WebSocketLike {
  binaryType = '';
  bufferedAmount = 0;
  protocol = '';
  onopen: WebSocketLike['onopen'] = null;
  onmessage: WebSocketLike['onmessage'] = null;
  onclose: WebSocketLike['onclose'] = null;
  onerror: WebSocketLike['onerror'] = null;
  dead = false;
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    queueMicrotask(() => !this.dead && this.onopen?.({}));
  }

  send(data: Uint8Array | string): void {
    if (!this.dead) this.#server.receive(this, data as Uint8Array);
  }

  tell(data: Uint8Array | string): void {
    queueMicrotask(() => !this.dead && this.onmessage?.({ data }));
  }

  close(): void {
    this.dead = true;
  }

  cut(): void {
    if (this.dead) return;
    this.dead = true;
    this.onclose?.({ code: 1006, reason: '' });
  }
}

/** One process: its calls of the store wait until they are let through, and never are once it is dead. */
class Process {
  readonly client: GaplessClient;
  readonly runtime = new FakeRuntime();
  readonly dropped = new Set<number>();
  alive = true;
  #waiting: (() => void)[] = [];

  /** `kept`: what the store has from before, by number. Those events have nobody to be told but who listens to all verdicts. */
  constructor(inner: OutboxStore, server: Server, kept: ReadonlyMap<number, number> = new Map()) {
    const slowly = <A extends unknown[], R>(call: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        return call(...args);
      };
    };
    const store: OutboxStore = {
      load: inner.load,
      saveIdentity: slowly(inner.saveIdentity),
      append: slowly(inner.append),
      drop: slowly(inner.drop),
      settle: slowly(inner.settle),
      renumber: slowly(inner.renumber),
      close: inner.close,
    };
    const { runtime } = this;
    class Bound extends Socket {
      constructor() {
        super(server);
        server.socket?.close();
        server.socket = null;
      }
    }
    this.client = connect({
      url: 'ws://model',
      producer: 'p',
      epoch: 1,
      runtime,
      WebSocket: Bound,
      outbox: { store, maxEvents: CAPACITY, full: 'drop-oldest' },
    });
    this.client.on('error', (error) => {
      throw error;
    });
    this.client.on('verdict', ({ seq, status }) => {
      const n = kept.get(seq);
      if (this.alive && status === 'dropped' && n !== undefined) this.dropped.add(n);
    });
  }

  push(n: number): void {
    const event: ClientEvent = { n };
    this.client.push(event, ({ status }) => {
      if (this.alive && status === 'dropped') this.dropped.add(n);
    });
  }

  /** Lets one call of the store through. */
  write(): boolean {
    const go = this.#waiting.shift();
    go?.();
    return go !== undefined;
  }

  /** Reconnects at once. */
  comeBack(): void {
    if (this.client.stats.state === 'waiting') this.runtime.advance(20_000);
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('push' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('write' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('settle' as const), count: fc.nat(3), tell: fc.nat(3).map((n) => n > 0) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), count: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), count: fc.constant(0) }) },
);

/** The outbox is full of what an earlier process left, and one more event comes. */
const KEPT_THEN_DROPPED: (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[] = [
  { do: 'push', count: 2 },
  { do: 'push', count: 4 },
  { do: 'write', count: 2 },
  { do: 'cut', count: 0 },
  { do: 'write', count: 1 },
  { do: 'crash', count: 0 },
  { do: 'push', count: 1 },
  { do: 'write', count: 1 },
  { do: 'write', count: 2 },
];

/** Until nothing moves by itself any more. */
const quiet = () => new Promise((resolve) => setImmediate(resolve));

test('a number never stands for two events, no event for two numbers, and what was kept is not lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
      const server = new Server();
      const inner = memoryStore();
      let process = new Process(inner, server);
      const kept = new Set<number>();
      const dropped = new Set<number>();
      let pushed = 0;
      const crash = async (): Promise<void> => {
        process.alive = false;
        server.socket?.close();
        server.socket = null;
        const bySeq = new Map<number, number>();
        for (const { seq, event } of (await inner.load()).entries) if (event) bySeq.set(seq, event.n as number);
        for (const n of bySeq.values()) kept.add(n);
        for (const n of process.dropped) dropped.add(n);
        process = new Process(inner, server, bySeq);
      };
      for (const each of steps) {
        if (each.do === 'push') for (let i = 0; i < each.count; i++) process.push(++pushed);
        else if (each.do === 'settle') server.settle(each.count, each.tell);
        else if (each.do === 'cut') server.socket?.cut();
        else if (each.do === 'crash') await crash();
        else for (let i = 0; i < each.count && process.write(); i++) await quiet();
        await quiet();
        process.comeBack();
        await quiet();
      }
      await crash();
      for (let i = 0; i < 300; i++) {
        process.write();
        server.settle(3, true);
        await quiet();
      }
      expect(process.client.stats).toMatchObject({ pending: 0, done: server.done });
      const stored = new Set(server.stored);
      expect(stored.size, 'an event stands twice').toBe(server.stored.length);
      for (const n of kept) expect(stored.has(n) || dropped.has(n), `event ${n} was kept`).toBe(true);
    }),
    { numRuns: 250, examples: [[KEPT_THEN_DROPPED]] },
  );
}, 60_000);
