/** The feeds without thread and socket: a log that tests append to, and connections that decode what they get. */
import { encodeReason } from '../../format/dead-letter.ts';
import { encodeEntry } from '../../format/entry.ts';
import { pack } from '../../format/msgpack.ts';
import { partitionOf } from '../../format/partition.ts';
import { producerKey } from '../../format/producer-key.ts';
import { EMPTY_RECORD, encodeRecord } from '../../format/record.ts';
import { UnitWriter } from '../../format/unit.ts';
import type { Message } from '../../protocol/codec.ts';
import { codecFor, type ServerFrame, type Subprotocol, type SubscribeOptions } from '../../protocol/wire.ts';
import { LocalBus } from '../../server/bus/local.ts';
import type { LiveBus } from '../../server/bus/port.ts';
import { createFeeds, type FeedsParts } from '../../server/feeds/feeds.ts';
import { type Access, type FeedsOwner, type FeedsThread, messageBytes } from '../../server/feeds/port.ts';
import { openMemoryLog } from '../../server/log/memory/log.ts';
import type { EventLog } from '../../server/log/port.ts';

const TENANT = 'default';
const RECEIVED_AT = 1_764_547_200_000;

export interface TestEvent {
  user_id: string;
  tenant?: string;
  [field: string]: unknown;
}

/** Appends to any log as one producer; each call is one entry for each partition that it touches. */
export class Appender {
  readonly log: EventLog;
  private readonly seqs = new Map<string, number>();
  private created = RECEIVED_AT;

  constructor(log: EventLog) {
    this.log = log;
  }

  async events(...events: TestEvent[]): Promise<void> {
    await this.append('events', events, (event) => ({ body: pack(event), added: pack({}) }));
  }

  /** Each event as it was sent, with why it was rejected. */
  async deadLetters(...events: (TestEvent & { code?: string })[]): Promise<void> {
    await this.append('dead-letters', events, ({ code = 'invalid_field', ...event }) => {
      const reason = { stage: 'validate', code, path: 'action', message: 'no', format: 'msgpack' } as const;
      return { body: pack(event), added: encodeReason(reason as Parameters<typeof encodeReason>[0]) };
    });
  }

  private async append<T extends TestEvent>(
    stream: 'events' | 'dead-letters',
    events: T[],
    encode: (event: T) => { body: Uint8Array; added: Uint8Array },
  ): Promise<void> {
    const { partitions } = this.log.guarantees;
    const byPlace = new Map<string, T[]>();
    for (const event of events) {
      const { user_id, tenant = TENANT } = event;
      const place = `${partitionOf(tenant, user_id, partitions)}/${tenant}`;
      byPlace.set(place, [...(byPlace.get(place) ?? []), event]);
    }
    for (const [place, own] of byPlace) {
      const [partition, tenant] = [Number(place.split('/')[0]), place.split('/')[1]!];
      const producer = { tenant, owner: '', producer: 'test', epoch: 1 };
      const prev = this.seqs.get(place) ?? 0;
      const writer = new UnitWriter();
      own.forEach((event, i) => {
        writer.add({ seq: prev + 1 + i, subject: event.user_id, receivedAt: RECEIVED_AT, ...encode(event) });
      });
      const last = prev + own.length;
      this.seqs.set(place, last);
      const entry = {
        bytes: encodeEntry(stream, this.created++, own.length, [Buffer.from(writer.finish(producer).bytes)]),
        count: own.length,
      };
      const record = encodeRecord({ ...EMPTY_RECORD, watermark: last, base: last });
      const unit = { producer: producerKey(producer), prev, first: prev + 1, last, record, ids: [] };
      const entries = stream === 'events' ? { entry, dead: null } : { entry: null, dead: entry };
      const { status } = await this.log.append({ partition, units: [unit], ...entries });
      if (status !== 'appended') throw new Error('not appended');
    }
  }
}

export interface FeedsWorld {
  log: EventLog;
  bus: LiveBus;
  feeds: FeedsThread;
  append: Appender;
  /** Reads of the log so far. */
  reads(): number;
  connect(options?: { subprotocol?: Subprotocol; access?: Access; takes?: boolean }): FeedClient;
  stop(): Promise<void>;
}

export type WorldParts = Partial<Pick<FeedsParts, 'features' | 'timing' | 'bus' | 'process' | 'processing'>> & {
  recommend?: FeedsOwner['recommend'];
  log?: EventLog;
  partitions?: number;
  /** Reads answer some turns later, as those of a real log. */
  slowReads?: boolean;
};

const NO_FEATURES: FeedsParts['features'] = {
  userValues: async (_, user) => ({ values: { user }, at: RECEIVED_AT }),
  lookup: async () => ({ features: [], at: 0, rows: [] }),
};

