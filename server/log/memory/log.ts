/**
 * The event log in memory: the reference model that the other engines are compared with, and an engine for trying things out. What
 * it holds is gone with the process, and nothing bounds it but `trim`.
 */
import { randomUUID } from 'node:crypto';
import { openEntry } from '../../../format/entry.ts';
import type { ReadItem, Stream } from '../../../format/model.ts';
import { decodeRecord } from '../../../format/record.ts';
import type { Durability } from '../../../protocol/frames.ts';
import { findConflicts, type Remembered } from '../decide.ts';
import { LogError } from '../error.ts';
import type {
  AppendBatch,
  AppendResult,
  EventLog,
  LogGuarantees,
  LogState,
  LogWaker,
  PartitionState,
  PlacedRecord,
  RetentionPolicy,
  TrimReport,
} from '../port.ts';
import { planTrim } from '../retention.ts';
import { Waiters } from '../waiters.ts';
import { RememberedMap } from './remembered.ts';

export interface MemoryLogOptions {
  partitions: number;
  rememberProducersMs: number;
  /** 0: ids are not remembered. */
  dedupMs: number;
  /** ms since 1970; default the system's clock. */
  now?: () => number;
}

interface StoredEntry {
  first: number;
  last: number;
  bytes: Uint8Array;
}
interface StoredStream {
  last: number;
  entries: StoredEntry[];
}
interface Partition {
  streams: Record<Stream, StoredStream>;
  producers: RememberedMap<Remembered>;
  ids: RememberedMap<true>;
}

export function openMemoryLog(options: MemoryLogOptions): MemoryLog {
  return new MemoryLog(options);
}

export class MemoryLog implements EventLog, LogWaker {
  readonly guarantees: LogGuarantees;
  /** Public for tests that damage an entry. */
  readonly partitions: Partition[];
  private readonly identity = randomUUID();
  private readonly now: () => number;
  private readonly waiters = new Waiters();
  private closed = false;

  constructor({ partitions, rememberProducersMs, dedupMs, now = Date.now }: MemoryLogOptions) {
    const engine = 'memory';
    this.guarantees = { engine, restartable: false, multiProcess: false, partitions, rememberProducersMs, dedupMs };
    this.now = now;
    this.partitions = Array.from({ length: partitions }, () => ({
      streams: { events: { last: 0, entries: [] }, 'dead-letters': { last: 0, entries: [] } },
      producers: new RememberedMap(rememberProducersMs),
      ids: new RememberedMap(dedupMs),
    }));
  }

  durability(): Durability {
    return 'memory';
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    const partition = this.partition(batch.partition);
    const { producers, ids, streams } = partition;
    const now = this.now();
    this.forget(partition);
    const claimed = this.guarantees.dedupMs > 0 ? (id: string) => ids.get(id) === true : null;
    const conflicts = findConflicts(batch.units, { producer: (key) => producers.get(key), claimed });
    if (conflicts.length > 0) return { status: 'conflict', conflicts };

    for (const unit of batch.units) {
      producers.set(unit.producer, { watermark: unit.last, record: Uint8Array.from(unit.record) }, now);
      if (claimed) for (const id of unit.ids) ids.set(id, true, now);
    }
    this.store('events', batch.partition, batch.entry);
    this.store('dead-letters', batch.partition, batch.dead);
    return { status: 'appended', last: streams.events.last, lastDead: streams['dead-letters'].last };
  }

  private store(stream: Stream, partition: number, entry: AppendBatch['entry']): void {
    if (!entry) return;
    const stored = this.partition(partition).streams[stream];
    const first = stored.last + 1;
    stored.last += entry.count;
    stored.entries.push({ first, last: stored.last, bytes: Uint8Array.from(entry.bytes) });
    this.waiters.wake(stream, partition);
  }

  private forget({ producers, ids }: Partition): void {
    producers.forget(this.now());
    ids.forget(this.now());
  }

  async producers(keys: readonly string[]): Promise<PlacedRecord[][]> {
    this.mustBeOpen();
    return keys.map((key) =>
      this.partitions.flatMap(({ producers }, partition) => {
        const stored = producers.get(key);
        return stored ? [{ ...decodeRecord(stored.record), partition }] : [];
      }),
    );
  }

  async read(stream: Stream, partition: number, from: number, maxBytes: number): Promise<ReadItem[]> {
    const items: ReadItem[] = [];
    let size = 0;
    for (const { last, bytes } of this.partition(partition).streams[stream].entries) {
      if (last < from) continue;
      items.push(openEntry(stream, partition, last, bytes));
      size += bytes.length;
      if (size >= maxBytes) break;
    }
    return items;
  }

  async wait(
    stream: Stream,
    partition: number,
    position: number,
    maxWaitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.closed || this.partition(partition).streams[stream].last > position) return;
    await this.waiters.wait(stream, partition, maxWaitMs, signal);
  }

  async state(): Promise<LogState> {
    this.mustBeOpen();
    return {
      identity: this.identity,
      events: this.partitions.map((_, partition) => this.streamState('events', partition)),
      deadLetters: this.partitions.map((_, partition) => this.streamState('dead-letters', partition)),
      producers: this.partitions.reduce((sum, { producers }) => sum + producers.size, 0),
    };
  }

  private streamState(stream: Stream, partition: number): PartitionState {
    const { last, entries } = this.partition(partition).streams[stream];
    const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
    return { partition, first: entries[0]?.first ?? last + 1, last, bytes };
  }

  async trim(policy: RetentionPolicy): Promise<TrimReport> {
    this.mustBeOpen();
    for (const partition of this.partitions) this.forget(partition);
    const streams = this.partitions.map(({ streams }, partition) => ({
      ...this.streamState(policy.stream, partition),
      entries: streams[policy.stream].entries.map(({ last, bytes }) => {
        const item = openEntry(policy.stream, partition, last, bytes);
        return { last, created: item.status === 'intact' ? item.created : null, bytes: bytes.length };
      }),
    }));
    const report: TrimReport = { entries: 0, events: 0, bytes: 0 };
    for (const cut of planTrim(policy, streams)) {
      this.partition(cut.partition).streams[policy.stream].entries.splice(0, cut.lasts.length);
      report.entries += cut.lasts.length;
      report.events += cut.events;
      report.bytes += cut.bytes;
    }
    return report;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.waiters.wakeAll();
  }

  private partition(index: number): Partition {
    this.mustBeOpen();
    const partition = this.partitions[index];
    if (!partition) throw new LogError('misconfigured', `there is no partition ${index}`);
    return partition;
  }

  private mustBeOpen(): void {
    if (this.closed) throw new LogError('closed', 'the log is closed');
  }
}
