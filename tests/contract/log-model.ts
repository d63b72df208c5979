/**
 * What a log should do, in the plainest words: the property test compares every engine with it. It knows no time, no bytes of
 * storage and no failures. Written on its own, so that an engine and the model do not share a mistake.
 */
import type { ReadItem, Stream } from '../../format/model.ts';
import type { AppendBatch, AppendResult, Conflict } from '../../server/log/port.ts';

interface ModelEntry {
  first: number;
  last: number;
  created: number;
  bytes: Uint8Array;
}
interface ModelStream {
  last: number;
  entries: ModelEntry[];
}
interface ModelPartition {
  streams: Record<Stream, ModelStream>;
  producers: Map<string, { watermark: number; record: Uint8Array }>;
  ids: Set<string>;
}

export class LogModel {
  readonly partitions: ModelPartition[];

  constructor(partitions: number) {
    this.partitions = Array.from({ length: partitions }, () => ({
      streams: { events: { last: 0, entries: [] }, 'dead-letters': { last: 0, entries: [] } },
      producers: new Map(),
      ids: new Set(),
    }));
  }

  watermark(partition: number, producer: string): number {
    return this.partitions[partition]!.producers.get(producer)?.watermark ?? 0;
  }

  append(batch: AppendBatch, created: number): AppendResult {
    const partition = this.partitions[batch.partition]!;
    const conflicts = findConflicts(partition, batch);
    if (conflicts.length > 0) return { status: 'conflict', conflicts };
    for (const { producer, last, record, ids } of batch.units) {
      partition.producers.set(producer, { watermark: last, record: Uint8Array.from(record) });
      for (const id of ids) partition.ids.add(id);
    }
    const { events, 'dead-letters': dead } = partition.streams;
    if (batch.entry) add(events, batch.entry, created);
    if (batch.dead) add(dead, batch.dead, created);
    return { status: 'appended', last: events.last, lastDead: dead.last };
  }

  /** Positions and sizes of what a read from `from` on may give, to the end. */
  entriesFrom(stream: Stream, partition: number, from: number): ModelEntry[] {
    return this.partitions[partition]!.streams[stream].entries.filter(({ last }) => last >= from);
  }

  /** Entries made before the time go, as long as nobody needs them. */
  trim(stream: Stream, before: number, keepFrom: readonly number[] | undefined): { entries: number; events: number } {
    const gone = { entries: 0, events: 0 };
    for (const [index, partition] of this.partitions.entries()) {
      const { entries } = partition.streams[stream];
      while (entries[0] && entries[0].created < before && entries[0].last < (keepFrom?.[index] ?? Infinity)) {
        const { first, last } = entries.shift()!;
        gone.entries++;
        gone.events += last - first + 1;
      }
    }
    return gone;
  }

  state(stream: Stream): { partition: number; first: number; last: number; bytes: number }[] {
    return this.partitions.map(({ streams }, partition) => {
      const { last, entries } = streams[stream];
      const bytes = entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
      return { partition, first: entries[0]?.first ?? last + 1, last, bytes };
    });
  }
}

function add(stream: ModelStream, entry: { bytes: Uint8Array; count: number }, created: number): void {
  const first = stream.last + 1;
  stream.last += entry.count;
  stream.entries.push({ first, last: stream.last, created, bytes: Uint8Array.from(entry.bytes) });
}

function findConflicts(partition: ModelPartition, batch: AppendBatch): Conflict[] {
  const conflicts: Conflict[] = [];
  const seen = new Map<string, number>();
  const claimed = new Set(partition.ids);
  for (const [unit, { producer, prev, first, last, ids }] of batch.units.entries()) {
    const stored = partition.producers.get(producer);
    const watermark = seen.get(producer) ?? stored?.watermark ?? 0;
    const report = (reason: Conflict['reason'], repeated: number[] = []) =>
      conflicts.push({ unit, reason, watermark: stored?.watermark ?? 0, record: stored?.record ?? null, repeated });
    if (watermark < prev) {
      report('out_of_sequence');
      continue;
    }
    seen.set(producer, Math.max(watermark, last));
    if (watermark >= first) {
      report('overlap');
      continue;
    }
    const repeated = ids.flatMap((id, i) => (claimed.has(id) || ids.indexOf(id) < i ? [i] : []));
    if (repeated.length > 0) report('repeated_id', repeated);
    else for (const id of ids) claimed.add(id);
  }
  return conflicts;
}

/** What of a read item the model can tell. */
export function comparable(item: ReadItem): unknown {
  const bytes = Buffer.from(item.bytes).toString('base64');
  return item.status === 'intact'
    ? { first: item.first, last: item.last, created: item.created, bytes }
    : { damaged: item.last };
}
