/**
 * Reads of an entry only what features and models are made of: eleven fields of each event, straight from the bytes. A general decoder
 * makes every field of every event, which takes longer than all models together, and a quarter of what folding takes; an index is rebuilt
 * from millions of events. A field that is left out is as if the event did not have it.
 */
import { ByteReader, FormatError } from '../../format/bytes.ts';
import { entryBody } from '../../format/entry.ts';
import type { IntactEntry, StoredEvent } from '../../format/model.ts';
import type { ProducerId } from '../../format/producer-key.ts';
import { storedEvent } from '../../format/stored-event.ts';
import { SCHEMA_VERSION, type UnitItem } from '../../format/unit.ts';
import { numberBytes, readNumber } from '../../protocol/msgpack/header.ts';
import { size16, size32, skipValues } from '../../protocol/msgpack/skip.ts';
import { shortText } from '../../workers/text-cache.ts';
import type { ConsumedEvent } from '../processor/projection.ts';

export interface LeanOptions {
  /** Types that no more than these fields are read of. */
  types: ReadonlySet<unknown>;
  /** What becomes of the others: nobody hears of them, or they come with all their fields. */
  others: 'left_out' | 'whole';
}

type ItemHead = Pick<UnitItem, 'seq' | 'subject' | 'receivedAt'>;

/** In the order of their slots; what a client says and what enrichment adds. */
const FIELDS = [
  ...['type', 'action', 'track_id', 'session_id', 'position_ms', 'duration_ms', 'rating', 'recommendation_id'],
  ...['event_time', 'track', 'device'],
] as const;
const TYPE = 0;

/** The wanted keys by their length in bytes, each with its slot. */
const BY_LENGTH: { bytes: Uint8Array; slot: number }[][] = Array.from({ length: 32 }, () => []);
FIELDS.forEach((name, slot) => {
  BY_LENGTH[name.length]!.push({ bytes: Buffer.from(name), slot });
});

const slots: unknown[] = new Array(FIELDS.length).fill(undefined);

/**
 * Calls `take` with the events of the entry, in order. Throws FormatError or ProtocolError where the bytes, although undamaged, are not
 * what this version writes; events before that place were taken.
 */
export function readLean(entry: IntactEntry, options: LeanOptions, take: (consumed: ConsumedEvent) => void): void {
  const all = new ByteReader(entryBody(entry.bytes));
  let position = entry.first;
  while (!all.done) {
    const unit = within(all);
    unit.varint(); // count
    const producer = { tenant: text(unit), owner: text(unit), producer: text(unit), epoch: unit.varint() };
    const version = unit.varint();
    if (version !== SCHEMA_VERSION) throw new FormatError(`schema version ${version} is not known`);
    while (!unit.done) position = readRun(within(unit), producer, entry.partition, position, options, take);
  }
  if (position !== entry.last + 1) throw new FormatError('the entry does not hold what it counts');
}

function readRun(
  run: ByteReader,
  producer: ProducerId,
  partition: number,
  first: number,
  options: LeanOptions,
  take: (consumed: ConsumedEvent) => void,
): number {
  let seq = run.varint();
  const count = run.varint();
  if (run.varint() !== 0) throw new FormatError('run is sealed');
  let receivedAt = run.varint();
  const subject = text(run);
  for (let position = first; position < first + count; position++) {
    seq += run.varint();
    receivedAt += run.varint();
    const event = readEvent(run, producer, { seq, subject, receivedAt }, options);
    if (event) take({ partition, position, event, activity: undefined });
  }
  return first + count;
}

function readEvent(
  run: ByteReader,
  producer: ProducerId,
  head: ItemHead,
  { types, others }: LeanOptions,
): StoredEvent | null {
  slots.fill(undefined);
  const body = range(run);
  readMap(run.bytes, body.start, body.end);
  const added = range(run);
  if (types.has(slots[TYPE])) {
    readMap(run.bytes, added.start, added.end);
    return leanEvent(producer, head);
  }
  if (others === 'left_out') return null;
  const { bytes } = run;
  return storedEvent(producer, {
    ...head,
    body: bytes.subarray(body.start, body.end),
    added: bytes.subarray(added.start, added.end),
  });
}

