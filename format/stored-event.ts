/** Reading entries back: what an intact entry holds, each with its position in the partition's stream. */
import { FormatError } from './bytes.ts';
import { decodeReason } from './dead-letter.ts';
import { entryBody } from './entry.ts';
import type { DeadLetter, IntactEntry, StoredEvent } from './model.ts';
import { unpackMap } from './msgpack.ts';
import type { ProducerId } from './producer-key.ts';
import { decodeUnits, type UnitItem } from './unit.ts';

/**
 * The events of an entry of the stream `events`. Throws FormatError where the bytes, although undamaged, are not what this version
 * writes.
 */
export function decodeEvents(entry: IntactEntry): { position: number; event: StoredEvent }[] {
  return mapItems(entry, (producer, item, position) => ({ position, event: storedEvent(producer, item) }));
}

/** The dead letters of an entry of the stream `dead-letters`. Throws as `decodeEvents` does. */
export function decodeDeadLetters(entry: IntactEntry): { position: number; letter: DeadLetter }[] {
  return mapItems(entry, (producer, item, position) => ({ position, letter: deadLetter(producer, item) }));
}

function mapItems<T>(entry: IntactEntry, make: (producer: ProducerId, item: UnitItem, position: number) => T): T[] {
  const made: T[] = [];
  for (const { producer, items } of decodeUnits(entryBody(entry.bytes))) {
    for (const item of items) made.push(make(producer, item, entry.first + made.length));
  }
  if (made.length !== entry.last - entry.first + 1) throw new FormatError('the entry does not hold what it counts');
  return made;
}

/** With all its fields. */
export function storedEvent(
  { tenant, producer, epoch }: ProducerId,
  { seq, receivedAt, body, added }: UnitItem,
): StoredEvent {
  // The body's own object goes on as the event: a copy would cost as much as decoding it.
  const event = unpackMap(body) as StoredEvent;
  Object.assign(event, unpackMap(added));
  event.tenant = tenant;
  event.producer = producer;
  event.epoch = epoch;
  event.seq = seq;
  event.received_at = receivedAt;
  return event;
}

function deadLetter({ tenant, producer, epoch }: ProducerId, { seq, receivedAt, body, added }: UnitItem): DeadLetter {
  return { tenant, producer, epoch, seq, received_at: receivedAt, ...decodeReason(added), bytes: body };
}
