/**
 * What the server counts. Code reports named happenings (`metrics.committed(...)`), never counter names; labels come from closed sets.
 * What can be asked at any time (credit, connections, queue) is not reported but read at scrape time from `MetricsSources`.
 * `docs/OPERATIONS.md` lists every metric; a test compares both.
 *
 * The ledger: every event that was taken is in exactly one place.
 *   received = stored + duplicates + rejected + abandoned + in flight        gapless_ledger_gap = left - right, always 0
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { EVENT_CODES, type EventCode, NACK_CODES, type NackCode } from '../../protocol/codes.ts';
import { EVENT_KINDS } from '../../workers/kinds.ts';
import type { SlabResult } from '../../workers/slab.ts';
import type { ProcessorFigures } from '../feeds/figures.ts';
import { distribution } from './distribution.ts';
import { createEventLoopMeter } from './event-loop.ts';
import {
  CLOSE_LABELS,
  closeLabel,
  PRESSURE_PARTS,
  type PressurePart,
  SEND_FAILURES,
  type SendFailure,
  STAGES,
  type Stage,
  TRANSPORTS,
  type Transport,
  UPGRADE_REFUSALS,
  type UpgradeRefusal,
} from './metric-labels.ts';
import { RecentHappenings } from './recent.ts';
import { tallies, tally } from './tally.ts';

/** Read at scrape time; each must be cheap and synchronous. `inFlight` moves in the same tick as what is reported, or the ledger shows a gap. */
export interface MetricsSources {
  /** Taken and not yet settled. */
  inFlight(): { events: number; bytes: number };
  /** Wire bytes: given to open connections and not used, used and not settled, and the budget as pressure leaves it. */
  credit(): { granted: number; outstanding: number; budget: number };
  pool(): { queued: number; busy: number; workers: number };
  /** By what they may do. */
  connections(): { publishers: number; subscribers: number; opening: number };
  /** Events stored and bytes retained, over all partitions. */
  log(): { events: number; bytes: number; deadLetters: number; producers: number };
  /** The last figures of this process's processor, null where it has none. */
  processor(): ProcessorFigures | null;
}

export interface Committed {
  stored: number;
  duplicates: number;
  rejectedByCode: Partial<Record<EventCode, number>>;
  /** From handing the batch to storage to its answer. */
  seconds: number;
  /** Size of the batch as it was written. */
  events: number;
  bytes: number;
}

export interface Ledger {
  received: number;
  stored: number;
  duplicates: number;
  rejected: number;
  abandoned: number;
  inFlight: number;
  /** 0, or the server has lost count. */
  gap: number;
}

export type Metrics = ReturnType<typeof createMetrics>;

