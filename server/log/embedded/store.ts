/** What stands in the data, and the changes that batches, retention and forgetting make to it. */
import { randomUUID } from 'node:crypto';
import type { Stream } from '../../../format/model.ts';
import { findConflicts, type Remembered } from '../decide.ts';
import { LogError } from '../error.ts';
import type { AppendBatch, AppendUnit, Conflict, RetentionPolicy, TrimReport } from '../port.ts';
import { planTrim } from '../retention.ts';
import { Changes } from './changes.ts';
import { type Environment, encodeJson, readIdentity, readLayout } from './environment.ts';
import { Generations } from './generations.ts';
import {
  decodeProducer,
  encodeBounds,
  encodeProducer,
  entryKey,
  IDENTITY_KEY,
  idKey,
  LAYOUT_FORMAT,
  LAYOUT_KEY,
  type Layout,
  type StreamBounds,
  streamKey,
} from './layout.ts';
import { type Kept, ProducerMemory } from './producer-memory.ts';
import { oldEntries, readBounds } from './read.ts';
import type { Writer } from './writer.ts';

export interface StoreOptions {
  partitions: number;
  rememberProducersMs: number;
  /** 0: ids are not remembered. */
  dedupMs: number;
  /** ms since 1970; default the system's clock. */
  now?: () => number;
}

/** Bounds of both streams of a partition. */
export type PartitionBounds = Record<Stream, StreamBounds>;

/** What stands of a partition once a batch is written. */
export interface Standing {
  bounds: PartitionBounds;
  producers: { kept: Kept; stored: Remembered }[];
}

/** Entries that one transaction deletes at the most. */
const TRIM_ENTRIES = 256;
/** The value of keys that only have to be there. */
const NOTHING = Buffer.alloc(0);

export class Store {
  readonly producers: Generations;
  private readonly ids: Generations;
  private readonly environment: Environment;
  private readonly writer: Writer;
  private readonly options: StoreOptions;
  /** What `streams` holds; moved when a transaction is done. */
  private bounds: PartitionBounds[] = [];
  private readonly memory: ProducerMemory;

  constructor(options: StoreOptions, environment: Environment, writer: Writer) {
    this.options = options;
    this.environment = environment;
    this.writer = writer;
    this.producers = new Generations(environment, 'producers');
    this.ids = new Generations(environment, 'ids');
    this.memory = new ProducerMemory(options.partitions, (key) => {
      const value = this.producers.get(key);
      return value && decodeProducer(value);
    });
  }

  /** Makes or checks the data, once. Throws LogError `misconfigured`. */
  async prepare(): Promise<void> {
    const { partitions } = this.options;
    const layout = readLayout(this.environment);
    if (!layout) await this.create(partitions);
    else if (layout.partitions !== partitions) {
      const { dir } = this.environment;
      const message = `the log in ${dir} has ${layout.partitions} partitions, not ${partitions}; their number is fixed with the data`;
      throw new LogError('misconfigured', message);
    }
    if (readIdentity(this.environment) === '') await this.name();
    this.bounds = Array.from({ length: partitions }, (_, partition) => ({
      events: readBounds(this.environment, 'events', partition),
      'dead-letters': readBounds(this.environment, 'dead-letters', partition),
    }));
  }

  private async create(partitions: number): Promise<void> {
    const changes = new Changes();
    changes.put(this.environment.meta, LAYOUT_KEY, encodeJson({ format: LAYOUT_FORMAT, partitions } satisfies Layout));
    this.producers.start(changes, this.now());
    this.ids.start(changes, this.now());
    await this.writer.commit(changes);
    this.producers.refresh();
    this.ids.refresh();
  }

  private async name(): Promise<void> {
    const changes = new Changes();
    changes.put(this.environment.meta, IDENTITY_KEY, Buffer.from(randomUUID()));
    await this.writer.commit(changes);
  }

  /** Undefined for a partition that there is not. */
  boundsOf(partition: number): PartitionBounds | undefined {
    return this.bounds[partition];
  }

  conflictsOf({ partition, units }: AppendBatch): Conflict[] {
    return findConflicts(units, {
      producer: (name) => this.memory.of(partition, name).stored,
      claimed: this.remembersIds ? (id) => this.ids.has(idKey(partition, id)) : null,
    });
  }

