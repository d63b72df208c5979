/** The ingest with its real stages in this process: the worker's own function instead of threads, the memory engine as the log. */
import { Packr } from 'msgpackr/pack';
import type { IntactEntry, ReadItem, Stream } from '../../format/model.ts';
import { decodeDeadLetters, decodeEvents } from '../../format/stored-event.ts';
import type { Rejection } from '../../protocol/frames.ts';
import { DEFAULT_FRAME_LIMITS } from '../../protocol/limits.ts';
import { SettledNumbers } from '../../protocol/session/settled.ts';
import { Arena } from '../../server/ingest/arena.ts';
import { Ingest } from '../../server/ingest/ingest.ts';
import type { SlabPool } from '../../server/ingest/pool.ts';
import type { KnownProducer, Settlement, Source, SourceOwner } from '../../server/ingest/source.ts';
import { type MemoryLog, openMemoryLog } from '../../server/log/memory/log.ts';
import type { EventLog } from '../../server/log/port.ts';
import { createMetrics, type Metrics } from '../../server/ops/metrics.ts';
import { processSlab } from '../../workers/process-slab.ts';
import type { WorkerSettings } from '../../workers/settings.ts';
import type { SlabResult, SlabSource, SlabTask } from '../../workers/slab.ts';

export const SETTINGS: WorkerSettings = {
  partitions: 4,
  maxAgeMs: 0,
  limits: DEFAULT_FRAME_LIMITS,
  enrichment: true,
  feedbackEvents: true,
  deadLetters: true,
};
const packr = new Packr({ useRecords: false });
export const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {}, child: () => silent };

/** A play of one user; `more` overrides any field. */
export function play(user: string, track: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'user_interaction',
    timestamp: 1_700_000_000_000,
    user_id: user,
    session_id: 's',
    track_id: track,
    action: 'play',
    ...more,
  };
}

/** Settles and remembers what it was told. */
export class Client implements SourceOwner {
  readonly verdicts = new Map<number, Rejection | 'ok'>();
  duplicates = 0;
  failure: string | null = null;
  private readonly settled: SettledNumbers;
  private waiting: (() => void)[] = [];
  private readonly arena = new Arena();
  /** Of all that it sends, ms; null for the time as it is. */
  receivedAt: number | null = null;
  readonly source: Source;
  private next: number;
  private readonly world: IngestWorld;
  /** What the workers know of it. */
  readonly id: SlabSource;

  constructor(world: IngestWorld, producer: string, known?: KnownProducer) {
    this.world = world;
    this.id = { tenant: 'default', owner: '', producer, epoch: 1 };
    this.settled = new SettledNumbers(known?.done ?? 0);
    this.next = (known?.done ?? 0) + 1;
    this.source = world.ingest.open(this.id, this, known);
  }

  get done(): number {
    return this.settled.done;
  }

  settle({ seqs, rejected, duplicates }: Settlement): void {
    const refused = new Map(rejected.map((rejection) => [rejection[0], rejection]));
    for (const seq of seqs) {
      if (this.verdicts.has(seq)) throw new Error(`number ${seq} got two verdicts`);
      this.verdicts.set(seq, refused.get(seq) ?? 'ok');
      this.settled.add(seq);
    }
    this.duplicates += duplicates;
    this.wake();
  }

  fail(message: string): void {
    this.failure = message;
    this.world.ingest.abandon(this.source);
    this.wake();
  }

  private wake(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** Sends one frame; `first` goes back to an earlier number, `count` says how many events it claims to hold. */
  send(events: (Record<string, unknown> | null)[], first = this.next, count = events.length): void {
    const parts = events.map((event) => Buffer.from(packr.pack(event)));
    const bytes = new Uint8Array(Buffer.concat(parts));
    this.next = Math.max(this.next, first + events.length);
    const sender = this.id;
    const frame = {
      format: 'msgpack' as const,
      copy: this.arena.copy(bytes),
      first,
      count,
      skip: 0,
      receivedAt: this.receivedAt ?? Date.now(),
      sender,
    };
    this.world.ingest.take(this.source, frame, bytes.length, 'socket');
  }

  /** Resolves when everything up to `seq` is settled; rejects when the source failed. */
  async until(seq: number): Promise<void> {
    while (this.done < seq) {
      if (this.failure) throw new Error(this.failure);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  async untilFailed(): Promise<void> {
    while (!this.failure) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

export interface IngestWorld {
  ingest: Ingest;
  log: MemoryLog;
  metrics: Metrics;
  /** Slabs that the pool got. */
  slabs: SlabTask[];
  client(producer: string): Client;
  /** A new connection of a producer, from what the log remembers. */
  reconnect(producer: string, clientDone?: number): Promise<Client>;
  events(): Promise<Record<string, unknown>[]>;
  deadLetters(): Promise<Record<string, unknown>[]>;
}

export interface WorldOptions {
  /** Runs before each slab; throwing is a worker's death. */
  worker?: (task: SlabTask, inQuarantine: boolean) => void | Promise<void>;
  /** Small slabs are worked on in place. */
  here?: boolean;
  /** Stands between the ingest and the log. */
  wrap?: (log: MemoryLog) => EventLog;
}

export function createWorld({ worker = () => {}, here = false, wrap = (log) => log }: WorldOptions = {}): IngestWorld {
  const { partitions } = SETTINGS;
  const log = openMemoryLog({ partitions, rememberProducersMs: 3_600_000, dedupMs: 3_600_000 });
  const metrics = createMetrics();
  const slabs: SlabTask[] = [];
  const pool = (inQuarantine: boolean): SlabPool => ({
    threads: 1,
    queued: 0,
    async run(task): Promise<SlabResult> {
      slabs.push(task);
      await worker(task, inQuarantine);
      return processSlab(task, SETTINGS, () => performance.now());
    },
    close: async () => {},
  });
  const ingest = new Ingest({
    log: wrap(log),
    pool: pool(false),
    quarantine: pool(true),
    settings: SETTINGS,
    here: here ? {} : null,
    metrics,
    logger: silent,
  });
  metrics.attach({ inFlight: () => ({ events: ingest.eventsInFlight, bytes: 0 }) });

  async function all(stream: Stream): Promise<IntactEntry[]> {
    const items: ReadItem[] = [];
    for (let partition = 0; partition < partitions; partition++)
      items.push(...(await log.read(stream, partition, 1, 1e9)));
    return items.filter((item) => item.status === 'intact');
  }
  const world: IngestWorld = {
    ingest,
    log,
    metrics,
    slabs,
    client: (producer) => new Client(world, producer),
    async reconnect(producer, clientDone = 0) {
      const id = { tenant: 'default', owner: '', producer, epoch: 1 };
      return new Client(world, producer, await ingest.known(id, clientDone));
    },
    events: async () => (await all('events')).flatMap(decodeEvents).map(({ event }) => event),
    deadLetters: async () =>
      (await all('dead-letters')).flatMap(decodeDeadLetters).map(({ letter }) => ({ ...letter })),
  };
  return world;
}