const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
const COUNTS = [1, 4, 16, 64, 256, 1024, 4096, 16_384];
const SIZES = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string) => tally({ name: `gapless_${name}`, help, registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    distribution({ name: `gapless_${name}`, help, registers }, buckets);
  const family = <L extends string>(name: string, help: string, label: string, values: readonly L[]) =>
    tallies({ name: `gapless_${name}`, help, registers }, label, values);
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `gapless_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const gauges = <L extends string>(name: string, help: string, label: string, read: () => Record<L, number>) =>
    new Gauge({
      name: `gapless_${name}`,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, number] of Object.entries<number>(read())) this.set({ [label]: value }, number);
      },
    });

  collectDefaultMetrics({ register: registry });

  let sources: Partial<MetricsSources> = {};
  const total = { received: 0, stored: 0, duplicates: 0, rejected: 0, abandoned: 0 };
  const pressure = { level: 0, parts: Object.fromEntries(PRESSURE_PARTS.map((part) => [part, 0])) };
  const loop = createEventLoopMeter();
  const recent = new RecentHappenings();

  const received = family('events_received_total', 'Events of frames that were taken.', 'transport', TRANSPORTS);
  const receivedBytes = family(
    'received_bytes_total',
    'Wire bytes of frames that were taken.',
    'transport',
    TRANSPORTS,
  );
  const accepted = counter('events_accepted_total', 'Events stored in the log.');
  const duplicates = counter('events_duplicate_total', 'Events that were settled already, or whose id was.');
  const rejected = family('events_rejected_total', 'Events rejected for good.', 'code', EVENT_CODES);
  const kinds = family(
    'events_validated_total',
    'Events found valid, interactions by action and the others by type; repeats count again.',
    'kind',
    EVENT_KINDS,
  );
  const abandoned = counter(
    'events_abandoned_total',
    'Events let go without a verdict because storage did not answer.',
  );
  const nacks = family('nacks_total', 'Frames that were not taken.', 'code', NACK_CODES);
  const ackSeconds = histogram('ack_latency_seconds', 'From taking a frame to its verdict being sent.', SECONDS);
  const slabEvents = histogram('slab_events', 'Events in a slab.', COUNTS);
  const slabBytes = histogram('slab_bytes', 'Bytes in a slab.', SIZES);
  const stages = family('stage_seconds_total', 'Time spent, by stage of an event’s way.', 'stage', STAGES);
  const poolSeconds = counter('pool_busy_seconds_total', 'Time that workers spent on slabs.');
  const workerDeaths = counter('worker_deaths_total', 'Workers that died under a slab.');
  const commitSeconds = histogram('commit_latency_seconds', 'From handing a batch to storage to its answer.', SECONDS);
  const commitEvents = histogram('commit_batch_events', 'Events in a batch written to storage.', COUNTS);
  const commitBytes = histogram('commit_batch_bytes', 'Bytes in a batch written to storage.', SIZES);
  const commitRetries = counter(
    'commit_retries_total',
    'Batches repeated because their outcome was in doubt or storage refused.',
  );
  const conflicts = counter(
    'commit_conflicts_total',
    'Batches cut anew because something in them was settled already.',
  );
  const storageLost = counter('storage_lost_total', 'Acknowledged events that storage was found to have lost.');
  const blockedSeconds = counter('blocked_seconds_total', 'Time that clients spent blocked for lack of credit.');
  const opened = counter('connections_opened_total', 'WebSockets opened.');
  const closed = family('connections_closed_total', 'WebSockets closed, by close code.', 'code', CLOSE_LABELS);
  const refused = family('upgrades_refused_total', 'Upgrades refused.', 'reason', UPGRADE_REFUSALS);
  const sendFailures = family('send_failures_total', 'Frames that met a full send buffer.', 'kind', SEND_FAILURES);
  const requests = new Counter({
    name: 'gapless_http_requests_total',
    help: 'HTTP requests answered, by route and class of status.',
    labelNames: ['route', 'status'],
    registers,
  });
  const handlerErrors = counter('handler_errors_total', 'Exceptions caught at the border of the gateway.');
  const trimmed = counter('log_trimmed_events_total', 'Events that retention removed.');
  const damaged = counter('log_damaged_entries_total', 'Entries found damaged and set aside.');

  const ledger = (): Ledger => {
    const inFlight = sources.inFlight?.().events ?? 0;
    const { stored, duplicates, rejected, abandoned } = total;
    return { ...total, inFlight, gap: total.received - stored - duplicates - rejected - abandoned - inFlight };
  };

  gauge('in_flight_events', 'Events taken and not settled.', () => sources.inFlight?.().events ?? 0);
  gauge('in_flight_bytes', 'Wire bytes taken and not settled.', () => sources.inFlight?.().bytes ?? 0);
  gauge(
    'ledger_gap',
    'received - stored - duplicate - rejected - abandoned - in flight; not 0 is a fault.',
    () => ledger().gap,
  );
  gauge('pressure', 'Pressure, 0 to 1: the highest of its parts.', () => pressure.level);
  gauges('pressure_part', 'Parts of the pressure, 0 to 1.', 'part', () => pressure.parts);
  gauge('credit_granted_bytes', 'Wire bytes granted and not used.', () => sources.credit?.().granted ?? 0);
  gauge('credit_outstanding_bytes', 'Wire bytes used and not settled.', () => sources.credit?.().outstanding ?? 0);
  gauge(
    'credit_budget_bytes',
    'Wire bytes that may be granted or unsettled now.',
    () => sources.credit?.().budget ?? 0,
  );
  gauge('pool_queue', 'Slabs waiting for a worker.', () => sources.pool?.().queued ?? 0);
  gauge('pool_busy', 'Workers at work.', () => sources.pool?.().busy ?? 0);
  gauge('pool_workers', 'Workers.', () => sources.pool?.().workers ?? 0);
  gauges('connections', 'Open WebSockets.', 'kind', () => {
    return sources.connections?.() ?? { publishers: 0, subscribers: 0, opening: 0 };
  });
  gauge('log_events', 'Events that the log retains.', () => sources.log?.().events ?? 0);
  gauge('log_bytes', 'Bytes that the log retains.', () => sources.log?.().bytes ?? 0);
  gauge('log_dead_letters', 'Dead letters that the log retains.', () => sources.log?.().deadLetters ?? 0);
  gauge('log_producers', 'Producers remembered.', () => sources.log?.().producers ?? 0);
  const processor = () => sources.processor?.() ?? null;
  const byPartition = (read: (one: ProcessorFigures['partitions'][number]) => number) => () =>
    Object.fromEntries((processor()?.partitions ?? []).map((one) => [one.partition, read(one)]));
  gauges(
    'processor_lag_events',
    'Events of a partition that are not processed yet.',
    'partition',
    byPartition((one) => one.lag),
  );
  gauges(
    'processor_oldest_unprocessed_seconds',
    'Age of the oldest event of a partition that is not processed yet.',
    'partition',
    byPartition((one) => one.oldestMs / 1000),
  );
  gauges(
    'processor_applied_position',
    'Position up to which a partition is processed.',
    'partition',
    byPartition((one) => one.applied),
  );
  gauge('processor_partitions', 'Partitions that this process owns.', () => processor()?.partitions.length ?? 0);
  gauge('processor_folded_rate', 'Events processed per second.', () => processor()?.foldedPerSecond ?? 0);
  gauge('processor_poisoned', 'Events that could not be processed, since the start.', () => processor()?.poisoned ?? 0);
  gauge('index_events', 'Events that the recommendation index has learned from.', () => processor()?.index.events ?? 0);
  gauge('index_sessions', 'Sessions in the recommendation index.', () => processor()?.index.sessions ?? 0);
  gauge('index_bytes', 'Memory of the recommendation index.', () => processor()?.index.bytes ?? 0);
  gauge('index_lag_events', 'Events that the recommendation index is behind.', () => processor()?.index.lag ?? 0);
  gauges('event_loop_delay_seconds', 'Delay of the event loop since the last scrape.', 'quantile', loop.read);

  return {
    /** For `GET /metrics`. */
    contentType: registry.contentType,
    text: (): Promise<string> => registry.metrics(),
    /** Tells where to read what is not reported. May be called again; later functions win. */
    attach(more: Partial<MetricsSources>): void {
      sources = { ...sources, ...more };
    },
    /** Stops the timers of the process metrics; the numbers stay readable. */
    close(): void {
      loop.close();
      registry.clear();
    },
    ledger,
    /** What happened since the last call. */
    takeRecent: () => recent.take(),

    /** A frame was taken: all of its events count, those already settled too (report them with `duplicates`). */
    received(events: number, bytes: number, transport: Transport = 'socket'): void {
      total.received += events;
      recent.received(events);
      received.get(transport)!.inc(events);
      receivedBytes.get(transport)!.inc(bytes);
    },
    /** Storage answered: a batch stands. */
    committed(batch: Committed): void {
      total.stored += batch.stored;
      accepted.inc(batch.stored);
      recent.stored(batch.stored);
      recent.commitLatency(batch.seconds);
      this.duplicates(batch.duplicates);
      for (const code in batch.rejectedByCode)
        this.rejected(code as EventCode, batch.rejectedByCode[code as EventCode]!);
      commitSeconds.observe(batch.seconds);
      commitEvents.observe(batch.events);
      commitBytes.observe(batch.bytes);
    },
    /** Events that turned out to be settled outside of a commit: skipped at intake, or cut out of a batch. */
    duplicates(events: number): void {
      total.duplicates += events;
      duplicates.inc(events);
      recent.duplicates(events);
    },
    /** Rejections that `committed` does not tell. */
    rejected(code: EventCode, events = 1): void {
      total.rejected += events;
      rejected.get(code)!.inc(events);
      recent.rejected(code, events);
    },
    /** Events let go without a verdict: the connection closes with storage_unavailable, or the server stops. */
    abandoned(events: number): void {
      total.abandoned += events;
      abandoned.inc(events);
    },
    nacked: (code: NackCode): void => nacks.get(code)!.inc(),
    ackLatency(seconds: number): void {
      ackSeconds.observe(seconds);
      recent.ackLatency(seconds);
    },
    slab(events: number, bytes: number): void {
      slabEvents.observe(events);
      recent.slabOf(events);
      slabBytes.observe(bytes);
    },
    stage: (stage: Stage, seconds: number): void => stages.get(stage)!.inc(seconds),
    /** A worker finished a slab. */
    worked(result: Pick<SlabResult, 'micros' | 'kinds'>): void {
      poolSeconds.inc(result.micros.total / 1e6);
      this.judged(result);
    },
    /** The stages of a worker were gone through, in one or here. */
    judged({ micros, kinds: counts }: Pick<SlabResult, 'micros' | 'kinds'>): void {
      for (const stage of WORKER_STAGES) stages.get(stage)!.inc(micros[stage] / 1e6);
      for (let i = 0; i < counts.length; i++) {
        if (counts[i] === 0) continue;
        kinds.get(EVENT_KINDS[i]!)!.inc(counts[i]);
        recent.kind(EVENT_KINDS[i]!, counts[i]!);
      }
    },
    workerDied: (): void => workerDeaths.inc(),
    commitRetried: (): void => commitRetries.inc(),
    commitConflicted: (): void => conflicts.inc(),
    storageLost: (events: number): void => storageLost.inc(events),
    /** Level and parts from 0 to 1. */
    pressure(level: number, parts: Partial<Record<PressurePart, number>>): void {
      pressure.level = level;
      Object.assign(pressure.parts, parts);
    },
    blocked: (seconds: number): void => blockedSeconds.inc(seconds),
    connectionOpened: (): void => opened.inc(),
    connectionClosed: (code: number): void => closed.get(closeLabel(code))!.inc(),
    upgradeRefused: (reason: UpgradeRefusal): void => refused.get(reason)!.inc(),
    sendFailed: (kind: SendFailure): void => sendFailures.get(kind)!.inc(),
    /** `route` is the pattern of the router, never what the client wrote. */
    httpAnswered: (route: string, status: number): void =>
      requests.inc({ route, status: `${Math.floor(status / 100)}xx` }),
    handlerFailed: (): void => handlerErrors.inc(),
    trimmed: (events: number): void => trimmed.inc(events),
    damaged: (entries = 1): void => damaged.inc(entries),
  };
}

const WORKER_STAGES = ['decode', 'validate', 'enrich', 'encode'] as const;
