/** Reading, the same for the writer's process and for others. */
import { openEntry } from '../../../format/entry.ts';
import type { ReadItem, Stream } from '../../../format/model.ts';
import { decodeRecord } from '../../../format/record.ts';
import type { LogState, PartitionState, PlacedRecord } from '../port.ts';
import type { OldEntry } from '../retention.ts';
import type { Environment } from './environment.ts';
import type { Generations } from './generations.ts';
import {
  decodeBounds,
  decodeProducer,
  EMPTY_STREAM,
  entryKey,
  entryPosition,
  producerPartition,
  producerRange,
  type StreamBounds,
  streamKey,
} from './layout.ts';

export function readEntries(
  { entries }: Environment,
  stream: Stream,
  partition: number,
  from: number,
  maxBytes: number,
): ReadItem[] {
  const items: ReadItem[] = [];
  let size = 0;
  for (const { key, value } of entries.getRange(entriesFrom(stream, partition, from))) {
    items.push(openEntry(stream, partition, entryPosition(key), value));
    size += value.length;
    if (size >= maxBytes) break;
  }
  return items;
}

/** The oldest entries of a stream, one at a time, as retention asks for them. */
export function* oldEntries({ entries }: Environment, stream: Stream, partition: number): Generator<OldEntry> {
  for (const { key, value } of entries.getRange(entriesFrom(stream, partition, 0))) {
    const item = openEntry(stream, partition, entryPosition(key), value);
    yield { last: item.last, created: item.status === 'intact' ? item.created : null, bytes: value.length };
  }
}

function entriesFrom(stream: Stream, partition: number, from: number): { start: Buffer; end: Buffer } {
  return {
    start: entryKey(stream, partition, Math.max(0, from)),
    end: entryKey(stream, partition, Number.MAX_SAFE_INTEGER),
  };
}

export function readBounds({ streams }: Environment, stream: Stream, partition: number): StreamBounds {
  const value = streams.get(streamKey(stream, partition));
  return value ? decodeBounds(value) : EMPTY_STREAM;
}

export function readProducers(producers: Generations, keys: readonly string[]): PlacedRecord[][] {
  return keys.map((producer) =>
    [...producers.range(producerRange(producer)).values()].map(({ key, value }) => ({
      ...decodeRecord(decodeProducer(value).record),
      partition: producerPartition(key),
    })),
  );
}

export function readState(
  identity: string,
  partitions: number,
  producers: number,
  bounds: (stream: Stream, partition: number) => StreamBounds,
): LogState {
  const states = (stream: Stream): PartitionState[] =>
    Array.from({ length: partitions }, (_, partition) => ({ partition, ...bounds(stream, partition) }));
  return { identity, events: states('events'), deadLetters: states('dead-letters'), producers };
}