export function feedsWorld({ partitions = 4, slowReads = false, ...parts }: WorldParts = {}): FeedsWorld {
  const log = parts.log ?? openMemoryLog({ partitions, rememberProducersMs: 86_400_000, dedupMs: 0 });
  const bus = parts.bus ?? new LocalBus();
  const clients = new Map<number, FeedClient>();
  let reads = 0;
  const memory = log as unknown as FeedsParts['log'];
  const feeds = createFeeds({
    log: {
      partitions: log.guarantees.partitions,
      state: () => log.state(),
      wait: (...args) => memory.wait(...args),
      read: async (...args) => {
        reads++;
        const turns = slowReads ? reads % 4 : 0;
        const items = await log.read(...args);
        await settled(turns);
        return items;
      },
    },
    bus,
    features: parts.features ?? NO_FEATURES,
    process: parts.process ?? 'process-1',
    owner: {
      frames: (id, messages) => clients.get(id)?.receive(messages),
      violation: (id, message) => clients.get(id)?.violations.push(message),
      recommend: parts.recommend ?? (() => Promise.reject(new Error('nobody recommends'))),
    },
    logger: { warn: () => {}, error: (fields, message) => console.error(message, fields) },
    timing: parts.timing,
    processing: parts.processing,
  });
  return {
    log,
    bus,
    feeds,
    append: new Appender(log),
    reads: () => reads,
    connect({ subprotocol = 'gapless.v1.msgpack', access = { tenant: TENANT }, takes = true } = {}) {
      const id = clients.size + 1;
      const client = new FeedClient(feeds, id, subprotocol, takes);
      clients.set(id, client);
      feeds.open(id, subprotocol, access);
      return client;
    },
    stop: () => feeds.stop(),
  };
}

export class FeedClient {
  readonly frames: ServerFrame[] = [];
  readonly violations: string[] = [];
  readonly id: number;
  /** Bytes that came and that the socket has not taken. */
  untaken = 0;
  private readonly feeds: FeedsThread;
  private readonly codec;
  private takes: boolean;
  private waiting: (() => void)[] = [];

  constructor(feeds: FeedsThread, id: number, subprotocol: Subprotocol, takes: boolean) {
    this.feeds = feeds;
    this.id = id;
    this.codec = codecFor(subprotocol);
    this.takes = takes;
  }

  receive(messages: readonly Message[]): void {
    for (const message of messages) {
      this.frames.push(this.codec.decodeServer(message)!);
      this.untaken += messageBytes(message);
    }
    if (this.takes) this.take();
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** The socket takes what came, and from now on everything. */
  take(): void {
    this.takes = true;
    this.feeds.taken(this.id, this.untaken);
    this.untaken = 0;
  }

  subscribe(sub: number, feed: string, options: Partial<SubscribeOptions> = {}): void {
    this.feeds.subscribe(this.id, { op: 'SUBSCRIBE', sub, feed, options: { limit: 1_000_000, ...options } });
  }

  flow(sub: number, limit: number): void {
    this.feeds.flow(this.id, sub, limit);
  }

  async until<T>(look: () => T | null | undefined | false): Promise<T> {
    for (;;) {
      const found = look();
      if (found) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** The next frame of this kind; it and all before it are taken from `frames`. */
  next<Op extends ServerFrame['op']>(op: Op): Promise<Extract<ServerFrame, { op: Op }>> {
    return this.until(() => {
      const at = this.frames.findIndex((frame) => frame.op === op);
      return at >= 0 ? (this.frames.splice(0, at + 1).at(-1) as Extract<ServerFrame, { op: Op }>) : null;
    });
  }

  /** Items of a subscription so far. */
  items<T = Record<string, unknown>>(sub = 1): T[] {
    return this.frames.flatMap((frame) => (frame.op === 'DATA' && frame.sub === sub ? (frame.items as T[]) : []));
  }

  /** As soon as there are so many items. */
  async untilItems<T = Record<string, unknown>>(count: number, sub = 1): Promise<T[]> {
    await this.until(() => this.items(sub).length >= count);
    return this.items<T>(sub);
  }

  /** The offset of the last frame that has one. */
  offset(sub = 1): string {
    const found = this.frames.findLast(
      (frame) => (frame.op === 'DATA' || frame.op === 'GAP' || frame.op === 'SUBSCRIBED') && frame.sub === sub,
    );
    if (found?.op === 'SUBSCRIBED') return found.position.offset;
    return (found as { offset: string }).offset;
  }

  close(): void {
    this.feeds.close(this.id);
  }
}

/** All work that is due now is done: for what must not happen. */
export async function settled(turns = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}
