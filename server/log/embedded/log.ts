/** The event log in an LMDB environment that this process owns; `layout.ts` says how the data lies. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadItem, Stream } from '../../../format/model.ts';
import { STREAMS } from '../../../format/model.ts';
import type { Durability } from '../../../protocol/frames.ts';
import { findConflicts } from '../decide.ts';
import { LogError } from '../error.ts';
import type {
  AppendBatch,
  AppendResult,
  AppendUnit,
  EventLog,
  LogGuarantees,
  LogState,
  LogWaker,
  PlacedRecord,
  RetentionPolicy,
  TrimReport,
} from '../port.ts';
import { planTrim } from '../retention.ts';
import { Waiters } from '../waiters.ts';
import { Changes } from './changes.ts';
import { type Environment, encodeJson, openForWriting, readLayout } from './environment.ts';
import { FreeSpace } from './free-space.ts';
import { Generations } from './generations.ts';
import { Jobs } from './jobs.ts';
import {
  decodeProducer,
  encodeBounds,
  encodeProducer,
  entryKey,
  idKey,
  LAYOUT_FORMAT,
  LAYOUT_KEY,
  type Layout,
  PARTITIONS_MAX,
  producerEntryKey,
  type StreamBounds,
  streamKey,
} from './layout.ts';
import { claim, release } from './owner.ts';
import { oldEntries, readBounds, readEntries, readProducers, readState } from './read.ts';
import { Writer } from './writer.ts';

/** Entries that one transaction deletes at the most. */
const TRIM_ENTRIES = 256;
/** The value of keys that only have to be there. */
const NOTHING = Buffer.alloc(0);

export interface EmbeddedLogOptions {
  /** Data directory; made if it is not there. */
  dir: string;
  /** Fixed when the data is made. */
  partitions: number;
  rememberProducersMs: number;
  /** 0: ids are not remembered. */
  dedupMs: number;
  /** Appends are refused while the disk has less free space than this; 0 for no floor. */
  minFreeBytes: number;
  /** ms since 1970; default the system's clock. */
  now?: () => number;
  /** Free bytes of the disk; default what the system says. */
  freeBytes?: () => number;
  /** Told what an operator should know. */
  logger?: { warn(fields: object, message: string): void };
}