  /** Adds a batch to the changes; gives what stands when they are written. */
  add({ partition, units, entry, dead }: AppendBatch, changes: Changes): Standing {
    const latest = new Map<string, AppendUnit>();
    for (const unit of units) latest.set(unit.producer, unit);
    const producers: Standing['producers'] = [];
    for (const { producer, last: watermark, record } of latest.values()) {
      const kept = this.memory.of(partition, producer);
      const value = encodeProducer(watermark, record);
      if (kept.written) this.producers.write(changes, kept.key, value);
      else this.producers.put(changes, kept.key, value);
      producers.push({ kept, stored: { watermark, record } });
    }
    if (this.remembersIds) {
      for (const unit of units) for (const id of unit.ids) this.ids.write(changes, idKey(partition, id), NOTHING);
    }
    const old = this.bounds[partition]!;
    const bounds = {
      events: entry ? this.addEntry('events', partition, entry, changes) : old.events,
      'dead-letters': dead ? this.addEntry('dead-letters', partition, dead, changes) : old['dead-letters'],
    };
    return { bounds, producers };
  }

  private addEntry(
    stream: Stream,
    partition: number,
    { bytes, count }: { bytes: Uint8Array; count: number },
    changes: Changes,
  ): StreamBounds {
    const old = this.bounds[partition]![stream];
    const bounds = { first: old.first, last: old.last + count, bytes: old.bytes + bytes.length };
    changes.put(this.environment.entries, entryKey(stream, partition, bounds.last), bytes);
    changes.put(this.environment.streams, streamKey(stream, partition), encodeBounds(bounds));
    return bounds;
  }

  /** Call when the changes are written. */
  moveTo(partition: number, { bounds, producers }: Standing): void {
    this.bounds[partition] = bounds;
    for (const { kept, stored } of producers) this.memory.written(kept, stored);
  }

  /** Begins new generations where it is time. */
  async forgetIfDue(): Promise<void> {
    const { rememberProducersMs, dedupMs } = this.options;
    const now = this.now();
    const due: Generations[] = [];
    if (this.producers.isDue(now, rememberProducersMs)) due.push(this.producers);
    if (this.remembersIds && this.ids.isDue(now, dedupMs)) due.push(this.ids);
    if (due.length === 0) return;
    const changes = new Changes();
    for (const generations of due) generations.forget(changes, now);
    await this.writer.commit(changes);
    this.memory.clear();
    for (const generations of due) generations.refresh();
  }

  /** One transaction's worth of what the policy lets go; `more` if there may be more. */
  async trim(policy: RetentionPolicy): Promise<TrimReport & { more: boolean }> {
    const { stream } = policy;
    const streams = this.bounds.map((bounds, partition) => ({
      ...bounds[stream],
      partition,
      entries: oldEntries(this.environment, stream, partition),
    }));
    const cuts = planTrim(policy, streams, TRIM_ENTRIES);
    const changes = new Changes();
    const moved = cuts.map(({ partition, upTo, lasts, bytes }) => {
      const old = this.bounds[partition]![stream];
      const bounds = { first: upTo + 1, last: old.last, bytes: old.bytes - bytes };
      for (const last of lasts) changes.remove(this.environment.entries, entryKey(stream, partition, last));
      changes.put(this.environment.streams, streamKey(stream, partition), encodeBounds(bounds));
      return { partition, bounds };
    });
    if (cuts.length > 0) await this.writer.commit(changes);
    for (const { partition, bounds } of moved)
      this.bounds[partition] = { ...this.bounds[partition]!, [stream]: bounds };
    const total = (of: (cut: (typeof cuts)[number]) => number) => cuts.reduce((sum, cut) => sum + of(cut), 0);
    const entries = total(({ lasts }) => lasts.length);
    return {
      entries,
      events: total(({ events }) => events),
      bytes: total(({ bytes }) => bytes),
      more: entries === TRIM_ENTRIES,
    };
  }

  private get remembersIds(): boolean {
    return this.options.dedupMs > 0;
  }
  private now(): number {
    return (this.options.now ?? Date.now)();
  }
}
