import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CLOSE_CODES } from '../../../protocol/codes.ts';
import { CreditBudget } from '../../../protocol/credit/budget.ts';
import { DEFAULT_FRAME_LIMITS } from '../../../protocol/limits.ts';
import { codecFor, type Hello, type ServerFrame } from '../../../protocol/wire.ts';
import { LocalBus } from '../../../server/bus/local.ts';
import { createAuthenticator } from '../../../server/gateway/authenticator.ts';
import type { Socket, SocketListener } from '../../../server/gateway/socket.ts';
import type { MemoryLog } from '../../../server/log/memory/log.ts';
import type { EventLog } from '../../../server/log/port.ts';
import { silentLogger } from '../../../server/ops/logger.ts';
import { Sessions } from '../../../server/session/sessions.ts';
import { createWorld, type IngestWorld, play } from '../../helpers/ingest-world.ts';

const codec = codecFor('gapless.v1.msgpack');
const LARGEST = DEFAULT_FRAME_LIMITS.maxEventBytes + 64;

/** A client's end of a socket that is carried by nothing: what it sends arrives at once. */
class Peer {
  readonly frames: ServerFrame[] = [];
  closed: number | null = null;
  private readonly listener: SocketListener;
  private waiting: (() => void)[] = [];

  constructor(sessions: Sessions, id: string) {
    const socket: Socket = {
      id,
      subprotocol: 'gapless.v1.msgpack',
      userAgent: 'test',
      send: (message) => {
        if (this.closed !== null) return 'failed';
        this.frames.push(codec.decodeServer(message)!);
        this.wake();
        return 'sent';
      },
      buffered: () => 0,
      close: (code) => {
        if (this.closed !== null) return;
        this.closed = code;
        queueMicrotask(() => this.listener.closed(code));
        this.wake();
      },
      terminate: () => socket.close(1006, ''),
    };
    this.listener = sessions.accept(socket);
  }

  send(frame: Parameters<typeof codec.encode>[0]): void {
    this.listener.message(codec.encode(frame) as Uint8Array, true);
  }

  hello(fields: Omit<Hello, 'op'>): void {
    this.send({ op: 'HELLO', ...fields });
  }

  publish(first: number, events: unknown[]): void {
    const message = codec.encodePublish(
      first,
      events.map((event) => codec.encodeEvent(event)),
    );
    this.listener.message(message as Uint8Array, true);
  }