/**
 * Opens the data directory for writing. Throws LogError: `in_use` (another process has it), `misconfigured` (it cannot be used, or
 * has another number of partitions).
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const { dir, partitions, logger } = options;
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > PARTITIONS_MAX) {
    throw new LogError('misconfigured', `partitions must be 1 to ${PARTITIONS_MAX}`);
  }
  const environment = openForWriting(dir);
  let fence: number | null = null;
  try {
    const claimed = claim(environment);
    fence = claimed.fence;
    if (claimed.takenFrom) {
      logger?.warn({ dir, ...claimed.takenFrom }, 'took the data over from a process that cannot be seen from here');
    }
    const log = new EmbeddedLog(options, environment, fence);
    await log.prepare();
    return log;
  } catch (error) {
    if (fence !== null) await release(environment, fence);
    await environment.root.close();
    throw error;
  }
}

interface Waiting {
  batch: AppendBatch;
  resolve(result: AppendResult): void;
  reject(error: unknown): void;
}

export class EmbeddedLog implements EventLog, LogWaker {
  readonly guarantees: LogGuarantees;
  private readonly options: EmbeddedLogOptions;
  private readonly environment: Environment;
  private readonly fence: number;
  private readonly now: () => number;
  private readonly writer: Writer;
  private readonly space: FreeSpace;
  private readonly remembered: { producers: Generations; ids: Generations };
  private readonly waiters = new Waiters();
  private readonly jobs = new Jobs();
  /** Appends that no transaction has taken yet. */
  private waiting: Waiting[] = [];
  /** What `streams` holds; moved when a transaction is done. */
  private bounds!: Record<Stream, StreamBounds[]>;
  private closing: Promise<void> | null = null;

  constructor(options: EmbeddedLogOptions, environment: Environment, fence: number) {
    const { partitions, rememberProducersMs, dedupMs } = options;
    const engine = 'embedded';
    this.guarantees = { engine, restartable: true, multiProcess: false, partitions, rememberProducersMs, dedupMs };
    this.options = options;
    this.environment = environment;
    this.fence = fence;
    this.now = options.now ?? Date.now;
    this.writer = new Writer(environment, fence);
    this.space = new FreeSpace(environment, options.minFreeBytes, options.freeBytes);
    this.remembered = {
      producers: new Generations(environment, 'producers'),
      ids: new Generations(environment, 'ids'),
    };
  }

  /** Makes or checks the data. Called once, by `openEmbeddedLog`. */
  async prepare(): Promise<void> {
    const { partitions, dir } = this.options;
    const layout = readLayout(this.environment);
    if (layout && layout.partitions !== partitions) {
      const message = `the log in ${dir} has ${layout.partitions} partitions, not ${partitions}; their number is fixed with the data`;
      throw new LogError('misconfigured', message);
    }
    if (!layout) {
      const changes = new Changes();
      changes.put(
        this.environment.meta,
        LAYOUT_KEY,
        encodeJson({ format: LAYOUT_FORMAT, partitions } satisfies Layout),
      );
      for (const generations of Object.values(this.remembered)) generations.start(changes, this.now());
      await this.writer.commit(changes);
      for (const generations of Object.values(this.remembered)) generations.refresh();
    }
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    const load = (stream: Stream) => all.map((partition) => readBounds(this.environment, stream, partition));
    this.bounds = { events: load('events'), 'dead-letters': load('dead-letters') };
  }

  durability(): Durability {
    return 'fsync';
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    this.checkPartition(batch.partition);
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, resolve, reject });
      if (this.waiting.length === 1) this.jobs.run(() => this.commitWaiting());
    });
  }

  /** One transaction for everything that waits. */
  private async commitWaiting(): Promise<void> {
    // Who was answered by the last transaction gets its turn first, and comes along.
    await nextTurn();
    const group = this.takeGroup();
    try {
      if (!this.space.enough()) {
        const { dir, minFreeBytes } = this.options;
        throw new LogError('no_space', `the disk of ${dir} has less than ${minFreeBytes} bytes free`);
      }
      await this.forgetIfDue();
      const changes = new Changes();
      const fitting = group.filter(({ batch, resolve }) => {
        const conflicts = findConflicts(batch.units, this.memoryOf(batch.partition));
        if (conflicts.length > 0) resolve({ status: 'conflict', conflicts });
        return conflicts.length === 0;
      });
      const stored = fitting.map(({ batch }) => this.store(batch, changes));
      if (!changes.empty) await this.writer.commit(changes);
      for (const [i, { batch, resolve }] of fitting.entries()) resolve(this.stored(batch, stored[i]!));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** What waits, one batch of a partition: the conditions of a second one can only be judged when the first one stands. */
  private takeGroup(): Waiting[] {
    const partitions = new Set<number>();
    const later: Waiting[] = [];
    const group = this.waiting.filter((waiting) => {
      const { partition } = waiting.batch;
      if (partitions.has(partition)) later.push(waiting);
      return !partitions.has(partition) && partitions.add(partition);
    });
    this.waiting = later;
    if (later.length > 0) this.jobs.run(() => this.commitWaiting());
    return group;
  }

  private memoryOf(partition: number): Parameters<typeof findConflicts>[1] {
    const { producers, ids } = this.remembered;
    return {
      producer: (key) => {
        const value = producers.get(producerEntryKey(key, partition));
        return value && decodeProducer(value);
      },
      claimed: this.remembersIds ? (id) => ids.has(idKey(partition, id)) : null,
    };
  }

  /** Adds a batch to the changes; gives the bounds that its streams will have. */
  private store(batch: AppendBatch, changes: Changes): Record<Stream, StreamBounds> {
    const { partition, units } = batch;
    const { producers, ids } = this.remembered;
    const latest = new Map<string, AppendUnit>(units.map((unit) => [unit.producer, unit]));
    for (const { producer, last, record } of latest.values()) {
      producers.put(changes, producerEntryKey(producer, partition), encodeProducer(last, record));
    }
    if (this.remembersIds) {
      for (const unit of units) for (const id of unit.ids) ids.put(changes, idKey(partition, id), NOTHING);
    }
    return {
      events: this.storeEntry('events', partition, batch.entry, changes),
      'dead-letters': this.storeEntry('dead-letters', partition, batch.dead, changes),
    };
  }

  private storeEntry(stream: Stream, partition: number, entry: AppendBatch['entry'], changes: Changes): StreamBounds {
    const old = this.bounds[stream][partition]!;
    if (!entry) return old;
    const bounds = { first: old.first, last: old.last + entry.count, bytes: old.bytes + entry.bytes.length };
    changes.put(this.environment.entries, entryKey(stream, partition, bounds.last), entry.bytes);
    changes.put(this.environment.streams, streamKey(stream, partition), encodeBounds(bounds));
    return bounds;
  }

  private stored({ partition }: AppendBatch, bounds: Record<Stream, StreamBounds>): AppendResult {
    for (const stream of STREAMS) {
      if (this.bounds[stream][partition] === bounds[stream]) continue;
      this.bounds[stream][partition] = bounds[stream];
      this.waiters.wake(stream, partition);
    }
    return { status: 'appended', last: bounds.events.last, lastDead: bounds['dead-letters'].last };
  }

  /** Begins new generations where it is time. Done before appends and trims: a log that rests forgets nothing. */
  private async forgetIfDue(): Promise<void> {
    const { producers, ids } = this.remembered;
    const now = this.now();
    const due = [
      ...(producers.isDue(now, this.options.rememberProducersMs) ? [producers] : []),
      ...(this.remembersIds && ids.isDue(now, this.options.dedupMs) ? [ids] : []),
    ];
    if (due.length === 0) return;
    const changes = new Changes();
    for (const generations of due) generations.forget(changes, now);
    await this.writer.commit(changes);
    for (const generations of due) generations.refresh();
  }

  async producers(keys: readonly string[]): Promise<PlacedRecord[][]> {
    this.checkOpen();
    return readProducers(this.remembered.producers, keys);
  }

  async read(stream: Stream, partition: number, from: number, maxBytes: number): Promise<ReadItem[]> {
    this.checkPartition(partition);
    return readEntries(this.environment, stream, partition, from, maxBytes);
  }

  async wait(
    stream: Stream,
    partition: number,
    position: number,
    maxWaitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.closing || this.bounds[stream][partition]!.last > position) return;
    await this.waiters.wait(stream, partition, maxWaitMs, signal);
  }

  async state(): Promise<LogState> {
    this.checkOpen();
    const { producers } = this.remembered;
    return readState(this.options.partitions, producers.size, (stream, partition) => this.bounds[stream][partition]!);
  }

  async trim(policy: RetentionPolicy): Promise<TrimReport> {
    this.checkOpen();
    const report: TrimReport = { entries: 0, events: 0, bytes: 0 };
    for (let entries = TRIM_ENTRIES; entries === TRIM_ENTRIES; ) {
      const step = await this.jobs.run(() => this.trimSome(policy));
      entries = step.entries;
      report.entries += entries;
      report.events += step.events;
      report.bytes += step.bytes;
    }
    return report;
  }

  private async trimSome(policy: RetentionPolicy): Promise<TrimReport> {
    this.checkOpen();
    await this.forgetIfDue();
    const { stream } = policy;
    const streams = this.bounds[stream].map((bounds, partition) => ({
      ...bounds,
      partition,
      entries: oldEntries(this.environment, stream, partition),
    }));
    const changes = new Changes();
    const report: TrimReport = { entries: 0, events: 0, bytes: 0 };
    const trimmed = planTrim(policy, streams, TRIM_ENTRIES).map(({ partition, upTo, lasts, events, bytes }) => {
      const old = this.bounds[stream][partition]!;
      const bounds = { first: upTo + 1, last: old.last, bytes: old.bytes - bytes };
      for (const last of lasts) changes.remove(this.environment.entries, entryKey(stream, partition, last));
      changes.put(this.environment.streams, streamKey(stream, partition), encodeBounds(bounds));
      report.entries += lasts.length;
      report.events += events;
      report.bytes += bytes;
      return { partition, bounds };
    });
    if (!changes.empty) await this.writer.commit(changes);
    for (const { partition, bounds } of trimmed) this.bounds[stream][partition] = bounds;
    return report;
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    while (this.waiting.length > 0) await this.jobs.idle();
    await this.jobs.idle();
    this.waiters.wakeAll();
    await release(this.environment, this.fence).catch(() => {});
    await this.environment.root.close();
  }

  private get remembersIds(): boolean {
    return this.options.dedupMs > 0;
  }
  private checkOpen(): void {
    if (this.closing) throw new LogError('closed', 'the log is closed');
  }
  private checkPartition(partition: number): void {
    this.checkOpen();
    if (!this.bounds.events[partition]) throw new LogError('misconfigured', `there is no partition ${partition}`);
  }
}