/** Of what stands in the slots. */
function leanEvent({ tenant, producer, epoch }: ProducerId, { seq, subject, receivedAt }: ItemHead): StoredEvent {
  return {
    tenant,
    producer,
    epoch,
    seq,
    received_at: receivedAt,
    user_id: subject,
    type: slots[TYPE] as string,
    action: slots[1],
    track_id: slots[2],
    session_id: slots[3],
    position_ms: slots[4],
    duration_ms: slots[5],
    rating: slots[6],
    recommendation_id: slots[7],
    event_time: slots[8],
    track: slots[9],
    device: slots[10],
  };
}

/** Puts the wanted values of a map into their slots. */
function readMap(bytes: Uint8Array, start: number, limit: number): void {
  const token = bytes[start]!;
  let at = start + 1;
  let count: number;
  if ((token & 0xf0) === 0x80) count = token & 0x0f;
  else if (token === 0xde) {
    count = size16(bytes, at);
    at += 2;
  } else if (token === 0xdf) {
    count = size32(bytes, at);
    at += 4;
  } else throw new FormatError('not a map');
  for (; count > 0; count--) {
    const slot = slotAt(bytes, at);
    if (slot < 0) {
      at = skipValues(bytes, at, 2, limit);
      continue;
    }
    at += FIELDS[slot]!.length + 1;
    slots[slot] = value(bytes, at, limit);
    at = skipValues(bytes, at, 1, limit);
  }
}

/** The slot of the key that stands there; -1 for any other. */
function slotAt(bytes: Uint8Array, at: number): number {
  const token = bytes[at]!;
  if (token < 0xa0 || token >= 0xc0) return -1;
  const candidates = BY_LENGTH[token - 0xa0]!;
  next: for (let i = 0; i < candidates.length; i++) {
    const key = candidates[i]!.bytes;
    for (let j = 0; j < key.length; j++) if (key[j] !== bytes[at + 1 + j]) continue next;
    return candidates[i]!.slot;
  }
  return -1;
}

/** A text, a number or a map of such; undefined for anything else. */
function value(bytes: Uint8Array, at: number, limit: number): unknown {
  const token = bytes[at]!;
  if (numberBytes(token) > 0) return readNumber(bytes, at, 'a field');
  if (token < 0x90) return map(bytes, at + 1, token & 0x0f, limit);
  if (token >= 0xa0 && token < 0xc0) return textAt(bytes, at + 1, token - 0xa0, limit);
  if (token === 0xd9) return textAt(bytes, at + 2, bytes[at + 1]!, limit);
  if (token === 0xde) return map(bytes, at + 3, size16(bytes, at + 1), limit);
  if (token === 0xda) return textAt(bytes, at + 3, size16(bytes, at + 1), limit);
  return undefined;
}

function map(bytes: Uint8Array, start: number, count: number, limit: number): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  let at = start;
  for (let left = count; left > 0; left--) {
    const key = value(bytes, at, limit);
    at = skipValues(bytes, at, 1, limit);
    if (typeof key === 'string') map[key] = value(bytes, at, limit);
    at = skipValues(bytes, at, 1, limit);
  }
  return map;
}

function textAt(bytes: Uint8Array, start: number, length: number, limit: number): string {
  if (start + length > limit) throw new FormatError('text is cut off');
  return (
    shortText(bytes, start, length) ?? Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8')
  );
}

function text(reader: ByteReader): string {
  const length = reader.varint();
  const start = reader.position;
  reader.position = end(reader, length);
  return textAt(reader.bytes, start, length, reader.end);
}

/** A reader of the next block. */
function within(reader: ByteReader): ByteReader {
  const { start, end } = range(reader);
  return new ByteReader(reader.bytes, start, end);
}

/** Where the next block stands, which is passed. */
function range(reader: ByteReader): { start: number; end: number } {
  const length = reader.varint();
  const start = reader.position;
  reader.position = end(reader, length);
  return { start, end: reader.position };
}

function end(reader: ByteReader, length: number): number {
  const last = reader.position + length;
  if (last > reader.end) throw new FormatError('bytes are cut off');
  return last;
}