  leave(): void {
    this.closed = 1000;
    this.listener.closed(1000);
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  async until<Op extends ServerFrame['op']>(op: Op): Promise<Extract<ServerFrame, { op: Op }>> {
    for (;;) {
      const found = this.frames.find((frame) => frame.op === op);
      if (found) return found as never;
      if (this.closed !== null) throw new Error(`closed with ${this.closed} before ${op}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }
}

interface Process {
  sessions: Sessions;
  budget: CreditBudget;
  world: IngestWorld;
  peer(id: string): Peer;
}

const started: Process[] = [];

function start({ bus = new LocalBus(), wrap }: { bus?: LocalBus; wrap?: (log: MemoryLog) => EventLog } = {}): Process {
  const world = createWorld(wrap ? { wrap } : {});
  const budget = new CreditBudget({ capacity: 1 << 20, socketBytes: 17_408, largestEvent: LARGEST });
  const sessions = new Sessions({
    ingest: world.ingest,
    budget,
    limits: DEFAULT_FRAME_LIMITS,
    authenticator: createAuthenticator({}),
    metrics: world.metrics,
    logger: silentLogger(),
    durability: () => 'memory',
    dedupMs: 0,
    maxAgeMs: 0,
    lifetimeMs: 3_600_000,
    bus,
    process: `process-${started.length}`,
  });
  const process = { sessions, budget, world, peer: (id: string) => new Peer(sessions, id) };
  started.push(process);
  return process;
}

afterEach(() => {
  for (const { sessions, world } of started.splice(0)) {
    sessions.close();
    world.metrics.close();
  }
});

it('WELCOME or a close comes within ten seconds, also where storage does not answer', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  try {
    const { peer } = start({
      wrap: (log) =>
        new Proxy<EventLog>(log, {
          get: (target, name) => (name === 'producers' ? () => new Promise(() => {}) : Reflect.get(target, name)),
        }),
    });
    vi.advanceTimersByTime(500);
    const client = peer('a');
    client.hello({ producer: 'p' });
    vi.advanceTimersByTime(9_900);
    expect(client.closed).toBeNull();
    vi.advanceTimersByTime(120);
    expect(client.closed).toBe(CLOSE_CODES.storage_unavailable);
    expect(client.frames).toMatchObject([{ op: 'GOAWAY', code: 'storage_unavailable' }]);
  } finally {
    vi.useRealTimers();
  }
});

describe('two connections of one producer', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    ['in the same millisecond', 0],
    ['after the clock was set back', -60_000],
  ])('the later HELLO wins a tie, also %s', async (_, step) => {
    const { peer } = start();
    const first = peer('x.z');
    first.hello({ producer: 'p', attempt: 3 });
    await first.until('WELCOME');
    vi.setSystemTime(Date.now() + step);
    const second = peer('x.10');
    second.hello({ producer: 'p', attempt: 3 });
    await second.until('WELCOME');
    expect(first.closed).toBe(CLOSE_CODES.superseded);
  });

  it.each([
    ['attempt', { attempt: 2 }, { attempt: 1 }, 'superseded'],
    ['epoch', { epoch: 2 }, { epoch: 1, attempt: 9 }, 'fenced'],
  ] as const)('the higher %s wins, whichever comes first and in whichever process', async (_, high, low, code) => {
    const bus = new LocalBus();
    const processes = [start({ bus }), start({ bus })];
    for (const [i, order] of [
      [high, low],
      [low, high],
    ].entries()) {
      const peers = order.map((hello, at) => {
        const one = processes[at]!.peer(`${i}.${at}`);
        one.hello({ producer: `p${i}`, ...hello });
        return one;
      });
      const winner = peers[order.indexOf(high)]!;
      const loser = peers[order.indexOf(low)]!;
      await winner.until('WELCOME');
      await vi.waitUntil(() => loser.closed !== null);
      expect(loser.closed).toBe(CLOSE_CODES[code]);
      const goAway = loser.frames.find(({ op }) => op === 'GOAWAY');
      if (code === 'fenced') expect(goAway).toMatchObject({ code, epoch: 2 });
      else expect(goAway).toBeUndefined();
    }
  });

  it('the successor is told what its predecessor had under way', async () => {
    let answer: (() => void) | null = null;
    const { peer, budget } = start({
      wrap: (log) =>
        new Proxy<EventLog>(log, {
          get: (target, name) => {
            if (name !== 'append') return Reflect.get(target, name);
            return async (batch: Parameters<EventLog['append']>[0]) => {
              await new Promise<void>((resolve) => {
                answer = resolve;
              });
              return log.append(batch);
            };
          },
        }),
    });
    const first = peer('a');
    first.hello({ producer: 'p' });
    await first.until('WELCOME');
    first.publish(1, [play('u', 'a'), play('u', 'b')]);
    await vi.waitUntil(() => answer !== null);
    const second = peer('b');
    second.hello({ producer: 'p', attempt: 1 });
    expect(first.closed).toBe(CLOSE_CODES.superseded);
    await new Promise(setImmediate);
    answer!();
    expect((await second.until('WELCOME')).terms).toMatchObject({ done: 2 });
    second.leave();
    await vi.waitUntil(() => budget.used === 0);
  });
});

describe('consumers that were too far behind', () => {
  it('are waited for no longer than they are: all who had no credit left get some at once, unasked', async () => {
    const { sessions, peer } = start();
    const peers = await Promise.all(
      ['a', 'b', 'c'].map(async (id) => {
        const client = peer(id);
        client.hello({ producer: id, epoch: 1 });
        const { terms } = await client.until('WELCOME');
        return { client, limit: terms!.limit };
      }),
    );
    sessions.adapt(0, 0.1, 1);
    for (const { client, limit } of peers)
      client.publish(
        1,
        Array.from({ length: limit }, (_, i) => play(`u${i}`, 't')),
      );
    const settled = peers.map(async ({ client, limit }) => {
      let ack = await client.until('ACK');
      // Partitions answer one by one.
      while (ack.done < limit) {
        client.frames.splice(0, client.frames.indexOf(ack) + 1);
        ack = await client.until('ACK');
      }
      expect(ack).toMatchObject({ done: limit, limit });
      client.frames.length = 0;
    });
    await Promise.all(settled);
    sessions.adapt(0, 0.1, 0.9);
    for (const { client, limit } of peers) expect((await client.until('ACK')).limit).toBeGreaterThan(limit);
  });
});
